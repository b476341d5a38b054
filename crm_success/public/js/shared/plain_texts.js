// The texts of our records as text, in forms, tables, lists and report views: Frappe puts what it formats on a page as
// HTML. Runs with every DocType of ours, after the script of its list, for that DocType and its tables.

frappe.provide("crm_success.plain_texts");
frappe.provide("frappe.listview_settings");

Object.assign(crm_success.plain_texts, {
	MODULES: ["CRM Success", "Customer Loyalty"],
	TEXTS: ["Data", "Small Text", "Text", "Long Text", "Autocomplete", "Read Only"],

	// Only "<": forms escape some themselves
	as_text: (value) => frappe.utils.replace_newlines(String(value ?? "").replaceAll("<", "&lt;")),

	// A link is an element whose text is set as text; where it cannot be opened it is a name or a title alone
	as_link(value, df, options, doc) {
		const shown = frappe.form.formatters.Link(value, df, options, doc);
		const is_alone = options?.for_print || options?.only_value || !frappe.model.can_read(df._options || df.options);
		const is_quoted = /^'.*'$/s.test(value || "");
		return is_alone || is_quoted ? crm_success.plain_texts.as_text(shown) : shown;
	},

	// In a list Frappe writes the name into an attribute as it is, where a quote would end it
	as_filter(value, { fieldname, options }, doc) {
		if (!value) return "";
		const title = doc[`${fieldname}_${frappe.get_meta(options)?.title_field}`];
		const [filter, text] = [`${fieldname},=,${value}`, title || __(value, null, options)].map(frappe.utils.escape_html);
		return `<a class="filterable ellipsis" data-filter="${filter}">${text}</a>`;
	},

	// What a script of ours or of others formats already stays so
	show_in({ name, title_field }) {
		const { TEXTS, as_filter, as_link, as_text } = crm_success.plain_texts;
		const settings = (frappe.listview_settings[name] ??= {});
		for (const docfield of frappe.meta.get_docfields(name)) {
			const { fieldname, fieldtype } = docfield;
			if (TEXTS.includes(fieldtype)) docfield.formatter ??= as_text;
			if (fieldtype !== "Link") continue;
			docfield.formatter ??= as_link;
			// the title of a row is set as text
			if (fieldname !== title_field) settings.formatters = { [fieldname]: as_filter, ...settings.formatters };
		}
	},

	show_everywhere() {
		const ours = Object.values(locals.DocType).filter(({ module }) => crm_success.plain_texts.MODULES.includes(module));
		ours.forEach(crm_success.plain_texts.show_in);
	},
});

crm_success.plain_texts.show_everywhere();
