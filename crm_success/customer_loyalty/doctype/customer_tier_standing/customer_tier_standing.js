// The form of a standing: where it leads to, and how the customer got there.

frappe.ui.form.on("Customer Tier Standing", {
	refresh(frm) {
		const { customer } = frm.doc;
		if (frappe.model.can_read("Customer")) {
			frm.add_custom_button(__("Customer"), () => frappe.set_route("Form", "Customer", customer), __("View"));
		}
		const open_changes = () => frappe.set_route("List", "Customer Tier Change", { customer });
		frm.add_custom_button(__("All Changes"), open_changes, __("View"));
	},
});
