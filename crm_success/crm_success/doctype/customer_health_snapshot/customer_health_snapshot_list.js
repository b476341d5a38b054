frappe.listview_settings["Customer Health Snapshot"] = {
	add_fields: ["band"],
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
	},
};
