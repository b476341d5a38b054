// How much of what the scorecard weighs stands behind a score, in words and as a mark. Asks nothing.

frappe.provide("crm_success.coverage");

Object.assign(crm_success.coverage, {
	// Percent: as in scoring/engine/coverage.py
	LOW_BELOW: 50,

	// 0 is what the desk makes of none
	is_low: (coverage) => coverage > 0 && coverage < crm_success.coverage.LOW_BELOW,

	percent_text: (coverage) => `${format_number(coverage, null, coverage % 1 ? 1 : 0)} %`,

	// The words of scoring/shared/driver_words.py where it is low. Plain text, escaped by whoever puts it on a page
	sentence(coverage) {
		const { is_low, percent_text } = crm_success.coverage;
		if (!coverage) return "";
		const percent = percent_text(coverage);
		return is_low(coverage)
			? __("Based on {0} of what the scorecard weighs: nothing is on record for the rest.", [percent])
			: __("Based on {0} of what the scorecard weighs.", [percent]);
	},

	// HTML for a cell: what a low one says where the mouse rests on it, and to those who cannot see it
	mark(coverage) {
		const { is_low, percent_text, sentence } = crm_success.coverage;
		if (!coverage) return "";
		const text = percent_text(coverage);
		if (!is_low(coverage)) return text;
		const words = frappe.utils.escape_html(sentence(coverage));
		return `<span title="${words}" aria-label="${words}">◔ ${text}</span>`;
	},
});
