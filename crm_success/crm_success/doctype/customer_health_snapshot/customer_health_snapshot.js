frappe.ui.form.on("Customer Health Snapshot", {
	setup(frm) {
		// not in the DocType: there it would also decide what the database stores
		["score", "computed_score", "coverage"].forEach((field) => frm.set_df_property(field, "precision", 1));
	},
});
