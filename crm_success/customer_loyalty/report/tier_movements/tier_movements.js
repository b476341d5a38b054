// Filters of the report; a number opens the customers that it counts.
// {% include "crm_success/public/js/shared/report_tables.js" %}
// {% include "crm_success/public/js/tier/tier_names.js" %}

frappe.provide("crm_success.tier_movements");

Object.assign(crm_success.tier_movements, {
	KINDS: ["Up", "Down", "Kept"],

	what(value, { kind }) {
		return `${crm_success.tier_names.sign(kind)} ${frappe.utils.escape_html(value)}`;
	},

	// `data-asked`: the filters with which this report lists the customers
	number(value, asked) {
		const text = frappe.utils.escape_html(format_number(value, null, 0));
		if (!value || !asked) return text;
		const filters = frappe.utils.escape_html(JSON.stringify({ group_by: "Customer", ...asked }));
		return `<a href="#" data-asked="${filters}">${text}</a>`;
	},

	// The group of a row as a filter; nothing can be asked for of those who have none
	group_of(data) {
		const fieldname = { "Account Manager": "account_manager", Territory: "territory" }[
			frappe.query_report.get_filter_value("group_by")
		];
		return fieldname && data.filter ? { [fieldname]: data.filter } : null;
	},

	open_here(event) {
		const link = event.target.closest("a[data-asked]");
		if (!link) return;
		event.preventDefault();
		event.stopPropagation();
		frappe.query_report.set_filter_value(JSON.parse(link.dataset.asked));
	},

	follow_links(datatable) {
		crm_success.report_tables.follow_links(datatable);
		// the same function is added once, however often the table is drawn
		datatable.wrapper.addEventListener("click", crm_success.tier_movements.open_here, true);
	},

	// Every pair of tiers, and each tier that was kept
	async offer_moves(report) {
		const tiers = await frappe.db.get_list("Customer Tier", { fields: ["name"], order_by: "tier_level asc", limit: 100 });
		const names = ["-", ...tiers.map(({ name }) => name)];
		const text = (name) => (name === "-" ? __("No Tier") : __(name, null, "Customer Tier"));
		const pairs = names.flatMap((from) => names.map((to) => ({ value: `${from} > ${to}`, label: `${text(from)} → ${text(to)}` })));
		const filter = report.get_filter("move");
		filter.df.options = [{ value: "", label: __("Any Movement") }, ...pairs.filter(({ value }) => value !== "- > -")];
		filter.refresh();
		filter.set_input(filter.get_value() || "");
	},
});

crm_success.report_tables.register(
	"Tier Movements",
	{
		what: crm_success.tier_movements.what,
		customers: (value, { kind, move }) => crm_success.tier_movements.number(value, { kind, move }),
		...Object.fromEntries(
			crm_success.tier_movements.KINDS.map((kind) => [
				kind.toLowerCase(),
				(value, data) => {
					const group = crm_success.tier_movements.group_of(data);
					return crm_success.tier_movements.number(value, group && { kind, ...group });
				},
			])
		),
	},
	{
		after_datatable_render: crm_success.tier_movements.follow_links,
		onload: crm_success.tier_movements.offer_moves,
		filters: [
			{
				fieldname: "from_date",
				label: __("From Date"),
				fieldtype: "Date",
				default: frappe.datetime.add_days(frappe.datetime.get_today(), -90),
				reqd: 1,
			},
			{ fieldname: "to_date", label: __("To Date"), fieldtype: "Date", default: frappe.datetime.get_today(), reqd: 1 },
			{
				fieldname: "group_by",
				label: __("Group By"),
				fieldtype: "Select",
				default: "Movement",
				options: [
					{ value: "Movement", label: __("Movement") },
					{ value: "Account Manager", label: __("Account Manager") },
					{ value: "Territory", label: __("Territory") },
					{ value: "Customer", label: __("Customer") },
				],
			},
			{
				fieldname: "kind",
				label: __("What Happened"),
				fieldtype: "Select",
				options: [
					{ value: "", label: __("Up, Down and Kept") },
					...["Up", "Down", "Kept"].map((value) => ({ value, label: __(value, null, "Customer Tier Change") })),
				],
			},
			{ fieldname: "move", label: __("Movement"), fieldtype: "Select", options: [{ value: "", label: __("Any Movement") }] },
			{ fieldname: "account_manager", label: __("Account Manager"), fieldtype: "Link", options: "User" },
			{ fieldname: "territory", label: __("Territory"), fieldtype: "Link", options: "Territory" },
			...crm_success.report_tables.audience(),
			crm_success.report_tables.include_disabled(),
		],
	}
);
