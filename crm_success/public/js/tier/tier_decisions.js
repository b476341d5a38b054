// Approving and rejecting changes of tiers, from their list and from the form of one: a note, one click, and in words what
// stood in the way of the rest.

frappe.provide("crm_success.tier_decisions");

Object.assign(crm_success.tier_decisions, {
	API: "crm_success.customer_loyalty.api.tier_changes",

	waits: ({ decision }) => decision === "Proposed",

	may_decide: () => frappe.model.can_write("Customer Tier Change"),

	// `changes`: rows with name, customer, customer_name and movement; `done` is called after it
	ask(changes, is_approved, done) {
		const { describe, send } = crm_success.tier_decisions;
		const dialog = new frappe.ui.Dialog({
			title: is_approved ? __("Approve Changes of Tiers") : __("Reject Changes of Tiers"),
			fields: [
				{ fieldtype: "HTML", fieldname: "about" },
				{ fieldtype: "Small Text", fieldname: "note", label: __("Note"), description: __("Why it was decided so") },
			],
			primary_action_label: is_approved ? __("Approve") : __("Reject"),
			primary_action: ({ note }) => send(changes, is_approved, note, done, dialog),
		});
		const $about = dialog.get_field("about").$wrapper;
		describe(changes, is_approved).forEach((sentence) => $("<p>").text(sentence).appendTo($about));
		dialog.show();
	},

	what(changes) {
		const [{ customer, customer_name, from_tier, to_tier }] = changes;
		if (changes.length === 1) return `${customer_name || customer}: ${crm_success.tier_names.move(from_tier, to_tier)}`;
		const count = (movement) => format_number(changes.filter((row) => row.movement === movement).length, null, 0);
		const figures = [format_number(changes.length, null, 0), count("Up"), count("Down")];
		return __("{0} changes are chosen: {1} up, {2} down.", figures);
	},

	describe(changes, is_approved) {
		const what = crm_success.tier_decisions.what(changes);
		if (is_approved) return [what, __("The tiers change at once, on customers and on what follows from them.")];
		return [what, __("The customers keep their tiers. The next review proposes the change again where it still fits.")];
	},

	send(changes, is_approved, note, done, dialog) {
		const { API, tell } = crm_success.tier_decisions;
		frappe.call({
			method: `${API}.${is_approved ? "approve_changes" : "reject_changes"}`,
			args: { changes: JSON.stringify(changes.map(({ name }) => name)), note: note || "" },
			type: "POST",
			freeze: true,
			callback({ message }) {
				if (!message) return;
				dialog.hide();
				tell(changes, message, is_approved);
				done();
			},
		});
	},

	tell(changes, { done, refused }, is_approved) {
		const number = format_number(done, null, 0);
		const what = is_approved ? __("{0} changes approved", [number]) : __("{0} changes rejected", [number]);
		const names = Object.keys(refused);
		if (!names.length) {
			frappe.show_alert({ message: what, indicator: "green" });
			return;
		}
		const { escape_html } = frappe.utils;
		const by_name = Object.fromEntries(changes.map((row) => [row.name, row.customer_name || row.customer]));
		const lines = names.map((name) => `<li>${escape_html(by_name[name] || name)}: ${escape_html(refused[name])}</li>`);
		const message = `<p>${escape_html(what)}</p><p>${escape_html(__("These were not:"))}</p><ul>${lines.join("")}</ul>`;
		frappe.msgprint({ title: done ? __("Partly Done") : __("Nothing Was Done"), indicator: "orange", message });
	},
});
