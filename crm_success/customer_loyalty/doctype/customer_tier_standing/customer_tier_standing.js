// The form of a standing: where it leads to, and how the customer got there.

frappe.ui.form.on("Customer Tier Standing", {
	setup(frm) {
		// not in the field: there it would also decide what the database stores
		frm.set_df_property("score", "precision", 1);
	},

	refresh(frm) {
		const { customer } = frm.doc;
		if (frappe.model.can_read("Customer")) {
			frm.add_custom_button(__("Customer"), () => frappe.set_route("Form", "Customer", customer), __("View"));
		}
		const open_changes = () => frappe.set_route("List", "Customer Tier Change", { customer });
		frm.add_custom_button(__("All Changes"), open_changes, __("View"));
	},
});
