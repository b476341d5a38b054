// Who would move under a policy, or a tier, that is not saved: in a dialog, beside what a review by the saved one would do.

frappe.provide("crm_success.tier_changes_preview");

Object.assign(crm_success.tier_changes_preview, {
	ask(frm) {
		const args = frm.doctype === "Customer Tier" ? { tier: JSON.stringify(frm.doc) } : { settings: JSON.stringify(frm.doc) };
		frappe.call({
			method: "crm_success.customer_loyalty.api.tier_policy.what_would_change",
			type: "POST",
			args,
			freeze: true,
			freeze_message: __("Judging customers by both policies"),
			callback({ message }) {
				if (message) crm_success.tier_changes_preview.show(message);
			},
		});
	},

	show(answer) {
		const { footnotes, movers, moves, sentences } = crm_success.tier_changes_preview;
		const dialog = new frappe.ui.Dialog({
			title: __("What Would Change"),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "answer" }],
		});
		const $place = $("<div class='tier-changes'>").appendTo(dialog.get_field("answer").$wrapper);
		sentences(answer).forEach((sentence, at) => $("<p>").toggleClass("tier-changes-lead", !at).text(sentence).appendTo($place));
		$place.append(moves(answer), movers(answer), footnotes(answer));
		dialog.show();
	},

	sentences({ customers, compared, movers, now, then }) {
		const { number, outcome } = crm_success.tier_changes_preview;
		const found = [outcome(then)];
		found.push(
			movers.length
				? __("By what is saved, a review would raise {0} and lower {1}.", [number(now.raised), number(now.lowered)])
				: __("A review by what is saved would do the same.")
		);
		if (compared < customers) {
			found.push(__("Judged is an even sample of {0} of {1} customers.", [number(compared), number(customers)]));
		}
		return found;
	},

	outcome({ raised, lowered, kept, waiting }) {
		const { number } = crm_success.tier_changes_preview;
		const parts = [__("A review of today would raise {0} customers and lower {1}.", [number(raised), number(lowered)])];
		if (kept) parts.push(__("{0} would keep a tier that they no longer earn, for now.", [number(kept)]));
		if (waiting) parts.push(__("{0} of the changes would wait for approval.", [number(waiting)]));
		return parts.join(" ");
	},

	// One row for each pair of tiers; those who stay are told last
	moves({ currency, now, then }) {
		const { amount, number, row, table } = crm_success.tier_changes_preview;
		const key = ({ from_tier, to_tier }) => `${from_tier}\n${to_tier}`;
		const before = Object.fromEntries(now.moves.map((move) => [key(move), move]));
		const all = [...then.moves, ...now.moves.filter((move) => !then.moves.some((other) => key(other) === key(move)))];
		const after = Object.fromEntries(then.moves.map((move) => [key(move), move]));
		const moved = all.filter(({ from_tier, to_tier }) => from_tier !== to_tier);
		const stayed = all.filter(({ from_tier, to_tier }) => from_tier === to_tier);
		const said = ({ from_tier, to_tier }) =>
			from_tier === to_tier
				? __("{0} stays", [crm_success.tier_names.text(from_tier)])
				: crm_success.tier_names.move(from_tier, to_tier);
		const rows = [...moved, ...stayed].map((move) =>
			row(
				said(move),
				number(before[key(move)]?.customers || 0),
				number(after[key(move)]?.customers || 0),
				amount(after[key(move)]?.revenue || 0, currency)
			)
		);
		const titles = [__("Movement"), __("By What Is Saved"), __("By What Is Entered"), __("Net Revenue")];
		return table("tier-changes-moves", __("Customers by the tier that they have and the one that a review of today would give"), titles, rows);
	},

	movers({ currency, movers }) {
		if (!movers.length) return $();
		const { amount, table } = crm_success.tier_changes_preview;
		const { customer_link, text } = crm_success.tier_names;
		const rows = movers.map((mover) =>
			$("<tr>").append(
				$("<td>").append(customer_link(mover)),
				[mover.tier, mover.now, mover.then].map((tier) => $("<td>").text(text(tier))),
				$("<td>").text(amount(mover.revenue, currency))
			)
		);
		const titles = [__("Customer"), __("Tier"), __("By What Is Saved"), __("By What Is Entered"), __("Net Revenue")];
		return table("tier-changes-movers", __("The largest customers for whom it makes a difference"), titles, rows);
	},

	row: (first, ...others) =>
		$("<tr>").append($("<td>").text(first), others.map((text) => $("<td>").text(text))),

	table(kind, caption, titles, rows) {
		const $head = $("<tr>").append(titles.map((title) => $("<th scope='col'>").text(title)));
		return $(`<div class='table-responsive'>`).append(
			$(`<table class='table table-bordered table-sm ${kind}'>`).append(
				$("<caption>").text(caption),
				$("<thead>").append($head),
				$("<tbody>").append(rows)
			)
		);
	},

	footnotes({ messages }) {
		const basis = __("Nothing was saved. Both sides are by the documents and scores of today, and as a review would decide.");
		return [...messages, basis].map((note) => $("<p class='small text-muted mb-1'>").text(note));
	},

	number: (count) => format_number(count, null, 0),

	amount: (amount, currency) => format_currency(amount, currency, 0),
});
