// The form of a customer: a panel with its health and its audiences on top, for those who may read Customer Health.

frappe.provide("crm_success.customer");

crm_success.customer.FIELDS = ["health_band", "health_score", "lapse_risk", "customer_segment", "lifecycle_stage"];

frappe.ui.form.on("Customer", {
	setup(frm) {
		// not in the field: there it would also decide what the database stores
		if (frm.fields_dict.health_score) frm.set_df_property("health_score", "precision", 1);
	},

	refresh(frm) {
		crm_success.customer.remove_panel(frm);
		// a tab whose fields are all hidden hides itself
		const is_shown = frappe.model.can_read("Customer Health") && !frm.is_new();
		frm.toggle_display(crm_success.customer.FIELDS, is_shown);
		// the panel says them as links
		frm.toggle_display("customer_audiences", false);
		if (!frm.is_new()) crm_success.customer.show_health(frm);
	},
});

crm_success.customer.remove_panel = function (frm) {
	frm.health_panel?.remove();
	frm.health_panel = null;
};

crm_success.customer.show_health = function (frm) {
	if (!frappe.model.can_read("Customer Health")) return;
	const customer = frm.doc.name;
	frappe.call({
		method: "crm_success.scoring.api.customer_panel.get_health",
		args: { customer },
		type: "GET",
		callback({ message }) {
			// the answer may come when another customer is open already, or for a second time
			if (frm.doc.name !== customer || !message) return;
			crm_success.customer.remove_panel(frm);
			frm.health_panel = crm_success.customer.make_panel(frm, message).prependTo(frm.layout.wrapper);
			crm_success.customer.show_audiences(frm, customer);
		},
	});
};

crm_success.customer.show_audiences = function (frm, customer) {
	const { health_panel } = frm;
	if (!frappe.model.can_read("Customer Audience Member")) return;
	frappe.call({
		method: "crm_success.audiences.api.audience_members.audiences_of",
		args: { customer },
		type: "GET",
		callback({ message }) {
			if (frm.health_panel === health_panel) health_panel.append(crm_success.customer.audiences_of(message || []));
		},
	});
};

// A link to each, with the day on which the customer entered it
crm_success.customer.audiences_of = function (audiences) {
	if (!audiences.length) return $();
	const label = $(`<span class="text-muted"></span>`).text(__("Audiences"));
	const names = audiences.map(({ audience, entered_on }) =>
		$(`<span></span>`)
			.attr("title", __("Since {0}", [frappe.datetime.str_to_user(entered_on)]))
			.append(crm_success.audience_names.link(audience))
	);
	return $(`<div class="customer-audiences d-flex flex-wrap small"></div>`)
		.css({ gap: "2px 12px", "margin-top": "6px" })
		.append(label, names);
};

// Whatever comes from records is set as text, never as HTML
crm_success.customer.make_panel = function (frm, health) {
	const panel = $(`<section class="customer-health-panel border rounded"></section>`);
	panel.attr("aria-label", __("Customer Health")).css({ padding: "12px 20px", marginBottom: "12px" });
	const row = $(`<div class="d-flex flex-wrap align-items-center"></div>`).css("gap", "6px 16px");
	row.append(crm_success.customer.facts_of(health)).append(crm_success.customer.buttons_of(frm, health));
	const { coverage_of, stage_reason_of, risk_of, details_of } = crm_success.customer;
	return panel.append(
		row,
		coverage_of(health),
		stage_reason_of(health),
		risk_of(health),
		details_of(__("What Moves the Score"), health.drivers),
		details_of(__("What Moves the Risk"), health.risk_drivers)
	);
};

crm_success.customer.facts_of = function (health) {
	const { band, score, segment, stage } = health;
	const { color, text } = crm_success.bands;
	const facts = [$(`<span class="indicator-pill ${color(band)}"></span>`).text(text(band))];
	if (band) {
		facts.push($(`<strong></strong>`).text(__("{0} of 100", [format_number(score, null, 1)])));
		facts.push(crm_success.customer.trend_of(health));
	}
	if (segment) facts.push(crm_success.customer.labelled(__("Segment"), __(segment, null, "Customer Segment")));
	if (stage) facts.push(crm_success.customer.labelled(__("Lifecycle Stage"), __(stage, null, "Customer")));
	facts.push($(`<span class="text-muted small"></span>`).text(crm_success.customer.day_of(health)));
	return facts;
};

