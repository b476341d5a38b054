// Enters weights and thresholds that a back-test suggests into the form of a scorecard. Only a person saves them.

frappe.provide("crm_success.entered_weights");

Object.assign(crm_success.entered_weights, {
	// Where the form of the back-test left them: see suggested_weights.js
	waiting(frm) {
		const waiting = crm_success.suggested_weights?.waiting;
		if (!waiting || waiting.scorecard !== frm.doc.name) return null;
		delete crm_success.suggested_weights.waiting;
		return waiting;
	},

	async enter_waiting(frm) {
		const values = crm_success.entered_weights.waiting(frm);
		if (!values) return;
		if (frm.is_dirty()) {
			frappe.msgprint(__("This scorecard has changes that are not saved. Save them, or reload, and try again."));
			return;
		}
		await crm_success.entered_weights.enter(frm, values);
		crm_success.entered_weights.tell(frm, values);
		crm_success.scorecard_changes.ask(frm);
	},

	async enter(frm, { dimensions, metrics, healthy_from, watch_from }) {
		const { weigh } = crm_success.entered_weights;
		await weigh(frm.doc.dimensions, "dimension", dimensions);
		await weigh(frm.doc.metrics, "metric", metrics);
		await frm.set_value({ healthy_from, watch_from });
		frm.refresh_fields(["dimensions", "metrics"]);
	},

	async weigh(rows, link, weights) {
		for (const row of rows || []) {
			if (row[link] in weights) await frappe.model.set_value(row.doctype, row.name, "weight", weights[row[link]]);
		}
	},

	tell(frm, { notes }) {
		const text = __(
			"Weights and bands that a back-test suggests are entered here and not saved. Save them to apply them, or reload to keep what was."
		);
		frm.set_intro([text, ...notes].map(frappe.utils.escape_html).join("<br>"), "orange");
	},
});
