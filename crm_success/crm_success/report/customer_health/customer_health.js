// Filters of the report, and cells that link to the health behind them.
// {% include "crm_success/public/js/shared/bands.js" %}
// {% include "crm_success/public/js/shared/coverage.js" %}
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.customer_health_report");

// some readers of scores may not read territories, groups or users: a filter on those would only refuse them
crm_success.customer_health_report.may_choose = function ({ fieldtype, options }) {
	return fieldtype !== "Link" || frappe.model.can_read(options) || frappe.model.can_select(options);
};

crm_success.customer_health_report.cells = {
	...crm_success.report_tables.health_cells(),
	// the desk takes a precision of 0 for none
	usual_gap: (value) => format_number(value, null, 0),
	drivers: crm_success.report_tables.in_one_line,
	risk_drivers: crm_success.report_tables.in_one_line,
};

crm_success.report_tables.register("Customer Health", crm_success.customer_health_report.cells, {
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
		...crm_success.report_tables.audience(),
		crm_success.report_tables.include_disabled(),
	].filter((filter) => crm_success.customer_health_report.may_choose(filter)),
});
