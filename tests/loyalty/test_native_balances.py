"""Balances of ERPNext's own program and corrected ones, computed by hand; and that the differences always explain all of it."""

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.customer_loyalty.switching.native_rules import compare
from crm_success.customer_loyalty.switching.native_values import (
	ENTRY,
	Compared,
	Document,
	NativeEntry,
	Program,
	Reason,
	Sale,
	Step,
)

TODAY = date(2026, 6, 30)
PROGRAMS = {"Year": Program("Year", 10, 365), "For Ever": Program("For Ever", 10, 0)}


def day(ago: int) -> date:
	return TODAY - timedelta(days=ago)


def made(ago: int) -> datetime:
	return datetime.combine(day(ago), datetime.min.time())


def invoice(name: str) -> Document:
	return Document("Sales Invoice", name)


def earned(name: str, points: int, ago: int, **values) -> NativeEntry:
	"""An entry of an invoice of ten for each point."""
	usual = {
		"document": invoice(name),
		"expires_on": day(ago - 365),
		"program": "Year",
		"amount": points * 10.0,
	}
	return NativeEntry(f"of {name}", points, day(ago), made=made(ago), **{**usual, **values})


def taken(name: str, points: int, ago: int, against: NativeEntry, number: int = 1) -> NativeEntry:
	return NativeEntry(
		f"{number} by {name}",
		-points,
		day(ago),
		against.expires_on,
		made(ago),
		invoice(name),
		against.name,
		"Year",
	)


def sale(name: str, amount: float, ago: int, **values) -> Sale:
	return Sale(invoice(name), day(ago), made(ago), **{"program": "Year", "amount": amount, **values})


def compared(entries: list[NativeEntry], *sales: Sale) -> Compared:
	found = compare(entries, {each.document: each for each in sales}, PROGRAMS, TODAY)
	assert sum(line.corrected - line.native for line in found.lines) == found.corrected - found.native
	assert sum(lot.left for lot in found.native_lots) == max(found.native, 0)
	assert sum(lot.left for lot in found.corrected_lots) == max(found.corrected, 0)
	assert all(bool(line.reason) == line.differs for line in found.lines)
	return found


def differing(found: Compared) -> list[tuple]:
	return [
		(line.step, line.document.name, line.native, line.corrected, line.reason)
		for line in found.lines
		if line.differs
	]


def test_nothing_is_nothing():
	assert compared([]) == Compared(0, 0)


def test_what_is_right_stays_with_its_last_day():
	entries = [earned("A", 100, 100)]
	entries.append(taken("B", 30, 50, entries[0]))
	found = compared(entries, sale("A", 1000, 100), sale("B", 0, 50, spent=30))
	assert (found.native, found.corrected, differing(found)) == (70, 70, [])
	assert [(lot.key.name, lot.left, lot.expires_on) for lot in found.corrected_lots] == [
		("A", 70, day(100 - 365))
	]
	assert found.native_lots == found.corrected_lots


def test_points_of_an_entry_may_be_more_than_were_left():
	# 130 of 100: the rest belongs to the next ones
	entries = [earned("A", 100, 400), earned("B", 100, 300)]
	entries += [taken("C", 130, 200, entries[0])]
	found = compared(entries, sale("A", 1000, 400), sale("B", 1000, 300), sale("C", 0, 200, spent=130))
	assert (found.native, found.corrected) == (100, 70)
	assert differing(found) == [(Step.LOST, "A", 30, 0, Reason.SPENT_BEYOND)]


def test_what_was_taken_from_an_entry_that_is_gone_comes_off_another():
	gone = earned("A", 100, 100)
	entries = [earned("B", 100, 90), taken("C", 40, 80, gone)]
	found = compared(entries, sale("B", 1000, 90), sale("C", 0, 80, spent=40))
	assert (found.native, found.corrected) == (60, 60)
	assert [(lot.key.name, lot.left) for lot in found.native_lots] == [("B", 60)]


def test_points_spent_of_what_is_gone_come_back_with_its_last_day():
	gone = earned("A", 100, 400)
	entries = [earned("B", 100, 300), taken("C", 40, 200, gone)]
	found = compared(entries, sale("B", 1000, 300), sale("C", 0, 200, spent=40))
	assert (found.native, found.corrected) == (100, 60)
	assert differing(found) == [(Step.LOST, "C", 40, 0, Reason.CAME_BACK)]


