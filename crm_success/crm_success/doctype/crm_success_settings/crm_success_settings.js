frappe.ui.form.on("CRM Success Settings", {
	refresh(frm) {
		frm.add_custom_button(__("Work Runs"), () => frappe.set_route("List", "Work Run"));
		crm_success.newer_defaults.show(frm);
	},
});
