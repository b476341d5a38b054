// "Add to Audience": the customers that are selected in a list, into an audience by hand that is there or is made now.

frappe.provide("crm_success.add_to_audience");

Object.assign(crm_success.add_to_audience, {
	is_allowed: () =>
		frappe.model.can_create("Customer Audience Member") && frappe.model.can_write("Customer Audience"),

	ask(listview) {
		// a health names its customer
		const customers = listview.get_checked_items().map((doc) => doc.customer || doc.name);
		const dialog = new frappe.ui.Dialog({
			title: __("Add to Audience"),
			fields: crm_success.add_to_audience.fields(),
			primary_action_label: __("Add"),
			async primary_action({ audience, new_audience }) {
				if (!audience && !new_audience) {
					frappe.msgprint(__("Choose an audience, or name a new one."));
					return;
				}
				if (!audience) await crm_success.add_to_audience.make(new_audience);
				await crm_success.add_to_audience.add(audience || new_audience, customers);
				dialog.hide();
				listview.clear_checked_items();
				listview.refresh();
			},
		});
		dialog.show();
	},

	fields: () => [
		{
			fieldname: "audience",
			fieldtype: "Link",
			options: "Customer Audience",
			label: __("Audience"),
			only_select: 1,
			get_query: () => ({ filters: { how: "By Hand" } }),
			description: __("Only audiences by hand: others find their members themselves"),
		},
		{
			fieldname: "new_audience",
			fieldtype: "Data",
			label: __("Or a New One Named"),
			depends_on: "eval:!doc.audience",
			hidden: !frappe.model.can_create("Customer Audience"),
		},
	],

	make: (audience_name) => frappe.db.insert({ doctype: "Customer Audience", audience_name, how: "By Hand" }),

	async add(audience, customers) {
		const { message } = await frappe.call({
			method: "crm_success.audiences.api.audience_members.add_customers",
			args: { audience, customers },
			type: "POST",
			freeze: true,
		});
		const words = crm_success.add_to_audience.words(message.added, customers.length, audience);
		frappe.show_alert({ message: frappe.utils.escape_html(words), indicator: "green" });
	},

	words(added, asked, audience) {
		const name = crm_success.audience_names.translated(audience);
		if (!added) return __("All of them are in {0} already", [name]);
		if (added < asked) {
			return __("{0} of {1} customers added to {2}, the others are in it already", [added, asked, name]);
		}
		return added === 1 ? __("1 customer added to {0}", [name]) : __("{0} customers added to {1}", [added, name]);
	},
});
