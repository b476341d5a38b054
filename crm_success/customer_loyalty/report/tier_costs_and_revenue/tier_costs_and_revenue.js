// Filters of the report; the number of customers opens their list.
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.tier_costs");

crm_success.tier_costs.customers = function (value, { tier_name }) {
	const text = frappe.utils.escape_html(format_number(value, null, 0));
	if (!value || !frappe.model.can_read("Customer Tier Standing")) return text;
	const route_options = { tier: tier_name || JSON.stringify(["is", "not set"]) };
	const route = frappe.utils.generate_route({ type: "Doctype", name: "Customer Tier Standing", doc_view: "List", route_options });
	return `<a href="${frappe.utils.escape_html(route)}">${text}</a>`;
};

crm_success.report_tables.register(
	"Tier Costs and Revenue",
	{ customers: crm_success.tier_costs.customers },
	{
		filters: [
			{
				fieldname: "from_date",
				label: __("From Date"),
				fieldtype: "Date",
				default: frappe.datetime.add_days(frappe.datetime.get_today(), -364),
				reqd: 1,
			},
			{ fieldname: "to_date", label: __("To Date"), fieldtype: "Date", default: frappe.datetime.get_today(), reqd: 1 },
			...crm_success.report_tables.audience(),
			crm_success.report_tables.include_disabled(),
		],
	}
);
