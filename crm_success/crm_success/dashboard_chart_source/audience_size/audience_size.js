frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Audience Size"] = {
	method: "crm_success.crm_success.dashboard.audience_size.audience_size",
	filters: [
		{
			fieldname: "audiences",
			label: __("Audiences"),
			fieldtype: "MultiSelectList",
			options: "Customer Audience",
			get_data: (text) => frappe.db.get_link_options("Customer Audience", text),
			reqd: 1,
		},
	],
};
