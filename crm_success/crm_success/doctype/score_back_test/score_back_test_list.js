frappe.listview_settings["Score Back-test"] = {
	refresh(listview) {
		if (!crm_success.back_test.start.is_allowed()) return;
		// on a phone the icon stands for the words, which have no room in version 16
		const { ask } = crm_success.back_test.start;
		listview.page.set_primary_action(__("Check the Scores"), () => ask(), "add");
	},

	add_fields: ["status", "right_of_100"],

	get_indicator(doc) {
		const colors = {
			Queued: "gray",
			Running: "blue",
			Completed: "green",
			Refused: "orange",
			Failed: "red",
			Cancelled: "gray",
		};
		return [__(doc.status, null, "Score Back-test"), colors[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
