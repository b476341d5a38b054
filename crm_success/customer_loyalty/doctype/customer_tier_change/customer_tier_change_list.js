// The list of tier changes: what waits for approval, approved or rejected in bulk.

(function () {
	const DOCTYPE = "Customer Tier Change";
	const COLORS = { Proposed: "orange", Applied: "green", Rejected: "red", Withdrawn: "gray", Kept: "blue" };
	const translated = (value) => (value ? __(value, null, DOCTYPE) : "");
	// Frappe runs this file before those that have the names of tiers
	const as_filter = (fieldname) => (value) => crm_success.tier_names.as_filter(fieldname)(value);

	const decide = function (listview, is_approved) {
		const { ask, waits } = crm_success.tier_decisions;
		const chosen = listview.get_checked_items();
		const waiting = chosen.filter(waits);
		if (!waiting.length) {
			frappe.msgprint(__("None of the chosen changes waits for approval. Choose those that are Proposed."));
			return;
		}
		ask(waiting, is_approved, () => {
			listview.clear_checked_items();
			// else Frappe reads nothing again that it has read within three seconds
			listview.last_args = null;
			listview.refresh();
		});
	};

	const show_waiting = async function (listview) {
		await listview.filter_area.clear(false);
		await listview.filter_area.add([[DOCTYPE, "decision", "=", "Proposed"]]);
	};

	frappe.listview_settings[DOCTYPE] = {
		add_fields: ["customer", "customer_name", "decision", "from_tier", "to_tier", "movement"],
		hide_name_column: true,

		onload(listview) {
			listview.page.add_inner_button(__("Waiting for Approval"), () => show_waiting(listview));
			if (!crm_success.tier_decisions.may_decide()) return;
			listview.page.add_actions_menu_item(__("Approve"), () => decide(listview, true), false);
			listview.page.add_actions_menu_item(__("Reject"), () => decide(listview, false), false);
		},

		get_indicator: ({ decision }) => [translated(decision), COLORS[decision] || "gray", `decision,=,${decision}`],

		// elements, since version 16 takes other text for a selector
		formatters: {
			from_tier: as_filter("from_tier"),
			to_tier: as_filter("to_tier"),
			// from where to where: a narrow list has room for one column
			movement(value, df, { from_tier, to_tier }) {
				if (!value) return "";
				const { move, sign } = crm_success.tier_names;
				const text = frappe.utils.escape_html(move(from_tier, to_tier));
				return `<a class="filterable ellipsis" data-filter="movement,=,${frappe.utils.escape_html(value)}">${sign(value)} ${text}</a>`;
			},
		},
	};
})();
