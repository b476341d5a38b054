// The list of standings: who has which tier, and who is about to lose it.

(function () {
	// Frappe runs this file before that which has the names of tiers
	const as_filter = (fieldname) => (value) => crm_success.tier_names.as_filter(fieldname)(value);

	const day = (value) => frappe.datetime.str_to_user(value);
	// a phone has room for a word
	const short = (sentence, word) => (frappe.is_mobile() ? word : sentence);

	frappe.listview_settings["Customer Tier Standing"] = {
		add_fields: ["tier", "lost_by", "proposal", "protected_until"],
		hide_name_column: true,

		get_indicator(doc) {
			const { proposal, lost_by, protected_until, tier } = doc;
			if (proposal) return [short(__("Waiting for Approval"), __("Waiting")), "orange", "proposal,is,set"];
			if (lost_by) return [short(__("Lost on {0}", [day(lost_by)]), __("In Danger")), "red", "lost_by,is,set"];
			if (protected_until) {
				const said = __("Protected until {0}", [day(protected_until)]);
				return [short(said, __("Protected")), "blue", "protected_until,is,set"];
			}
			return tier ? [__("Safe"), "green", "lost_by,is,not set"] : [__("No Tier"), "gray", "tier,is,not set"];
		},

		formatters: {
			tier: as_filter("tier"),
			next_tier: as_filter("next_tier"),
		},
	};
})();
