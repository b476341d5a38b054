// The conditions of an audience in its form: what each row offers, and the desk's filter area for those with filters.

frappe.provide("crm_success.audience_conditions");

Object.assign(crm_success.audience_conditions, {
	TABLE: "Table of Customer",

	set_queries(frm) {
		const in_rows = (fieldname, query) => frm.set_query(fieldname, "conditions", query);
		in_rows("table_doctype", () => ({ query: "crm_success.audiences.api.audience_form.search_tables" }));
		in_rows("metric", () => ({ filters: { enabled: 1 } }));
		in_rows("audience", () => ({ filters: { name: ["!=", frm.doc.name] } }));
	},

	// The filters are shown in words and edited by the button; whoever may not write does without it
	show_grid(frm) {
		const { grid } = frm.fields_dict.conditions;
		const has_button = crm_success.customer_audience.may_write(frm);
		for (const [fieldname, hidden] of [
			["filters", 1],
			["edit_filters", Number(!has_button)],
		]) {
			grid.update_docfield_property(fieldname, "hidden", hidden);
			grid.open_grid_row?.grid_form?.fields_dict[fieldname]?.toggle(!hidden);
		}
	},

	async edit_filters(frm, row) {
		const { TABLE } = crm_success.audience_conditions;
		const { looks_at, table_doctype } = row;
		if (looks_at === TABLE && !table_doctype) {
			frappe.msgprint(__("Choose a table of a customer first."));
			return;
		}
		const method = "crm_success.audiences.api.audience_form.filter_fields";
		const { message } = await frappe.call({ method, args: { looks_at, table_doctype }, type: "GET" });
		if (!message) return;
		crm_success.filter_editor.open({
			record: row,
			fieldname: "filters",
			doctype: looks_at === TABLE ? table_doctype : looks_at,
			parent_doctype: looks_at === TABLE ? "Customer" : undefined,
			fields: message,
		});
	},

	// `in_words`: of each row, in the order of the table
	show_words(frm, in_words) {
		const { grid } = frm.fields_dict.conditions;
		(frm.doc.conditions || []).forEach((row, at) => {
			row.summary = in_words[at]?.condition || "";
			grid.grid_rows_by_docname[row.name]?.refresh_field("summary");
		});
	},
});
