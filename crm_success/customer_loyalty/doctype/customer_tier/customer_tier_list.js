frappe.listview_settings["Customer Tier"] = {
	add_fields: ["enabled"],
	formatters: { name: (value) => __(value, null, "Customer Tier") },

	get_indicator(doc) {
		return doc.enabled ? [__("Enabled"), "green", "enabled,=,1"] : [__("Disabled"), "gray", "enabled,=,0"];
	},
};
