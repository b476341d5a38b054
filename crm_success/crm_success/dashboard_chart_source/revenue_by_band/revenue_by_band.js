frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Revenue by Band"] = {
	method: "crm_success.crm_success.dashboard.charts.revenue_by_band",
	filters: [
		{
			fieldname: "audience",
			label: __("Audience"),
			fieldtype: "Link",
			options: "Customer Audience",
		},
	].filter(({ options }) => frappe.model.can_read(options)),
};
