// The form of a Customer Tier: buttons that make the rules of ERPNext for its benefits, and what is to be said of those made.

frappe.provide("crm_success.tier_rules");

frappe.ui.form.on("Customer Tier", {
	refresh(frm) {
		if (!frm.is_new()) crm_success.tier_rules.show(frm);
	},
});

crm_success.tier_rules.show = function (frm) {
	const tier = frm.doc.name;
	frappe.call({
		method: "crm_success.customer_loyalty.api.tier_rules_form.get_rules",
		args: { tier },
		type: "GET",
		callback({ message }) {
			// the answer may come when another tier is open already
			if (frm.doc.name !== tier) return;
			for (const about of message || []) crm_success.tier_rules.show_one(frm, about);
		},
	});
};

crm_success.tier_rules.show_one = function (frm, about) {
	const { add_button, say } = crm_success.tier_rules;
	if (!about.rule) {
		const may_make = about.has_benefit && frm.perm[0]?.write && frappe.model.can_create(about.doctype);
		if (may_make) add_button(frm, "make", about, __(about.doctype), __("Make"));
		return;
	}
	say(frm, about);
	const may_write = frm.perm[0]?.write && frappe.model.can_write(about.doctype);
	if (about.differences.length && may_write) {
		add_button(frm, "make_equal", about, __(about.doctype), __("Bring in Step"));
	}
};

// The server sends the lines as HTML, with all that people entered escaped
crm_success.tier_rules.say = function (frm, about) {
	const lines = [...about.differences, ...about.warnings];
	if (!lines.length) return;
	const { escape_html, get_form_link } = frappe.utils;
	const link = `<a href="${escape_html(get_form_link(about.doctype, about.rule))}">${escape_html(about.rule)}</a>`;
	frm.dashboard.add_comment(`${__(about.doctype)} ${link}: ${lines.join(" ")}`, "yellow", true);
};

crm_success.tier_rules.add_button = function (frm, method, { benefit }, label, group) {
	const press = () => {
		if (frm.is_dirty()) {
			frappe.msgprint(__("Save the tier first."));
			return;
		}
		frappe.call({
			method: `crm_success.customer_loyalty.api.tier_rules_form.${method}`,
			args: { tier: frm.doc.name, benefit },
			type: "POST",
			freeze: true,
			callback: () => frm.reload_doc(),
		});
	};
	frm.add_custom_button(label, press, group);
};
