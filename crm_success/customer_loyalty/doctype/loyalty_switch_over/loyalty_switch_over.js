// The form of a Loyalty Switch Over: its steps one after the other, and how far the step is that is under way.

frappe.provide("crm_success.switch_over");

frappe.ui.form.on("Loyalty Switch Over", {
	refresh(frm) {
		clearTimeout(frm.crm_success_poll);
		if (frm.is_new()) return;
		crm_success.switch_over.add_buttons(frm);
		crm_success.switch_over.say_what_is_next(frm);
		crm_success.switch_over.show_progress(frm);
	},

	on_hide(frm) {
		clearTimeout(frm.crm_success_poll);
	},
});

Object.assign(crm_success.switch_over, {
	AT_WORK: ["Previewing", "Switching", "Undoing"],
	POLL_MILLISECONDS: 3000,

	add_buttons(frm) {
		const { ask } = crm_success.switch_over;
		const { status, company } = frm.doc;
		frm.add_custom_button(__("Compare Balances"), () =>
			frappe.set_route("query-report", "Loyalty Balances Compared", { company })
		);
		if (!frm.perm[0]?.write) return;
		if (["Draft", "Previewed"].includes(status)) {
			frm.add_custom_button(__("Preview"), () => ask(frm, "preview"));
		}
		if (!frappe.model.can_write("Loyalty Program")) return;
		if (["Previewed", "Switch Interrupted"].includes(status)) {
			const question = __(
				"End ERPNext's Loyalty Programs of {0}, and carry the balances over? It can be undone until the first points are spent.",
				[frappe.utils.escape_html(company)]
			);
			frm.add_custom_button(__("Switch Over"), () => ask(frm, "switch", question)).addClass("btn-primary");
		}
		if (["Switched", "Switch Interrupted", "Undo Interrupted"].includes(status)) {
			const question = __("Take the carried points back, and set ERPNext's Loyalty Programs as they were?");
			frm.add_custom_button(__("Undo"), () => ask(frm, "undo", question));
		}
	},

	ask(frm, step, question) {
		if (frm.is_dirty()) return frappe.msgprint(__("Save first."));
		const begin = () =>
			frappe.call({
				method: `crm_success.customer_loyalty.api.switch_over.${step}`,
				args: { switch_over: frm.doc.name },
				type: "POST",
				freeze: true,
				callback: () => frm.reload_doc(),
			});
		return question ? frappe.confirm(question, begin) : begin();
	},

	say_what_is_next(frm) {
		const words = {
			Draft: __("Press Preview: it compares the balances, and changes nothing."),
			Previewed: __("Look at Compare Balances for each difference and its reason. Then press Switch Over."),
			"Switch Interrupted": __("The switch is not finished: its run says why. Press Switch Over to go on, or Undo."),
			"Undo Interrupted": __("Undoing is not finished: its run says why. Press Undo to go on."),
		}[frm.doc.status];
		if (words) frm.set_intro(words, frm.doc.status.endsWith("Interrupted") ? "red" : "blue");
	},

	async show_progress(frm) {
		const { AT_WORK, POLL_MILLISECONDS, show_progress } = crm_success.switch_over;
		const { run, status, name } = frm.doc;
		if (!run || !AT_WORK.includes(status)) return;
		const fields = ["active", "percent_done", "customers_done", "customers_total"];
		const { message } = await frappe.db.get_value("Work Run", run, fields);
		if (!message || frm.doc.name !== name || !frm.page.wrapper.is(":visible")) return;
		if (!message.active) return frm.reload_doc();
		const counted = [message.customers_done, message.customers_total].map((count) => format_number(count, null, 0));
		frm.dashboard.show_progress(__(status), message.percent_done || 0, __("{0} of {1} customers", counted));
		clearTimeout(frm.crm_success_poll);
		frm.crm_success_poll = setTimeout(() => show_progress(frm), POLL_MILLISECONDS);
	},
});