// Only where the score rests on little, and not of one that somebody set
crm_success.customer.coverage_of = function ({ band, coverage, override_until }) {
	const is_override = override_until && override_until >= frappe.datetime.get_today();
	if (!band || is_override || !crm_success.coverage.is_low(coverage)) return $();
	const sign = $(`<span aria-hidden="true"></span>`).text("◔ ");
	return $(`<p class="small mb-0"></p>`).append(sign, document.createTextNode(crm_success.coverage.sentence(coverage)));
};

// "At Risk" is a band and a stage too
crm_success.customer.labelled = function (label, value) {
	const name = $(`<span class="text-muted small"></span>`).text(label);
	return $(`<span></span>`).append(name, document.createTextNode(` ${value}`));
};

// Where stage and band seem to contradict each other
crm_success.customer.stage_reason_of = function ({ stage_reason }) {
	if (!stage_reason) return $();
	return $(`<div class="customer-stage-reason text-muted small"></div>`).css("margin-top", "6px").text(stage_reason);
};

crm_success.customer.trend_of = function ({ trend, change_30 }) {
	if (!trend) return $();
	const change = `${change_30 > 0 ? "+" : ""}${format_number(change_30, null, 1)}`;
	const arrow = $(`<span aria-hidden="true"></span>`).text(crm_success.bands.TREND_ARROWS[trend] || "");
	return $(`<span></span>`)
		.attr("title", __("Change in 30 Days"))
		.append(arrow, document.createTextNode(` ${__(trend)} (${change})`));
};

crm_success.customer.day_of = function ({ as_of, override_until }) {
	if (override_until && override_until >= frappe.datetime.get_today()) {
		return __("Score set by hand until {0}", [frappe.datetime.str_to_user(override_until)]);
	}
	return as_of ? __("As of {0}", [frappe.datetime.str_to_user(as_of)]) : __("Not scored yet");
};

crm_success.customer.buttons_of = function (frm, { name, may_rescore }) {
	const buttons = $(`<span class="d-flex ml-auto"></span>`).css("gap", "8px");
	const add = (label, action) =>
		$(`<button type="button" class="btn btn-default btn-xs"></button>`)
			.text(label)
			.on("click", action)
			.appendTo(buttons);
	if (may_rescore) add(__("Rescore Now"), () => crm_success.customer.rescore(frm));
	if (name) add(__("Open Health"), () => frappe.set_route("Form", "Customer Health", name));
	return buttons;
};

// Lapse Risk 62 %, and: Buys every 34 days, last 81 days ago
crm_success.customer.risk_of = function ({ lapse_risk, rhythm, last_invoice }) {
	if (!last_invoice) return $();
	const risk = lapse_risk === null ? __("not known") : `${format_number(lapse_risk, null, 0)} %`;
	const text = $(`<span class="text-muted"></span>`).text(rhythm);
	return $(`<div class="customer-lapse-risk d-flex flex-wrap small"></div>`)
		.css({ gap: "2px 16px", "margin-top": "6px" })
		.append(crm_success.customer.labelled(__("Lapse Risk"), risk), text);
};

crm_success.customer.details_of = function (title, sentences) {
	const lines = (sentences || "").split("\n").filter(Boolean);
	if (!lines.length) return $();
	const list = $(`<ul class="list-unstyled mb-0"></ul>`).css("columns", "2 300px");
	list.append(lines.map((line) => $(`<li></li>`).css("break-inside", "avoid").text(line)));
	// on a phone the form itself would be pushed off the screen
	return $(`<details class="text-muted small"></details>`)
		.attr("open", !frappe.is_mobile())
		.css("margin-top", "6px")
		.append($(`<summary></summary>`).css("display", "list-item").text(title), list);
};

crm_success.customer.rescore = function (frm) {
	frappe.call({
		method: "crm_success.scoring.api.scoring_runs.rescore_customer",
		args: { customer: frm.doc.name },
		type: "POST",
		freeze: true,
		freeze_message: __("Scoring"),
		callback({ message }) {
			if (!message) return;
			frappe.show_alert({ message: __("Scored again"), indicator: "green" });
			// what somebody typed and did not save stays
			if (frm.is_dirty()) crm_success.customer.show_health(frm);
			else frm.reload_doc();
		},
	});
};
