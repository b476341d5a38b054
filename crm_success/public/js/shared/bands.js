// The bands of a score with their colours, and the arrows of its trend: the one table of the desk.

frappe.provide("crm_success.bands");

Object.assign(crm_success.bands, {
	// from the best to the worst
	NAMES: ["Healthy", "Watch", "At Risk"],

	COLORS: { Healthy: "green", Watch: "orange", "At Risk": "red" },

	TREND_ARROWS: { Up: "↑", Stable: "→", Down: "↓" },

	color: (band) => crm_success.bands.COLORS[band] || "gray",

	// In the reader's language
	text: (band) => (band ? __(band) : __("No Score")),

	// As a list shows it; a click on it filters by the band
	indicator(band) {
		const { color, text } = crm_success.bands;
		return [text(band), color(band), band ? `band,=,${band}` : "band,is,not set"];
	},
});
