// The form of a Health Scorecard: filters without JSON, shares while one edits, what would change before saving,
// also of weights that another form proposes.

frappe.provide("crm_success.health_scorecard");

frappe.ui.form.on("Health Scorecard", {
	setup(frm) {
		frm.set_query("metric", "metrics", () => crm_success.health_scorecard.metrics_to_weigh(frm));
		frm.set_query("metric", "caps", () => ({ filters: { enabled: 1 } }));
	},

	refresh(frm) {
		crm_success.record_title.show(frm);
		const may_write = Boolean(frm.perm[0]?.write);
		frm.toggle_display("edit_customer_filters", may_write);
		crm_success.health_scorecard.read_metrics(frm);
		if (may_write) {
			frm.add_custom_button(__("What Would Change"), () => crm_success.scorecard_changes.ask(frm));
			crm_success.entered_weights.enter_waiting(frm);
		}
	},

	edit_customer_filters(frm) {
		const [record, fieldname] = [frm.doc, "customer_filters"];
		crm_success.filter_editor.open({ record, fieldname, doctype: "Customer" });
	},
});

for (const [doctype, fields] of [
	["Health Scorecard Dimension", ["dimension", "weight", "dimensions_add", "dimensions_remove", "dimensions_move"]],
	["Health Scorecard Metric", ["metric", "dimension", "weight", "metrics_add", "metrics_remove", "metrics_move"]],
]) {
	const draw = (frm) => crm_success.health_scorecard.draw_shares(frm);
	frappe.ui.form.on(doctype, Object.fromEntries(fields.map((field) => [field, draw])));
}

crm_success.health_scorecard.metrics_to_weigh = function (frm) {
	const dimensions = (frm.doc.dimensions || []).map((row) => row.dimension).filter(Boolean);
	return { filters: { enabled: 1, dimension: ["in", dimensions] } };
};

// Which metrics are disabled, and what dimension each has today
crm_success.health_scorecard.read_metrics = async function (frm) {
	crm_success.health_scorecard.draw_shares(frm);
	const fields = ["name", "enabled", "dimension"];
	const metrics = await frappe.db.get_list("Health Metric", { fields, limit: 0 });
	frm.known_metrics = Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
	crm_success.health_scorecard.draw_shares(frm);
};

crm_success.health_scorecard.draw_shares = function (frm) {
	const { draw, draw_line } = crm_success.scorecard_shares;
	for (const [fieldname, put] of [
		["shares", draw],
		["dimension_shares", draw_line],
	]) {
		// until the site is migrated, its form has no place for them
		const field = frm.get_field(fieldname);
		if (field) put(field.$wrapper, frm.doc, frm.known_metrics || {});
	}
};
