// Edits filters kept as JSON in a Code field of a record, or of a row in its table, with the desk's own filter area.
// Conditions on fields that only scoring knows (computed fields) stay as they are.

frappe.provide("crm_success.filter_editor");

// as in scoring/queries/conditions.py, in the desk's writing
crm_success.filter_editor.OPERATORS = [
	...["=", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "not like", "Between", "is"],
];

// `record`: the document or row with the field `fieldname`; `fields`: the names of those that a filter may look at,
// without it all; `set`: called when the filters have changed
crm_success.filter_editor.open = async function ({ record, fieldname, doctype, parent_doctype, fields }) {
	const filters = crm_success.filter_editor.parse(record[fieldname], doctype);
	if (!filters) return;
	await new Promise((resolve) => frappe.model.with_doctype(doctype, resolve));
	const is_field = ([source, field]) => !frappe.model.is_non_std_field(field) || frappe.meta.has_field(source, field);
	const is_known = (filter) => Boolean(is_field(filter)) && (!fields || fields.includes(filter[1]));
	const computed = filters.filter((filter) => !is_known(filter));
	const group = crm_success.filter_editor.show({ record, fieldname, doctype, parent_doctype, fields, computed });
	group.add_filters_to_filter_group(filters.filter(is_known));
	if (!filters.length) group.wrapper.find(".add-filter").trigger("click");
};

crm_success.filter_editor.parse = function (text, doctype) {
	let rows;
	try {
		rows = JSON.parse(text || "[]");
	} catch (error) {
		frappe.msgprint(__("The filters are not valid JSON. Correct or empty them first."));
		return null;
	}
	if (!Array.isArray(rows)) {
		rows = Object.entries(rows).map(([field, value]) =>
			Array.isArray(value) ? [field, ...value] : [field, "=", value]
		);
	}
	return rows.map((row) => (row.length === 3 ? [doctype, ...row] : row.slice(0, 4))).map(crm_success.filter_editor.as_chosen);
};

// The desk's list of operators has one with a capital
crm_success.filter_editor.as_chosen = function ([source, field, operator, value]) {
	const { OPERATORS } = crm_success.filter_editor;
	const chosen = OPERATORS.find((each) => each.toLowerCase() === String(operator).toLowerCase());
	return [source, field, chosen || operator, value];
};

crm_success.filter_editor.show = function ({ record, fieldname, doctype, parent_doctype, fields, computed }) {
	const { label } = frappe.meta.get_docfield(record.doctype, fieldname);
	const dialog = new frappe.ui.Dialog({
		title: __("{0} on {1}", [__(label, null, record.doctype), __(doctype)]),
		fields: [
			{ fieldtype: "HTML", fieldname: "computed" },
			{ fieldtype: "HTML", fieldname: "filter_area" },
		],
		primary_action_label: __("Set"),
		primary_action() {
			// the area begins with an empty one
			const is_filled = ([field, , value]) => field !== "name" || value;
			const chosen = group.get_filters().map((filter) => filter.slice(1, 4)).filter(is_filled);
			const rows = [...computed.map((filter) => filter.slice(1)), ...chosen];
			const text = rows.length ? JSON.stringify(rows) : "";
			frappe.model.set_value(record.doctype, record.name, fieldname, text);
			dialog.hide();
		},
	});
	crm_success.filter_editor.show_computed(dialog, computed);
	const Group = crm_success.filter_editor.group_class();
	const group = new Group({
		parent: dialog.get_field("filter_area").$wrapper,
		doctype,
		parent_doctype,
		filter_fields: fields && crm_success.filter_editor.docfields(doctype, fields),
		on_change: () => {},
	});
	dialog.show();
	return group;
};

crm_success.filter_editor.show_computed = function (dialog, computed) {
	if (!computed.length) return;
	const conditions = computed.map(([, field, operator, value]) => `${field} ${operator} ${value}`);
	dialog
		.get_field("computed")
		.$wrapper.append($("<p class='text-muted'>").text(__("Kept as they are: {0}", [conditions.join(", ")])));
};

// Offers only fields that are asked for, and operators that scoring knows; made late, because reports load no filter area
crm_success.filter_editor.group_class = function () {
	return class extends frappe.ui.FilterGroup {
		_push_new_filter(doctype, fieldname, condition, value, hidden = false) {
			const filter = new frappe.ui.Filter({
				parent: this.wrapper,
				parent_doctype: this.doctype,
				_parent_doctype: this.parent_doctype,
				doctype,
				fieldname,
				condition,
				value,
				hidden,
				filter_fields: this.filter_fields,
				index: this.filters.length + 1,
				on_change: (update) => update && this.update_filters(),
				filter_items: (...asked) => !this.filter_exists(asked),
				filter_list: this,
			});
			const { OPERATORS } = crm_success.filter_editor;
			const is_unknown = (at, option) => !OPERATORS.includes(option.value);
			filter.filter_edit_area.find(".condition option").filter(is_unknown).remove();
			this.filters.push(filter);
			return filter;
		}
	};
};

crm_success.filter_editor.docfields = function (doctype, fields) {
	const standard = frappe.model.std_fields.map((df) => ({
		...df,
		parent: doctype,
		options: df.fieldname === "name" ? doctype : df.options,
	}));
	const all = [...standard, ...frappe.meta.get_docfields(doctype)];
	return frappe.utils.sort(
		all.filter(({ fieldname }) => fields.includes(fieldname)),
		"label",
		"string"
	);
};
