// Filters of the report, and cells that link to the health behind them.
// {% include "crm_success/public/js/shared/bands.js" %}
// {% include "crm_success/public/js/shared/coverage.js" %}
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.score_movers");

crm_success.score_movers.direction = function (value, data) {
	const arrow = data.change < 0 ? "↓" : data.change ? "↑" : "→";
	return `${arrow} ${frappe.utils.escape_html(value)}`;
};

crm_success.score_movers.cells = {
	...crm_success.report_tables.health_cells(),
	direction: crm_success.score_movers.direction,
	reasons: crm_success.report_tables.in_one_line,
};

crm_success.report_tables.register("Score Movers", crm_success.score_movers.cells, {
	filters: [
		...crm_success.report_tables.period(),
		{ fieldname: "how_many", label: __("How Many Each"), fieldtype: "Int", default: 20 },
		{
			fieldname: "direction",
			label: __("Direction"),
			fieldtype: "Select",
			options: [
				{ value: "", label: __("Falls and Rises") },
				{ value: "Falls", label: __("Falls") },
				{ value: "Rises", label: __("Rises") },
			],
		},
		{ fieldname: "newly_at_risk", label: __("Newly at Risk Only"), fieldtype: "Check" },
		...crm_success.report_tables.audience(),
		crm_success.report_tables.include_disabled(),
	],
});
