"""What led to a change, and what the next tier still takes: kept as facts, worded when somebody reads them."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from frappe import _
from frappe.utils import flt
from frappe.utils.formatters import format_value

from crm_success.customer_loyalty.tiers.rules import NUMBERS, holds
from crm_success.customer_loyalty.tiers.tier_periods import counted_days
from crm_success.customer_loyalty.tiers.tier_records import FrozenTiers
from crm_success.customer_loyalty.tiers.tier_values import (
	Asked,
	Facts,
	Missing,
	Requirement,
	Standing,
	Verdict,
)


def missing_as_text(missing: Iterable[Missing]) -> str | None:
	"""JSON of what a customer lacks; None where that is nothing."""
	rows = [
		{"asked": each.asked.value, "at_least": each.at_least, "has": each.has, "audience": each.audience}
		for each in missing
	]
	return json.dumps(rows, ensure_ascii=False) if rows else None


def missing_in_words(text: str | None, currency: str | None) -> str:
	"""In the reader's language, a sentence a line."""
	return "\n".join(_lacking(row, currency or "") for row in json.loads(text or "[]"))


def facts_as_text(frozen: FrozenTiers, before: Standing, facts: Facts, verdict: Verdict) -> str:
	"""JSON of the figures of the day, and of what the tiers concerned ask: the one that was had and the one that was earned."""
	as_of = frozen.day.as_of
	tiers = [tier for tier in frozen.policy.tiers if tier.name in _concerned(before, verdict)]
	days = counted_days(frozen.policy.period, as_of, facts.customer_since)
	told = {
		"currency": frozen.reads.money.currency,
		"days": [[first.isoformat(), last.isoformat()] for first, last in days],
		"earned": verdict.earned,
		"in_danger_since": _text(before.in_danger_since),
		"tier_since": _text(before.tier_since),
		"protected_until": _text(before.protected_until),
		"tiers": [
			{"tier": tier.name, "asked": [_asked(each, facts, as_of) for each in tier.requirements]}
			for tier in tiers
		],
	}
	return json.dumps(told, ensure_ascii=False)


def facts_in_words(text: str | None) -> str:
	"""In the reader's language, a sentence a line."""
	told = json.loads(text or "{}")
	lines = []
	for tier in told.get("tiers", ()):
		lines += [_judged(tier["tier"], row, told) for row in tier["asked"]]
	for name, words in _DAYS.items():
		if told.get(name):
			lines.append(words().format(format_value(told[name], "Date")))
	return "\n".join(lines)


def _concerned(before: Standing, verdict: Verdict) -> set[str]:
	moves = {name for event in verdict.events for name in (event.from_tier, event.to_tier)}
	return {before.tier, verdict.earned, *moves}


def _asked(requirement: Requirement, facts: Facts, as_of: date) -> dict[str, Any]:
	value = NUMBERS.get(requirement.asked)
	return {
		"asked": requirement.asked.value,
		"at_least": requirement.at_least,
		"audience": requirement.audience,
		"has": value(facts, as_of) if value else None,
		"holds": holds(requirement, facts, as_of),
	}


def _text(day: date | None) -> str | None:
	return day and day.isoformat()


def _lacking(row: Mapping[str, Any], currency: str) -> str:
	return _LACKING[Asked(row["asked"])](row, currency)


def _judged(tier: str, row: Mapping[str, Any], told: Mapping[str, Any]) -> str:
	words = _("{0} is earned: {1}") if row["holds"] else _("{0} is not earned: {1}")
	return words.format(_(tier, context="Customer Tier"), _SAID[Asked(row["asked"])](row, told))


def _money(amount: Any, currency: str) -> str:
	return format_value(
		flt(amount), {"fieldtype": "Currency", "options": "currency"}, currency=currency or None
	)


def _revenue_lacking(row: Mapping[str, Any], currency: str) -> str:
	more = flt(row["at_least"]) - flt(row["has"])
	return _("{0} more net revenue").format(_money(more, currency))


