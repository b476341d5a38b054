"""Which lots points are taken from, given back to, and when they lapse. Pure: no Frappe, no database, no clock.

Positive lots and lots that are owed never stand beside each other: whatever is written is followed by `settled`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from crm_success.customer_loyalty.points.point_values import Balance, Lot, NotEnoughPoints, Use, sum_of


def last_day(lot: Lot, active_on: date | None) -> date | None:
	"""The last day on which what is left can be spent; None: there is none.

	Of a fixed day and of one that follows the customer's last activity, the earlier. That points can be spent is one itself.
	"""
	if not lot.idle_days:
		return lot.expires_on
	# the customer cannot use it before
	since = max(lot.available_from, active_on or lot.available_from)
	idle = since + timedelta(days=lot.idle_days)
	return min(idle, lot.expires_on) if lot.expires_on else idle


def is_lapsed(lot: Lot, active_on: date | None, on: date) -> bool:
	"""Whether its last day is over."""
	last = last_day(lot, active_on)
	return last is not None and last < on


def balance_of(lots: Iterable[Lot], active_on: date | None, on: date) -> Balance:
	"""What the customer has on that day. What has lapsed counts no more, whether or not it was written off yet."""
	living = [lot for lot in lots if lot.left < 0 or not is_lapsed(lot, active_on, on)]
	pending = sum(lot.left for lot in living if lot.left > 0 and lot.available_from > on)
	total = sum(lot.left for lot in living)
	return Balance(total, max(total - pending, 0), pending)


def spend(lots: Iterable[Lot], points: int, active_on: date | None, on: date) -> list[Use]:
	"""The lots that a redemption consumes: those that lapse first, and of these the oldest.

	Raises NotEnoughPoints where fewer can be spent on that day, ValueError where less than none is asked for.
	"""
	if points < 0:
		raise ValueError("nobody spends less than nothing")
	usable = [
		lot for lot in lots if lot.left > 0 and lot.available_from <= on and not is_lapsed(lot, active_on, on)
	]
	available = sum(lot.left for lot in usable)
	if points > available:
		raise NotEnoughPoints(points, available)
	return _taken(sorted(usable, key=lambda lot: _spending_order(lot, active_on)), points)


def take_back(lots: Iterable[Lot], points: int, active_on: date | None, on: date) -> list[Use]:
	"""Points that are not due any more, from these lots, pending ones first. What they do not hold becomes a lot that is owed."""
	holding = sorted(
		(lot for lot in lots if lot.left > 0),
		key=lambda lot: (lot.available_from <= on, *_spending_order(lot, active_on)),
	)
	uses = _taken(holding, min(points, sum(lot.left for lot in holding)))
	owed = points + sum_of(uses)
	return [*uses, Use(-owed)] if owed else uses


def revived(expired: Iterable[tuple[str, int]], lots: Iterable[Lot], points: int) -> list[Use]:
	"""What was written off of a document's own lots, as far as these hold less than is to be taken back: the customer had
	nothing of it, and owes nothing for it. `expired` are lots with the points that lapsed in them.
	"""
	missing = points - sum(lot.left for lot in lots if lot.left > 0)
	uses = []
	for lot, lost in expired:
		back = min(missing, lost)
		if back > 0:
			uses.append(Use(back, lot))
			missing -= back
	return uses


def give_back(taken: Iterable[tuple[str, int]], points: int) -> list[Use]:
	"""Points that are due again, to the lots they were taken from: the last taken first. `taken` are lots with what a
	document has taken from each (above zero), in the order in which it did; what no lot lacks becomes a lot of its own.
	"""
	uses = []
	for lot, lacking in reversed(list(taken)):
		given = min(points, lacking)
		if given > 0:
			uses.append(Use(given, lot))
			points -= given
	return [*uses, Use(points)] if points else uses


def lapsed_again(given: Iterable[Use], expired: Iterable[str]) -> list[Use]:
	"""What was given back to lots that had lapsed already, to be written off at once: they do not come alive again."""
	over = set(expired)
	return [Use(-use.points, use.lot) for use in given if use.lot in over and use.points > 0]


def settled(lots: Iterable[Lot], active_on: date | None, on: date) -> list[Use]:
	"""Points that pay what is owed, from what lapses first, pending ones last: two uses of each, which add up to nothing."""
	living = [lot for lot in lots if lot.left > 0 and not is_lapsed(lot, active_on, on)]
	payers = sorted(living, key=lambda lot: (lot.available_from > on, *_spending_order(lot, active_on)))
	left = {lot.name: lot.left for lot in payers}
	uses: list[Use] = []
	for owed in sorted((lot for lot in lots if lot.left < 0), key=lambda lot: (lot.earned_on, lot.name)):
		missing = -owed.left
		for payer in payers:
			paid = min(missing, left[payer.name])
			if paid:
				uses += [Use(-paid, payer.name), Use(paid, owed.name)]
				left[payer.name] -= paid
				missing -= paid
	return uses


def lapsed(lots: Iterable[Lot], active_on: date | None, on: date) -> list[Use]:
	"""What is left of lots whose last day is over, to be written off."""
	return [Use(-lot.left, lot.name) for lot in lots if lot.left > 0 and is_lapsed(lot, active_on, on)]


def next_lapse(lots: Iterable[Lot], active_on: date | None) -> date | None:
	"""The first day after which something lapses; None where nothing ever does."""
	days = [last_day(lot, active_on) for lot in lots if lot.left > 0]
	return min((day for day in days if day is not None), default=None)


def applied(lots: Iterable[Lot], uses: Iterable[Use]) -> list[Lot]:
	"""The lots after uses of them; those without a lot are left out."""
	change: dict[str, int] = {}
	for use in uses:
		change[use.lot] = change.get(use.lot, 0) + use.points
	return [replace(lot, left=lot.left + change.get(lot.name, 0)) for lot in lots]


def share_of(points: int, part: Fraction) -> int:
	"""The points of a part of a document, halves rounded up; a part below nothing is nothing, above all of it all.

	Parts that add up to the whole do so in points, as each is the difference of two shares.
	"""
	# nearly always, and fractions are slow
	if part == 1:
		return points
	part = min(max(part, Fraction(0)), Fraction(1))
	return int(points * part + Fraction(1, 2))


def _taken(lots: Sequence[Lot], points: int) -> list[Use]:
	uses = []
	for lot in lots:
		taken = min(points, lot.left)
		if taken:
			uses.append(Use(-taken, lot.name))
			points -= taken
	return uses


def _spending_order(lot: Lot, active_on: date | None) -> tuple[bool, date, date, str]:
	last = last_day(lot, active_on)
	return (last is None, last or date.max, lot.earned_on, lot.name)
