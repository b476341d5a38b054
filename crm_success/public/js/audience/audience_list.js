// What audiences add to a list of customers: a filter, its actions, and their names in a column.

frappe.provide("crm_success.audience_list");

Object.assign(crm_success.audience_list, {
	// `fieldname`: where the names of a customer's audiences are; a list without it has the actions alone
	set_up(listview, fieldname) {
		const { add_to_audience, audience_filter, save_as_audience } = crm_success;
		if (frappe.meta.has_field(listview.doctype, fieldname)) audience_filter.add(listview, fieldname);
		if (add_to_audience.is_allowed()) {
			listview.page.add_actions_menu_item(__("Add to Audience"), () => add_to_audience.ask(listview), false);
		}
		if (save_as_audience.is_allowed()) {
			listview.page.add_menu_item(__("Save as Audience"), () => save_as_audience.from_list(listview));
		}
	},
});
