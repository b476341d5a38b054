// options mean something else elsewhere in ERPNext: the words of Customer Health, and of the stage on Customer
Object.entries({ stage: "Customer", value_class: "Customer Health" }).forEach(([fieldname, context]) => {
	const docfield = frappe.meta.get_docfield("Customer Health Snapshot", fieldname);
	const in_words = (value) => (value ? __(value, null, context) : "");
	if (docfield) docfield.formatter = (value) => crm_success.plain_texts.as_text(in_words(value));
});

frappe.listview_settings["Customer Health Snapshot"] = {
	add_fields: ["band", "coverage"],
	hide_name_column: true,

	get_indicator: (doc) => crm_success.bands.indicator(doc.band),

	formatters: {
		score(value, df, doc) {
			// an element, since version 16 takes other text for a selector
			return doc.band ? `<span>${format_number(value, null, 1)}</span>` : "";
		},
		coverage(value, df, doc) {
			return doc.band && value ? `<span>${crm_success.coverage.mark(value)}</span>` : "";
		},
	},
};
