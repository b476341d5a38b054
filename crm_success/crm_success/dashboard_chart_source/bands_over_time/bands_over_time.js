frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Bands over Time"] = {
	method: "crm_success.crm_success.dashboard.bands_over_time.bands_over_time",
	filters: [
		{
			fieldname: "audience",
			label: __("Audience"),
			fieldtype: "Link",
			options: "Customer Audience",
		},
	].filter(({ options }) => frappe.model.can_read(options)),
};
