// Filters of the report; a number of the matrix opens the customers that it counts.
// {% include "crm_success/public/js/shared/bands.js" %}
// {% include "crm_success/public/js/shared/report_tables.js" %}

frappe.provide("crm_success.audience_movement");

crm_success.audience_movement.PLACES = ["neither", "first", "second", "both"];

// The same report, with the customers at these places
crm_success.audience_movement.route_to = function (was, is_now) {
	const asked = ["first_audience", "second_audience", "from_date", "to_date", "include_disabled"].map((name) => [
		name,
		frappe.query_report.get_filter_value(name) || "",
	]);
	return frappe.utils.generate_route({
		type: "Report",
		name: "Audience Movement",
		is_query_report: true,
		route_options: { ...Object.fromEntries(asked), was, is_now },
	});
};

crm_success.audience_movement.number = function (value, was, is_now) {
	const text = frappe.utils.escape_html(format_number(value, null, 0));
	if (!value || !(was || is_now)) return text;
	const route = crm_success.audience_movement.route_to(was, is_now);
	return `<a href="${frappe.utils.escape_html(route)}" data-was="${was}" data-is-now="${is_now}">${text}</a>`;
};

// By the filters of this page: version 15 follows no link that differs from where one is in its filters alone
crm_success.audience_movement.open_here = function (event) {
	const link = event.target.closest("a[data-is-now]");
	if (!link || event.ctrlKey || event.metaKey) return;
	event.preventDefault();
	event.stopPropagation();
	frappe.query_report.set_filter_value({ was: link.dataset.was, is_now: link.dataset.isNow });
};

crm_success.audience_movement.follow_links = function (datatable) {
	crm_success.report_tables.follow_links(datatable);
	// the same function is added once, however often the table is drawn
	datatable.wrapper.addEventListener("click", crm_success.audience_movement.open_here, true);
};

crm_success.audience_movement.cells = {
	...crm_success.report_tables.health_cells(),
	...Object.fromEntries(
		[...crm_success.audience_movement.PLACES, "all"].map((name) => [
			name,
			(value, data) => crm_success.audience_movement.number(value, data.was, name === "all" ? "" : name),
		])
	),
};

crm_success.audience_movement.places = () => [
	{ value: "", label: __("Anywhere") },
	{ value: "neither", label: __("In Neither") },
	{ value: "first", label: __("Only in the First") },
	{ value: "second", label: __("Only in the Second") },
	{ value: "both", label: __("In Both") },
];

crm_success.report_tables.register("Audience Movement", crm_success.audience_movement.cells, {
	after_datatable_render: crm_success.audience_movement.follow_links,
	filters: [
		{
			fieldname: "first_audience",
			label: __("First Audience"),
			fieldtype: "Link",
			options: "Customer Audience",
			reqd: 1,
		},
		{
			fieldname: "second_audience",
			label: __("Second Audience"),
			fieldtype: "Link",
			options: "Customer Audience",
			reqd: 1,
		},
		...crm_success.report_tables.period(),
		{
			fieldname: "was",
			label: __("At the Beginning"),
			fieldtype: "Select",
			options: crm_success.audience_movement.places(),
		},
		{
			fieldname: "is_now",
			label: __("At the End"),
			fieldtype: "Select",
			options: crm_success.audience_movement.places(),
		},
		{ fieldname: "limit", label: __("Rows at Most"), fieldtype: "Int", default: 1000 },
		crm_success.report_tables.include_disabled(),
	],
});
