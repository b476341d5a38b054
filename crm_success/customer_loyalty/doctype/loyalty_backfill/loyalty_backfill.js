// The form of a Loyalty Backfill: a dry run, then the points; and how far either is.

frappe.provide("crm_success.loyalty_backfill");

frappe.ui.form.on("Loyalty Backfill", {
	setup(frm) {
		frm.set_query("earning_rule", () => ({ filters: { enabled: 1, event: ["!=", "Yearly Date"] } }));
	},

	refresh(frm) {
		crm_success.run_progress.leave(frm);
		crm_success.loyalty_backfill.add_buttons(frm);
		crm_success.loyalty_backfill.show_progress(frm);
	},

	on_hide(frm) {
		crm_success.run_progress.leave(frm);
	},
});

Object.assign(crm_success.loyalty_backfill, {
	add_buttons(frm) {
		if (frm.is_new() || !frm.perm[0]?.write) return;
		if (frm.doc.status === "Running") {
			const question = __("Stop this run? What it has done so far stays.");
			frm.add_custom_button(__("Cancel Run"), () => crm_success.run_progress.cancel(frm, question));
			return;
		}
		frm.add_custom_button(__("Dry Run"), () => crm_success.loyalty_backfill.start(frm, "dry_run"));
		frm.add_custom_button(__("Give Points"), () => crm_success.loyalty_backfill.ask(frm));
	},

	ask(frm) {
		const { documents_earning, points, customers, dry_run_on, rule_version } = frm.doc;
		if (frm.is_dirty()) return frappe.msgprint(__("Save first, then press Dry Run."));
		if (!rule_version) return frappe.msgprint(__("Press Dry Run first: it says what would be given."));
		if (!frm.doc.__onload?.may_give) {
			return frappe.msgprint(
				__("The rule, or one that comes before it, was changed after the dry run. Run it again.")
			);
		}
		const [counted, given, to] = [documents_earning, points, customers].map((count) => format_number(count, null, 0));
		const when = frappe.datetime.str_to_user(dry_run_on);
		const text = __("{0} documents earn {1} points for {2} customers, by the dry run of {3}. Give them?", [
			counted,
			given,
			to,
			when,
		]);
		frappe.confirm(text, () => crm_success.loyalty_backfill.start(frm, "give_points"));
	},

	async start(frm, method) {
		if (frm.is_dirty()) await frm.save();
		await frappe.call({
			method: `crm_success.customer_loyalty.api.backfill_form.${method}`,
			args: { backfill: frm.doc.name },
			type: "POST",
			freeze: true,
		});
		frm.reload_doc();
	},

	show_progress(frm) {
		if (frm.doc.status === "Failed") {
			frm.set_intro(__("Some of it failed. Its run says why, and tries again what failed."), "red");
		}
		if (!["Running", "Failed"].includes(frm.doc.status)) return;
		crm_success.run_progress.show(frm, {
			title: __("Loyalty Backfill"),
			preparing: __("Counting documents"),
			is_at_work: frm.doc.status === "Running",
		});
	},
});
