// Edits filters kept as JSON in a Code field, with the desk's own filter area.
// Conditions on fields that only scoring knows (computed fields) stay as they are.

frappe.provide("crm_success.filter_editor");

crm_success.filter_editor.open = function (frm, { fieldname, doctype, parent_doctype }) {
	const filters = crm_success.filter_editor.parse(frm.doc[fieldname], doctype);
	if (!filters) return;
	frappe.model.with_doctype(doctype, () => {
		const is_known = ([source, field]) => Boolean(frappe.meta.has_field(source, field)) || field === "name";
		const computed = filters.filter((filter) => !is_known(filter));
		const group = crm_success.filter_editor.show(frm, {
			fieldname,
			doctype,
			parent_doctype,
			computed,
		});
		group.add_filters_to_filter_group(filters.filter(is_known));
	});
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
	return rows.map((row) => (row.length === 3 ? [doctype, ...row] : row.slice(0, 4)));
};

crm_success.filter_editor.show = function (frm, { fieldname, doctype, parent_doctype, computed }) {
	const dialog = new frappe.ui.Dialog({
		title: __("{0} on {1}", [__(frm.get_docfield(fieldname).label, null, frm.doctype), __(doctype)]),
		fields: [
			{ fieldtype: "HTML", fieldname: "computed" },
			{ fieldtype: "HTML", fieldname: "filter_area" },
		],
		primary_action_label: __("Set"),
		primary_action() {
			const chosen = group.get_filters().map((filter) => filter.slice(1, 4));
			const rows = [...computed.map((filter) => filter.slice(1)), ...chosen];
			frm.set_value(fieldname, rows.length ? JSON.stringify(rows) : "");
			dialog.hide();
		},
	});
	crm_success.filter_editor.show_computed(dialog, computed);
	const group = new frappe.ui.FilterGroup({
		parent: dialog.get_field("filter_area").$wrapper,
		doctype,
		parent_doctype,
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
