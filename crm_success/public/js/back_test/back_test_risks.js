// What lapse risk was told, and what happened: points beside the line on which they would be equal. Asks nothing.

frappe.provide("crm_success.back_test.risks");

Object.assign(crm_success.back_test.risks, {
	SIZE: 220,
	MARGIN: 30,

	draw(risks, sentence) {
		const { rows, svg } = crm_success.back_test.risks;
		const $picture = $("<div class='back-test-risks'>").append(svg(risks), rows(risks));
		return $("<div>").append($("<p>").text(sentence), $picture);
	},

	svg(risks) {
		const { SIZE, MARGIN, at, point } = crm_success.back_test.risks;
		const side = SIZE + 2 * MARGIN;
		const ticks = [0, 0.5, 1].map((share) => crm_success.back_test.risks.tick(share)).join("");
		return $(`<svg viewBox="0 0 ${side} ${side}" aria-hidden="true">
			<rect x="${MARGIN}" y="${MARGIN}" width="${SIZE}" height="${SIZE}" class="back-test-frame"></rect>
			<line x1="${at(0)}" y1="${at(1)}" x2="${at(1)}" y2="${at(0)}" class="back-test-equal"></line>
			${ticks}
			${risks.map(point).join("")}
			${crm_success.back_test.risks.title(__("Told"), side / 2, side - 4)}
			${crm_success.back_test.risks.title(__("Happened"), side / 2, MARGIN - 10)}
		</svg>`);
	},

	// Upwards what happened, so that the place of a share from below is that of the rest from above
	at: (share) => crm_success.back_test.risks.MARGIN + share * crm_success.back_test.risks.SIZE,

	point({ told, value, low, high }) {
		const { at } = crm_success.back_test.risks;
		return `<line x1="${at(told)}" y1="${at(1 - low)}" x2="${at(told)}" y2="${at(1 - high)}" class="back-test-whisker"></line>
			<circle cx="${at(told)}" cy="${at(1 - value)}" r="4" class="back-test-point"></circle>`;
	},

	tick(share) {
		const { at } = crm_success.back_test.risks;
		const text = format_number(100 * share, null, 0);
		return `<text x="${at(share)}" y="${at(1) + 14}" text-anchor="middle">${text}</text>
			<text x="${at(0) - 5}" y="${at(1 - share) + 4}" text-anchor="end">${text}</text>`;
	},

	title: (words, x, y) => `<text x="${x}" y="${y}" text-anchor="middle">${frappe.utils.escape_html(words)} %</text>`,

	// The same for those who cannot see it
	rows(risks) {
		const line = ({ words, happened, customers }) =>
			$("<li>").text(__("Told {0}: {1} of {2} customers left", [words, happened, customers]));
		return $("<ul class='list-unstyled'>").append(risks.map(line));
	},
});
