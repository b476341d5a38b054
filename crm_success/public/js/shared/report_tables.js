// What our reports share: filters, and in their tables links, bands, texts and the keyboard. Each report's script
// includes it.

frappe.provide("crm_success.report_tables");

Object.assign(crm_success.report_tables, {
	// `cells`: by field name, from a value and its row to HTML. The rest is written as its kind
	register(report, cells, settings = {}) {
		const { follow_links, write } = crm_success.report_tables;
		frappe.query_reports[report] = {
			filters: [],
			formatter: (value, row, column, data, default_formatter) =>
				write(cells, value, column, data, () => default_formatter(value, row, column, data)),
			after_datatable_render: follow_links,
			...settings,
		};
	},

	// as in who_counts.py
	include_disabled: () => ({
		fieldname: "include_disabled",
		label: __("Include Disabled Customers"),
		fieldtype: "Check",
	}),

	// as in who_counts.py; nothing for whoever may not read audiences
	audience() {
		const filter = { fieldname: "audience", label: __("Audience"), fieldtype: "Link", options: "Customer Audience" };
		return frappe.model.can_read(filter.options) ? [filter] : [];
	},

	// What does not exist stays empty, where Frappe would write 0
	write(cells, value, { fieldname, fieldtype, options }, data, as_usual) {
		if (value === null || value === undefined || value === "") return "";
		if (cells[fieldname] && data) return cells[fieldname](value, data);
		if (fieldtype === "Percent") return `${format_number(value, null, 1)} %`;
		// a link that cannot be opened is a name or a title alone
		const is_text = fieldtype === "Link" ? !frappe.model.can_read(options) : ["Data", "Small Text"].includes(fieldtype);
		if (is_text) return frappe.utils.escape_html(String(value));
		return as_usual();
	},

	// The table takes Enter for itself; a link in it is to be followed, a button pressed
	follow_links({ wrapper }) {
		const leave_links_alone = (event) => event.target.closest("a[href], button") && event.stopPropagation();
		wrapper.addEventListener("keydown", leave_links_alone, true);
	},

	link(doctype, name, text) {
		const { escape_html, get_form_link } = frappe.utils;
		return `<a href="${escape_html(get_form_link(doctype, name))}">${escape_html(text)}</a>`;
	},

	// The columns that reports on customers' health have in common; these reports include bands.js and coverage.js too
	health_cells() {
		const { band, link } = crm_success.report_tables;
		const customer = (value, data) => link("Customer Health", data.customer, value);
		return {
			customer,
			customer_name: customer,
			band: (value, data) => band(value, data.stored_band),
			coverage: (value) => crm_success.coverage.mark(value),
		};
	},

	// A report that shows bands includes bands.js too
	band(text, band) {
		return `<span class="indicator-pill ${crm_success.bands.color(band)}">${frappe.utils.escape_html(text)}</span>`;
	},

	// From thirty days ago to today
	period() {
		const { add_days, get_today } = frappe.datetime;
		const date = { fieldtype: "Date", reqd: 1 };
		return [
			{ ...date, fieldname: "from_date", label: __("From Date"), default: add_days(get_today(), -30) },
			{ ...date, fieldname: "to_date", label: __("To Date"), default: get_today() },
		];
	},

	// Lines as one, whole where the mouse rests on it
	in_one_line(text) {
		const { escape_html } = frappe.utils;
		return `<span title="${escape_html(text)}">${escape_html(text.replaceAll("\n", " · "))}</span>`;
	},
});
