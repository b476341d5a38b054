frappe.provide("crm_success.work_run_list");

frappe.listview_settings["Work Run"] = {
	add_fields: ["status", "percent_done"],

	get_indicator(doc) {
		const colors = {
			Queued: "gray",
			Preparing: "blue",
			Running: "blue",
			Completed: "green",
			"Completed with Warnings": "orange",
			Failed: "red",
			Cancelled: "gray",
		};
		return [__(doc.status), colors[doc.status] || "gray", `status,=,${doc.status}`];
	},

	refresh(listview) {
		if (!frappe.boot.user.in_create.includes("Work Run")) return;
		// on a phone the icon stands for the words, which have no room in version 16
		listview.page.set_primary_action(__("Run Now"), () => crm_success.work_run_list.start(), "add");
	},

	onload(listview) {
		if (!frappe.boot.user.in_create.includes("Work Run")) return;
		listview.page.add_inner_button(__("Run as of…"), () => crm_success.work_run_list.ask_date());
	},
};

crm_success.work_run_list.ask_date = function () {
	const yesterday = frappe.datetime.add_days(frappe.datetime.get_today(), -1);
	const field = {
		fieldname: "as_of",
		fieldtype: "Date",
		label: __("As Of"),
		reqd: 1,
		default: yesterday,
		max_date: frappe.datetime.str_to_obj(frappe.datetime.get_today()),
		description: __("Scores are computed as they would have been on this day"),
	};
	frappe.prompt(field, ({ as_of }) => crm_success.work_run_list.start(as_of), __("Run as of…"), __("Run"));
};

crm_success.work_run_list.start = function (as_of) {
	frappe.call({
		method: "crm_success.scoring.api.scoring_runs.start_run",
		args: as_of ? { as_of } : {},
		type: "POST",
		freeze: true,
		callback({ message }) {
			if (message) frappe.set_route("Form", "Work Run", message.run);
		},
	});
};
