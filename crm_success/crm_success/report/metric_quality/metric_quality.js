// Cells that link to the metric; numbers that do not exist stay empty instead of 0.

frappe.provide("crm_success.metric_quality");

frappe.query_reports["Metric Quality"] = {
	filters: [],

	formatter(value, row, column, data, default_formatter) {
		return crm_success.metric_quality.cell(value, row, column, data, default_formatter);
	},

	// the table takes Enter for itself; a link in it is to be followed
	after_datatable_render({ wrapper }) {
		const leave_links_alone = (event) => event.target.closest("a[href]") && event.stopPropagation();
		wrapper.addEventListener("keydown", leave_links_alone, true);
	},
};

crm_success.metric_quality.cell = function (value, row, column, data, default_formatter) {
	const { escape_html } = frappe.utils;
	if (value === null || value === undefined || value === "") return "";
	if (column.fieldname === "title" && data) {
		const link = frappe.utils.get_form_link("Health Metric", data.metric);
		return `<a href="${escape_html(link)}">${escape_html(value)}</a>`;
	}
	if (column.fieldtype === "Percent") return `${format_number(value, null, 1)} %`;
	if (column.fieldtype === "Data") return escape_html(value);
	return default_formatter(value, row, column, data);
};
