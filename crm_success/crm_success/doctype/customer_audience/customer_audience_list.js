// The list of audiences: whether each is kept up to date, and how many customers are in it.

frappe.provide("crm_success.audience_list");

frappe.listview_settings["Customer Audience"] = {
	add_fields: ["enabled", "how"],
	formatters: { name: (value) => __(value, null, "Customer Audience") },

	get_indicator(doc) {
		return doc.enabled ? [__("Enabled"), "green", "enabled,=,1"] : [__("Disabled"), "gray", "enabled,=,0"];
	},

	refresh(listview) {
		crm_success.audience_list.show_sizes(listview);
	},
};

// One question for the page
crm_success.audience_list.show_sizes = async function ({ data, $result }) {
	const audiences = data.map(({ name }) => name).filter(Boolean);
	if (!audiences.length) return;
	const { message } = await frappe.call({
		method: "crm_success.audiences.api.audience_form.sizes",
		args: { audiences },
		type: "POST",
	});
	if (!message) return;
	$result.find(".audience-list-size").remove();
	$result.find('.list-subject a[data-doctype="Customer Audience"]').each((at, link) => {
		const size = message[link.dataset.name];
		const { enabled } = data.find(({ name }) => name === link.dataset.name) || {};
		// who was never looked for is not told as nobody
		if (!size && !enabled) return;
		const words = size === 1 ? __("1 customer") : __("{0} customers", [format_number(size, null, 0)]);
		$("<span class='audience-list-size small text-muted text-nowrap ml-2'>").text(words).appendTo($(link).closest(".list-subject"));
	});
};
