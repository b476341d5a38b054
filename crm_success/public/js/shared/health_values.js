// How numbers of a customer's health are written: plain text, escaped by whoever puts it on a page.

frappe.provide("crm_success.customer_health");

// A metric's value with its unit; empty where there is none
crm_success.customer_health.value_text = function (value, unit, currency) {
	if (value === null || value === undefined || value === "") return "";
	if (isNaN(value)) return String(value);
	const number = Number(value);
	const digits = Number.isInteger(number) || Math.abs(number) >= 100 ? 0 : 1;
	if (unit === "Currency" && currency) {
		return format_currency(number, currency, digits);
	}
	return crm_success.customer_health.with_unit(format_number(number, null, digits), unit, number === 1);
};

crm_success.customer_health.with_unit = function (text, unit, is_one) {
	const one = { Days: __("1 day"), Hours: __("1 hour"), Months: __("1 month") };
	const many = {
		Days: __("{0} days", [text]),
		Hours: __("{0} hours", [text]),
		Months: __("{0} months", [text]),
		Percent: `${text} %`,
	};
	return (is_one && one[unit]) || many[unit] || text;
};

crm_success.customer_health.score_text = function (score) {
	return format_number(score, null, 1);
};

// With a sign, so that colour is not needed to tell up from down
crm_success.customer_health.signed_text = function (number) {
	const rounded = Math.round(number * 10) / 10;
	const sign = rounded > 0 ? "+" : rounded < 0 ? "−" : "";
	return sign + format_number(Math.abs(rounded), null, 1);
};
