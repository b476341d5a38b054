frappe.listview_settings["Work Batch"] = {
	add_fields: ["status"],
	hide_name_column: true,

	get_indicator(doc) {
		const colors = { Queued: "gray", Running: "blue", Done: "green", Failed: "red" };
		return [__(doc.status), colors[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
