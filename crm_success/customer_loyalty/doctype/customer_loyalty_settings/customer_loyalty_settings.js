// The form of the policy: what it comes to in sentences, who would move by it, and evaluations that somebody starts.

frappe.ui.form.on("Customer Loyalty Settings", {
	refresh(frm) {
		crm_success.policy_words.show(frm);
		crm_success.policy_status.show(frm);
		if (frm.perm[0]?.write) {
			frm.add_custom_button(__("What Would Change"), () => crm_success.tier_changes_preview.ask(frm));
		}
		crm_success.policy_status.add_buttons(frm);
		frm.add_custom_button(__("Customer Tiers"), () => frappe.set_route("List", "Customer Tier"), __("View"));
		const waiting = { decision: "Proposed" };
		frm.add_custom_button(
			__("Waiting for Approval"),
			() => frappe.set_route("List", "Customer Tier Change", waiting),
			__("View")
		);
	},

	on_hide(frm) {
		crm_success.policy_status.stop(frm);
	},

	...Object.fromEntries(
		["enabled", "period", "review", "upgrades", "steps", "grace_days", "minimum_stay_days", "approval"].map((fieldname) => [fieldname, (frm) => crm_success.policy_words.show(frm)])
	),
});
