// The name of a definition as the title of its form, in the reader's language.

frappe.provide("crm_success.record_title");

crm_success.record_title.show = function (frm) {
	if (frm.is_new()) return;
	// Frappe asks for it without a context, and "Value" alone is the figure in a column
	const name = __(frm.doc.name, null, frm.doctype);
	const crumb = frappe.breadcrumbs.$breadcrumbs?.find(".title-text-form");
	if (!crumb?.length) {
		frm.page.set_title(name);
		return;
	}
	// version 16 has the name here, untranslated, and takes the list's crumb for the page's title
	crumb.text(name);
	frappe.utils.set_title(name);
};
