// The scale of a Health Metric over values, as the engine applies it, and where it has its corners. Draws nothing.

frappe.provide("crm_success.metric_scale");

// Values are pairs of a value and how many customers have it, ascending
Object.assign(crm_success.metric_scale, {
	PERCENTILES: 101,

	// What the form says: { points(value), marks: [{ value, label }] }, or { problem } where nothing can be drawn
	of(doc, values) {
		const { linear, bands, percentile } = crm_success.metric_scale;
		if (doc.scale === "Bands") return bands(doc);
		if (doc.scale === "Percentile") return percentile(doc, values);
		return linear(doc);
	},

	linear(doc) {
		const [worst, best] = [flt(doc.worst), flt(doc.best)];
		if (worst === best) return { problem: __("Worst and Best are the same: there is no scale to draw.") };
		const share = (value) => (value - worst) / (best - worst);
		return {
			points: (value) => 100 * Math.min(Math.max(share(value), 0), 1),
			marks: [
				{ value: worst, label: __("Worst") },
				{ value: best, label: __("Best") },
			],
		};
	},

	bands(doc) {
		const rows = (doc.bands || []).filter((row) => row.minimum !== undefined && row.minimum !== null);
		const bands = rows.map((row) => ({ minimum: flt(row.minimum), points: flt(row.points) }));
		bands.sort((a, b) => a.minimum - b.minimum);
		if (!bands.length) return { problem: __("There is no band yet: there is no scale to draw.") };
		return {
			points: (value) => (bands.findLast(({ minimum }) => minimum <= value) || bands[0]).points,
			// below the first minimum its points count too: nothing changes there
			marks: bands.slice(1).map(({ minimum }) => ({ value: minimum, label: __("From") })),
		};
	},

	// The middle of the ranks that equal the value
	percentile(doc, values) {
		const { cuts_of, first_from } = crm_success.metric_scale;
		const cuts = cuts_of(values);
		if (!cuts.length) return { problem: __("No customer has a value yet: there are no percentiles to draw.") };
		const rank = (value) => {
			const left = first_from(cuts, (cut) => cut >= value);
			const right = first_from(cuts, (cut) => cut > value);
			return Math.min(Math.max((left + right - 1) / 2, 0), 100);
		};
		const quarters = [25, 50, 75].map((percent) => ({ value: cuts[percent], label: `P${percent}` }));
		return {
			points: (value) => (doc.better === "Lower" ? 100 - rank(value) : rank(value)),
			marks: quarters.filter(({ value }, at) => at === 0 || value !== quarters[at - 1].value),
		};
	},

	// As in scoring/engine/scales.py: whether the value of nothing observed would speak for a customer
	silence_would_count_for(doc, { points }, value) {
		return doc.scale === "Percentile" ? doc.better === "Lower" : Boolean(points) && points(value) > 50;
	},

	// What each customer counts with: the value of nothing observed too, where that does not speak for the customer
	judged(doc, data, scale) {
		const { count, silence_would_count_for } = crm_success.metric_scale;
		const counting = (data.silent || []).filter(([value]) => !silence_would_count_for(doc, scale, value));
		const together = new Map(data.values);
		for (const [value, customers] of counting) together.set(value, (together.get(value) || 0) + customers);
		const values = [...together].sort(([one], [other]) => one - other);
		const missing = data.missing + count(data.silent || []) - count(counting);
		return { ...data, values, missing, ranked: data.values };
	},

	first_from(cuts, holds) {
		const at = cuts.findIndex(holds);
		return at === -1 ? cuts.length : at;
	},

	cuts_of(values) {
		const { PERCENTILES, quantiles } = crm_success.metric_scale;
		return values.length ? quantiles(values, [...Array(PERCENTILES).keys()].map((at) => at / 100)) : [];
	},

	// Between two values in proportion; `fractions` ascend
	quantiles(values, fractions) {
		const { count } = crm_success.metric_scale;
		const last = count(values) - 1;
		let [at, passed] = [0, 0];
		const value_at = (rank) => {
			while (passed + values[at][1] <= rank) passed += values[at++][1];
			return values[at][0];
		};
		return fractions.map((fraction) => {
			const place = fraction * last;
			const low = value_at(Math.floor(place));
			const is_next = Math.floor(place) + 1 < passed + values[at][1];
			const high = is_next || at + 1 === values.length ? low : values[at + 1][0];
			return low + (high - low) * (place - Math.floor(place));
		});
	},

	count: (values) => values.reduce((sum, [, customers]) => sum + customers, 0),
});
