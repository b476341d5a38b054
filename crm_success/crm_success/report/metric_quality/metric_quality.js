// Cells that link to the metric.
// {% include "crm_success/public/js/shared/report_tables.js" %}

crm_success.report_tables.register("Metric Quality", {
	title: (value, data) => crm_success.report_tables.link("Health Metric", data.metric, value),
});
