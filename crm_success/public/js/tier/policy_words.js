// The policy of the settings as sentences, while somebody fills it in: what it comes to for a customer.

frappe.provide("crm_success.policy_words");

Object.assign(crm_success.policy_words, {
	show(frm) {
		const $place = frm.get_field("policy_in_words").$wrapper.empty();
		const $list = $("<ul class='loyalty-policy-words' aria-live='polite'>").appendTo($place);
		crm_success.policy_words.sentences(frm.doc).forEach((sentence) => $("<li>").text(sentence).appendTo($list));
	},

	sentences(doc) {
		const { approval, counted, down, period_of_reviews, steps, up } = crm_success.policy_words;
		const begin = doc.enabled
			? __("Tiers are kept: customers move as follows.")
			: __("Tiers are not kept yet: nobody has one by this policy before it is turned on.");
		return [begin, counted(doc), up(doc), period_of_reviews(doc), down(doc), steps(doc), approval(doc)].filter(Boolean);
	},

	counted: ({ period }) =>
		({
			"Rolling 12 Months": __("What counts is the net revenue of the last 12 months."),
			"Calendar Year": __("What counts is the net revenue of this calendar year, or of the last one where that was more."),
			Anniversary: __(
				"What counts is the net revenue of the customer's own year, which begins on the day of the first purchase, or of the one before where that was more."
			),
		}[period]),

	up: ({ upgrades }) =>
		upgrades === "At Once"
			? __("Who earns a higher tier has it after the next scoring.")
			: __("Who earns a higher tier has it at the next review."),

	period_of_reviews: ({ review }) =>
		({
			Monthly: __("Reviews are on the first day of each month."),
			Quarterly: __("Reviews are on the first day of January, April, July and October."),
			Yearly: __("Reviews are on 1 January."),
		}[review]),

	down({ grace_days, minimum_stay_days }) {
		const [grace, stay] = [cint(grace_days), cint(minimum_stay_days)];
		if (grace && stay) {
			return __(
				"Who no longer earns a tier keeps it for {0} days, and for at least {1} days after it was given, and loses it at the review that follows.",
				[grace, stay]
			);
		}
		if (grace) return __("Who no longer earns a tier keeps it for {0} days, and loses it at the review that follows.", [grace]);
		if (stay) {
			return __(
				"Who no longer earns a tier keeps it for at least {0} days after it was given, and loses it at the review that follows.",
				[stay]
			);
		}
		return __("Who no longer earns a tier loses it at the next review.");
	},

	steps: ({ steps }) =>
		steps === "One Level at a Time" ? __("Nobody moves by more than one level from one review to the next.") : "",

	approval: ({ approval }) =>
		({
			None: __("Nobody has to approve a change."),
			Downgrades: __("Somebody approves each downgrade; upgrades need nobody."),
			"All Changes": __("Somebody approves each change, up and down."),
		}[approval]),
});
