frappe.listview_settings["Loyalty Backfill"] = {
	add_fields: ["status"],

	get_indicator(doc) {
		const colors = {
			New: "gray",
			Running: "blue",
			"Dry Run Done": "orange",
			"Points Given": "green",
			Failed: "red",
			Cancelled: "gray",
		};
		return [__(doc.status, null, "Loyalty Backfill"), colors[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
