// The form of a Loyalty Switch Over: its steps one after the other, and how far the step is that is under way.

frappe.provide("crm_success.switch_over");

frappe.ui.form.on("Loyalty Switch Over", {
	refresh(frm) {
		crm_success.run_progress.leave(frm);
		if (frm.is_new()) return;
		crm_success.switch_over.add_buttons(frm);
		crm_success.switch_over.say_what_is_next(frm);
		crm_success.switch_over.show_progress(frm);
	},

	on_hide(frm) {
		crm_success.run_progress.leave(frm);
	},
});

Object.assign(crm_success.switch_over, {
	AT_WORK: ["Previewing", "Switching", "Undoing"],

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
		if (status === "Switched") {
			const question = __(
				"Carry over what was entered since the switch with a day before it? It has earned in ERPNext. What was carried over stays as it is."
			);
			frm.add_custom_button(__("Carry Over Late Sales"), () => ask(frm, "switch", question));
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

	show_progress(frm) {
		if (!crm_success.switch_over.AT_WORK.includes(frm.doc.status)) return;
		crm_success.run_progress.show(frm, {
			title: __(frm.doc.status),
			preparing: __("Preparing", null, "Work Run"),
			is_at_work: true,
		});
	},
});
