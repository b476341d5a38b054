"""What a document earns by each rule, when, and for how long. Pure: no Frappe, no database, no clock.

A rule judges a document once, when it first earns by it. What it is worth then stays: later only its share can change, of
what was paid and what was not returned. So history keeps its prices, whatever becomes of the rule, or of the tier.
"""

import calendar
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from functools import lru_cache

from crm_success.customer_loyalty.earning.earning_values import (
	OF_INVOICES,
	Basis,
	Earned,
	Earner,
	EarningRule,
	Event,
	Given,
	Lapse,
	Span,
	Why,
)
from crm_success.customer_loyalty.points.point_rules import share_of

# the value of a formula for the numbers of a document; None where it has none
Evaluate = Callable[[str, Mapping[str, float]], float | None]
# what a customer had by a rule in a period already
EarnedBefore = Callable[[EarningRule, Earner], int]

_ALL, _NOTHING = Fraction(1), Fraction(0)
# what waits for payments
_PAID = (Event.PAID, Event.PAID_PART)
_MOST = 10**9
_DECIMALS = 6


def judged(
	rules: Iterable[EarningRule], earner: Earner, evaluate: Evaluate, earned_before: EarnedBefore
) -> dict[str, Earned]:
	"""What the document earns by each rule, in their order, as if it had earned by none yet."""
	found: dict[str, Earned] = {}
	is_stopped = False
	for rule in sorted(rules, key=lambda rule: rule.order):
		if is_stopped:
			found[rule.name] = Earned(why=Why.STOPPED)
			continue
		earned = found[rule.name] = judged_by(rule, earner, evaluate, earned_before)
		will_earn = earned.why is Why.NOT_PAID and points_of(rule, earner, evaluate) > 0
		is_stopped = rule.stops and (earned.uncapped > 0 or will_earn)
	return found


def judged_by(rule: EarningRule, earner: Earner, evaluate: Evaluate, earned_before: EarnedBefore) -> Earned:
	"""What the document earns by one rule, or why it does not."""
	for why, holds in _OBSTACLES:
		if holds(rule, earner):
			return Earned(why=why)
	worth = points_of(rule, earner, evaluate)
	if worth <= 0:
		return Earned(why=Why.NOTHING_TO_COUNT)
	if not rule.cap:
		return Earned(worth, uncapped=worth)
	left = max(rule.cap - earned_before(rule, earner), 0)
	return Earned(min(worth, left), Why.CAPPED if left < worth else None, worth)


def points_of(rule: EarningRule, earner: Earner, evaluate: Evaluate) -> int:
	"""Whole points: whole blocks of the amount first, then the tier's multiplier, and no part of a point."""
	worth: int | Decimal
	if rule.basis is Basis.FIXED:
		worth = rule.points
	elif rule.basis is Basis.EACH:
		worth = _blocks(earner.amount, rule.each) * rule.points
	else:
		value = evaluate(rule.formula, earner.numbers)
		worth = _decimal(value) if value is not None else 0
	if rule.with_tier:
		worth = worth * _decimal(earner.multiplier)
	if isinstance(worth, int):
		return min(max(worth, 0), _MOST)
	whole = _meant(worth).to_integral_value(ROUND_FLOOR)
	return int(min(max(whole, Decimal(0)), Decimal(_MOST)))


def due_now(rule: EarningRule, earner: Earner, given: Given) -> int:
	"""What the document should have in all, of what it was once judged to be worth."""
	if not earner.counts:
		return 0
	return share_of(given.full, _due_part(rule, earner))


def met_with(full: int) -> Given:
	"""A document that was just judged, and has nothing yet."""
	return Given(full, 0)


def is_due(rule: EarningRule, earner: Earner) -> bool:
	"""Whether anything of what the document is worth is earned yet."""
	return share_of(_MOST, _due_part(rule, earner)) > 0


def earned_on(rule: EarningRule, earner: Earner) -> date:
	"""The day on which it earned: that of the document, or on which it was paid."""
	if rule.event in _PAID and earner.paid_on:
		return max(earner.on, earner.paid_on)
	return earner.on


def available_from(rule: EarningRule, on: date) -> date:
	"""The first day on which what was earned can be spent."""
	return on + timedelta(days=rule.wait_days)


def expires_on(rule: EarningRule, on: date) -> date | None:
	"""The last day on which it can; None: no fixed one. What is earned on a day never lapses before it can be spent."""
	last = _last_day(rule.lapse, rule.lapse_number, on)
	return max(last, available_from(rule, on)) if last else None


