// What a back-test found: the verdict, and the figures of the date that is chosen. Asks nothing.

frappe.provide("crm_success.back_test.picture");

Object.assign(crm_success.back_test.picture, {
	// of two customers, one of whom left, drawing lots is right in one case of two
	LOTS: 0.5,

	// `place`: from a fieldname to where the field is drawn
	draw(place, picture) {
		const { choice, verdict, date } = crm_success.back_test.picture;
		place("verdict").empty().append(verdict(picture));
		const dates = picture.dates.filter(({ areas }) => areas);
		const refused = picture.dates.filter(({ areas }) => !areas);
		refused.forEach(({ summary }) => place("verdict").append($("<p class='text-muted'>").text(summary)));
		if (!dates.length) return;
		const show = (chosen) => date(place, chosen);
		if (dates.length > 1) place("verdict").append(choice(dates, show));
		show(dates[0]);
	},

	verdict({ verdict, refusal, is_outdated }) {
		const sentences = verdict.map((sentence) => $("<p class='back-test-sentence'>").text(sentence));
		if (refusal) sentences.push($("<p class='back-test-sentence'>").text(refusal));
		if (is_outdated) {
			const text = __("Metrics, weights or limits have changed since: what is scored now was not tested.");
			sentences.push($("<p class='back-test-warning'>").text(text));
		}
		return sentences;
	},

	// One button a date, the newest first
	choice(dates, show) {
		const $buttons = $("<div class='btn-group back-test-dates' role='group'>").attr("aria-label", __("Past Date"));
		const choose = ($button, date) => {
			$buttons.children().removeClass("btn-primary").addClass("btn-default").attr("aria-pressed", "false");
			$button.removeClass("btn-default").addClass("btn-primary").attr("aria-pressed", "true");
			show(date);
		};
		dates.forEach((date, number) => {
			const $button = $("<button type='button' class='btn btn-sm btn-default'>");
			$button.text(frappe.datetime.str_to_user(date.day)).on("click", () => choose($button, date));
			$buttons.append($button);
			if (!number) $button.toggleClass("btn-default btn-primary").attr("aria-pressed", "true");
		});
		return $buttons;
	},

	date(place, date) {
		const { areas, calls, groups, risks } = crm_success.back_test.picture;
		place("areas").empty().append(areas(date));
		place("lapse_by_group").empty().append(groups(date));
		place("calls").empty().append(calls(date));
		place("told_risks").empty().append(risks(date));
	},

	areas({ summary, notes, areas }) {
		const { LOTS } = crm_success.back_test.picture;
		const title = __("How often each number told which of two customers left, of 100 pairs");
		return [
			$("<p>").text(summary),
			...notes.map((note) => $("<p class='text-muted small'>").text(note)),
			$("<h6 class='back-test-title'>").text(title),
			crm_success.back_test.bars.draw(areas, { title, mark: LOTS }),
			$("<p class='text-muted small'>").text(
				__("The dashed line is drawing lots. In brackets: where the truth lies with a chance of 95 %.")
			),
		];
	},

	groups({ groups }) {
		return groups.filter(({ rows }) => rows.length).map(({ title, by, rows }) => {
			const colored = rows.map((row) => ({
				...row,
				color: by === "Band" ? crm_success.bands.color(row.group) : "gray",
			}));
			const $bars = crm_success.back_test.bars.draw(colored, { title });
			return $("<div class='back-test-group'>").append($("<h6 class='back-test-title'>").text(title), $bars);
		});
	},

	calls({ calls, lost, lost_called, lost_not_called }) {
		const $sentences = [calls, lost].map((sentence) => $("<p>").text(sentence));
		const total = lost_called + lost_not_called;
		if (!total) return $sentences;
		const share = `${Math.round((1000 * lost_called) / total) / 10}%`;
		const $called = $("<span class='back-test-fill red'>").css("width", share);
		return [...$sentences, $("<div class='back-test-bar' aria-hidden='true'>").append($called)];
	},

	risks({ risks, risk_error }) {
		if (risks.length) return crm_success.back_test.risks.draw(risks, risk_error);
		return $("<p class='text-muted'>").text(__("The lapse risk could not be told as of this date."));
	},
});
