// The names of tiers in the reader's language, and a tier as a pill in its own colour. Whatever comes from records is set
// as text.

frappe.provide("crm_success.tier_names");

Object.assign(crm_success.tier_names, {
	text: (tier) => (tier ? __(tier, null, "Customer Tier") : __("No Tier")),

	// "Silver → Gold"; beside it nobody needs a colour to tell up from down
	move(from_tier, to_tier) {
		const { text } = crm_success.tier_names;
		return `${text(from_tier)} → ${text(to_tier)}`;
	},

	// what moved up or down, and what was kept
	SIGNS: new Map([
		["Up", "▲"],
		["Down", "▼"],
		["Kept", "="],
	]),

	sign: (kind) => crm_success.tier_names.SIGNS.get(kind) || "=",

	link(tier) {
		const text = crm_success.tier_names.text(tier);
		if (!tier || !frappe.model.can_read("Customer Tier")) return $("<span>").text(text);
		return $("<a>").attr("href", frappe.utils.get_form_link("Customer Tier", tier)).text(text);
	},

	pill(tier, look = {}) {
		const { dot, link } = crm_success.tier_names;
		const icon = look.tier_icon ? $(frappe.utils.icon(look.tier_icon, "sm")).attr("aria-hidden", "true") : dot(look);
		return $("<strong class='customer-tier-pill d-inline-flex align-items-center'>").css("gap", "6px").append(icon, link(tier));
	},

	dot({ tier_color }) {
		const $dot = $("<span aria-hidden='true'>").css({ width: "12px", height: "12px", borderRadius: "50%" });
		return $dot.css("background", tier_color || "var(--gray-500)");
	},

	customer_link({ customer, customer_name }) {
		const text = customer_name || customer;
		if (!frappe.model.can_read("Customer")) return $("<span>").text(text);
		const url = frappe.utils.get_form_link("Customer", customer);
		return $("<a target='_blank'>").attr("href", url).text(text);
	},

	// An element, since version 16 takes other text for a selector
	as_filter(fieldname) {
		return (value) => {
			if (!value) return "";
			const [filter, text] = [`${fieldname},=,${value}`, crm_success.tier_names.text(value)].map(
				frappe.utils.escape_html
			);
			return `<a class="filterable ellipsis" data-filter="${filter}">${text}</a>`;
		};
	},
});
