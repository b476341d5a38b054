"""What a document would earn by a rule, and why not, in the words of whoever reads it. Judges nothing."""

from collections.abc import Callable, Mapping

from frappe import _
from frappe.utils.formatters import format_value

from crm_success.customer_loyalty.earning import earning_rules
from crm_success.customer_loyalty.earning.earning_values import (
	HAS_EARNED,
	Basis,
	Earned,
	Earner,
	EarningRule,
	Why,
)


def outcome_in_words(rule: EarningRule, earner: Earner, earned: Earned) -> list[str]:
	"""A sentence or several: how many points, of what, from when until when; or what stands in the way."""
	if not earned.full:
		return [_WHY[earned.why](rule, earner)] if earned.why else []
	on = earning_rules.earned_on(rule, earner)
	due = earning_rules.due_now(rule, earner, earning_rules.met_with(earned.full))
	points = _("1 point for {1}") if due == 1 else _("{0} points for {1}")
	lines = [points.format(due, earner.customer), *_reckoning(rule, earner, earned)]
	if due < earned.full:
		lines.append(_("{0} in all, once everything is paid; returns are deducted").format(earned.full))
	if rule.wait_days:
		start = earning_rules.available_from(rule, on)
		lines.append(_("They can be spent from {0}").format(format_value(start, "Date")))
	if last := earning_rules.expires_on(rule, on):
		lines.append(_("They can be spent until {0}").format(format_value(last, "Date")))
	return lines


def _reckoning(rule: EarningRule, earner: Earner, earned: Earned) -> list[str]:
	lines = []
	if rule.basis is Basis.EACH:
		amounts = [_amount(rule.each), _amount(earner.amount)]
		words = _("1 point for each {1} of {2}") if rule.points == 1 else _("{0} points for each {1} of {2}")
		lines.append(words.format(rule.points, *amounts))
	if rule.with_tier and earner.multiplier != 1:
		lines.append(_("Times {0}, for the tier of that day").format(f"{earner.multiplier:g}"))
	if earned.why is Why.CAPPED:
		lines.append(_("Without the limit of the rule it would be {0}").format(earned.uncapped))
	return lines


def _amount(value: float) -> str:
	return format_value(value, {"fieldtype": "Float", "precision": 2})


def _day(value: object) -> str:
	return format_value(value, "Date")


_WHY: Mapping[Why, Callable[[EarningRule, Earner], str]] = {
	Why.DISABLED: lambda rule, earner: _("The rule is disabled"),
	Why.NOT_COUNTED: lambda rule, earner: _(
		"Drafts, cancelled documents, returns, opening invoices, sales within the company and open referrals earn nothing"
	),
	Why.NO_CUSTOMER: lambda rule, earner: _("The document names no customer"),
	Why.NATIVE: lambda rule, earner: _("The sale has earned points in ERPNext's own Loyalty Program"),
	Why.OTHER_COMPANY: lambda rule, earner: _("The rule is for {0}, the document is of {1}").format(
		rule.company, earner.company or _("no company")
	),
	Why.TOO_EARLY: lambda rule, earner: _("The rule is valid from {0}, the document is of {1}").format(
		_day(rule.valid_from), _day(earner.on)
	),
	Why.TOO_LATE: lambda rule, earner: _("The rule is valid until {0}, the document is of {1}").format(
		_day(rule.valid_upto), _day(earner.on)
	),
	Why.NO_MATCH: lambda rule, earner: _("The document does not meet the conditions of the rule"),
	Why.NOT_IN_AUDIENCE: lambda rule, earner: _("{0} is not in the audience {1}").format(
		earner.customer, _(rule.audience, context="Customer Audience")
	),
	Why.TOO_SMALL: lambda rule, earner: _("The amount of {0} is below the minimum of {1}").format(
		_amount(earner.amount), _amount(rule.minimum)
	),
	Why.NOT_PAID: lambda rule, earner: _("The invoice is not paid yet"),
	Why.NOTHING_TO_COUNT: lambda rule, earner: _("The amount, or the formula, gives less than one point"),
	Why.CAPPED: lambda rule, earner: _("{0} has the most points that the rule gives in this period").format(
		earner.customer
	),
	Why.STOPPED: lambda rule, earner: _("A rule that comes before it lets no other one earn"),
}

# the same of many documents: what a Loyalty Backfill counts them by, whose options these are
IN_GENERAL: Mapping[str, str] = {
	HAS_EARNED: "Has earned by this rule already",
	Why.DISABLED.value: "The rule is disabled",
	Why.NOT_COUNTED.value: "Returns, opening invoices and sales within the company earn nothing",
	Why.NO_CUSTOMER.value: "Names no customer, or one who is gone",
	Why.NATIVE.value: "Has earned points in ERPNext's own Loyalty Program",
	Why.OTHER_COMPANY.value: "The rule is for another company",
	Why.TOO_EARLY.value: "From before the rule is valid",
	Why.TOO_LATE.value: "From after the rule is valid",
	Why.NO_MATCH.value: "Does not meet the conditions of the rule",
	Why.NOT_IN_AUDIENCE.value: "The customer is not in the audience",
	Why.TOO_SMALL.value: "The amount is below the minimum",
	Why.NOT_PAID.value: "Is not paid yet",
	Why.NOTHING_TO_COUNT.value: "The amount, or the formula, gives less than one point",
	Why.CAPPED.value: "The customer has the most points that the rule gives in the period",
	Why.STOPPED.value: "A rule that comes before it lets no other one earn",
}
