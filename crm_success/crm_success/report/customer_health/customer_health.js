// Filters of the report, and cells that link to the health behind them.
// {% include "crm_success/public/js/shared/bands.js" %}
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.customer_health_report");

// some readers of scores may not read territories, groups or users: a filter on those would only refuse them
crm_success.customer_health_report.may_choose = function ({ fieldtype, options }) {
	return fieldtype !== "Link" || frappe.model.can_read(options) || frappe.model.can_select(options);
};

frappe.query_reports["Customer Health"] = {
	filters: [
		{
			fieldname: "band",
			label: __("Band", null, "Customer Health"),
			fieldtype: "Select",
			options: ["", ...crm_success.bands.NAMES],
		},
		{ fieldname: "segment", label: __("Segment"), fieldtype: "Link", options: "Customer Segment" },
		{
			fieldname: "stage",
			label: __("Lifecycle Stage"),
			fieldtype: "Select",
			options: ["", "Potential", "New", "Active", "Silent", "At Risk", "Lost"],
			context: "Customer",
		},
		{
			fieldname: "value_class",
			label: __("Value Class"),
			fieldtype: "Select",
			options: ["", "High", "Potential", "Low"],
			context: "Customer Health",
		},
		{ fieldname: "account_manager", label: __("Account Manager"), fieldtype: "Link", options: "User" },
		{ fieldname: "territory", label: __("Territory"), fieldtype: "Link", options: "Territory" },
		{
			fieldname: "customer_group",
			label: __("Customer Group"),
			fieldtype: "Link",
			options: "Customer Group",
		},
		{ fieldname: "scorecard", label: __("Scorecard"), fieldtype: "Link", options: "Health Scorecard" },
		{ fieldname: "limit", label: __("Rows at Most"), fieldtype: "Int", default: 1000 },
	].filter((filter) => crm_success.customer_health_report.may_choose(filter)),

	formatter(value, row, column, data, default_formatter) {
		return crm_success.customer_health_report.cell(value, row, column, data, default_formatter);
	},

	after_datatable_render: crm_success.report_tables.follow_links,
};

crm_success.customer_health_report.cell = function (value, row, column, data, default_formatter) {
	const { escape_html } = frappe.utils;
	if (value === null || value === undefined || value === "") return "";
	if (["customer", "customer_name"].includes(column.fieldname) && data) {
		return crm_success.report_tables.link("Customer Health", data.customer, value);
	}
	if (column.fieldname === "band" && data) {
		return crm_success.report_tables.band(value, data.stored_band);
	}
	if (column.fieldname === "drivers") {
		return `<span title="${escape_html(value)}">${escape_html(value.replaceAll("\n", " · "))}</span>`;
	}
	if (["Data", "Small Text"].includes(column.fieldtype)) return escape_html(value);
	return default_formatter(value, row, column, data);
};
