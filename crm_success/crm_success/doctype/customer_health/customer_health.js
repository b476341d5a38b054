// The form of a customer's health: score it again now, or set another score for a while.

frappe.provide("crm_success.customer_health");

crm_success.customer_health.MAY_RESCORE = [
	"Customer Success User",
	"Customer Success Manager",
	"System Manager",
];

frappe.ui.form.on("Customer Health", {
	setup(frm) {
		// not in the DocType: there it would also decide what the database stores
		["score", "computed_score", "change_30"].forEach((field) => frm.set_df_property(field, "precision", 1));
	},

	refresh(frm) {
		crm_success.customer_health.show_override(frm);
		if (frappe.user.has_role(crm_success.customer_health.MAY_RESCORE)) {
			frm.add_custom_button(__("Rescore Now"), () => crm_success.customer_health.rescore(frm));
		}
		if (!frm.perm[0]?.write) return;
		if (frm.doc.override_until) {
			frm.add_custom_button(__("End Override"), () => crm_success.customer_health.end_override(frm));
		} else {
			frm.add_custom_button(__("Override Score"), () => crm_success.customer_health.ask_override(frm));
		}
	},
});

crm_success.customer_health.show_override = function (frm) {
	if (!frm.doc.override_until || frm.doc.override_until < frappe.datetime.get_today()) return;
	const message = __("Set to {0} by {1} until {2}: {3}", [
		format_number(frm.doc.override_score, null, 1),
		frappe.user.full_name(frm.doc.override_by),
		frappe.datetime.str_to_user(frm.doc.override_until),
		frm.doc.override_reason,
	]);
	frm.set_intro(frappe.utils.escape_html(message), "blue");
};

crm_success.customer_health.rescore = async function (frm) {
	await frappe.call({
		method: "crm_success.api.scoring.rescore_customer",
		args: { customer: frm.doc.customer },
		type: "POST",
		freeze: true,
		freeze_message: __("Scoring"),
	});
	frm.reload_doc();
};

crm_success.customer_health.ask_override = function (frm) {
	const fields = [
		{ fieldname: "override_score", fieldtype: "Float", label: __("Override Score"), precision: 1, reqd: 1 },
		{ fieldname: "override_until", fieldtype: "Date", label: __("Override Until"), reqd: 1 },
		{ fieldname: "override_reason", fieldtype: "Small Text", label: __("Override Reason"), reqd: 1 },
	];
	const save = (values) => crm_success.customer_health.save_override(frm, values);
	frappe.prompt(fields, save, __("Override Score"), __("Override"));
};

crm_success.customer_health.end_override = function (frm) {
	crm_success.customer_health.save_override(frm, {
		override_score: 0,
		override_until: null,
		override_reason: "",
	});
};

crm_success.customer_health.save_override = async function (frm, values) {
	await frm.set_value(values);
	await frm.save();
};
