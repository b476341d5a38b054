frappe.listview_settings["Health Dimension"] = {
	formatters: {
		name: (value) => __(value, null, "Health Dimension"),
		description: (value) => frappe.utils.escape_html(__(value, null, "Health Dimension")),
	},
};
