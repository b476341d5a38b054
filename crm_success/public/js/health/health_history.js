// The score over time, as a line through the newest snapshots. Asks nothing.

frappe.provide("crm_success.customer_health.history");

Object.assign(crm_success.customer_health.history, {
	draw($place, picture) {
		const { snapshots } = picture;
		$place.empty();
		$("<label class='control-label'>").text(__("Score History")).appendTo($place);
		if (snapshots.length < 2) {
			const note = __("The line begins with the second snapshot; there are {0} so far.", [snapshots.length]);
			$("<p class='text-muted'>").text(note).appendTo($place);
			return;
		}
		crm_success.customer_health.history.line($("<div class='health-history'>").appendTo($place), picture);
		crm_success.customer_health.history.about_rules($place, picture);
	},

	// Where the line jumps because the app changed, and not the customer
	about_rules($place, { earlier_rules_until }) {
		if (!earlier_rules_until) return;
		const text = __(
			"An update of CRM Success changed the rules: scores up to {0} are by the earlier ones, and are not compared with later scores.",
			[frappe.datetime.str_to_user(earlier_rules_until)]
		);
		$("<p class='small text-muted'>").text(text).appendTo($place);
	},

	line($line, { snapshots, watch_from, healthy_from }) {
		crm_success.line_of_days.draw($line, {
			label: __("Health Score"),
			points: snapshots.map(({ as_of, score }) => ({ day: as_of, value: flt(score, 1) })),
			text: crm_success.customer_health.score_text,
			markers: [
				{ label: __("Watch"), value: watch_from, options: { labelPos: "left" } },
				{ label: __("Healthy"), value: healthy_from, options: { labelPos: "left" } },
			],
		});
	},
});
