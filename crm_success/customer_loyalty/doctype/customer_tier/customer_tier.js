// The form of a Customer Tier: who earns it as a sentence, who has it, and what a change of it would do.

frappe.ui.form.on("Customer Tier", {
	refresh(frm) {
		crm_success.record_title.show(frm);
		crm_success.tier_requirements.show(frm);
		crm_success.tier_requirements.learn_currency(frm);
		crm_success.tier_holders.show(frm);
		if (frm.perm[0]?.write && frappe.model.can_write("Customer Loyalty Settings")) {
			frm.add_custom_button(__("What Would Change"), () => crm_success.tier_changes_preview.ask(frm));
		}
		const { name: customer_tier } = frm.doc;
		if (!frm.is_new() && frappe.model.can_read("Customer")) {
			frm.add_custom_button(__("Customers"), () => frappe.set_route("List", "Customer", { customer_tier }), __("View"));
		}
	},

	enabled: (frm) => crm_success.tier_requirements.show(frm),
	match: (frm) => crm_success.tier_requirements.show(frm),
});

frappe.ui.form.on(
	"Customer Tier Requirement",
	Object.fromEntries(
		["measure", "at_least", "audience", "requirements_add", "requirements_remove", "requirements_move"].map((event) => [
			event,
			(frm) => crm_success.tier_requirements.show(frm),
		])
	)
);
