frappe.listview_settings["Score Back-test"] = {
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
