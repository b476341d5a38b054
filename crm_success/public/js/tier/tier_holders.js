// Who has a tier: how many customers that the user may see, how many are about to lose it, and the lists of both.

frappe.provide("crm_success.tier_holders");

Object.assign(crm_success.tier_holders, {
	STANDING: "Customer Tier Standing",

	async show(frm) {
		const { count, draw, STANDING } = crm_success.tier_holders;
		const $place = frm.get_field("holders").$wrapper.empty();
		if (frm.is_new() || !frappe.model.can_read(STANDING)) return;
		const tier = frm.doc.name;
		const [held, danger, waiting] = await Promise.all([
			count({ tier }),
			count({ tier, lost_by: ["is", "set"] }),
			count({ next_tier: tier }),
		]);
		if (frm.doc.name === tier) draw($place.empty(), tier, held, danger, waiting);
	},

	count: (filters) => frappe.db.count(crm_success.tier_holders.STANDING, { filters }),

	draw($place, tier, held, danger, waiting) {
		const { line } = crm_success.tier_holders;
		$("<div class='customer-tier-holders' role='status'>")
			.append(
				line(__("{0} customers have this tier", [format_number(held, null, 0)]), { tier }),
				line(__("{0} of them are about to lose it", [format_number(danger, null, 0)]), { tier, lost_by: ["is", "set"] }),
				line(__("It is the next tier of {0} customers", [format_number(waiting, null, 0)]), { next_tier: tier })
			)
			.appendTo($place);
	},

	line(text, filters) {
		const open = (event) => {
			event.preventDefault();
			frappe.set_route("List", crm_success.tier_holders.STANDING, filters);
		};
		return $("<div>").append($("<a href='#'>").text(text).on("click", open));
	},
});
