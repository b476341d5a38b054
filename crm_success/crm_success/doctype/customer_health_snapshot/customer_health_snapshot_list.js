// options mean something else elsewhere in ERPNext: the words of Customer Health, and of the stage on Customer
Object.entries({ stage: "Customer", value_class: "Customer Health" }).forEach(([fieldname, context]) => {
	const docfield = frappe.meta.get_docfield("Customer Health Snapshot", fieldname);
	if (docfield) docfield.formatter = (value) => (value ? __(value, null, context) : "");
});

// Frappe shows texts as HTML. Only "<": forms escape some themselves
(function () {
	const docfield = frappe.meta.get_docfield("Customer Health Snapshot", "drivers");
	const as_text = (value) => frappe.utils.replace_newlines((value || "").replaceAll("<", "&lt;"));
	if (docfield) docfield.formatter = as_text;
})();

frappe.listview_settings["Customer Health Snapshot"] = {
	add_fields: ["band"],
	hide_name_column: true,

	get_indicator: (doc) => crm_success.bands.indicator(doc.band),

	formatters: {
		score(value, df, doc) {
			// an element, since version 16 takes other text for a selector
			return doc.band ? `<span>${format_number(value, null, 1)}</span>` : "";
		},
	},
};
