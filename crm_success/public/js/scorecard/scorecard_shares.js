// Draws what each weight of a scorecard decides, in percent, again while one edits. Computes nothing.

frappe.provide("crm_success.scorecard_shares");

Object.assign(crm_success.scorecard_shares, {
	// `known`: enabled and dimension of the Health Metrics, by name
	draw($place, doc, known) {
		const { table } = crm_success.scorecard_shares;
		const { dimensions, strangers } = crm_success.scorecard_weights.compute(doc, known);
		$place.empty();
		$("<label class='control-label'>").text(__("Shares of the Score")).appendTo($place);
		if (!dimensions.length) {
			const empty = __("Add dimensions and metrics with a weight: their shares of the score appear here.");
			$("<p class='text-muted'>").text(empty).appendTo($place);
			return;
		}
		table(dimensions).appendTo($place);
		crm_success.scorecard_shares
			.notes(dimensions, strangers)
			.forEach((note) => $("<p class='small text-muted mb-1'>").text(note).appendTo($place));
	},

	// Right below the table of dimensions: the weights as percentages in one line
	draw_line($place, doc, known) {
		const { percent } = crm_success.scorecard_shares;
		const { dimensions } = crm_success.scorecard_weights.compute(doc, known);
		const total = dimensions.reduce((before, { share }) => before + share, 0);
		const parts = dimensions.map(({ name, share }) => `${__(name, null, "Health Dimension")} ${percent(share)}`);
		const words = __("{0}: together {1}", [parts.join(" · "), percent(total)]);
		$place.empty().append($("<p class='small text-muted' aria-live='polite'>").text(dimensions.length ? words : ""));
	},

	table(dimensions) {
		const { head, group, total } = crm_success.scorecard_shares;
		const $table = $("<table class='table table-sm scorecard-shares'>").append(head());
		dimensions.forEach((dimension) => $table.append(group(dimension)));
		return $table.append(total(dimensions));
	},

	head() {
		const titles = [__("Dimension and Metric"), __("Share of Its Dimension"), __("Share of the Score")];
		const cells = titles.map((title) => $("<th scope='col'>").text(title));
		return $("<thead>").append($("<tr>").append(cells));
	},

	group(dimension) {
		const { percent, row, why_not } = crm_success.scorecard_shares;
		const label = __(dimension.name, null, "Health Dimension");
		const $head = row("scorecard-shares-dimension", label, "", dimension.share, why_not(dimension));
		const metrics = dimension.metrics.map((metric) => {
			const name = __(metric.name, null, "Health Metric");
			return row("", name, percent(metric.inside), metric.share, why_not(metric, dimension));
		});
		return $("<tbody>").append($head, metrics);
	},

	row(name, label, inside, share, why_not) {
		const { bar, percent } = crm_success.scorecard_shares;
		const $name = $("<th scope='row'>").text(label);
		if (why_not) $name.append(" ", $("<span class='text-muted scorecard-shares-why'>").text(why_not));
		const $share = $("<td>").append(bar(share), $("<span>").text(percent(share)));
		return $(`<tr class="${name}">`).append($name, $("<td>").text(why_not ? "" : inside), $share);
	},

	bar(tenths) {
		const $fill = $("<span>").css("width", `${tenths / 10}%`);
		return $("<span class='scorecard-shares-bar' aria-hidden='true'>").append($fill);
	},

	total(dimensions) {
		const { row } = crm_success.scorecard_shares;
		const sum = dimensions.reduce((before, { share }) => before + share, 0);
		return $("<tfoot>").append(row("scorecard-shares-dimension", __("Total"), "", sum));
	},

	percent: (tenths) => `${format_number(tenths / 10, null, 1)} %`,

	why_not({ enabled, weight, metrics }, dimension) {
		if (enabled === false) return __("disabled, does not count");
		if (!weight) return __("weight 0, does not count");
		if (dimension && !dimension.weight) return __("its dimension has the weight 0");
		if (metrics && !metrics.length) return __("no metric, does not count");
		if (metrics && !metrics.some((metric) => metric.enabled && metric.weight)) {
			return __("no metric that counts");
		}
		return "";
	},

	notes(dimensions, strangers) {
		const total = dimensions.reduce((before, { share }) => before + share, 0);
		const notes = strangers.map(({ name, dimension }) => {
			const label = __(name, null, "Health Metric");
			if (!dimension) return __("{0} has no dimension, so it has no share.", [label]);
			const group = __(dimension, null, "Health Dimension");
			return __("{0} has no share: its dimension {1} is not listed above.", [label, group]);
		});
		if (!total) notes.push(__("Nothing counts yet: give a dimension and one of its metrics a weight above 0."));
		else notes.push(__("For a customer without a value that is ignored, its share goes to the other metrics."));
		return notes;
	},
});
