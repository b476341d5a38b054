// What a score is made of: a row a metric, with value, points, weight and contribution. Asks nothing.

frappe.provide("crm_success.customer_health.parts");

Object.assign(crm_success.customer_health.parts, {
	draw($place, picture, on_evidence) {
		const { components } = picture;
		$place.empty();
		if (!components.length) {
			$place.append($("<p class='text-muted'>").text(__("No metric was scored for this customer yet.")));
			return;
		}
		const { head, group, sums } = crm_success.customer_health.parts;
		const label = __("What the Score Is Made Of");
		const $table = $("<div class='health-parts' role='table'>").attr("aria-label", label).append(head());
		for (const dimension of new Set(components.map((component) => component.dimension))) {
			const rows = components.filter((component) => component.dimension === dimension);
			$table.append(group(dimension, rows, picture, on_evidence));
		}
		$place.append($table, ...sums(picture).map((words) => $("<p class='small text-muted mb-1'>").text(words)));
	},

	head() {
		const { weight_title } = crm_success.customer_health.parts;
		const figures = [__("Value"), __("Points", null, "Health Metric Band"), weight_title(), __("Contribution")];
		const titles = [__("Metric"), ...figures, __("Evidence")];
		const cells = titles.map((title) => $("<div role='columnheader'>").text(title));
		return $("<div class='health-part health-parts-head' role='row'>").append(cells);
	},

	group(dimension, rows, picture, on_evidence) {
		const { add_up, row } = crm_success.customer_health.parts;
		const weight = format_number(add_up(rows, "weight"), null, 1);
		const contribution = crm_success.customer_health.signed_text(add_up(rows, "contribution"));
		const $title = $("<div class='health-parts-dimension' role='row'>").append(
			$("<div role='rowheader'>").append(
				$("<strong>").text(__(dimension, null, "Health Dimension") || __("Without Dimension")),
				$("<span class='text-muted small'>").text(__("{0} % of the score, {1}", [weight, contribution]))
			)
		);
		return $("<div role='rowgroup'>").append($title, ...rows.map((part) => row(part, picture, on_evidence)));
	},

	row(part, picture, on_evidence) {
		const { add_cell, bar, evidence, value_words, weight_title } = crm_success.customer_health.parts;
		const side = part.contribution > 0 ? "raises" : part.contribution < 0 ? "lowers" : "";
		const $row = $(`<div class='health-part ${side}' role='row'>`);
		const label = __(part.label, null, "Health Metric");
		$("<div role='rowheader' class='health-part-label'>").text(label).appendTo($row);
		add_cell($row, "value", __("Value")).append($("<span>").text(value_words(part, picture.currency)));
		add_cell($row, "points", __("Points", null, "Health Metric Band")).append(bar(part));
		const weight = `${format_number(part.weight, null, 1)} %`;
		add_cell($row, "weight", weight_title()).append($("<span>").text(weight));
		const signed = crm_success.customer_health.signed_text(part.contribution);
		add_cell($row, "contribution", __("Contribution")).append($("<span>").text(signed));
		add_cell($row, "evidence").append(part.is_kept ? evidence(part, on_evidence) : "");
		return $row;
	},

	// The title of its column goes with each cell, for narrow screens that have no room for columns
	add_cell($row, name, title) {
		const $cell = $(`<div role='cell' class='health-part-${name}'>`).appendTo($row);
		if (title) $("<span class='health-part-title' aria-hidden='true'>").text(title).appendTo($cell);
		return $cell;
	},

	// Not the weight of a parcel
	weight_title: () => __("Weight", null, "Health Scorecard Metric"),

	value_words(part, currency) {
		const { raw, points, unit, is_scored } = part;
		if (!is_scored) return __("Not scored yet");
		if (raw !== null) return crm_success.customer_health.value_text(raw, unit, currency);
		if (points === null) return __("No value: left out");
		return __("No value: counts as {0} points", [crm_success.customer_health.value_text(points)]);
	},

	bar({ points }) {
		if (points === null) return $("<span class='text-muted'>").text("–");
		const width = Math.min(Math.max(points, 0), 100);
		return [
			$("<span class='health-bar' aria-hidden='true'>").append($("<span>").css("width", `${width}%`)),
			$("<span class='health-bar-number'>").text(crm_success.customer_health.value_text(points)),
		];
	},

	evidence(part, on_evidence) {
		const words = part.is_formula ? __("Metrics") : __("Documents");
		return $("<button type='button' class='btn btn-xs btn-default'>")
			.text(words)
			.attr("aria-label", `${words}: ${__(part.label, null, "Health Metric")}`)
			.on("click", () => on_evidence(part));
	},

	// From the contributions to the score that the gauge shows, a sentence a step
	sums({ components, cap_reason, computed_score, score, is_override }) {
		const { score_text } = crm_success.customer_health;
		const by_hand = is_override ? [__("Set by hand: {0}", [score_text(score)])] : [];
		if (computed_score === null) {
			return [__("No score: there is nothing to measure for this customer yet."), ...by_hand];
		}
		const total = 50 + crm_success.customer_health.parts.add_up(components, "contribution");
		const sum = __("50 and all contributions make {0}.", [score_text(total)]);
		if (!cap_reason) return [sum, ...by_hand];
		const values = [score_text(computed_score), score_text(total - computed_score), __(cap_reason)];
		return [sum, __("Capped at {0}, {1} less: {2}", values), ...by_hand];
	},

	add_up(rows, fieldname) {
		return rows.reduce((total, row) => total + row[fieldname], 0);
	},
});
