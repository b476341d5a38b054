// What the histogram of a metric shows, in words and as a table. Counts nothing itself.

frappe.provide("crm_success.metric_words");

Object.assign(crm_success.metric_words, {
	notes(doc, data, scale, shown) {
		const { about_hidden, about_missing, about_percentiles, about_points, number } = crm_success.metric_words;
		const notes = [];
		if (data.read < data.customers) {
			const sizes = [number(data.read), number(data.customers)];
			notes.push(__("Figures are of an even sample of {0} of {1} customers.", sizes));
		}
		if (data.only_readable) notes.push(crm_success.metric_words.about_readable());
		notes.push(about_missing(doc, data));
		if (scale.problem) notes.push(scale.problem);
		if (!shown) return notes;
		if (scale.points) notes.push(about_points(data.values, scale));
		notes.push(...about_hidden(doc, data, shown));
		if (doc.scale === "Percentile") {
			notes.push(...about_percentiles(doc, data));
		}
		return notes;
	},

	about_readable() {
		return __("Only documents that you may read are counted here; a score counts all.");
	},

	about_missing({ missing_treatment }, { values, missing }) {
		const { number } = crm_success.metric_words;
		const counts = [crm_success.metric_scale.count(values), missing].map(number);
		const words = __("{0} customers have a value, {1} have none.", counts);
		if (!missing) return words;
		const treatment = {
			Neutral: __("Without a value they get 50 points."),
			Worst: __("Without a value they get 0 points."),
			Best: __("Without a value they get 100 points."),
		};
		const ignored = __("Without a value the metric does not count for them: its weight goes to the others.");
		return `${words} ${treatment[missing_treatment] || ignored}`;
	},

	about_points(values, { points }) {
		const { number } = crm_success.metric_words;
		let [worst, best, sum] = [0, 0, 0];
		for (const [value, customers] of values) {
			const judged = points(value);
			if (judged === 0) worst += customers;
			if (judged === 100) best += customers;
			sum += judged * customers;
		}
		const everybody = crm_success.metric_scale.count(values);
		const part = (customers) => `${number(customers)} (${format_number((100 * customers) / everybody, null, 0)} %)`;
		const average = format_number(sum / everybody, null, 1);
		return __("At 0 points: {0}, between: {1}, at 100 points: {2}. Average: {3} points.", [
			part(worst),
			part(everybody - worst - best),
			part(best),
			average,
		]);
	},

	about_percentiles(doc, data) {
		const quarters = crm_success.metric_scale.quantiles(data.ranked, [0.25, 0.5, 0.75]);
		const words = quarters.map((value) => crm_success.metric_words.value_text(value, doc, data));
		return [
			__("A quarter of the customers have at most {0}, half at most {1}, three quarters at most {2}.", words),
			__("The percentiles are those of today; scoring keeps its own until the next calibration."),
		];
	},

	about_hidden(doc, data, { from, last, below, above, hidden_marks }) {
		const { number, value_text } = crm_success.metric_words;
		const notes = [];
		if (below) notes.push(__("Not drawn: {0} customers below {1}.", [number(below), value_text(from, doc, data)]));
		if (above) notes.push(__("Not drawn: {0} customers above {1}.", [number(above), value_text(last, doc, data)]));
		for (const { value, label } of hidden_marks) {
			const words = [label, value_text(value, doc, data)];
			if (value < from) notes.push(__("{0} ({1}) lies to the left of the picture.", words));
			else notes.push(__("{0} ({1}) lies to the right of the picture.", words));
		}
		return notes;
	},

	table(doc, data, scale, { bars, from, last, below, above }, is_open) {
		const { number, points_text, value_text } = crm_success.metric_words;
		const words = (value) => value_text(value, doc, data);
		const rows = bars.map((bar) => [
			bar.from === bar.last ? words(bar.from) : __("{0} to {1}", [words(bar.from), words(bar.last)]),
			bar.customers,
			points_text(scale, bar),
		]);
		if (below) rows.unshift([__("below {0}", [words(from)]), below, points_text(scale, { from: data.values[0][0], to: from })]);
		if (above) rows.push([__("above {0}", [words(last)]), above, points_text(scale, { from: last, to: data.values.at(-1)[0] })]);
		if (data.missing) rows.push([__("No value"), data.missing, points_of_missing()]);
		const heads = [__("Value"), __("Customers"), __("Points", null, "Health Metric Band")];
		const $head = $("<tr>").append(heads.map((head) => $("<th scope='col'>").text(head)));
		const $body = $("<tbody>").append(
			rows.map(([name, customers, points]) =>
				$("<tr>").append(
					$("<th scope='row'>").text(name),
					$("<td>").text(number(customers)),
					$("<td>").text(points)
				)
			)
		);
		const $table = $("<table class='table table-sm'>").append($("<thead>").append($head), $body);
		const $summary = $("<summary>").text(__("The same as a table"));
		return $("<details>").prop("open", is_open).append($summary, $table);

		function points_of_missing() {
			return { Neutral: "50", Worst: "0", Best: "100" }[doc.missing_treatment] || "–";
		}
	},

	// A whole number is reached, the end of any other bar is not
	points_text({ points }, { from, to, last = to }) {
		if (!points) return "";
		const inside = last < to ? last : to - (to - from) / 1e6;
		const ends = [points(from), points(inside)].map((end) => format_number(end, null, 0));
		return ends[0] === ends[1] ? ends[0] : __("{0} to {1}", ends);
	},

	value_text(value, { unit }, { currency }) {
		return crm_success.customer_health.value_text(value, unit, currency);
	},

	short(value) {
		if (Math.abs(value) < 10000) return format_number(value, null, Number.isInteger(value) ? 0 : 2);
		const language = (frappe.boot.lang || "en").replace("_", "-");
		return new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 }).format(value);
	},

	number: (count) => format_number(count, null, 0),
});
