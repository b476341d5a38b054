// Which part of a metric's values is drawn, and the bars they are counted in. Draws nothing.

frappe.provide("crm_success.metric_axis");

Object.assign(crm_success.metric_axis, {
	layout(doc, { values }, scale, width) {
		const { bars_between, domain } = crm_success.metric_axis;
		if (!values.length) return null;
		const room = Math.max(Math.floor(width) || 600, 260);
		const { low, high } = domain(values, scale.marks || []);
		const bars = bars_between(values, low, high, room < 500 ? 12 : 24);
		const [from, to] = [bars[0].from, bars.at(-1).to];
		const { last } = bars.at(-1);
		const inside = ({ value }) => value >= from && value <= to;
		const tally = (holds) => crm_success.metric_scale.count(values.filter(([value]) => holds(value)));
		return {
			width: room,
			from,
			to,
			last,
			bars,
			below: tally((value) => value < from),
			above: tally((value) => value > last),
			marks: (scale.marks || []).filter(inside),
			hidden_marks: (scale.marks || []).filter((mark) => !inside(mark)),
		};
	},

	// Without the few that lie far out; wide enough for the corners of the scale, unless those lie far out themselves
	domain(values, marks) {
		const [first, last] = [values[0][0], values.at(-1)[0]];
		const fences = crm_success.metric_axis.fences(values);
		const usual = fences.high - fences.low;
		let low = !usual || fences.low - first > usual / 4 ? fences.low : first;
		let high = !usual || last - fences.high > usual / 4 ? fences.high : last;
		const reach = 2 * (high - low || Math.abs(high) || 1);
		const near = marks.map(({ value }) => value).filter((value) => value >= low - reach && value <= high + reach);
		[low, high] = [Math.min(low, ...near), Math.max(high, ...near)];
		return low === high ? { low: low - 1, high: high + 1 } : { low, high };
	},

	// Three times the range of the middle half on either side, but so that 2 to 10 percent lie beyond
	fences(values) {
		const fractions = [0.02, 0.1, 0.25, 0.75, 0.9, 0.98];
		const [p2, p10, p25, p75, p90, p98] = crm_success.metric_scale.quantiles(values, fractions);
		const middle = p75 - p25;
		if (!middle) return { low: p2, high: p98 };
		return {
			low: Math.min(Math.max(p25 - 3 * middle, p2), p10),
			high: Math.max(Math.min(p75 + 3 * middle, p98), p90),
		};
	},

	// Of a round width, each from its beginning to before its end; `last` is what its values reach at most
	bars_between(values, low, high, most) {
		const are_whole = values.every(([value]) => Number.isInteger(value));
		const step = crm_success.metric_axis.round_step((high - low) / most, are_whole);
		const start = Math.floor(low / step);
		// the largest whole number needs a bar that begins with it
		const number = Math.max(are_whole ? Math.floor(high / step) + 1 - start : Math.ceil(high / step) - start, 1);
		const tidy = (value) => Number(value.toPrecision(12));
		const bars = [...Array(number).keys()].map((at) => ({
			from: tidy((start + at) * step),
			to: tidy((start + at + 1) * step),
			last: tidy((start + at + 1) * step - (are_whole ? 1 : 0)),
			customers: 0,
		}));
		for (const [value, customers] of values) {
			const at = value === bars.at(-1).last ? number - 1 : Math.floor(tidy(value / step)) - start;
			if (bars[at]) bars[at].customers += customers;
		}
		return bars;
	},

	round_step(width, is_whole) {
		const power = 10 ** Math.floor(Math.log10(width));
		const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= width * 0.999);
		return is_whole ? Math.max(Math.round(step), 1) : step;
	},
});
