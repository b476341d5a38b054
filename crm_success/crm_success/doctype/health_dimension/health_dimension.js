frappe.ui.form.on("Health Dimension", {
	refresh(frm) {
		crm_success.record_title.show(frm);
	},
});
