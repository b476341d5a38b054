// The names of the audiences that a customer is in, kept as "|One|Two|", as audiences/audience_names.py says: as text, as
// links, and as the pattern by which lists find them.

frappe.provide("crm_success.audience_names");

Object.assign(crm_success.audience_names, {
	BAR: "|",

	names_in: (text) => (text || "").split("|").filter((name) => name && name !== "%"),

	pattern_for: (name) => `%|${name}|%`,

	// The one name that a pattern looks for; "" where it looks for something else
	name_in: (pattern) => /^%\|([^|%]+)\|%$/.exec(pattern || "")?.[1] ?? "",

	translated: (name) => __(name, null, "Customer Audience"),

	as_text(text) {
		const { names_in, translated } = crm_success.audience_names;
		return names_in(text).map(translated).join(", ");
	},

	// For lists: an element, since version 16 takes other text for a selector
	in_one_line(text) {
		const words = frappe.utils.escape_html(crm_success.audience_names.as_text(text));
		return words && `<span class="ellipsis" title="${words}">${words}</span>`;
	},

	link(name) {
		const { escape_html, get_form_link } = frappe.utils;
		const words = escape_html(crm_success.audience_names.translated(name));
		if (!frappe.model.can_read("Customer Audience")) return words;
		return `<a href="${escape_html(get_form_link("Customer Audience", name))}">${words}</a>`;
	},

	// The formatter of the fields that hold them
	as_links(text, docfield, options) {
		const { as_text, link, names_in } = crm_success.audience_names;
		if (options?.only_value || options?.for_print) return frappe.utils.escape_html(as_text(text));
		return names_in(text).map(link).join(", ");
	},

	show_in(doctype, fieldname) {
		const docfield = frappe.meta.get_docfield(doctype, fieldname);
		if (docfield) docfield.formatter = crm_success.audience_names.as_links;
	},
});