def _points_lacking(row: Mapping[str, Any], currency: str) -> str:
	more = round(flt(row["at_least"]) - flt(row["has"]))
	return _("1 more qualifying point") if more == 1 else _("{0} more qualifying points").format(more)


def _score_lacking(row: Mapping[str, Any], currency: str) -> str:
	if row["has"] is None:
		return _("A health score of {0}; there is none yet").format(f"{row['at_least']:g}")
	return _("A health score of {0}; it is {1}").format(f"{row['at_least']:g}", f"{row['has']:.0f}")


def _months_lacking(row: Mapping[str, Any], currency: str) -> str:
	if row["has"] is None:
		return _("{0} months since the first purchase; there is none yet").format(f"{row['at_least']:g}")
	return _("{0} more months as a customer").format(f"{row['at_least'] - row['has']:g}")


def _audience_lacking(row: Mapping[str, Any], currency: str) -> str:
	return _("To be in the audience {0}").format(_(row["audience"], context="Customer Audience"))


_LACKING: Mapping[Asked, Callable[[Mapping[str, Any], str], str]] = {
	Asked.REVENUE: _revenue_lacking,
	Asked.POINTS: _points_lacking,
	Asked.SCORE: _score_lacking,
	Asked.MONTHS: _months_lacking,
	Asked.AUDIENCE: _audience_lacking,
}


def _ends_of_spans(told: Mapping[str, Any]) -> list[str]:
	return [format_value(day, "Date") for days in told["days"] for day in days]


def _revenue_said(row: Mapping[str, Any], told: Mapping[str, Any]) -> str:
	amounts = [_money(row[name], told["currency"]) for name in ("has", "at_least")]
	spans = _ends_of_spans(told)
	words = {
		0: _("net revenue {0} of {1}"),
		2: _("net revenue {0} of {1}, from {2} to {3}"),
		4: _("net revenue {0} of {1}, the larger of {2} to {3} and {4} to {5}"),
	}
	return words[len(spans)].format(*amounts, *spans)


def _points_said(row: Mapping[str, Any], told: Mapping[str, Any]) -> str:
	points = [round(flt(row[name])) for name in ("has", "at_least")]
	spans = _ends_of_spans(told)
	words = {
		0: _("qualifying points {0} of {1}"),
		2: _("qualifying points {0} of {1}, from {2} to {3}"),
		4: _("qualifying points {0} of {1}, the larger of {2} to {3} and {4} to {5}"),
	}
	return words[len(spans)].format(*points, *spans)


def _score_said(row: Mapping[str, Any], told: Mapping[str, Any]) -> str:
	if row["has"] is None:
		return _("no health score, {0} is asked").format(f"{row['at_least']:g}")
	return _("health score {0} of {1}").format(f"{row['has']:.0f}", f"{row['at_least']:g}")


def _months_said(row: Mapping[str, Any], told: Mapping[str, Any]) -> str:
	if row["has"] is None:
		return _("no purchase yet, {0} months are asked").format(f"{row['at_least']:g}")
	return _("customer for {0} of {1} months").format(f"{row['has']:g}", f"{row['at_least']:g}")


def _audience_said(row: Mapping[str, Any], told: Mapping[str, Any]) -> str:
	words = _("in the audience {0}") if row["holds"] else _("not in the audience {0}")
	return words.format(_(row["audience"], context="Customer Audience"))


_SAID: Mapping[Asked, Callable[[Mapping[str, Any], Mapping[str, Any]], str]] = {
	Asked.REVENUE: _revenue_said,
	Asked.POINTS: _points_said,
	Asked.SCORE: _score_said,
	Asked.MONTHS: _months_said,
	Asked.AUDIENCE: _audience_said,
}
_DAYS: Mapping[str, Callable[[], str]] = {
	"tier_since": lambda: _("The tier was held since {0}"),
	"in_danger_since": lambda: _("It was no longer earned since {0}"),
	"protected_until": lambda: _("Protected until {0}"),
}
