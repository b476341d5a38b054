// The names of dimensions, wherever a metric or a scorecard links to one, in the reader's language.
// Frappe translates the names of linked records without a context, and "Value" alone is the figure in a column.

(function () {
	const translated = (name) => (name ? __(name, null, "Health Dimension") : name);
	const translate_control = (control) => {
		control.get_translated = translated;
	};

	// where it is read, and where it is edited
	frappe.form.link_formatters["Health Dimension"] = translated;
	for (const doctype of ["Health Metric", "Health Scorecard Dimension", "Health Scorecard Metric"]) {
		const docfield = frappe.meta.get_docfield(doctype, "dimension");
		if (docfield) docfield.on_make = translate_control;
	}
})();