def idle_days(rule: EarningRule) -> int:
	"""After how many days without activity it lapses; 0: it does not."""
	return rule.lapse_number if rule.lapse is Lapse.IDLE else 0


def span_around(span: Span, on: date) -> tuple[date, date]:
	"""The first and the last day of the period for which a cap holds."""
	if span is Span.DAY:
		return on, on
	if span is Span.MONTH:
		return on.replace(day=1), _end_of_month(on, 0)
	if span is Span.YEAR:
		return date(on.year, 1, 1), date(on.year, 12, 31)
	return date.min, date.max


def is_yearly_day(born: date, on: date) -> bool:
	"""Whether a yearly date falls on that day, in a later year; the 29th of February on the 28th where there is none."""
	day = min(born.day, calendar.monthrange(on.year, born.month)[1])
	return born.year < on.year and (born.month, day) == (on.month, on.day)


@lru_cache(maxsize=4096)
def _last_day(lapse: Lapse, number: int, on: date) -> date | None:
	if lapse is Lapse.DAYS:
		return _plus_days(on, number)
	if lapse is Lapse.END_OF_MONTH:
		return _end_of_month(on, number)
	if lapse is Lapse.END_OF_YEAR:
		return date(min(on.year + number, date.max.year), 12, 31)
	return None


def _due_part(rule: EarningRule, earner: Earner) -> Fraction:
	"""Neither part makes up for the other: what was paid twice is not kept twice."""
	kept, paid = earner.kept, _paid_part(rule, earner)
	# fractions are slow, and nearly all documents are whole
	if kept == 1 and paid == 1:
		return _ALL
	return _within(kept) * _within(paid)


def _within(part: Fraction) -> Fraction:
	return min(max(part, _NOTHING), _ALL)


def _paid_part(rule: EarningRule, earner: Earner) -> Fraction:
	if rule.event not in _PAID:
		return _ALL
	if rule.event is Event.PAID:
		return _ALL if earner.paid >= 1 else _NOTHING
	return earner.paid


def _is_unpaid(rule: EarningRule, earner: Earner) -> bool:
	return rule.event in _PAID and earner.kept.numerator > 0 and not is_due(rule, earner)


def _is_too_small(rule: EarningRule, earner: Earner) -> bool:
	# what is not below it in binary is not below what is meant either
	return earner.amount < rule.minimum and _meant(_decimal(earner.amount)) < _meant(_decimal(rule.minimum))


def _blocks(amount: float, each: float) -> int:
	if each <= 0:
		return 0
	return int((_meant(_decimal(amount)) / _decimal(each)).to_integral_value(ROUND_FLOOR))


def _decimal(number: float) -> Decimal:
	return Decimal(repr(float(number)))


def _meant(number: Decimal) -> Decimal:
	"""A sum of money in binary may be a hair below what is meant; the largest numbers have no decimals."""
	return round(number, _DECIMALS) if abs(number) < _MOST**2 else number


def _plus_days(on: date, days: int) -> date:
	return date.fromordinal(min(on.toordinal() + days, date.max.toordinal()))


def _end_of_month(on: date, months: int) -> date:
	year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
	if year > date.max.year:
		return date.max
	return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


# in the order in which somebody who asks would want to hear of them
_OBSTACLES: tuple[tuple[Why, Callable[[EarningRule, Earner], bool]], ...] = (
	(Why.DISABLED, lambda rule, earner: not rule.enabled),
	(Why.NOT_COUNTED, lambda rule, earner: not earner.counts or earner.kept.numerator <= 0),
	(Why.NO_CUSTOMER, lambda rule, earner: not earner.customer),
	(Why.NATIVE, lambda rule, earner: rule.event in OF_INVOICES and earner.has_native_points),
	(Why.OTHER_COMPANY, lambda rule, earner: bool(rule.company) and rule.company != earner.company),
	(Why.TOO_EARLY, lambda rule, earner: rule.valid_from is not None and earner.on < rule.valid_from),
	(Why.TOO_LATE, lambda rule, earner: rule.valid_upto is not None and earner.on > rule.valid_upto),
	(Why.NO_MATCH, lambda rule, earner: rule.name not in earner.matches),
	(Why.NOT_IN_AUDIENCE, lambda rule, earner: bool(rule.audience) and rule.audience not in earner.audiences),
	(Why.TOO_SMALL, _is_too_small),
	(Why.NOT_PAID, _is_unpaid),
)
