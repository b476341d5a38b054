frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Segment Sizes"] = {
	method: "crm_success.crm_success.dashboard.charts.segment_sizes",
	filters: [
		{
			fieldname: "audience",
			label: __("Audience"),
			fieldtype: "Link",
			options: "Customer Audience",
		},
	].filter(({ options }) => frappe.model.can_read(options)),
};
