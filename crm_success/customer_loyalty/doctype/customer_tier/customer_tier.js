frappe.ui.form.on("Customer Tier", {
	refresh(frm) {
		crm_success.record_title.show(frm);
	},
});