def test_more_spent_than_earned_is_below_zero_and_nothing_is_carried_over():
	found = compared([earned("A", 50, 100)], sale("A", 500, 100), sale("B", 0, 50, spent=80))
	assert (found.native, found.corrected) == (50, -30)
	assert found.corrected_lots == ()
	assert differing(found) == [(Step.SPENT, "B", 0, -80, Reason.NOT_TAKEN)]


def test_what_is_owed_is_paid_by_what_comes_later():
	found = compared(
		[earned("A", 50, 100), earned("C", 100, 20)],
		sale("A", 500, 100),
		sale("B", 0, 50, spent=80),
		sale("C", 1000, 20),
	)
	assert (found.native, found.corrected) == (150, 70)


def test_a_sale_is_not_paid_with_its_own_points():
	entries = [earned("A", 100, 10)]
	found = compared(entries, sale("A", 1000, 10, spent=20))
	assert found.corrected == 80


def test_a_second_entry_of_a_sale_does_not_count():
	entries = [earned("A", 100, 10), earned("A", 100, 10, expires_on=day(-300))]
	found = compared([entries[0], NativeEntry(**{**vars(entries[1]), "name": "again"})], sale("A", 1000, 10))
	assert (found.native, found.corrected) == (200, 100)
	assert differing(found) == [(Step.EARNED, "A", 100, 0, Reason.TWICE)]


def test_a_sale_never_earns_less_than_nothing():
	below = earned("A", -1, 10, amount=-10.0)
	found = compared([below, earned("B", 50, 20)], sale("A", 0, 10, returned=10), sale("B", 500, 20))
	assert (found.native, found.corrected) == (49, 50)
	assert differing(found) == [(Step.EARNED, "A", -1, 0, Reason.BELOW_ZERO)]
	over = compared([earned("A", -1, 400, amount=-10.0)], sale("A", 0, 400, returned=10))
	assert [line[-1] for line in differing(over)] == [Reason.BELOW_ZERO, Reason.NOT_EARNED]


def test_a_return_that_was_cancelled_gives_the_points_again():
	found = compared([earned("A", 60, 10, amount=600.0)], sale("A", 1000, 10))
	assert differing(found) == [(Step.EARNED, "A", 60, 100, Reason.RETURN_CANCELLED)]


def test_entries_without_a_document_stand():
	by_hand = NativeEntry("By Hand", 40, day(10), day(-10), made(10))
	taken_by_hand = NativeEntry("Off", -15, day(5), day(-10), made(5))
	found = compared([by_hand, taken_by_hand])
	assert (found.native, found.corrected, differing(found)) == (25, 25, [])
	assert found.corrected_lots[0].key == Document(ENTRY, "By Hand")


def test_what_is_dated_ahead_does_not_count_yet():
	found = compared([earned("A", 100, -5)], sale("A", 1000, -5))
	assert (found.native, found.corrected, found.lines) == (0, 0, ())


def test_a_sale_out_of_the_days_of_its_program_has_earned_nothing():
	ended = {"Year": Program("Year", 10, 365, begins=day(50), ends=day(20))}
	sales = {each.document: each for each in (sale("A", 1000, 60), sale("B", 1000, 30), sale("C", 1000, 10))}
	found = compare([], sales, ended, TODAY)
	assert [(line.document.name, line.corrected) for line in found.lines] == [("B", 100)]


NAMES = ("A", "B", "C", "D")
ENTRIES = st.lists(
	st.builds(
		lambda name, points, ago, against, number: NativeEntry(
			f"entry {number}",
			points,
			day(ago),
			day(ago - 365),
			made(ago),
			invoice(name) if name else Document(),
			f"entry {against}" if points < 0 and against else "",
			"Year",
			abs(points) * 10.0,
		),
		st.sampled_from(("", *NAMES)),
		st.integers(-150, 150),
		st.integers(-5, 800),
		st.integers(0, 8),
		st.integers(0, 8),
	),
	max_size=9,
	unique_by=lambda entry: entry.name,
)
SALES = st.lists(
	st.builds(
		lambda name, amount, ago, status, spent, returned: sale(
			name, amount, ago, status=status, spent=spent, returned=returned
		),
		st.sampled_from(NAMES),
		st.integers(0, 3000),
		st.integers(-5, 800),
		st.sampled_from((0, 1, 1, 1, 2)),
		st.integers(0, 120),
		st.integers(0, 1000),
	),
	max_size=4,
	unique_by=lambda each: each.document,
)


@settings(max_examples=400, deadline=None)
@given(ENTRIES, SALES)
def test_whatever_erpnext_wrote_the_lines_explain_the_difference(entries, sales):
	compared(entries, *sales)
