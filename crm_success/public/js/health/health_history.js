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
		const $chart = $("<div class='health-history' aria-hidden='true'>").appendTo($place);
		crm_success.customer_health.history.chart($chart, picture);
		const words = crm_success.customer_health.history.in_words(snapshots);
		$("<p class='small text-muted'>").text(words).appendTo($place);
	},

	chart($chart, { snapshots, watch_from, healthy_from }) {
		const { score_text } = crm_success.customer_health;
		const chart = new frappe.Chart($chart.get(0), {
			type: "line",
			height: 190,
			// a dialog opened while the line still grows would change the width, which the chart does not survive
			animate: 0,
			disableEntryAnimation: 1,
			colors: ["blue"],
			data: {
				labels: snapshots.map(({ as_of }) => frappe.datetime.str_to_user(as_of)),
				datasets: [{ name: __("Health Score"), values: snapshots.map(({ score }) => flt(score, 1)) }],
				yMarkers: [
					{ label: __("Watch"), value: watch_from, options: { labelPos: "left" } },
					{ label: __("Healthy"), value: healthy_from, options: { labelPos: "left" } },
				],
			},
			lineOptions: { hideDots: 0, dotSize: 4 },
			axisOptions: { xAxisMode: "tick", xIsSeries: 1, shortenYAxisNumbers: 1 },
			tooltipOptions: { formatTooltipY: (value) => (value === null ? "" : score_text(value)) },
		});
		// by itself it shows a flat line at zero for most of a second first
		chart.update(chart.realData, true);
	},

	// Also for those who cannot see the line
	in_words(snapshots) {
		const [first, last] = [snapshots[0], snapshots.at(-1)];
		const { score_text } = crm_success.customer_health;
		return __("From {0} on {1} to {2} on {3}", [
			score_text(first.score),
			frappe.datetime.str_to_user(first.as_of),
			score_text(last.score),
			frappe.datetime.str_to_user(last.as_of),
		]);
	},
});
