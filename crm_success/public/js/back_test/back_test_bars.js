// Rows of shares as bars, each with the interval in which the truth probably lies. Asks nothing.

frappe.provide("crm_success.back_test.bars");

Object.assign(crm_success.back_test.bars, {
	// `rows`: label, value, low and high (0 to 1, null for nobody), words, and maybe customers, note and color;
	// `mark`: where a line stands in all bars
	draw(rows, { title, mark }) {
		const { row } = crm_success.back_test.bars;
		const $rows = $("<div class='back-test-bars' role='list'>").attr("aria-label", title);
		return $rows.append(rows.map((each) => row(each, mark)));
	},

	row({ label, customers, value, low, high, words, note, color }, mark) {
		const { bar } = crm_success.back_test.bars;
		const $row = $("<div class='back-test-row' role='listitem'>");
		$("<div class='back-test-label'>").text(label).appendTo($row);
		if (customers !== undefined) {
			const text = __("{0} customers", [customers]);
			$("<div class='back-test-count text-muted'>").text(text).appendTo($row);
		}
		$("<div class='back-test-place' aria-hidden='true'>").append(bar({ value, low, high, color }, mark)).appendTo($row);
		const $words = $("<div class='back-test-words'>").text(words).appendTo($row);
		if (note) $("<span class='text-muted'>").text(note).appendTo($words.append(" "));
		return $row;
	},

	bar({ value, low, high, color }, mark) {
		const percent = (share) => `${Math.round(1000 * share) / 10}%`;
		const $bar = $("<div class='back-test-bar'>");
		if (value !== null) {
			$(`<span class='back-test-fill ${color || "gray"}'>`).css("width", percent(value)).appendTo($bar);
			const place = { left: percent(low), width: percent(high - low) };
			$("<span class='back-test-interval'>").css(place).appendTo($bar);
		}
		if (mark !== undefined) $("<span class='back-test-mark'>").css("left", percent(mark)).appendTo($bar);
		return $bar;
	},
});
