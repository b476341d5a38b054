// What the tables of our reports share: links, bands, and the keyboard. Each report's script includes it. Knows no column.

frappe.provide("crm_success.report_tables");

Object.assign(crm_success.report_tables, {
	// The table takes Enter for itself; a link in it is to be followed
	follow_links({ wrapper }) {
		const leave_links_alone = (event) => event.target.closest("a[href]") && event.stopPropagation();
		wrapper.addEventListener("keydown", leave_links_alone, true);
	},

	link(doctype, name, text) {
		const { escape_html, get_form_link } = frappe.utils;
		return `<a href="${escape_html(get_form_link(doctype, name))}">${escape_html(text)}</a>`;
	},

	// A report that shows bands includes bands.js too
	band(text, band) {
		return `<span class="indicator-pill ${crm_success.bands.color(band)}">${frappe.utils.escape_html(text)}</span>`;
	},
});
