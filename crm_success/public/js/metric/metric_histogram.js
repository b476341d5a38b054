// Today's values of a Health Metric as a histogram, with its scale over it, in the form. Saves nothing.

frappe.provide("crm_success.metric_histogram");

Object.assign(crm_success.metric_histogram, {
	HEIGHT: 264,
	MARGIN: { top: 48, right: 44, bottom: 40, left: 48 },

	// What the values depend on; the rest of the form only judges them
	MEASURED_BY: [
		"measure",
		"source_doctype",
		"parent_doctype",
		"customer_field",
		"date_field",
		"value_field",
		"window_days",
		"expression",
		"filters",
		"matching",
	],

	show(frm) {
		const { draw, is_current, load } = crm_success.metric_histogram;
		frm.toggle_display("distribution_section", Boolean(frm.perm[0]?.write));
		// until the site is migrated, its form has no place for it
		if (!frm.get_field("distribution") || !frm.perm[0]?.write) return;
		crm_success.metric_histogram.watch_width(frm);
		if (frm.histogram?.name !== frm.docname && !frm.is_new() && !frm.is_dirty()) frm.histogram = null;
		if (frm.is_new() || is_current(frm)) draw(frm);
		else load(frm);
	},

	load(frm) {
		const { draw, signature } = crm_success.metric_histogram;
		const asked = { name: frm.docname, signature: signature(frm.doc) };
		frm.histogram = { ...asked, is_loading: true };
		draw(frm);
		frappe.call({
			method: "crm_success.scoring.api.metric_form.metric_distribution",
			type: "POST",
			args: { metric: frm.doc },
			callback({ message }) {
				if (!message || frm.docname !== asked.name) return;
				frm.histogram = { ...asked, data: message };
				draw(frm);
			},
			error() {
				frm.histogram = null;
				draw(frm);
			},
		});
	},

	signature(doc) {
		return JSON.stringify(crm_success.metric_histogram.MEASURED_BY.map((field) => doc[field] || ""));
	},

	is_current(frm) {
		const { histogram, doc, docname } = frm;
		return histogram?.name === docname && histogram.signature === crm_success.metric_histogram.signature(doc);
	},

	// Its text keeps its size on every screen, so the picture is drawn to the width that there is
	watch_width(frm) {
		const place = frm.get_field("distribution").$wrapper.get(0);
		if (frm.histogram_place === place) return;
		frm.histogram_place = place;
		let width = place.clientWidth;
		new ResizeObserver(() => {
			if (place.clientWidth && place.clientWidth !== width) {
				width = place.clientWidth;
				crm_success.metric_histogram.draw(frm);
			}
		}).observe(place);
	},

	draw(frm) {
		const { state, panel } = crm_success.metric_histogram;
		const $place = frm.get_field("distribution")?.$wrapper;
		if (!$place) return;
		const is_open = Boolean($place.find("details[open]").length);
		$place.empty();
		state(frm).forEach((part) => $place.append(part));
		const data = frm.histogram?.name === frm.docname && frm.histogram.data;
		if (data && !data.problem) panel($place, frm.doc, data, is_open);
	},

	// What stands before the picture, or in its place
	state(frm) {
		const { is_current, load } = crm_success.metric_histogram;
		const paragraph = (text) => $("<p class='text-muted'>").text(text);
		if (frm.histogram?.is_loading) return [paragraph(__("Reading the values of today"))];
		const problem = is_current(frm) && frm.histogram.data?.problem;
		if (problem) return [paragraph(problem)];
		if (is_current(frm)) return [];
		const has_old = frm.histogram?.data && !frm.histogram.data.problem;
		const why = has_old
			? __("What is measured was changed: the picture shows the values from before.")
			: __("See how the scale spreads the customers of today. Nothing is saved.");
		const words = has_old ? __("Read the Values Again") : __("Show the Values of Today");
		const $button = $("<button type='button' class='btn btn-xs btn-default'>").text(words);
		return [paragraph(why).append(" ", $button.on("click", () => load(frm)))];
	},

	panel($place, doc, read, is_open) {
		const { picture } = crm_success.metric_histogram;
		const { notes, table } = crm_success.metric_words;
		const scale = crm_success.metric_scale.of(doc, read.values);
		const data = crm_success.metric_scale.judged(doc, read, scale);
		const $panel = $("<div class='metric-histogram'>").appendTo($place);
		const shown = crm_success.metric_axis.layout(doc, data, scale, $place.width());
		const words = notes(doc, data, scale, shown);
		if (shown) $panel.append(picture(doc, data, scale, shown, words));
		words.forEach((note) => $("<p class='small mb-1'>").text(note).appendTo($panel));
		if (shown) $panel.append(table(doc, data, scale, shown, is_open));
	},

	picture(doc, data, scale, shown, words) {
		const { HEIGHT, axes, bar_shapes, line, mark_shapes, plot_of } = crm_success.metric_histogram;
		const plot = plot_of(shown);
		const label = frappe.utils.escape_html(`${__("Histogram with the scale")}. ${words.join(" ")}`);
		return `<svg width="${shown.width}" height="${HEIGHT}" role="img" aria-label="${label}">
			${bar_shapes(shown, plot)}
			${axes(doc, data, scale, shown, plot)}
			${scale.points ? line(scale, shown, plot) : ""}
			${mark_shapes(doc, data, shown, plot)}
		</svg>`;
	},

	plot_of({ width, from, to, bars }) {
		const { HEIGHT, MARGIN } = crm_success.metric_histogram;
		const [inner_width, bottom] = [width - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.bottom];
		const most = Math.max(...bars.map(({ customers }) => customers), 1);
		const tidy = (number) => Math.round(number * 10) / 10;
		return {
			bottom,
			left: MARGIN.left,
			right: width - MARGIN.right,
			most,
			x: (value) => tidy(MARGIN.left + (inner_width * (value - from)) / (to - from)),
			y: (share) => tidy(bottom - (bottom - MARGIN.top) * share),
		};
	},

	bar_shapes({ bars }, { x, y, most, bottom }) {
		return bars
			.filter(({ customers }) => customers)
			.map(({ from, to, customers }) => {
				// also a single customer can be seen
				const top = Math.min(y(customers / most), bottom - 1);
				const width = Math.max(x(to) - x(from) - 1, 1);
				return `<rect class="metric-histogram-bar" x="${x(from)}" y="${top}" width="${width}" height="${bottom - top}"></rect>`;
			})
			.join("");
	},

	axes(doc, data, scale, shown, plot) {
		const { text, ticks } = crm_success.metric_histogram;
		const { short } = crm_success.metric_words;
		const { left, right, bottom, most, x, y } = plot;
		const parts = [`<line class="metric-histogram-axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"></line>`];
		for (const value of ticks(shown)) {
			const anchor = x(value) > right - 20 ? "end" : x(value) < left + 20 ? "start" : "middle";
			parts.push(text(x(value), bottom + 16, short(value), anchor));
		}
		parts.push(text(left - 6, y(1) + 4, short(most), "end"), text(left - 6, bottom + 4, "0", "end"));
		parts.push(text(0, 12, __("Customers"), "start", "metric-histogram-title"));
		if (scale.points) {
			parts.push(text(shown.width, 12, __("Points", null, "Health Metric Band"), "end", "metric-histogram-title"));
			[0, 50, 100].forEach((points) => parts.push(text(right + 6, y(points / 100) + 4, String(points), "start")));
		}
		parts.push(text((left + right) / 2, bottom + 34, value_title(), "middle", "metric-histogram-title"));
		return parts.join("");

		function value_title() {
			const unit = doc.unit === "Currency" ? data.currency : doc.unit && __(doc.unit, null, "Health Metric");
			return unit ? `${__("Value")} (${unit})` : __("Value");
		}
	},

	// Round numbers, so that zero is among them where it is in the picture
	ticks({ from, to, last, width }) {
		const { round_step } = crm_success.metric_axis;
		const step = round_step((to - from) / Math.max(Math.floor(width / 90), 2), last < to);
		const first = Math.ceil(from / step - 1e-9);
		const number = Math.floor(to / step + 1e-9) - first + 1;
		return [...Array(Math.max(number, 0)).keys()].map((at) => Number(((first + at) * step).toPrecision(12)));
	},

	// Through every pixel's value, and both sides of each corner, so that steps stay steps
	line(scale, { from, to, marks, width }, { x, y }) {
		const values = [...Array(width).keys()].map((at) => from + ((to - from) * at) / (width - 1));
		const tiny = (to - from) / 1e6;
		marks.forEach(({ value }) => values.push(value - tiny, value));
		values.sort((a, b) => a - b);
		const corners = values.filter((value) => value >= from).map((value) => `${x(value)},${y(scale.points(value) / 100)}`);
		const path = corners.filter((corner, at) => corner !== corners[at - 1]).join(" ");
		return ["edge", "line"]
			.map((name) => `<polyline class="metric-histogram-scale-${name}" points="${path}"></polyline>`)
			.join("");
	},

	mark_shapes(doc, data, { marks }, { x, y, bottom, left, right }) {
		const { place_label, text } = crm_success.metric_histogram;
		const { value_text } = crm_success.metric_words;
		const ends = [left - 60, left - 60];
		return [...marks]
			.sort((a, b) => a.value - b.value)
			.map(({ value, label }) => {
				const at = x(value);
				const line = `<line class="metric-histogram-mark" x1="${at}" x2="${at}" y1="${y(1) - 4}" y2="${bottom}"></line>`;
				const words = `${label} ${value_text(value, doc, data)}`;
				const place = place_label(at, words, ends, right + 40);
				return place ? line + text(place.x, y(1) - 8 - 14 * place.row, words, place.anchor) : line;
			})
			.join("");
	},

	// In one of two rows, over its line or beside it; a label without room is left out
	place_label(at, words, ends, right) {
		// about seven pixels a letter, fourteen a Chinese one
		const length = [...words].reduce((sum, letter) => sum + (letter > "\u2e80" ? 14 : 7), 0);
		for (const [anchor, x, begin] of [
			["middle", at, at - length / 2],
			["start", at - 2, at - 2],
			["end", at + 2, at + 2 - length],
		]) {
			const row = begin + length > right ? -1 : ends.findIndex((end) => end < begin);
			if (row === -1) continue;
			ends[row] = begin + length;
			return { anchor, x, row };
		}
		return null;
	},

	text(x, y, words, anchor, name = "") {
		return `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${name}">${frappe.utils.escape_html(words)}</text>`;
	},
});

// Judged anew at once; read anew when asked, since that takes a moment
for (const [doctype, fields] of [
	[
		"Health Metric",
		[
			...crm_success.metric_histogram.MEASURED_BY,
			...["scale", "worst", "best", "better", "unit", "missing_treatment"],
		],
	],
	["Health Metric Band", ["minimum", "points", "bands_add", "bands_remove"]],
]) {
	const draw = (frm) => crm_success.metric_histogram.draw(frm);
	frappe.ui.form.on(doctype, Object.fromEntries(fields.map((field) => [field, draw])));
}
