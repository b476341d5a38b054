frappe.listview_settings["Health Scorecard"] = {
	add_fields: ["enabled", "is_default"],
	formatters: { name: (value) => __(value, null, "Health Scorecard") },

	get_indicator(doc) {
		if (!doc.enabled) return [__("Disabled"), "gray", "enabled,=,0"];
		if (doc.is_default) return [__("Default"), "blue", "is_default,=,1"];
		return [__("Enabled"), "green", "enabled,=,1"];
	},
};
