// What each weight of a scorecard decides, as the engine weighs. Draws nothing.

frappe.provide("crm_success.scorecard_weights");

Object.assign(crm_success.scorecard_weights, {
	// As the engine weighs a customer with a value for every metric
	compute(doc, known) {
		const { metric_of, set_shares } = crm_success.scorecard_weights;
		const metrics = (doc.metrics || []).filter((row) => row.metric).map((row) => metric_of(row, known));
		const rows = (doc.dimensions || []).filter((row) => row.dimension);
		const dimensions = rows.map(({ dimension, weight }) => ({
			name: dimension,
			weight: Math.max(flt(weight), 0),
			metrics: metrics.filter((metric) => metric.dimension === dimension),
		}));
		const names = dimensions.map(({ name }) => name);
		set_shares(dimensions);
		return { dimensions, strangers: metrics.filter(({ dimension }) => !names.includes(dimension)) };
	},

	metric_of({ metric, dimension, weight }, known) {
		const { enabled = 1, dimension: own = dimension } = known[metric] || {};
		return { name: metric, dimension: own, enabled: Boolean(enabled), weight: Math.max(flt(weight), 0) };
	},

	// In tenths of a percent, so that what is shown adds up: all metrics make 100.0, and so does each dimension
	set_shares(dimensions) {
		const { portion } = crm_success.scorecard_weights;
		const counting = ({ enabled, weight }) => (enabled ? weight : 0);
		const weighed = ({ weight, metrics }) => (metrics.some(counting) ? weight : 0);
		const shares = portion(1000, dimensions.map(weighed));
		dimensions.forEach((dimension, at) => {
			const weights = dimension.metrics.map(counting);
			const inside = portion(1000, weights);
			const whole = portion(shares[at], weights);
			dimension.share = shares[at];
			dimension.metrics.forEach((metric, n) => Object.assign(metric, { inside: inside[n], share: whole[n] }));
		});
	},

	// Whole parts of `total` by weight; what rounding leaves over goes to the largest remainders
	portion(total, weights) {
		const sum = weights.reduce((before, weight) => before + weight, 0);
		if (!sum) return weights.map(() => 0);
		const exact = weights.map((weight) => (total * weight) / sum);
		const parts = exact.map(Math.floor);
		const left = total - parts.reduce((before, part) => before + part, 0);
		const by_remainder = [...exact.keys()].sort((a, b) => exact[b] - parts[b] - (exact[a] - parts[a]) || a - b);
		by_remainder.slice(0, Math.round(left)).forEach((at) => (parts[at] += 1));
		return parts;
	},
});
