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
