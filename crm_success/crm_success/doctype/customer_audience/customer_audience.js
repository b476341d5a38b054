// The form of a Customer Audience: conditions without code, who would be in before saving, who is in afterwards.

frappe.provide("crm_success.customer_audience");

frappe.ui.form.on("Customer Audience", {
	setup(frm) {
		crm_success.audience_conditions.set_queries(frm);
	},

	refresh(frm) {
		crm_success.record_title.show(frm);
		crm_success.audience_conditions.show_grid(frm);
		crm_success.audience_preview.show(frm);
		crm_success.audience_members.show(frm);
		crm_success.customer_audience.add_buttons(frm);
	},

	on_hide(frm) {
		crm_success.audience_members.stop(frm);
	},

	...Object.fromEntries(
		["audience_name", "how", "match", "include_disabled"].map((fieldname) => [
			fieldname,
			(frm) => crm_success.audience_preview.ask_soon(frm),
		])
	),
});

frappe.ui.form.on("Customer Audience Condition", {
	edit_filters(frm, cdt, cdn) {
		crm_success.audience_conditions.edit_filters(frm, locals[cdt][cdn]);
	},

	looks_at(frm, cdt, cdn) {
		frappe.model.set_value(cdt, cdn, { filters: "", table_doctype: "" });
	},

	table_doctype(frm, cdt, cdn) {
		frappe.model.set_value(cdt, cdn, "filters", "");
	},

	form_render(frm) {
		crm_success.audience_conditions.show_grid(frm);
	},
});

frappe.ui.form.on(
	"Customer Audience Condition",
	Object.fromEntries(
		[
			...["looks_at", "is_not", "table_doctype", "metric", "tag", "audience", "operator", "value", "value_to"],
			...["filters", "conditions_add", "conditions_remove", "conditions_move"],
		].map((event) => [event, (frm) => crm_success.audience_preview.ask_soon(frm)])
	)
);

crm_success.customer_audience.may_write = (frm) => Boolean(frm.perm[0]?.write);

crm_success.customer_audience.is_by_hand = (frm) => frm.doc.how === "By Hand";

crm_success.customer_audience.add_buttons = function (frm) {
	if (frm.is_new()) return;
	const { is_by_hand, may_write, open_health, open_members } = crm_success.customer_audience;
	if (may_write(frm) && is_by_hand(frm)) {
		frm.add_custom_button(__("Add Customers"), () => crm_success.audience_picker.open(frm, "add"));
		frm.add_custom_button(__("Remove Customers"), () => crm_success.audience_picker.open(frm, "remove"));
	} else if (may_write(frm) && frm.doc.enabled) {
		frm.add_custom_button(__("Evaluate Now"), () => crm_success.audience_members.evaluate(frm));
	}
	frm.add_custom_button(__("Members"), () => open_members(frm), __("View"));
	frm.add_custom_button(__("Customer Health"), () => open_health(frm), __("View"));
};

crm_success.customer_audience.open_members = function ({ doc }) {
	frappe.set_route("List", "Customer Audience Member", { audience: doc.name, left_on: ["is", "not set"] });
};

// as in audience_names.py
crm_success.customer_audience.open_health = function ({ doc }) {
	frappe.set_route("List", "Customer Health", { audiences: ["like", `%|${doc.name}|%`] });
};
