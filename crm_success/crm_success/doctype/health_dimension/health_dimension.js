frappe.ui.form.on("Health Dimension", {
	refresh(frm) {
		// the title comes without a context from Frappe, and "Value" alone is the figure in a column
		if (!frm.is_new()) frm.page.set_title(__(frm.doc.name, null, "Health Dimension"));
	},
});
