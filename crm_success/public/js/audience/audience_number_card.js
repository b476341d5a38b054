// A button that makes a Number Card which counts the members of the audience.

frappe.provide("crm_success.audience_number_card");

Object.assign(crm_success.audience_number_card, {
	add_button(frm) {
		if (frm.is_new() || !frappe.model.can_create("Number Card")) return;
		const make = () => crm_success.audience_number_card.make(frm.doc.name);
		frm.add_custom_button(__("Make Number Card"), make, __("Use"));
	},

	async make(audience) {
		const method = "crm_success.audiences.api.audience_figures.make_number_card";
		const { card, is_new } = await frappe.xcall(method, { audience });
		if (!is_new) frappe.show_alert(__("You made this card before."));
		frappe.set_route("Form", "Number Card", card);
	},
});

frappe.ui.form.on("Customer Audience", {
	refresh: (frm) => crm_success.audience_number_card.add_button(frm),
});
