// The list of standings: who has which tier, and who is about to lose it.

(function () {
	// Frappe runs this file before that which has the names of tiers
	const as_filter = (fieldname) => (value) => crm_success.tier_names.as_filter(fieldname)(value);

	frappe.listview_settings["Customer Tier Standing"] = {
		add_fields: ["tier", "lost_by", "proposal", "protected_until"],
		hide_name_column: true,

		get_indicator(doc) {
			if (doc.proposal) return [__("Waiting for Approval"), "orange", "proposal,is,set"];
			const day = frappe.datetime.str_to_user;
			if (doc.lost_by) return [__("Lost on {0}", [day(doc.lost_by)]), "red", "lost_by,is,set"];
			if (doc.protected_until) {
				return [__("Protected until {0}", [day(doc.protected_until)]), "blue", "protected_until,is,set"];
			}
			return doc.tier ? [__("Safe"), "green", "lost_by,is,not set"] : [__("No Tier"), "gray", "tier,is,not set"];
		},

		formatters: {
			tier: as_filter("tier"),
			next_tier: as_filter("next_tier"),
		},
	};
})();
