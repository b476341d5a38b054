// What an unsaved scorecard would change, in a dialog: moves between bands, averages, the biggest movers.

frappe.provide("crm_success.scorecard_changes");

Object.assign(crm_success.scorecard_changes, {
	ENDS: [...crm_success.bands.NAMES, "No Score"],

	ask(frm) {
		frappe.call({
			method: "crm_success.scoring.api.scorecard_form.what_would_change",
			type: "POST",
			args: { scorecard: crm_success.scorecard_changes.without_empty_rows(frm.doc) },
			freeze: true,
			freeze_message: __("Scoring customers with both scorecards"),
			callback({ message }) {
				if (message) crm_success.scorecard_changes.show(frm, message);
			},
		});
	},

	// As saving does: a new form begins with an empty row in each table
	without_empty_rows(doc) {
		const kept = (row) => row.dimension || row.metric || row.weight;
		return { ...doc, dimensions: (doc.dimensions || []).filter(kept), metrics: (doc.metrics || []).filter(kept) };
	},

	show(frm, answer) {
		const { paragraphs, matrix, movers, footnotes } = crm_success.scorecard_changes;
		const dialog = new frappe.ui.Dialog({
			title: __("What Would Change"),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "answer" }],
		});
		const $place = $("<div class='scorecard-changes'>").appendTo(dialog.get_field("answer").$wrapper);
		$place.append(paragraphs(frm.doc, answer));
		if (answer.concerned) $place.append(matrix(answer), movers(answer));
		$place.append(footnotes(answer));
		dialog.show();
	},

	paragraphs(doc, answer) {
		const { moves, reach } = crm_success.scorecard_changes;
		const $moves = $("<p class='scorecard-changes-lead'>").text(moves(answer));
		return [$moves, ...reach(doc, answer).map((sentence) => $("<p>").text(sentence))];
	},

	moves({ bands, concerned }) {
		const { ENDS, number } = crm_success.scorecard_changes;
		if (!concerned) return __("No customer would change.");
		let [up, down, other] = [0, 0, 0];
		for (const [from, ends] of Object.entries(bands)) {
			for (const [to, count] of Object.entries(ends)) {
				if (from === to) continue;
				if ([from, to].includes("No Score")) other += count;
				else if (ENDS.indexOf(to) < ENDS.indexOf(from)) up += count;
				else down += count;
			}
		}
		if (!(up + down + other)) return __("No customer would move to another band.");
		const words = __("{0} customers would move to a better band, {1} to a worse one.", [number(up), number(down)]);
		if (!other) return words;
		return `${words} ${__("{0} would gain or lose their score.", [number(other)])}`;
	},

	reach(doc, answer) {
		const { number, averages } = crm_success.scorecard_changes;
		const { concerned, compared, customers, taken_before, taken_after, overridden } = answer;
		const sentences = [
			__("This scorecard scores {0} customers now and would score {1} of {2}.", [
				number(taken_before),
				number(taken_after),
				number(customers),
			]),
		];
		if (!doc.enabled) sentences.push(__("A disabled scorecard scores nobody."));
		if (compared < concerned) {
			const sizes = [number(compared), number(concerned)];
			sentences.push(__("What follows is of an even sample of {0} of the {1} customers concerned.", sizes));
		}
		if (concerned) sentences.push(averages(answer));
		if (overridden) sentences.push(__("{0} scores set by hand stay as they are.", [number(overridden)]));
		return sentences;
	},

	averages({ average_before, average_after }) {
		const { score } = crm_success.scorecard_changes;
		if (average_before === null || average_after === null) {
			return __("Average score of the customers concerned: {0} now, {1} then", [score(average_before), score(average_after)]);
		}
		const { rounded, signed_text } = crm_success.customer_health;
		// of the averages as they are shown
		const change = signed_text(rounded(average_after, 1) - rounded(average_before, 1));
		const values = [score(average_before), score(average_after), change];
		return __("Average score of the customers concerned: {0} now, {1} then ({2})", values);
	},

	matrix({ bands }) {
		const { ENDS, matrix_row } = crm_success.scorecard_changes;
		const $head = $("<tr>").append(
			$("<th scope='col'>").text(__("Now")),
			ENDS.map((band) => $("<th scope='col'>").text(`→ ${__(band)}`).attr("aria-label", __("then {0}", [__(band)])))
		);
		const $body = $("<tbody>").append(ENDS.map((band) => matrix_row(band, bands[band])));
		const caption = __("Customers by the band they have now and the band they would have");
		return $("<table class='table table-bordered table-sm scorecard-changes-bands'>").append(
			$("<caption>").text(caption),
			$("<thead>").append($head),
			$body
		);
	},

	// An arrow beside the number: colour is not needed to tell better from worse
	matrix_row(from, ends) {
		const { ENDS, number } = crm_success.scorecard_changes;
		const cells = ENDS.map((to, at) => {
			const count = ends[to];
			const is_move = count && from !== to && ![from, to].includes("No Score");
			const is_better = at < ENDS.indexOf(from);
			const arrow = is_move ? (is_better ? "▲ " : "▼ ") : "";
			const kind = is_move ? (is_better ? "better" : "worse") : from === to ? "same" : count ? "other" : "none";
			return $(`<td class="${kind}">`).append(
				$("<span aria-hidden='true'>").text(arrow),
				document.createTextNode(number(count))
			);
		});
		return $("<tr>").append($("<th scope='row'>").text(__(from)), cells);
	},

	movers({ movers }) {
		const { mover_row } = crm_success.scorecard_changes;
		if (!movers.length) return $("<p>").text(__("No score would change."));
		const titles = [__("Customer"), __("Now"), __("Then"), __("Change")];
		const $head = $("<tr>").append(titles.map((title) => $("<th scope='col'>").text(title)));
		return $("<table class='table table-bordered table-sm scorecard-changes-movers'>").append(
			$("<caption>").text(__("The customers whose score would change most")),
			$("<thead>").append($head),
			$("<tbody>").append(movers.map(mover_row))
		);
	},

	mover_row(mover) {
		const { card, state, link } = crm_success.scorecard_changes;
		const has_other_card = mover.scorecard_before !== mover.scorecard_after;
		return $("<tr>").append(
			$("<td>").append(link(mover)),
			...["before", "after"].map((when) =>
				$("<td>").append(state(mover, when), has_other_card ? card(mover[`scorecard_${when}`]) : "")
			),
			$("<td class='text-right text-nowrap'>").text(crm_success.customer_health.signed_text(mover.change))
		);
	},

	card: (name) => $("<div class='small text-muted'>").text(name ? __(name) : __("No scorecard")),

	state(mover, when) {
		const { score } = crm_success.scorecard_changes;
		const band = mover[`band_${when}`];
		const $band = $("<span class='text-nowrap'>").text(band ? __(band) : "");
		return [document.createTextNode(`${score(mover[`score_${when}`])} `), $band];
	},

	link({ customer, customer_name }) {
		const url = frappe.utils.get_form_link("Customer", customer);
		return $("<a target='_blank'>").attr("href", url).text(customer_name);
	},

	footnotes({ messages, cut_points }) {
		const basis = [
			crm_success.scorecard_changes.about_cut_points(cut_points),
			__("Nothing was saved. Both sides are computed from the documents of today."),
			__("A run on a later day counts the documents and the scores set by hand of that day."),
		];
		return [...messages, ...basis].map((note) => $("<p class='small text-muted mb-1'>").text(note));
	},

	// What a run of today would give, where it can be told, and what it would do besides
	about_cut_points({ as_of, last_day, is_new, read, customers }) {
		const { number } = crm_success.scorecard_changes;
		if (!is_new) {
			const days = [as_of, last_day].map((day) => frappe.datetime.str_to_user(day));
			return __("Scores are by the cut points of {0}. A run after {1} takes new ones, which moves scores too.", days);
		}
		if (read < customers) {
			const sizes = [number(customers), number(read)];
			return __(
				"The next run takes new cut points of all {0} customers. Those of an even sample of {1} are used here on both sides, so the scores of the run may differ a little.",
				sizes
			);
		}
		return __(
			"The next run takes new cut points. They are used here on both sides, so what customers have now may differ from the scores that are stored."
		);
	},

	number: (count) => format_number(count, null, 0),

	score: (score) => (score === null ? __("No Score") : format_number(score, null, 1)),
});
