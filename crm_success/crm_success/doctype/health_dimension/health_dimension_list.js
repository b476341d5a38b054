frappe.listview_settings["Health Dimension"] = {
	formatters: {
		name: (value) => __(value, null, "Health Dimension"),
		// an element, since version 16 takes other text for a selector
		description(value) {
			const text = frappe.utils.escape_html(__(value, null, "Health Dimension"));
			return `<span class="ellipsis">${text}</span>`;
		},
	},
};
