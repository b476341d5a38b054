frappe.listview_settings["Health Metric"] = {
	add_fields: ["enabled", "dimension"],

	formatters: {
		name: (value) => __(value, null, "Health Metric"),
		dimension(value) {
			if (!value) return "";
			const name = frappe.utils.escape_html(__(value, null, "Health Dimension"));
			const filter = frappe.utils.escape_html(`dimension,=,${value}`);
			return `<a class="filterable ellipsis" data-filter="${filter}">${name}</a>`;
		},
	},

	onload(listview) {
		const filter = listview.page.fields_dict.dimension;
		if (filter) filter.get_translated = (name) => __(name, null, "Health Dimension");
	},

	get_indicator(doc) {
		if (!doc.enabled) return [__("Disabled"), "gray", "enabled,=,0"];
		if (!doc.dimension) return [__("Helper"), "blue", "dimension,is,not set"];
		return [__("Enabled"), "green", "enabled,=,1"];
	},
};
