// Cells that link to the metric, and filters.
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.metric_quality");

crm_success.metric_quality.cells = {
	title: (value, data) => crm_success.report_tables.link("Health Metric", data.metric, value),
};

crm_success.report_tables.register("Metric Quality", crm_success.metric_quality.cells, {
	filters: [...crm_success.report_tables.audience(), crm_success.report_tables.include_disabled()],
});
