// The form of a customer: its tier, what the next one takes, by when this one would be lost, and the protection that
// somebody gives it. For those who may see the customer's standing.

frappe.provide("crm_success.tier_panel");

frappe.ui.form.on("Customer", {
	refresh(frm) {
		crm_success.tier_panel.remove(frm);
		// copies of a standing, for whoever may read that
		frm.toggle_display(["customer_tier", "tier_since"], frappe.model.can_read("Customer Tier Standing"));
		if (!frm.is_new()) crm_success.tier_panel.ask(frm);
	},
});

Object.assign(crm_success.tier_panel, {
	API: "crm_success.customer_loyalty.api.tier_panel",

	remove(frm) {
		frm.tier_panel?.remove();
		frm.tier_panel = null;
	},

	ask(frm) {
		if (!frappe.model.can_read("Customer Tier Standing")) return;
		const customer = frm.doc.name;
		frappe.call({
			method: `${crm_success.tier_panel.API}.get_tier`,
			args: { customer },
			type: "GET",
			callback({ message }) {
				// the answer may come when another customer is open already, or for a second time
				if (frm.doc.name !== customer || !message) return;
				const { make, place, remove } = crm_success.tier_panel;
				remove(frm);
				frm.tier_panel = place(frm, make(frm, message));
			},
		});
	},

	// Below the health, whichever answer comes first
	place(frm, $panel) {
		return frm.health_panel ? $panel.insertAfter(frm.health_panel) : $panel.prependTo(frm.layout.wrapper);
	},

	make(frm, standing) {
		const { benefits, buttons, next, sentences, title } = crm_success.tier_panel;
		const $panel = $("<section class='customer-tier-panel border rounded'>").attr("aria-label", __("Customer Tier"));
		$panel.css({ padding: "12px 20px", marginBottom: "12px" });
		const $row = $("<div class='d-flex flex-wrap align-items-center'>").css("gap", "6px 16px");
		$row.append(title(standing), buttons(frm, standing));
		if (!standing.name) return $panel.append($row);
		const $danger = sentences(standing.danger, "customer-tier-danger");
		return $panel.append(
			$row,
			$danger,
			sentences(standing.coming, "customer-tier-coming"),
			sentences(standing.protection, "customer-tier-protection text-muted"),
			next(standing),
			benefits(standing)
		);
	},

	title({ name, tier, tier_since, look, evaluated_on }) {
		const { pill } = crm_success.tier_names;
		const said = (text) => $("<span class='text-muted small'>").text(text);
		if (!name) return [pill(""), said(__("Not evaluated yet"))];
		const day = frappe.datetime.str_to_user;
		const facts = [pill(tier, look)];
		if (tier_since) facts.push(said(__("Since {0}", [day(tier_since)])));
		if (evaluated_on) facts.push(said(__("As of {0}", [day(evaluated_on)])));
		return facts;
	},

	// What is in danger has a sign beside its colour
	sentences(lines, kind) {
		if (!lines?.length) return $();
		const $lines = $(`<div class="${kind} small">`).css("margin-top", "6px");
		const is_danger = kind === "customer-tier-danger";
		lines.forEach((line, at) => {
			const sign = is_danger && !at ? $("<span aria-hidden='true' class='text-warning'>").text("▲ ") : "";
			$("<div>").append(sign, document.createTextNode(line)).toggleClass("font-weight-bold", is_danger && !at).appendTo($lines);
		});
		return $lines;
	},

	// "Next: Gold", and a bar for each thing that it takes
	next({ next_tier, missing, any_is_enough }) {
		if (!next_tier || !missing.length) return $();
		const { link } = crm_success.tier_names;
		const $head = $("<div class='small'>").append($("<span class='text-muted'>").text(`${__("Next Tier")} `), link(next_tier));
		if (any_is_enough && missing.length > 1) $head.append(document.createTextNode(` ${__("One of these is enough:")}`));
		const $lines = missing.map((line) => crm_success.tier_panel.line(line));
		return $("<div class='customer-tier-next'>").css("margin-top", "6px").append($head, $lines);
	},

	line({ words, share }) {
		const $line = $("<div class='d-flex flex-wrap align-items-center small'>").css("gap", "2px 12px");
		if (share !== null) $line.append(crm_success.tier_panel.bar(share));
		return $line.append($("<span>").text(words));
	},

	bar(share) {
		const percent = Math.floor(share * 100);
		const $bar = $("<span class='customer-tier-bar' role='img'>").attr("aria-label", `${percent} %`);
		$bar.css({ width: "120px", height: "8px", borderRadius: "4px", overflow: "hidden", background: "var(--gray-300)" });
		const $done = $("<span class='d-block h-100'>").css({ width: `${percent}%`, background: "var(--blue-500, #2490ef)" });
		return $bar.append($done);
	},

	benefits({ benefits }) {
		const lines = (benefits || []).map(crm_success.tier_panel.benefit_text).filter(Boolean);
		if (!lines.length) return $();
		const $list = $("<ul class='list-unstyled mb-0'>").append(lines.map((line) => $("<li>").text(line)));
		return $("<details class='text-muted small'>")
			.attr("open", !frappe.is_mobile())
			.css("margin-top", "6px")
			.append($("<summary>").css("display", "list-item").text(__("What It Gives")), $list);
	},

	// What an administrator wrote, or the kind with its number
	benefit_text({ benefit, benefit_value, words }) {
		if (words) return words;
		const kind = __(benefit, null, "Customer Tier Benefit");
		const number = format_number(benefit_value, null, Number.isInteger(benefit_value) ? 0 : 1);
		if (!benefit_value) return kind;
		if (benefit === "Discount") return `${kind}: ${number} %`;
		if (benefit === "Support Promise") return `${kind}: ${__("{0} hours", [number])}`;
		return `${kind}: ${number}`;
	},

	buttons(frm, { name, may_protect, protected_tier }) {
		const $buttons = $("<span class='d-flex flex-wrap ml-auto'>").css("gap", "8px");
		const add = (label, action) =>
			$("<button type='button' class='btn btn-default btn-xs'>").text(label).on("click", action).appendTo($buttons);
		if (!name) return $buttons;
		const { end_protection, open_protection } = crm_success.tier_panel;
		if (may_protect) add(protected_tier ? __("Change Protection") : __("Protect Tier"), () => open_protection(frm));
		if (may_protect && protected_tier) add(__("End Protection"), () => end_protection(frm));
		add(__("Open Standing"), () => frappe.set_route("Form", "Customer Tier Standing", name));
		return $buttons;
	},

	async open_protection(frm) {
		const { API, save_protection } = crm_success.tier_panel;
		const args = { customer: frm.doc.name };
		const { message } = await frappe.call({ method: `${API}.get_tier`, args, type: "GET" });
		const dialog = new frappe.ui.Dialog({
			title: __("Protect Tier"),
			fields: [
				{
					fieldname: "tier",
					fieldtype: "Link",
					options: "Customer Tier",
					label: __("Never Below"),
					description: __("A customer with a lower tier gets this one at once"),
					default: message.protected_tier || message.tier,
					reqd: 1,
				},
				{
					fieldname: "until",
					fieldtype: "Date",
					label: __("Protected Until"),
					description: __("Through this day. The next review decides again"),
					default: message.protected_until,
					reqd: 1,
				},
				{
					fieldname: "reason",
					fieldtype: "Small Text",
					label: __("Reason"),
					default: message.protection_reason,
					reqd: 1,
				},
			],
			primary_action_label: __("Protect"),
			primary_action: (values) => save_protection(frm, values, dialog),
		});
		dialog.show();
	},

	end_protection(frm) {
		frappe.confirm(__("End the protection? The next review decides by what was earned."), () =>
			crm_success.tier_panel.save_protection(frm, {})
		);
	},

	save_protection(frm, values, dialog) {
		frappe.call({
			method: `${crm_success.tier_panel.API}.protect`,
			args: { customer: frm.doc.name, ...values },
			type: "POST",
			freeze: true,
			callback({ exc }) {
				if (exc) return;
				dialog?.hide();
				frappe.show_alert({ message: __("Saved"), indicator: "green" });
				// what somebody typed and did not save stays
				if (frm.is_dirty()) crm_success.tier_panel.ask(frm);
				else frm.reload_doc();
			},
		});
	},
});
