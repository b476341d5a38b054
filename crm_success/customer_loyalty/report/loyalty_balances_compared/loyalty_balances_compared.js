// Filters of the report.
// {% include "crm_success/public/js/shared/report_tables.js" %}

crm_success.report_tables.register(
	"Loyalty Balances Compared",
	{},
	{
		filters: [
			{
				fieldname: "company",
				label: __("Company"),
				fieldtype: "Link",
				options: "Company",
				default: frappe.defaults.get_user_default("Company"),
				reqd: 1,
			},
			{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
			{
				fieldname: "show",
				label: __("Show"),
				fieldtype: "Select",
				options: [
					{ value: "Differences", label: __("Differences") },
					{ value: "Balances", label: __("Balances") },
					{ value: "All Documents", label: __("All Documents") },
				],
				default: "Differences",
			},
			...crm_success.report_tables.audience(),
			{ ...crm_success.report_tables.include_disabled(), default: 1 },
		],
	}
);
