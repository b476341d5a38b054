frappe.ui.form.on("CRM Success Settings", {
	refresh(frm) {
		frm.add_custom_button(__("Scoring Runs"), () => frappe.set_route("List", "Scoring Run"));
	},
});
