// A heat map: each cell says its numbers, shows them as a shade, and links to its customers.
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.rfm_matrix");

crm_success.rfm_matrix.CELL_HEIGHT = 54;
crm_success.rfm_matrix.NARROW = 130;

crm_success.rfm_matrix.two_lines_a_cell = function (options) {
	const { CELL_HEIGHT, NARROW } = crm_success.rfm_matrix;
	if (frappe.is_mobile()) options.columns?.forEach((column) => (column.width = NARROW));
	return Object.assign(options, { cellHeight: CELL_HEIGHT, inlineFilters: false });
};

// The list of just the customers that the cell counts
crm_success.rfm_matrix.route_to = function (recency, frequency) {
	const scores = { recency_score: recency, frequency_score: frequency };
	const enabled = cint(frappe.query_report.get_filter_value("include_disabled")) ? {} : { customer_disabled: 0 };
	return frappe.utils.generate_route({
		type: "DocType",
		name: "Customer Health",
		doc_view: "List",
		route_options: { ...scores, ...enabled, ...crm_success.rfm_matrix.in_audience() },
	});
};

// As audience_names.py writes the names of the audiences that a customer is in
crm_success.rfm_matrix.in_audience = function () {
	const audience = frappe.query_report.get_filter_value("audience");
	return audience ? { audiences: JSON.stringify(["like", `%|${audience}|%`]) } : {};
};

crm_success.rfm_matrix.cell = function (frequency, data) {
	const { escape_html } = frappe.utils;
	const route = crm_success.rfm_matrix.route_to(cint(data.recency_score), frequency);
	// light enough for the text to stay readable on the fullest cell, in dark themes too
	const shade = `rgba(36, 144, 239, ${0.05 + 0.35 * flt(data[`f${frequency}_shade`])})`;
	const style = `display: block; margin: -4px -6px; padding: 4px 6px; background-color: ${shade}`;
	const lines = data[`f${frequency}_lines`].map(escape_html).join("<br>");
	return `<a href="${escape_html(route)}" style="${style}">${lines}</a>`;
};

crm_success.rfm_matrix.cells = Object.fromEntries(
	[1, 2, 3, 4, 5].map((frequency) => [`f${frequency}`, (_value, data) => crm_success.rfm_matrix.cell(frequency, data)])
);

crm_success.report_tables.register("RFM Matrix", crm_success.rfm_matrix.cells, {
	filters: [...crm_success.report_tables.audience(), crm_success.report_tables.include_disabled()],
	get_datatable_options: crm_success.rfm_matrix.two_lines_a_cell,
});
