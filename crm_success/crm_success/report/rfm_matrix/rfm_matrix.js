// A heat map: each cell says its numbers, shows them as a shade, links to its customers, and saves them as an audience.
// {% include "crm_success/public/js/shared/report_tables.js" %}
// {% include "crm_success/public/js/audience/audience_names.js" %}
// {% include "crm_success/public/js/audience/save_as_audience.js" %}

frappe.provide("crm_success.rfm_matrix");

crm_success.rfm_matrix.CELL_HEIGHT = 72;
crm_success.rfm_matrix.NARROW = 130;

crm_success.rfm_matrix.three_lines_a_cell = function (options) {
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

crm_success.rfm_matrix.in_audience = function () {
	const audience = frappe.query_report.get_filter_value("audience");
	return audience ? { audiences: JSON.stringify(["like", crm_success.audience_names.pattern_for(audience)]) } : {};
};

crm_success.rfm_matrix.cell = function (frequency, data) {
	const { escape_html } = frappe.utils;
	const route = crm_success.rfm_matrix.route_to(cint(data.recency_score), frequency);
	// light enough for the text to stay readable on the fullest cell, in dark themes too
	const shade = `rgba(36, 144, 239, ${0.05 + 0.35 * flt(data[`f${frequency}_shade`])})`;
	// a column whose first cell is empty is one of numbers to the table, with all of it to the right
	const place = `display: flex; margin: -4px -6px; text-align: left; background-color: ${shade}`;
	const lines = data[`f${frequency}_lines`].map(escape_html).join("<br>");
	const segments = escape_html(data[`f${frequency}_segments`].join(", "));
	const names = `<div class="small text-muted ellipsis" title="${segments}">${segments}</div>`;
	const link = `<a href="${escape_html(route)}" style="flex: 1; min-width: 0; padding: 4px 6px">${lines}${names}</a>`;
	return `<div style="${place}">${link}${crm_success.rfm_matrix.button(cint(data.recency_score), frequency)}</div>`;
};

crm_success.rfm_matrix.button = function (recency, frequency) {
	if (!crm_success.save_as_audience.is_allowed()) return "";
	const { escape_html } = frappe.utils;
	const scores = `data-recency="${recency}" data-frequency="${frequency}"`;
	const label = escape_html(__("Save R{0} F{1} as an audience", [recency, frequency]));
	return `<button type="button" class="btn btn-xs rfm-cell-save" ${scores}
		style="align-self: stretch" title="${escape_html(__("Save as Audience"))}" aria-label="${label}">+</button>`;
};

crm_success.rfm_matrix.save = function ({ recency, frequency }) {
	const { from_scores, open } = crm_success.save_as_audience;
	const limits = frappe.query_report.get_filter_values();
	open(from_scores(recency, frequency, { ...limits, include_disabled: cint(limits.include_disabled) }));
};

// The table is drawn again and again in the same place
crm_success.rfm_matrix.listen = function (datatable) {
	crm_success.report_tables.follow_links(datatable);
	$(datatable.wrapper)
		.off("click.rfm_matrix")
		.on("click.rfm_matrix", ".rfm-cell-save", (event) => crm_success.rfm_matrix.save($(event.currentTarget).data()));
};

crm_success.rfm_matrix.cells = Object.fromEntries(
	[1, 2, 3, 4, 5].map((frequency) => [`f${frequency}`, (_value, data) => crm_success.rfm_matrix.cell(frequency, data)])
);

crm_success.report_tables.register("RFM Matrix", crm_success.rfm_matrix.cells, {
	filters: [...crm_success.report_tables.audience(), crm_success.report_tables.include_disabled()],
	get_datatable_options: crm_success.rfm_matrix.three_lines_a_cell,
	after_datatable_render: crm_success.rfm_matrix.listen,
});
