// The form of a customer: its points, when some would be lost, and the newest entries of the ledger. For those who may see
// the customer's account.

frappe.provide("crm_success.points_panel");

frappe.ui.form.on("Customer", {
	refresh(frm) {
		crm_success.points_panel.remove(frm);
		if (!frm.is_new()) crm_success.points_panel.ask(frm);
	},
});

Object.assign(crm_success.points_panel, {
	ACCOUNT: "Customer Loyalty Account",
	ENTRY: "Loyalty Ledger Entry",
	ADJUSTMENT: "Loyalty Adjustment",

	remove(frm) {
		frm.points_panel?.remove();
		frm.points_panel = null;
	},

	ask(frm) {
		const { ACCOUNT, make, place, remove } = crm_success.points_panel;
		if (!frappe.model.can_read(ACCOUNT)) return;
		const customer = frm.doc.name;
		frappe.call({
			method: "crm_success.customer_loyalty.api.points_panel.get_points",
			args: { customer },
			type: "GET",
			callback({ message }) {
				// the answer may come when another customer is open already, or for a second time
				if (frm.doc.name !== customer || !message) return;
				remove(frm);
				frm.points_panel = place(frm, make(frm, message));
			},
		});
	},

	// Below the tier and the health, whichever answer comes first
	place(frm, $panel) {
		const $above = frm.layout.wrapper.children(".customer-tier-panel, .customer-health-panel").last();
		return $above.length ? $panel.insertAfter($above) : $panel.prependTo(frm.layout.wrapper);
	},

	make(frm, account) {
		const { buttons, figures, newest, sentences } = crm_success.points_panel;
		const $panel = $("<section class='customer-points-panel border rounded'>").attr("aria-label", __("Loyalty Points"));
		$panel.css({ padding: "12px 20px", marginBottom: "12px" });
		const $row = $("<div class='d-flex flex-wrap align-items-center'>").css("gap", "6px 16px");
		$row.append(figures(account), buttons(frm, account));
		return $panel.append($row, sentences(account), newest(account));
	},

	number: (points) => format_number(points, null, 0),

	figures({ available, pending, balance }) {
		const { number } = crm_success.points_panel;
		const $all = $("<strong>").text(`${__("Points")} ${number(balance < 0 ? balance : available)}`);
		const said = (text) => $("<span class='text-muted small'>").text(text);
		const facts = [$all];
		if (balance >= 0) facts.push(said(__("Available")));
		if (pending) facts.push(said(`${__("Pending")} ${number(pending)}`), said(`${__("Balance")} ${number(balance)}`));
		return facts;
	},

	// What is in danger has a sign beside its colour
	sentences({ balance, next_expiry, expiring }) {
		const { number } = crm_success.points_panel;
		const lines = [];
		if (balance < 0) lines.push(__("Points that were taken back are owed. The next ones that come pay them."));
		if (next_expiry && expiring) {
			const day = frappe.datetime.str_to_user(next_expiry);
			lines.push(__("Lost after {0} unless they are spent: {1}", [day, number(expiring)]));
		}
		if (!lines.length) return $();
		const $lines = $("<div class='customer-points-danger small'>").css("margin-top", "6px");
		for (const line of lines) {
			const $sign = $("<span aria-hidden='true' class='text-warning'>").text("▲ ");
			$("<div>").append($sign, document.createTextNode(line)).appendTo($lines);
		}
		return $lines;
	},

	// The ledger's last lines, and where the others are
	newest({ newest }) {
		if (!newest.length) return $();
		const { ENTRY, row } = crm_success.points_panel;
		const $rows = $("<tbody>").append(newest.map((entry) => row(entry)));
		const $table = $("<table class='table table-sm small mb-0'>").append($rows).attr("aria-label", __(ENTRY));
		return $("<details class='customer-points-newest small'>")
			.attr("open", !frappe.is_mobile())
			.css("margin-top", "6px")
			.append($("<summary class='text-muted'>").css("display", "list-item").text(__("Newest Entries")), $table);
	},

	row({ name, posting_date, kind, points, reference_doctype, reference_name, cause, note }) {
		const { ENTRY, number } = crm_success.points_panel;
		const link = (doctype, document_name, text) =>
			$("<a>").attr("href", frappe.utils.get_form_link(doctype, document_name)).text(text);
		const $day = link(ENTRY, name, frappe.datetime.str_to_user(posting_date));
		const is_known = reference_name && frappe.model.can_read(reference_doctype);
		const $document = is_known
			? link(reference_doctype, reference_name, reference_name)
			: $("<span>").text(reference_name || "");
		const why = [cause && __(cause), note].filter(Boolean).join(" · ");
		const $points = $("<td class='text-right'>").text(`${points > 0 ? "+" : ""}${number(points)}`);
		return $("<tr>").append(
			$("<td>").append($day),
			$("<td>").text(__(kind)),
			$points,
			$("<td>").append($document),
			$("<td class='text-muted'>").text(why)
		);
	},

	buttons(frm, { name, entries, may_adjust }) {
		const { ACCOUNT, ADJUSTMENT, ENTRY } = crm_success.points_panel;
		const customer = frm.doc.name;
		const $buttons = $("<span class='d-flex flex-wrap ml-auto'>").css("gap", "8px");
		const add = (label, action) =>
			$("<button type='button' class='btn btn-default btn-xs'>").text(label).on("click", action).appendTo($buttons);
		if (may_adjust) add(__("Adjust Points"), () => frappe.new_doc(ADJUSTMENT, { customer }));
		if (entries) add(__("All Entries ({0})", [entries]), () => frappe.set_route("List", ENTRY, { customer }));
		add(__("Open Account"), () => frappe.set_route("Form", ACCOUNT, name));
		return $buttons;
	},
});
