frappe.listview_settings["Customer Health"] = {
	add_fields: ["band", "score", "trend"],
	// customers with nothing to measure would stand before the lowest scores
	filters: [["band", "is", "set"]],
	hide_name_column: true,

	get_indicator(doc) {
		const colors = { Healthy: "green", Watch: "orange", "At Risk": "red" };
		if (!doc.band) return [__("No Score"), "gray", "band,is,not set"];
		return [__(doc.band), colors[doc.band], `band,=,${doc.band}`];
	},

	formatters: {
		score(value, df, doc) {
			return doc.band ? format_number(value, null, 1) : "";
		},
		trend(value) {
			const arrows = { Up: "↑", Stable: "→", Down: "↓" };
			return value ? `${arrows[value]} ${__(value)}` : "";
		},
	},
};
