// Filters of the report, and cells that link to the health behind them.
// {% include "crm_success/public/js/shared/bands.js" %}
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.score_movers");

frappe.query_reports["Score Movers"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From Date"),
			fieldtype: "Date",
			default: frappe.datetime.add_days(frappe.datetime.get_today(), -30),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("To Date"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{ fieldname: "how_many", label: __("How Many Each"), fieldtype: "Int", default: 20 },
		{
			fieldname: "direction",
			label: __("Direction"),
			fieldtype: "Select",
			options: [
				{ value: "", label: __("Falls and Rises") },
				{ value: "Falls", label: __("Falls") },
				{ value: "Rises", label: __("Rises") },
			],
		},
		{ fieldname: "newly_at_risk", label: __("Newly at Risk Only"), fieldtype: "Check" },
	],

	formatter(value, row, column, data, default_formatter) {
		return crm_success.score_movers.cell(value, row, column, data, default_formatter);
	},

	after_datatable_render: crm_success.report_tables.follow_links,
};

crm_success.score_movers.cell = function (value, row, column, data, default_formatter) {
	const { escape_html } = frappe.utils;
	if (value === null || value === undefined || value === "") return "";
	if (["customer", "customer_name"].includes(column.fieldname) && data) {
		return crm_success.report_tables.link("Customer Health", data.customer, value);
	}
	if (column.fieldname === "band" && data) {
		return crm_success.report_tables.band(value, data.stored_band);
	}
	if (column.fieldname === "direction") return crm_success.score_movers.direction(value, data);
	if (column.fieldname === "reasons") {
		return `<span title="${escape_html(value)}">${escape_html(value.replaceAll("\n", " · "))}</span>`;
	}
	if (["Data", "Small Text"].includes(column.fieldtype)) return escape_html(value);
	return default_formatter(value, row, column, data);
};

crm_success.score_movers.direction = function (value, data) {
	const arrow = data && data.change < 0 ? "↓" : data && !data.change ? "→" : "↑";
	return `${arrow} ${frappe.utils.escape_html(value)}`;
};
