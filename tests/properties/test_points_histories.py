"""Random histories of a customer's points: whatever happens, the sums are right, and nothing is lost or spent twice."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from random_accounts import Account, History, histories, is_over, lived, of_document, parts, sum_by, tried

from crm_success.customer_loyalty.points.point_rules import (
	balance_of,
	lapsed,
	next_lapse,
	settled,
	share_of,
	spend,
	take_back,
)
from crm_success.customer_loyalty.points.point_values import Kind, Lot, NotEnoughPoints, Use, sum_of

# ---- sums


@tried
@given(histories)
def test_the_balance_is_the_sum_of_all_entries_but_for_what_is_to_be_written_off(history: History) -> None:
	for account in lived(history):
		total = sum(entry.points for entry in account.entries)
		over = sum(lot.left for lot in account.lots if lot.left > 0 and is_over(lot, account))
		balance, available, pending = balance_of(account.lots, account.active_on, account.on)
		assert total == sum(lot.left for lot in account.lots)
		assert balance == total - over
		assert available + pending == max(balance, 0)
		assert min(available, pending) >= 0
		assert sum_by(account, Kind.SETTLE) == 0
	account.lapse()
	total = sum(entry.points for entry in account.entries)
	assert balance_of(account.lots, account.active_on, account.on).balance == total


@tried
@given(histories)
def test_no_lot_holds_more_than_it_was_nor_less_than_nothing(history: History) -> None:
	for account in lived(history):
		for lot in account.lots:
			# what was owed, and paid, may be given back: then the lot holds points
			assert min(lot.points, 0) <= lot.left <= abs(lot.points)


@tried
@given(histories)
def test_nothing_is_owed_beside_points_that_could_pay(history: History) -> None:
	for account in lived(history):
		owed = [lot for lot in account.lots if lot.left < 0]
		living = [lot for lot in account.lots if lot.left > 0 and not is_over(lot, account)]
		assert not (owed and living)
		assert settled(account.lots, account.active_on, account.on) == []


@tried
@given(histories)
def test_settling_moves_points_and_makes_none(history: History) -> None:
	for account in lived(history):
		lots = [replace(lot, left=-lot.left) for lot in account.lots]
		uses = settled(lots, account.active_on, account.on)
		assert sum_of(uses) == 0
		left = {lot.name: lot.left for lot in lots}
		for use in uses:
			# nearer to nothing, and never past it
			before, after = left[use.lot], left[use.lot] + use.points
			assert min(before, 0) <= after <= max(before, 0)
			assert after != before
			left[use.lot] = after


# ---- documents


@tried
@given(histories)
def test_a_document_has_the_points_of_its_share_at_any_time(history: History) -> None:
	for account in lived(history):
		for name, document in account.documents.items():
			assert of_document(account, name) == share_of(document.full, document.part)


@tried
@given(histories, st.randoms(use_true_random=False))
def test_who_returns_everything_owes_what_was_spent_and_nothing_else(history: History, random: Any) -> None:
	"""Not what lapsed either: the customer had nothing of it."""
	*_, account = lived(history)
	numbers = list(range(len(account.documents)))
	random.shuffle(numbers)
	for number in numbers:
		account.change(number, Fraction(0))
	assert all(of_document(account, name) == 0 for name in account.documents)
	account.lapse()
	assert sum_by(account, Kind.EXPIRE) == 0
	spent = -sum_by(account, Kind.REDEEM)
	assert balance_of(account.lots, account.active_on, account.on) == (-spent, 0, 0)


# what lapsed without activity, was returned and is due again has not come back with the customer
LAPSED_BEFORE = [
	("earn", 10, Fraction(1), (0, 5), None),
	("wait", 10),
	("earn", 10, Fraction(1), (0, 0), None),
]


@tried
@example(LAPSED_BEFORE, 0, Fraction(0))
@given(histories, st.integers(0, 9), parts)
def test_a_return_that_is_cancelled_the_same_day_leaves_the_balance(
	history: History, number: int, part: Fraction
) -> None:
	*_, account = lived(history)
	before = balance_of(account.lots, account.active_on, account.on)
	if number < len(account.documents):
		was = account.documents[f"D{number}"].part
		account.change(number, min(part, was))
		account.change(number, was)
	assert balance_of(account.lots, account.active_on, account.on).balance == before.balance


# ---- lapsing


@tried
@given(histories)
def test_nothing_lapses_twice_or_before_its_day(history: History) -> None:
	for account in lived([*history, ("lapse",)]):
		before = {lot.name: lot for lot in account.lots}
		uses = account.lapse()
		for use in uses:
			assert is_over(before[use.lot], account)
			assert use.points == -before[use.lot].left < 0
		assert not any(lot.left > 0 and is_over(lot, account) for lot in account.lots)
		assert account.lapse() == []
		for name, lot in account.roots.items():
			lost = -sum(
				each.points for each in account.entries if (each.lot, each.kind) == (name, Kind.EXPIRE)
			)
			assert 0 <= lost <= abs(lot.points)


@tried
@given(histories)
def test_the_next_lapse_is_the_day_before_something_does(history: History) -> None:
	*_, account = lived(history)
	account.lapse()
	last = next_lapse(account.lots, account.active_on)
	if last is None:
		assert lapsed(account.lots, account.active_on, date.max) == []
		return
	assert last >= account.on
	assert lapsed(account.lots, account.active_on, last) == []
	assert lapsed(account.lots, account.active_on, last + timedelta(days=1)) != []


# ---- spending


@tried
@given(histories, st.integers(1, 300))
def test_spending_uses_neither_pending_points_nor_lapsed_ones_nor_more_than_there_are(
	history: History, points: int
) -> None:
	for account in lived(history):
		usable = {
			lot.name: lot.left
			for lot in account.lots
			if lot.left > 0 and lot.available_from <= account.on and not is_over(lot, account)
		}
		available = balance_of(account.lots, account.active_on, account.on).available
		assert available == sum(usable.values())
		try:
			uses = spend(account.lots, points, account.active_on, account.on)
		except NotEnoughPoints as refused:
			assert (refused.asked, refused.available) == (points, available)
			assert points > available
			continue
		assert sum_of(uses) == -points >= -available
		assert all(0 < -use.points <= usable[use.lot] for use in uses)
		assert len({use.lot for use in uses}) == len(uses)


@tried
@given(histories, st.integers(1, 300))
def test_no_lot_is_spent_while_one_that_lapses_earlier_has_something_left(
	history: History, points: int
) -> None:
	*_, account = lived(history)
	try:
		uses = spend(account.lots, points, account.active_on, account.on)
	except NotEnoughPoints:
		return
	used = {use.lot: -use.points for use in uses}
	lots = [
		lot
		for lot in account.lots
		if lot.left > 0 and lot.available_from <= account.on and not is_over(lot, account)
	]
	spared = [lot for lot in lots if used.get(lot.name, 0) < lot.left]
	for spent in (lot for lot in lots if lot.name in used):
		for other in spared:
			assert days_left(spent, account) <= days_left(other, account)


def days_left(lot: Lot, account: Account) -> float:
	on = account.on
	while on - account.on < timedelta(days=500):
		if is_over(lot, replace(account, on=on + timedelta(days=1))):
			return (on - account.on).days
		on += timedelta(days=1)
	return float("inf")


@tried
@given(histories, st.integers(1, 300), st.randoms(use_true_random=False))
def test_the_order_in_which_lots_are_read_changes_nothing(history: History, points: int, random: Any) -> None:
	*_, account = lived(history)
	shuffled = list(account.lots)
	random.shuffle(shuffled)
	for rule in (take_back, _spent_or_refused):
		assert rule(shuffled, points, account.active_on, account.on) == rule(
			account.lots, points, account.active_on, account.on
		)
	turned = [[replace(lot, left=-lot.left) for lot in lots] for lots in (shuffled, account.lots)]
	one, other = (settled(lots, account.active_on, account.on) for lots in turned)
	assert one == other


def _spent_or_refused(lots: list[Lot], points: int, active_on: date | None, on: date) -> list[Use] | int:
	try:
		return spend(lots, points, active_on, on)
	except NotEnoughPoints as refused:
		return refused.available


# ---- shares


@tried
@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_parts_that_add_up_to_the_whole_do_so_in_points(points: int, pieces: list[int]) -> None:
	whole, done, given_so_far = sum(pieces) or 1, 0, 0
	for piece in pieces:
		done += piece
		share = share_of(points, Fraction(done, whole))
		# never less for more, and never half a point off
		assert given_so_far <= share <= points
		assert abs(share - points * Fraction(done, whole)) <= Fraction(1, 2)
		given_so_far = share
	assert given_so_far == (points if sum(pieces) else 0)
