// The gauge of a score: a half circle with the scorecard's thresholds, the score and its band. Asks nothing.

frappe.provide("crm_success.customer_health.gauge");

Object.assign(crm_success.customer_health.gauge, {
	CENTER: { x: 140, y: 124 },
	RADIUS: 96,

	draw($place, picture) {
		const { svg, notes } = crm_success.customer_health.gauge;
		const $gauge = $("<div class='health-gauge'>").append(svg(picture));
		notes(picture).forEach((note) => $gauge.append($("<p class='small text-muted'>").text(note)));
		$place.empty().append($gauge);
	},

	svg(picture) {
		const { in_words, arcs, threshold, marker } = crm_success.customer_health.gauge;
		const { watch_from, healthy_from } = picture;
		const has_ring = picture.is_override && picture.computed_score !== null;
		const label = frappe.utils.escape_html(in_words(picture));
		return `<svg viewBox="0 0 280 150" role="img" aria-label="${label}">
			${arcs(picture)}
			${[...new Set([watch_from, healthy_from])].map(threshold).join("")}
			${has_ring ? marker(picture.computed_score, "computed") : ""}
			${picture.score === null ? "" : marker(picture.score, "score")}
			${crm_success.customer_health.gauge.words(picture)}
		</svg>`;
	},

	words({ score, band }) {
		const { CENTER } = crm_success.customer_health.gauge;
		const text = (y, name, words) =>
			`<text x="${CENTER.x}" y="${y}" class="${name}">${frappe.utils.escape_html(words)}</text>`;
		if (score === null) return text(CENTER.y - 12, "health-gauge-band", __("No Score"));
		const number = crm_success.customer_health.score_text(score);
		const name = text(CENTER.y + 6, "health-gauge-band", __(band));
		return text(CENTER.y - 18, "health-gauge-score", number) + name;
	},

	// The same for those who cannot see it
	in_words(picture) {
		const { score, band } = picture;
		if (score === null) return __("No Score");
		const number = crm_success.customer_health.score_text(score);
		const sentences = [
			__("Health score {0} of 100: {1}", [number, __(band)]),
			...crm_success.customer_health.gauge.notes(picture),
		];
		return sentences.map((sentence) => sentence.replace(/[.。]$/, "")).join(". ");
	},

	notes({ is_override, computed_score, coverage, watch_from, healthy_from }) {
		const { score_text } = crm_success.customer_health;
		const notes = [];
		// of a score that somebody set, it would say nothing
		if (!is_override && coverage) notes.push(crm_success.coverage.sentence(coverage));
		if (is_override && computed_score === null) {
			notes.push(__("Set by hand; no score could be computed"));
		} else if (is_override) {
			notes.push(__("Set by hand; the computed score is {0} (○)", [score_text(computed_score)]));
		}
		const limits = [watch_from, healthy_from].map((limit) => format_number(limit, null, limit % 1 ? 1 : 0));
		return [...notes, __("Watch from {0}, Healthy from {1}", limits)];
	},

	// One arc a band; that of the score stands out
	arcs({ band, watch_from, healthy_from }) {
		const bands = [
			["At Risk", 0, watch_from],
			["Watch", watch_from, healthy_from],
			["Healthy", healthy_from, 100],
		];
		return bands
			.filter(([, from, to]) => to > from)
			.map(([name, from, to]) => {
				const current = name === band ? "current" : "";
				const path = crm_success.customer_health.gauge.arc(from, to);
				return `<path class="health-gauge-arc ${frappe.scrub(name, "-")} ${current}" d="${path}"></path>`;
			})
			.join("");
	},

	arc(from, to) {
		const { at, RADIUS } = crm_success.customer_health.gauge;
		const [start, end] = [at(from, RADIUS), at(to, RADIUS)];
		return `M ${start.x} ${start.y} A ${RADIUS} ${RADIUS} 0 0 1 ${end.x} ${end.y}`;
	},

	threshold(score) {
		const { at, RADIUS } = crm_success.customer_health.gauge;
		const [inner, outer, place] = [at(score, RADIUS - 11), at(score, RADIUS + 11), at(score, RADIUS + 20)];
		const anchor = score < 40 ? "end" : score > 60 ? "start" : "middle";
		const number = format_number(score, null, score % 1 ? 1 : 0);
		const ends = `x1="${inner.x}" y1="${inner.y}" x2="${outer.x}" y2="${outer.y}"`;
		const at_place = `x="${place.x}" y="${place.y + 3}" text-anchor="${anchor}"`;
		return `<line class="health-gauge-threshold" ${ends}></line>
			<text class="health-gauge-limit" ${at_place}>${number}</text>`;
	},

	// The score as a hand across the arc, the computed score beside an override as a ring on it
	marker(score, kind) {
		const { at, RADIUS } = crm_success.customer_health.gauge;
		if (kind === "computed") {
			const { x, y } = at(score, RADIUS);
			return `<circle class="health-gauge-computed" cx="${x}" cy="${y}" r="7"></circle>`;
		}
		const [inner, outer] = [at(score, RADIUS - 15), at(score, RADIUS + 13)];
		const ends = `x1="${inner.x}" y1="${inner.y}" x2="${outer.x}" y2="${outer.y}"`;
		return ["hand-edge", "hand"].map((name) => `<line class="health-gauge-${name}" ${ends}></line>`).join("");
	},

	at(score, radius) {
		const { CENTER } = crm_success.customer_health.gauge;
		const angle = Math.PI * (1 - Math.min(Math.max(score, 0), 100) / 100);
		const rounded = (number) => Math.round(number * 100) / 100;
		return {
			x: rounded(CENTER.x + radius * Math.cos(angle)),
			y: rounded(CENTER.y - radius * Math.sin(angle)),
		};
	},
});
