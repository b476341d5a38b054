// The form of a tier change: what it is in one line, and the two buttons that decide it.

frappe.provide("crm_success.customer_tier_change");

frappe.ui.form.on("Customer Tier Change", {
	refresh(frm) {
		crm_success.customer_tier_change.show_title(frm);
		crm_success.customer_tier_change.add_buttons(frm);
	},
});

Object.assign(crm_success.customer_tier_change, {
	show_title(frm) {
		const { customer, customer_name, from_tier, to_tier } = frm.doc;
		const { escape_html, get_form_link } = frappe.utils;
		const move = escape_html(crm_success.tier_names.move(from_tier, to_tier));
		const name = escape_html(customer_name || customer);
		const who = frappe.model.can_read("Customer")
			? `<a href="${escape_html(get_form_link("Customer", customer))}">${name}</a>`
			: name;
		const is_waiting = crm_success.tier_decisions.waits(frm.doc);
		frm.set_intro("");
		frm.set_intro(`${who}: ${move}`, is_waiting ? "orange" : "blue");
	},

	add_buttons(frm) {
		const { ask, may_decide, waits } = crm_success.tier_decisions;
		const reload = () => frm.reload_doc();
		if (waits(frm.doc) && may_decide()) {
			frm.add_custom_button(__("Approve"), () => ask([frm.doc], true, reload)).addClass("btn-primary");
			frm.add_custom_button(__("Reject"), () => ask([frm.doc], false, reload));
		}
		const { customer } = frm.doc;
		const open_standing = async () => {
			const { message } = await frappe.db.get_value("Customer Tier Standing", { customer }, "name");
			if (message?.name) frappe.set_route("Form", "Customer Tier Standing", message.name);
		};
		if (frappe.model.can_read("Customer")) {
			frm.add_custom_button(__("Customer"), () => frappe.set_route("Form", "Customer", customer), __("View"));
		}
		frm.add_custom_button(__("Customer Tier Standing"), open_standing, __("View"));
		frm.add_custom_button(
			__("All Changes"),
			() => frappe.set_route("List", "Customer Tier Change", { customer }),
			__("View")
		);
	},
});
