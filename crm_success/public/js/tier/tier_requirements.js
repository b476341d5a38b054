// What a tier asks, as a sentence, while somebody fills in its conditions; with a link to each audience.

frappe.provide("crm_success.tier_requirements");

Object.assign(crm_success.tier_requirements, {
	show(frm) {
		const { sentence } = crm_success.tier_requirements;
		const $place = frm.get_field("earned_by").$wrapper.empty();
		$("<div class='customer-tier-earned-by' aria-live='polite'>").append(sentence(frm)).appendTo($place);
	},

	sentence(frm) {
		const { any_or_all, condition } = crm_success.tier_requirements;
		if (!frm.doc.enabled) return $("<p>").text(__("Nobody earns this tier: it is not enabled."));
		const rows = (frm.doc.requirements || []).filter(({ measure, at_least, audience }) => measure && (at_least || audience));
		if (!rows.length) return $("<p>").text(__("Nobody earns this tier. People give it by hand, by protecting a customer."));
		const $list = $("<ul class='mb-0'>").append(rows.map((row) => $("<li>").append(condition(row))));
		return [$("<p class='mb-1'>").text(any_or_all(frm.doc, rows)), $list];
	},

	any_or_all({ match }, rows) {
		if (rows.length === 1) return __("Earned by customers of whom this holds:");
		if (match === "Any Condition") return __("Earned by customers of whom any of this holds:");
		return __("Earned by customers of whom all of this holds:");
	},

	condition({ measure, at_least, audience }) {
		const number = format_number(at_least, null, Number.isInteger(at_least) ? 0 : 2);
		const texts = {
			"Net Revenue": () => __("Net revenue of {0} or more in the period", [format_currency(at_least, crm_success.tier_requirements.currency(), 0)]),
			"Qualifying Points": () =>
				at_least === 1 ? __("1 qualifying point or more in the period") : __("{0} qualifying points or more in the period", [number]),
			"Health Score": () => __("A health score of {0} or more", [number]),
			"Months as Customer": () => __("Customer for {0} months or longer", [number]),
		};
		if (texts[measure]) return document.createTextNode(texts[measure]());
		const $link = frappe.model.can_read("Customer Audience")
			? $("<a>").attr("href", frappe.utils.get_form_link("Customer Audience", audience))
			: $("<span>");
		return [document.createTextNode(`${__("In the audience")} `), $link.text(__(audience, null, "Customer Audience"))];
	},

	// that of the site, until a scoring has said in which one it adds up
	currency: () => crm_success.tier_requirements.known_currency || frappe.boot.sysdefaults.currency,

	async learn_currency(frm) {
		const { message } = await frappe.call({
			method: "crm_success.customer_loyalty.api.tier_policy.currency_of_tiers",
			type: "GET",
		});
		crm_success.tier_requirements.known_currency = message;
		crm_success.tier_requirements.show(frm);
	},
});
