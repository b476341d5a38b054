// The form of a customer's health: the score in pictures, scoring it again, setting another for a while.

frappe.provide("crm_success.customer_health");

// as in record_names.py
crm_success.customer_health.RESCORING_ROLES = [
	"Customer Success User",
	"Customer Success Manager",
	"System Manager",
];

frappe.ui.form.on("Customer Health", {
	setup(frm) {
		// not in the DocType: there it would also decide what the database stores
		const numbers = ["score", "computed_score", "coverage", "change_30", "lapse_risk", "usual_gap"];
		numbers.forEach((field) => frm.set_df_property(field, "precision", 1));
	},

	refresh(frm) {
		// nothing is edited here by hand: the buttons do it
		frm.disable_save();
		crm_success.customer_health.show_intro(frm);
		crm_success.customer_health.add_buttons(frm);
		crm_success.customer_health.show_picture(frm);
	},
});

crm_success.customer_health.show_picture = function (frm) {
	const { customer } = frm.doc;
	// until the site is migrated, its form has no place for the pictures
	if (!frm.get_field("contacts")) return;
	if (frm.pictured_customer !== customer) crm_success.customer_health.clear_picture(frm);
	frappe.call({
		method: "crm_success.scoring.api.health_form.picture",
		args: { customer },
		type: "GET",
		callback({ message }) {
			if (message && frm.doc.customer === customer) crm_success.customer_health.draw_picture(frm, message);
		},
	});
};

crm_success.customer_health.clear_picture = function (frm) {
	["gauge", "history", "parts", "contacts"].forEach((fieldname) => frm.get_field(fieldname).$wrapper.empty());
	frm.toggle_display(["score", "band", "coverage"], true);
};

// The gauge says what the fields Score, Band and Coverage say; where it cannot be drawn, they stay
crm_success.customer_health.draw_picture = function (frm, picture) {
	const { gauge, parts, history, contacts, documents } = crm_success.customer_health;
	const place = (fieldname) => frm.get_field(fieldname).$wrapper;
	gauge.draw(place("gauge"), picture);
	history.draw(place("history"), picture);
	parts.draw(place("parts"), picture, (part) => documents.show(frm, part, picture));
	contacts.draw(place("contacts"), picture);
	frm.pictured_customer = frm.doc.customer;
	frm.toggle_display(["score", "band", "coverage"], false);
};

crm_success.customer_health.add_buttons = function (frm) {
	const { customer, override_until } = frm.doc;
	if (frappe.user.has_role(crm_success.customer_health.RESCORING_ROLES)) {
		frm.add_custom_button(__("Rescore Now"), () => crm_success.customer_health.rescore(frm));
	}
	if (frm.perm[0]?.write && override_until) {
		frm.add_custom_button(__("End Override"), () => crm_success.customer_health.end_override(frm));
	} else if (frm.perm[0]?.write) {
		frm.add_custom_button(__("Override Score"), () => crm_success.customer_health.ask_override(frm));
	}
	if (frappe.model.can_read("Customer")) {
		frm.add_custom_button(__("Customer"), () => frappe.set_route("Form", "Customer", customer), __("View"));
	}
	const show_history = () => frappe.set_route("List", "Customer Health Snapshot", { customer });
	frm.add_custom_button(__("History"), show_history, __("View"));
};

crm_success.customer_health.show_intro = function (frm) {
	const { band, override_until } = frm.doc;
	if (override_until && override_until >= frappe.datetime.get_today()) {
		crm_success.customer_health.show_override(frm);
	} else if (!band) {
		frm.set_intro(__("No score: there is nothing to measure for this customer yet."));
	}
};

crm_success.customer_health.show_override = function (frm) {
	const { override_score, override_by, override_until, override_reason } = frm.doc;
	const message = __("Set to {0} by {1} until {2}: {3}", [
		format_number(override_score, null, 1),
		frappe.user_info(override_by).fullname,
		frappe.datetime.str_to_user(override_until),
		override_reason,
	]);
	frm.set_intro(frappe.utils.escape_html(message), "blue");
};

crm_success.customer_health.rescore = function (frm) {
	frappe.call({
		method: "crm_success.scoring.api.scoring_runs.rescore_customer",
		args: { customer: frm.doc.customer },
		type: "POST",
		freeze: true,
		freeze_message: __("Scoring"),
		callback({ message }) {
			if (!message) return;
			const score = message.band
				? `${format_number(message.score, null, 1)}, ${__(message.band)}`
				: __("No Score");
			frappe.show_alert({ message: __("Scored again: {0}", [score]), indicator: "green" });
			frm.reload_doc();
		},
	});
};

// The dialog stays open until the override is accepted, so that a refusal costs nothing that was typed
crm_success.customer_health.ask_override = function (frm) {
	const dialog = new frappe.ui.Dialog({
		title: __("Override Score"),
		fields: [
			{
				fieldname: "override_score",
				fieldtype: "Float",
				label: __("Override Score"),
				precision: 1,
				reqd: 1,
				description: __("0 to 100"),
			},
			{
				fieldname: "override_until",
				fieldtype: "Date",
				label: __("Override Until"),
				reqd: 1,
				min_date: frappe.datetime.str_to_obj(frappe.datetime.get_today()),
				description: __("The override ends by itself after this day"),
			},
			{
				fieldname: "override_reason",
				fieldtype: "Small Text",
				label: __("Override Reason"),
				reqd: 1,
				// Frappe keeps a second copy of what is typed, as HTML
				formatter: (value) => frappe.utils.escape_html(value || ""),
			},
		],
		primary_action_label: __("Override"),
		primary_action: (values) =>
			crm_success.customer_health.save_override(frm, values, () => dialog.hide()),
	});
	dialog.show();
};

crm_success.customer_health.end_override = function (frm) {
	crm_success.customer_health.save_override(frm, {
		override_score: 0,
		override_until: null,
		override_reason: "",
	});
};

crm_success.customer_health.save_override = function (frm, values, on_saved) {
	frappe.call({
		method: "frappe.client.set_value",
		args: { doctype: frm.doctype, name: frm.docname, fieldname: values },
		type: "POST",
		freeze: true,
		callback({ message }) {
			if (!message) return;
			on_saved?.();
			frm.reload_doc();
		},
	});
};
