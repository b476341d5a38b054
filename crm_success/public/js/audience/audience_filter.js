// A filter "Audience" among the standard filters of a list: somebody chooses a name, and the list is filtered by its
// pattern, as by any other filter. Whatever is made of the list (counts, exports, charts, saved filters) needs nothing of us.

frappe.provide("crm_success.audience_filter");

Object.assign(crm_success.audience_filter, {
	add(listview, fieldname) {
		const { filter_area, page } = listview;
		// an administrator may have made the field a standard filter, or taken it away
		const has_place = filter_area?.standard_filters_wrapper && !page.fields_dict[fieldname];
		if (!has_place || !frappe.model.can_read("Customer Audience")) return;
		const control = page.add_field(
			{
				fieldname,
				fieldtype: "Autocomplete",
				label: __("Audience"),
				condition: "like",
				// the same for version 16
				match_type: "like",
				is_filter: 1,
				onchange: () => filter_area.debounced_refresh_list_view(),
			},
			filter_area.standard_filters_wrapper
		);
		crm_success.audience_filter.speak_in_patterns(control);
		crm_success.audience_filter.offer_audiences(control);
		crm_success.audience_filter.take_over(filter_area.filter_list, control, fieldname);
	},

	// What the list asks of the control, and tells it, is the filter's value; what is seen is the name
	speak_in_patterns(control) {
		const { shown_for, value_of } = crm_success.audience_filter;
		const set_shown = control.set_value;
		control.get_value = () => value_of(control.get_input_value());
		control.set_value = (value) => {
			const shown = shown_for(value);
			crm_success.audience_filter.know(control, shown);
			return set_shown.call(control, shown);
		};
	},

	// A pattern that somebody wrote stays as it is
	shown_for: (value) => crm_success.audience_names.name_in(value) || value || "",
	value_of: (shown) => (!shown || shown.includes("%") ? shown : crm_success.audience_names.pattern_for(shown)),

	// What is not among its options the control would empty
	know(control, shown) {
		const options = control.get_data();
		if (!shown || options.some(({ value }) => value === shown)) return;
		control.set_data([...options, crm_success.audience_filter.option_for(shown)]);
	},

	option_for: (name) => ({ value: name, label: crm_success.audience_names.translated(name) }),

	offer_audiences(control) {
		// Frappe would put the name on the page as HTML
		control.awesomplete.item = (option) =>
			$("<li></li>").append($("<a></a>").append($("<p></p>").text(option.label))).get(0);
		control.$input.on("focus", async () => {
			const rows = await frappe.db.get_list("Customer Audience", { order_by: "name asc", limit: 0 });
			control.set_data(rows.map(({ name }) => crm_success.audience_filter.option_for(name)));
		});
	},

	// The list was given its filters before the control was there
	take_over(filter_list, control, fieldname) {
		const filter = filter_list.get_filter(fieldname);
		if (!filter || filter.get_condition() !== "like") return;
		const name = crm_success.audience_names.name_in(filter.get_selected_value());
		if (!name) return;
		crm_success.audience_filter.know(control, name);
		control.set_input(name);
		filter.remove();
		filter_list.update_filters();
	},
});
