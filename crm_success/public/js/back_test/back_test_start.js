// Asks what to check, and starts a back-test: from the list, and again from a finished one.

frappe.provide("crm_success.back_test.start");

Object.assign(crm_success.back_test.start, {
	// The DocType cannot be created in the desk's own way: who may start one has it here
	is_allowed: () => frappe.boot.user.in_create.includes("Score Back-test"),

	// Without a horizon, that for which the lapse risk is told
	async ask(horizon) {
		const { fields, insert } = crm_success.back_test.start;
		horizon ??= await frappe.db.get_single_value("CRM Success Settings", "horizon_days");
		const dialog = new frappe.ui.Dialog({
			title: __("Check the Scores"),
			fields: fields(horizon),
			primary_action_label: __("Start"),
			primary_action: (values) => insert(values).then(() => dialog.hide()),
		});
		dialog.show();
	},

	fields(horizon) {
		const about = __(
			"Scores all customers as of past dates, in the background, and compares with what they then did. No score changes."
		);
		return [
			{ fieldtype: "HTML", fieldname: "about", options: `<p>${frappe.utils.escape_html(about)}</p>` },
			{
				fieldtype: "Int",
				fieldname: "horizon",
				label: __("Horizon (Days)"),
				default: horizon,
				reqd: 1,
				description: __("A customer who buys nothing for so many days after a date counts as having left"),
			},
			{
				fieldtype: "Table",
				fieldname: "dates",
				label: __("Past Dates"),
				description: __("Empty: the last day whose horizon is over, and up to three more, 90 days apart"),
				data: [],
				fields: [{ fieldtype: "Date", fieldname: "as_of", label: __("As Of"), in_list_view: 1 }],
			},
		];
	},

	insert({ horizon, dates }) {
		const rows = (dates || []).filter(({ as_of }) => as_of).map(({ as_of }) => ({ as_of }));
		return frappe.db
			.insert({ doctype: "Score Back-test", horizon, dates: rows })
			.then(({ doctype, name }) => frappe.set_route("Form", doctype, name));
	},
});
