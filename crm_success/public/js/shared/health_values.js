// How numbers of a customer's health are written: plain text, escaped by whoever puts it on a page.

frappe.provide("crm_success.customer_health");

// A metric's value with its unit: the words of scoring/shared/driver_words.py, whose cases are these too.
// The text of a document stays as it is
crm_success.customer_health.value_text = function (value, unit, currency) {
	if (value === null || value === undefined || value === "") return __("nothing on record");
	if (isNaN(value)) return String(value);
	const { number_text, percent_text, unit_words } = crm_success.customer_health;
	const number = Number(value);
	if (unit === "Percent") return percent_text(number);
	const { one, many } = unit_words[unit] || {};
	if (number === 1 && one) return one();
	const text = number_text(number, unit === "Currency" ? currency : "");
	return many ? many(text) : text;
};

crm_success.customer_health.unit_words = {
	Days: { one: () => __("1 day"), many: (text) => __("{0} days", [text]) },
	Hours: { one: () => __("1 hour"), many: (text) => __("{0} hours", [text]) },
	Months: { one: () => __("1 month"), many: (text) => __("{0} months", [text]) },
};

// What a share or a change may come to that nobody can picture any more is said in words
crm_success.customer_health.percent_text = function (number) {
	const { number_text } = crm_success.customer_health;
	if (number >= 1000) return __("at least {0} times as much", [number_text(Math.floor(number / 100))]);
	const percent = `${number_text(number)} %`;
	return number < -100 ? __("{0}, more than all of it", [percent]) : percent;
};

// A whole number, or a large one, has no decimals, other numbers one. With a currency, an amount
crm_success.customer_health.number_text = function (number, currency) {
	const write = (rounded, digits) =>
		currency ? format_currency(rounded, currency, digits) : format_number(rounded, null, digits);
	const size = Math.abs(number);
	// too long to read, in the place of a zero
	if (size >= 1e15) return write(0, 0).replace("0", number.toExponential(2).replace(/\.?0+e/, "e"));
	const digits = Number.isInteger(number) || size >= 100 ? 0 : 1;
	return write(crm_success.customer_health.rounded(number, digits), digits);
};

// As Python rounds: an exact half to the even digit, because not every site's way of rounding is that
crm_success.customer_health.rounded = function (number, digits) {
	const size = Math.abs(number);
	const step = 10 ** digits;
	// an exact half goes up here
	const steps = Math.round(size.toFixed(digits) * step);
	const is_half = (size * 2 ** (digits + 1)) % 2 === 1;
	const even = is_half ? steps - (steps % 2) : steps;
	// no minus zero
	return (Math.sign(number) * even) / step + 0;
};

crm_success.customer_health.score_text = function (score) {
	return format_number(score, null, 1);
};

// With a sign, so that colour is not needed to tell up from down
crm_success.customer_health.signed_text = function (number) {
	const rounded = crm_success.customer_health.rounded(number, 1);
	const sign = rounded > 0 ? "+" : rounded < 0 ? "−" : "";
	return sign + format_number(Math.abs(rounded), null, 1);
};
