// Cells that link to the metric; numbers that do not exist stay empty instead of 0.
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.metric_quality");

frappe.query_reports["Metric Quality"] = {
	filters: [],

	formatter(value, row, column, data, default_formatter) {
		return crm_success.metric_quality.cell(value, row, column, data, default_formatter);
	},

	after_datatable_render: crm_success.report_tables.follow_links,
};

crm_success.metric_quality.cell = function (value, row, column, data, default_formatter) {
	const { escape_html } = frappe.utils;
	if (value === null || value === undefined || value === "") return "";
	if (column.fieldname === "title" && data) {
		return crm_success.report_tables.link("Health Metric", data.metric, value);
	}
	if (column.fieldtype === "Percent") return `${format_number(value, null, 1)} %`;
	if (column.fieldtype === "Data") return escape_html(value);
	return default_formatter(value, row, column, data);
};
