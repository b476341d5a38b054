// Who is in a saved audience: how many now, as of when, and how many over time. Evaluating is asked for here too.

frappe.provide("crm_success.audience_members");

Object.assign(crm_success.audience_members, {
	API: "crm_success.audiences.api.audience_form",
	ACTIVE: ["Queued", "Preparing", "Running"],
	POLL_MILLISECONDS: 2000,
	PERIODS: [30, 90, 365],

	show(frm) {
		const { ask, stop } = crm_success.audience_members;
		stop(frm);
		if (frm.is_new()) return;
		const $place = frm.get_field("members").$wrapper.empty();
		$place.append(
			$("<div class='audience-members-now' role='status'>"),
			$("<div class='audience-members-history'>")
		);
		ask(frm);
	},

	stop(frm) {
		clearTimeout(frm.members_timer);
		frm.waits_for_members = false;
	},

	async ask(frm) {
		const { API, draw_history, draw_now, follow } = crm_success.audience_members;
		const { name } = frm.doc;
		const $now = frm.get_field("members").$wrapper.find(".audience-members-now");
		const { message } = await frappe.call({ method: `${API}.members_now`, args: { audience: name }, type: "GET" });
		// another audience is shown, or the same one anew
		if (!message || frm.doc.name !== name || !$now.get(0)?.isConnected) return;
		draw_now(frm, $now, message);
		if (!follow(frm, message)) draw_history(frm);
	},

	// Looks again while an evaluation goes on; false where there is nothing to wait for
	follow(frm, now) {
		const { ask, ended, is_going_on, POLL_MILLISECONDS } = crm_success.audience_members;
		clearTimeout(frm.members_timer);
		if (is_going_on(now)) {
			frm.waits_for_members = true;
			const look = () => frm.page.wrapper.is(":visible") && ask(frm);
			frm.members_timer = setTimeout(look, POLL_MILLISECONDS);
			return true;
		}
		if (frm.waits_for_members) ended(frm, now);
		frm.waits_for_members = false;
		return false;
	},

	// The fields of the form changed too
	ended(frm, { last_pass }) {
		if (last_pass?.status !== "Failed") {
			frappe.show_alert({ message: __("Members found"), indicator: "green" });
		}
		if (!frm.is_dirty()) frm.reload_doc();
	},

	is_going_on: ({ last_pass, is_awaited }) =>
		is_awaited || crm_success.audience_members.ACTIVE.includes(last_pass?.status),

	draw_now(frm, $now, now) {
		const { count, number, sentences } = crm_success.audience_members;
		$now.empty().append(
			$("<span class='audience-members-count'>").text(number(now.members)),
			$("<span>").text(count(now.members)),
			sentences(frm, now).map((sentence) => $("<p class='small text-muted'>").text(sentence))
		);
	},

	count: (members) => (members === 1 ? __("customer is in this audience") : __("customers are in this audience")),

	sentences(frm, now) {
		const { is_by_hand } = crm_success.customer_audience;
		const { progress } = crm_success.audience_members;
		if (is_by_hand(frm)) return [];
		const { evaluated_on } = now;
		const as_of = evaluated_on
			? __("Members as of {0}", [frappe.datetime.str_to_user(evaluated_on)])
			: __("Not evaluated yet");
		if (!frm.doc.enabled) return [as_of, __("Disabled: members are not kept up to date.")];
		return [as_of, ...progress(now)];
	},

	progress({ is_awaited, last_pass }) {
		const { ACTIVE } = crm_success.audience_members;
		if (ACTIVE.includes(last_pass?.status)) {
			return [__("Finding members: {0} %", [format_number(last_pass.percent_done, null, 0)])];
		}
		if (is_awaited) return [__("Members are found again within five minutes.")];
		if (last_pass?.status === "Failed") {
			return [__("The last evaluation failed. Open its Work Run to see why, or ask your administrator.")];
		}
		return [];
	},

	evaluate(frm) {
		frappe.call({
			method: `${crm_success.audience_members.API}.evaluate_now`,
			args: { audience: frm.doc.name },
			type: "POST",
			freeze: true,
			callback({ message }) {
				if (!message) return;
				frm.waits_for_members = true;
				crm_success.audience_members.ask(frm);
			},
		});
	},

	async draw_history(frm, days = 90) {
		const { API, number, period_choice } = crm_success.audience_members;
		const { name } = frm.doc;
		const from_date = frappe.datetime.add_days(frappe.datetime.get_today(), -days);
		const args = { audience: name, from_date };
		const { message } = await frappe.call({ method: `${API}.size_over_time`, args, type: "GET" });
		const $place = frm.get_field("members").$wrapper.find(".audience-members-history");
		if (!message || frm.doc.name !== name || !$place.length) return;
		$place.empty().append(period_choice(frm, days));
		if (!message.some(({ members }) => members)) {
			$place.append($("<p class='text-muted'>").text(__("Nobody was in this audience in that time.")));
			return;
		}
		crm_success.line_of_days.draw($place, {
			label: __("Members"),
			points: message.map(({ day, members }) => ({ day, value: members })),
			text: number,
		});
	},

	period_choice(frm, days) {
		const { PERIODS, draw_history } = crm_success.audience_members;
		const id = `audience-period-${frappe.utils.get_random(6)}`;
		const $select = $("<select class='form-control input-xs'>").attr("id", id);
		PERIODS.forEach((each) => $("<option>").val(each).text(__("Last {0} Days", [each])).appendTo($select));
		$select.val(days).on("change", () => draw_history(frm, Number($select.val())));
		const $label = $("<label class='control-label'>").attr("for", id).text(__("Size over Time"));
		return $("<div class='audience-members-period'>").append($label, $select);
	},

	number: (count) => format_number(count, null, 0),
});
