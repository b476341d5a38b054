frappe.ui.form.on("Customer Segment", {
	refresh(frm) {
		crm_success.record_title.show(frm);
	},
});
