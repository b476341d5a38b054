// How far a run is that works for a record, on the form of that record, and stopping it. Knows nothing of the record.

frappe.provide("crm_success.run_progress");

Object.assign(crm_success.run_progress, {
	POLL_MILLISECONDS: 3000,
	FIELDS: ["status", "active", "percent_done", "customers_done", "customers_total"],

	// Show the record's run, look again while it is at work, and take up what it has made of the record in the end.
	// `title` stands above it, `preparing` says what is done before customers are counted, `is_at_work` is what the record says.
	async show(frm, { title, preparing, is_at_work }) {
		const { run, name } = frm.doc;
		if (!run) return;
		const { message } = await frappe.db.get_value("Work Run", run, crm_success.run_progress.FIELDS);
		if (!message || frm.doc.name !== name || !frm.page.wrapper.is(":visible")) return;
		if (!message.active) {
			if (is_at_work) frm.reload_doc();
			return;
		}
		const counted = [message.customers_done, message.customers_total].map((count) => format_number(count, null, 0));
		const words = message.status === "Running" ? __("{0} of {1} customers", counted) : preparing;
		frm.dashboard.show_progress(title, message.percent_done || 0, words);
		crm_success.run_progress.leave(frm);
		// it may have been tried again after the record said that it failed
		const again = () => crm_success.run_progress.show(frm, { title, preparing, is_at_work: true });
		frm.crm_success_poll = setTimeout(again, crm_success.run_progress.POLL_MILLISECONDS);
	},

	leave(frm) {
		clearTimeout(frm.crm_success_poll);
	},

	cancel(frm, question) {
		frappe.confirm(question, () =>
			frappe.call({
				method: "crm_success.batches.api.cancel_run",
				args: { run: frm.doc.run },
				type: "POST",
				freeze: true,
				callback: () => frm.reload_doc(),
			})
		);
	},
});
