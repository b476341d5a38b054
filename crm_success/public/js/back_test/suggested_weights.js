// Suggested weights beside today's, a scorecard after another, and the way to try them. Computes and saves nothing.

frappe.provide("crm_success.suggested_weights");

Object.assign(crm_success.suggested_weights, {
	// `enter`: what is done with a scorecard's name once somebody wants to try what is suggested for it
	draw($place, cards, enter) {
		const { card } = crm_success.suggested_weights;
		$place.empty().append(cards.map((each) => card(each, cards.length > 1, enter)));
	},

	card(each, has_title, enter) {
		const { bands, button, weights } = crm_success.suggested_weights;
		const $card = $("<div class='suggested-weights'>");
		if (has_title) $("<h6 class='back-test-title'>").text(each.title).appendTo($card);
		$card.append(each.sentences.map((sentence) => $("<p>").text(sentence)));
		if (each.dimensions.length) $card.append(weights(each), bands(each));
		$card.append(each.notes.map((note) => $("<p class='back-test-warning'>").text(note)));
		if (each.may_enter) $card.append(button(each, enter));
		return $card;
	},

	// What is kept does not stand there twice
	are_kept: (rows) => rows.every(({ today, suggested }) => today === suggested),

	weights({ dimensions }) {
		const { are_kept, row, table } = crm_success.suggested_weights;
		const are_same = are_kept(dimensions.flatMap(({ metrics }) => metrics));
		const titles = are_same
			? [__("Dimension and Metric"), __("Today"), __("Why")]
			: [__("Dimension and Metric"), __("Today"), __("Suggested"), __("By Single Dates"), __("Why")];
		const cells = ({ today, suggested, spread, why }) => (are_same ? [today, why] : [today, suggested, spread, why]);
		const bodies = dimensions.map((dimension) =>
			$("<tbody>").append(
				row(dimension.label, cells(dimension), "suggested-weights-dimension"),
				dimension.metrics.map((metric) => row(metric.label, cells(metric), "suggested-weights-metric"))
			)
		);
		const caption = are_same ? __("Shares of the score today") : __("Shares of the score, today and suggested");
		return table(caption, titles, bodies);
	},

	row(label, cells, name) {
		return $("<tr>")
			.addClass(name)
			.append($("<th scope='row'>").text(label), cells.map((text) => $("<td>").text(text || "")));
	},

	bands({ bands }) {
		const { are_kept, row } = crm_success.suggested_weights;
		const are_same = are_kept(bands);
		const titles = [__("Band"), __("Today"), ...(are_same ? [] : [__("Suggested")])];
		const rows = bands.map(({ label, today, suggested }) => row(label, are_same ? [today] : [today, suggested], ""));
		const caption = __("Customers of each band on the dates that were judged");
		return crm_success.suggested_weights.table(caption, titles, $("<tbody>").append(rows));
	},

	table(caption, titles, bodies) {
		const $head = $("<tr>").append(titles.map((title) => $("<th scope='col'>").text(title)));
		return $("<table class='table table-sm suggested-weights-table'>").append(
			$("<caption>").text(caption),
			$("<thead>").append($head),
			bodies
		);
	},

	button({ scorecard, title }, enter) {
		const label = __("See What Would Change");
		const $button = $("<button type='button' class='btn btn-default btn-sm'>").text(label);
		// of several scorecards each has its own
		return $button.attr("aria-label", `${label}: ${title}`).on("click", () => enter(scorecard));
	},
});
