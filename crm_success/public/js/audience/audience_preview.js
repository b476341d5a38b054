// Who would be in an audience, while it is edited: how many, some of them, and what each condition finds alone.

frappe.provide("crm_success.audience_preview");

Object.assign(crm_success.audience_preview, {
	WAIT_MILLISECONDS: 600,
	// a company of this size asks by the button only, from the first answer that took longer
	PATIENCE_MILLISECONDS: 3000,

	show(frm) {
		const { ask, is_wanted, place } = crm_success.audience_preview;
		if (frm.previewed !== frm.doc.name) place(frm).empty();
		frm.previewed = frm.doc.name;
		if (is_wanted(frm)) ask(frm);
		else place(frm).empty();
	},

	is_wanted(frm) {
		const { is_by_hand, may_write } = crm_success.customer_audience;
		return may_write(frm) && !is_by_hand(frm);
	},

	// However many changes come together
	ask_soon(frm) {
		const { ask, is_wanted, outdated, WAIT_MILLISECONDS } = crm_success.audience_preview;
		clearTimeout(frm.preview_timer);
		if (!is_wanted(frm)) return crm_success.audience_preview.show(frm);
		if (crm_success.audience_preview.is_slow) return outdated(frm);
		frm.preview_timer = setTimeout(() => ask(frm), WAIT_MILLISECONDS);
	},

	async ask(frm) {
		const { draw, hint, outdated, PATIENCE_MILLISECONDS } = crm_success.audience_preview;
		clearTimeout(frm.preview_timer);
		const question = (frm.preview_question = {});
		if (!frm.doc.conditions?.length) return hint(frm);
		outdated(frm, true);
		const began = Date.now();
		const { name } = frm.doc;
		const { message } = await frappe.call({
			method: "crm_success.audiences.api.audience_form.preview",
			args: { audience: frm.doc },
			type: "POST",
		});
		crm_success.audience_preview.is_slow = Date.now() - began > PATIENCE_MILLISECONDS;
		// somebody went on editing, or went elsewhere
		if (!message || frm.preview_question !== question || frm.doc.name !== name) return;
		crm_success.audience_conditions.show_words(frm, message.in_words);
		draw(frm, message);
	},

	place: (frm) => frm.get_field("preview").$wrapper,

	hint(frm) {
		const words = __("Add a condition: how many customers fulfil it appears here.");
		crm_success.audience_preview.place(frm).empty().append($("<p class='text-muted'>").text(words));
	},

	// What is shown is of other conditions
	outdated(frm, is_asking = false) {
		const { head, place } = crm_success.audience_preview;
		const $preview = place(frm).find(".audience-preview");
		if (!$preview.length) head(frm, is_asking ? __("Counting …") : "").appendTo(place(frm).empty());
		$preview.addClass("audience-preview-outdated");
	},

	draw(frm, answer) {
		const { alone, examples, head, place, problem, total } = crm_success.audience_preview;
		const $preview = $("<div class='audience-preview'>");
		const words = answer.problem ? "" : total(answer);
		$preview.append(head(frm, words), ...(answer.problem ? [problem(answer)] : [alone(frm, answer), ...examples(answer)]));
		place(frm).empty().append($preview);
	},

	head(frm, words) {
		const $button = $("<button type='button' class='btn btn-xs btn-default audience-preview-ask'>")
			.text(__("Preview"))
			.on("click", () => crm_success.audience_preview.ask(frm));
		return $("<div class='audience-preview-head' role='status'>").append(
			$("<span class='audience-preview-total'>").text(words),
			$button
		);
	},

	problem: (answer) => $("<p class='audience-preview-problem' role='status'>").text(answer.problem),

	total({ members, customers }) {
		const { number } = crm_success.audience_preview;
		return __("{0} of {1} customers", [number(members), number(customers)]);
	},

	alone({ doc }, { conditions, in_words, customers }) {
		const { row } = crm_success.audience_preview;
		const $body = $("<tbody>");
		conditions.forEach(({ members, filters }, at) => {
			const { condition, filters: words } = in_words[at];
			$body.append(row(__(doc.conditions[at]?.looks_at), condition, members, customers));
			filters.forEach((count, inner) => $body.append(row("", words[inner], count, customers, "audience-preview-part")));
		});
		const titles = [__("Looks At"), __("Condition"), __("Finds Alone")];
		const $head = $("<tr>").append(titles.map((title) => $("<th scope='col'>").text(title)));
		return $("<table class='table table-sm audience-preview-table'>").append($("<thead>").append($head), $body);
	},

	row(kind, words, count, customers, name = "") {
		const { number } = crm_success.audience_preview;
		const share = customers ? (100 * count) / customers : 0;
		const $bar = $("<span class='audience-preview-bar' aria-hidden='true'>").append($("<span>").css("width", `${share}%`));
		return $("<tr>").addClass(name).append(
			$("<td class='text-muted'>").text(kind),
			$("<td>").text(words),
			$("<td>").append($bar, $("<span>").text(number(count)))
		);
	},

	examples({ examples, members }) {
		const { link, number } = crm_success.audience_preview;
		if (!examples.length) return [$("<p>").text(__("No customer fulfils this."))];
		const $list = $("<ul class='audience-preview-examples list-unstyled'>");
		examples.forEach((example) => $list.append($("<li>").append(link(example))));
		const others = members - examples.length;
		if (others > 0) $list.append($("<li class='text-muted'>").text(__("and {0} more", [number(others)])));
		const title = others > 0 ? __("For Example") : __("These Are");
		return [$("<div class='control-label'>").text(title), $list];
	},

	// Who may not open customers opens their health
	link({ customer, customer_name, is_scored }) {
		const doctype = frappe.model.can_read("Customer") ? "Customer" : is_scored && "Customer Health";
		if (!doctype) return $("<span>").text(customer_name);
		return $("<a>").attr("href", frappe.utils.get_form_link(doctype, customer)).text(customer_name);
	},

	number: (count) => format_number(count, null, 0),
});
