frappe.listview_settings["Health Metric"] = {
	add_fields: ["enabled", "dimension"],

	get_indicator(doc) {
		if (!doc.enabled) return [__("Disabled"), "gray", "enabled,=,0"];
		if (!doc.dimension) return [__("Helper"), "blue", "dimension,is,not set"];
		return [__("Enabled"), "green", "enabled,=,1"];
	},
};
