// A line through days, and the same in words for those who cannot see it. Asks nothing.

frappe.provide("crm_success.line_of_days");

Object.assign(crm_success.line_of_days, {
	MOST_DOTS: 31,

	// `points`: day and value of each, oldest first; `text`: from a value to what is read of it
	draw($place, { label, points, text, markers = [] }) {
		const { chart, in_words } = crm_success.line_of_days;
		chart($("<div aria-hidden='true'>").appendTo($place), { label, points, text, markers });
		$("<p class='small text-muted'>").text(in_words(points, text)).appendTo($place);
	},

	chart($chart, { label, points, text, markers }) {
		const chart = new frappe.Chart($chart.get(0), {
			type: "line",
			height: 190,
			// a dialog opened while the line still grows would change the width, which the chart does not survive
			animate: 0,
			disableEntryAnimation: 1,
			colors: ["blue"],
			data: {
				labels: points.map(({ day }) => frappe.datetime.str_to_user(day)),
				datasets: [{ name: label, values: points.map(({ value }) => value) }],
				yMarkers: markers,
			},
			lineOptions: {
				hideDots: Number(points.length > crm_success.line_of_days.MOST_DOTS),
				dotSize: 4,
				regionFill: Number(!markers.length),
			},
			axisOptions: { xAxisMode: "tick", xIsSeries: 1, shortenYAxisNumbers: 1 },
			tooltipOptions: { formatTooltipY: (value) => (value === null ? "" : text(value)) },
		});
		// by itself it shows a flat line at zero for most of a second first
		chart.update(chart.realData, true);
	},

	in_words(points, text) {
		const ends = [points[0], points.at(-1)];
		const values = ends.flatMap(({ day, value }) => [text(value), frappe.datetime.str_to_user(day)]);
		return __("From {0} on {1} to {2} on {3}", values);
	},
});
