frappe.provide("crm_success.health_scorecard");

frappe.ui.form.on("Health Scorecard", {
	setup(frm) {
		frm.set_query("metric", "metrics", () => crm_success.health_scorecard.metrics_to_weigh(frm));
		frm.set_query("metric", "caps", () => ({ filters: { enabled: 1 } }));
	},

	refresh(frm) {
		frm.toggle_display("edit_customer_filters", Boolean(frm.perm[0]?.write));
	},

	edit_customer_filters(frm) {
		crm_success.filter_editor.open(frm, { fieldname: "customer_filters", doctype: "Customer" });
	},
});

crm_success.health_scorecard.metrics_to_weigh = function (frm) {
	const dimensions = (frm.doc.dimensions || []).map((row) => row.dimension).filter(Boolean);
	return { filters: { enabled: 1, dimension: ["in", dimensions] } };
};
