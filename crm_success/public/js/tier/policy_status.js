// When tiers were evaluated and reviewed, when the next review is due, and an evaluation that goes on, followed until it ends.

frappe.provide("crm_success.policy_status");

Object.assign(crm_success.policy_status, {
	API: "crm_success.customer_loyalty.api.tier_policy",
	ACTIVE: ["Queued", "Preparing", "Running"],
	POLL_MILLISECONDS: 2000,
	MONTHS: { Monthly: 1, Quarterly: 3, Yearly: 12 },

	show(frm) {
		const { ask, stop } = crm_success.policy_status;
		stop(frm);
		frm.get_field("policy_status").$wrapper.empty().append("<div class='loyalty-policy-status' role='status'>");
		ask(frm);
	},

	stop(frm) {
		clearTimeout(frm.evaluation_timer);
	},

	async ask(frm) {
		const { API, draw, follow } = crm_success.policy_status;
		const { message } = await frappe.call({ method: `${API}.newest_evaluation`, type: "GET" });
		draw(frm, message || {});
		follow(frm, message || {});
	},

	draw(frm, run) {
		const { progress, sentences } = crm_success.policy_status;
		const $place = frm.get_field("policy_status").$wrapper.find(".loyalty-policy-status").empty();
		[...sentences(frm.doc), ...progress(run)].forEach((sentence) => $("<p class='mb-1'>").text(sentence).appendTo($place));
		if (run.name && frappe.model.can_read("Work Run")) {
			const $link = $("<a>").attr("href", frappe.utils.get_form_link("Work Run", run.name)).text(__("Open the last Work Run"));
			$("<p class='mb-1'>").append($link).appendTo($place);
		}
	},

	sentences(doc) {
		const { next_review } = crm_success.policy_status;
		const day = frappe.datetime.str_to_user;
		const found = [
			doc.evaluated_on ? __("Last evaluated on {0}.", [day(doc.evaluated_on)]) : __("Tiers were never evaluated."),
			doc.reviewed_on ? __("Last reviewed on {0}.", [day(doc.reviewed_on)]) : __("There was no review yet."),
		];
		if (!doc.enabled) return found;
		const next = next_review(doc);
		return [...found, next ? __("The next review is due on {0}.", [day(next)]) : __("A review is due: the next evaluation is one.")];
	},

	// As tier_periods.py says; "" where it is due already
	next_review({ review, reviewed_on }) {
		const months = crm_success.policy_status.MONTHS[review];
		const [year, month] = frappe.datetime.get_today().split("-").map(Number);
		const begin = Math.floor((month - 1) / months) * months + 1;
		const first_day = (of_month) => `${year + Math.floor((of_month - 1) / 12)}-${String(((of_month - 1) % 12) + 1).padStart(2, "0")}-01`;
		return reviewed_on && reviewed_on >= first_day(begin) ? first_day(begin + months) : "";
	},

	progress({ status, percent_done }) {
		const { ACTIVE } = crm_success.policy_status;
		if (ACTIVE.includes(status)) return [__("Evaluating tiers: {0} %", [format_number(percent_done, null, 0)])];
		if (status === "Failed") return [__("The last evaluation failed. Open its Work Run to see why.")];
		return [];
	},

	follow(frm, { status }) {
		const { ACTIVE, ask, POLL_MILLISECONDS, stop } = crm_success.policy_status;
		stop(frm);
		if (ACTIVE.includes(status)) {
			frm.waits_for_tiers = true;
			const look = () => frm.page.wrapper.is(":visible") && ask(frm);
			frm.evaluation_timer = setTimeout(look, POLL_MILLISECONDS);
		} else if (frm.waits_for_tiers) {
			frm.waits_for_tiers = false;
			if (status !== "Failed") frappe.show_alert({ message: __("Tiers evaluated"), indicator: "green" });
			if (!frm.is_dirty()) frm.reload_doc();
		}
	},

	add_buttons(frm) {
		if (!frm.perm[0]?.write || !frm.doc.enabled) return;
		const { evaluate } = crm_success.policy_status;
		frm.add_custom_button(__("Evaluate Now"), () => evaluate(frm, false));
		frm.add_custom_button(__("Review Now"), () =>
			frappe.confirm(
				__("A review of today takes tiers that are not earned any more, as the saved policy says. Start it?"),
				() => evaluate(frm, true)
			)
		);
	},

	evaluate(frm, is_review) {
		if (frm.is_dirty()) {
			frappe.msgprint(__("Save the policy first: an evaluation goes by the saved one."));
			return;
		}
		frappe.call({
			method: `${crm_success.policy_status.API}.evaluate_tiers`,
			args: { is_review: is_review ? 1 : 0 },
			type: "POST",
			freeze: true,
			callback({ message }) {
				if (!message) return;
				frm.waits_for_tiers = true;
				crm_success.policy_status.ask(frm);
			},
		});
	},
});
