// Enters weights and bands that another form proposes into the form of a scorecard. Only a person saves them.

frappe.provide("crm_success.entered_weights");

Object.assign(crm_success.entered_weights, {
	// The other form leaves them in crm_success.waiting_weights: the scorecard's name, weights by name for the rows that are
	// there (dimensions, metrics) or whole `tables`, both limits, and sentences for the person
	waiting(frm) {
		const waiting = crm_success.waiting_weights;
		if (!waiting || waiting.scorecard !== frm.doc.name) return null;
		delete crm_success.waiting_weights;
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
		frm.set_intro(values.sentences.map(frappe.utils.escape_html).join("<br>"), "orange");
		crm_success.scorecard_changes.ask(frm);
	},

	async enter(frm, { dimensions, metrics, tables, healthy_from, watch_from }) {
		const { replace, weigh } = crm_success.entered_weights;
		if (tables) replace(frm, tables);
		await weigh(frm.doc.dimensions, "dimension", dimensions);
		await weigh(frm.doc.metrics, "metric", metrics);
		await frm.set_value({ healthy_from, watch_from });
		frm.refresh_fields(["dimensions", "metrics", "caps"]);
	},

	replace(frm, tables) {
		for (const [fieldname, rows] of Object.entries(tables)) {
			frm.clear_table(fieldname);
			rows.forEach((row) => frm.add_child(fieldname, row));
		}
		frm.dirty();
	},

	async weigh(rows, link, weights = {}) {
		for (const row of rows || []) {
			if (row[link] in weights) await frappe.model.set_value(row.doctype, row.name, "weight", weights[row[link]]);
		}
	},
});
