"""What documents earn by each rule, and why not, computed by hand."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from made_earners import DAY, HALF, earns, evaluated, fixed, formula, invoice, rule, worth

from crm_success.customer_loyalty.earning.earning_rules import due_now, is_due, judged, judged_by, span_around
from crm_success.customer_loyalty.earning.earning_values import Earned, Event, Given, Span, Why

# ---- how many: a fixed number, and one for each amount


def test_a_fixed_number_is_earned_whatever_the_amount():
	assert worth(fixed(50), invoice(0)) == worth(fixed(50), invoice(1e9)) == 50


@pytest.mark.parametrize(
	("amount", "each", "points", "expected"),
	[
		# whole blocks first: 3.00 holds one of 2.50
		(3.00, 2.50, 5, 5),
		(2.50, 2.50, 5, 5),
		(2.49, 2.50, 5, 0),
		(4.99, 2.50, 5, 5),
		(5.00, 2.50, 5, 10),
		# 100 and 21 of tax are 100, for the amount is net of it
		(100.0, 1.0, 1, 100),
		# a bill of 100, of which 49.75 was paid by points
		(50.25, 1.0, 1, 50),
		(196_000.0, 1_000.0, 1, 196),
		(999.99, 1_000.0, 1, 0),
		(0.0, 10.0, 1, 0),
		(-25.0, 10.0, 1, 0),
		# an amount of nothing has no blocks
		(100.0, 0.0, 5, 0),
		(100.0, -10.0, 5, 0),
	],
)
def test_whole_blocks_of_the_amount_count(amount, each, points, expected):
	assert worth(rule(each=each, points=points), invoice(amount)) == expected


@pytest.mark.parametrize(
	("amount", "each", "expected"),
	[
		(0.1 + 0.2, 0.1, 3),
		(0.7 + 0.1, 0.1, 8),
		(0.8 - 0.1, 0.1, 7),
		(100.60, 0.10, 1_006),
		(1.1 + 2.2, 1.1, 3),
		(4.35 * 100, 1.0, 435),
		(1.005 * 1000, 1.0, 1_005),
		(sum([0.1] * 10), 1.0, 1),
		(52.23 + 19.03 + 28.74, 100.0, 1),
		# no more than was meant: a hair is not a cent
		(0.29, 0.1, 2),
		(99.99, 100.0, 0),
		(99.999_999, 100.0, 0),
		(1_234_567.89, 0.01, 123_456_789),
	],
)
def test_money_that_binary_cannot_hold_counts_as_it_is_meant(amount, each, expected):
	assert worth(rule(each=each), invoice(amount)) == expected


@pytest.mark.parametrize(
	("amount", "each", "expected"),
	[
		# what was sold, less what was paid with points: in binary 99,999,999.99999999 and 999,999,999.9999999
		(138_773_048.95 - 38_773_048.95, 100.0, 1_000_000),
		(1_079_747_327.37 - 79_747_327.37, 1_000.0, 1_000_000),
	],
)
def test_so_does_much_money(amount, each, expected):
	assert worth(rule(each=each), invoice(amount)) == expected


def test_no_document_is_worth_more_than_a_thousand_million():
	assert worth(rule(each=0.01), invoice(1e12)) == 10**9


def test_the_smallest_amount_that_a_rule_can_have_is_an_amount():
	assert worth(rule(each=0.000_000_1), invoice(100.0)) == 10**9
	assert worth(rule(each=0.000_000_1), invoice(0.0)) == 0


# ---- how many: a formula


@pytest.mark.parametrize(
	("value", "expected"),
	[
		(12.0, 12),
		(12.99, 12),
		(0.1 * 3 * 10, 3),
		(0.29 * 100, 29),
		(0.99, 0),
		(0, 0),
		(-5.0, 0),
		(None, 0),
		(1e300, 10**9),
	],
)
def test_a_formula_is_worth_its_whole_points(value, expected):
	assert worth(formula(), invoice(numbers={"amount": value})) == expected


def test_a_formula_is_asked_with_the_numbers_of_the_document():
	asked = []

	def evaluate(text, numbers):
		asked.append((text, dict(numbers)))
		return numbers["quantity"] * 2

	earner = invoice(numbers={"quantity": 7.0, "weight": 1.5})
	assert worth(formula("quantity * 2"), earner, evaluate) == 14
	assert asked == [("quantity * 2", {"quantity": 7.0, "weight": 1.5})]


def test_only_a_formula_is_evaluated():
	def evaluate(text, numbers):
		raise AssertionError("nobody asked for a formula")

	assert worth(fixed(5), invoice(), evaluate) == 5
	assert worth(rule(), invoice(), evaluate) == 10


def test_a_formula_without_a_value_earns_nothing_and_says_so():
	assert earns(formula("missing"), invoice()) == Earned(why=Why.NOTHING_TO_COUNT)


# ---- how many: the tier


def test_the_multiplier_comes_after_the_blocks_and_leaves_whole_points():
	"""38.00 holds 3 of 10: 3 points, and a half more 4.5."""
	gold = invoice(38.0, multiplier=1.5)
	assert worth(rule(with_tier=True), gold) == 4
	assert worth(rule(points=5, with_tier=True), gold) == 22
	# without the tier
	assert worth(rule(), gold) == 3


@pytest.mark.parametrize(
	("points", "multiplier", "expected"),
	[
		(100, 1.15, 115),
		(10, 1.1, 11),
		(3, 1.15, 3),
		(100, 0.5, 50),
		(1, 0.99, 0),
		(100, 0.0, 0),
		(100, -1.0, 0),
		(7, 3.0, 21),
	],
)
def test_the_multiplier_of_a_fixed_number(points, multiplier, expected):
	assert worth(fixed(points, with_tier=True), invoice(multiplier=multiplier)) == expected


@pytest.mark.parametrize(
	("value", "multiplier", "expected"),
	# thirds that become whole again are whole
	[
		(2.5, 2.0, 5),
		(2.5, 1.5, 3),
		(100 / 3, 1.5, 50),
		(10 / 3, 3.0, 10),
		(200 / 3, 1.2, 80),
		(0.1 * 3, 10.0, 3),
	],
)
def test_the_multiplier_of_a_formula_comes_before_its_part_of_a_point_is_dropped(value, multiplier, expected):
	earner = invoice(numbers={"amount": value}, multiplier=multiplier)
	assert worth(formula(with_tier=True), earner) == expected


# ---- why not


@pytest.mark.parametrize(
	("by", "earner", "why"),
	[
		(rule(enabled=False), invoice(), Why.DISABLED),
		(rule(), invoice(counts=False), Why.NOT_COUNTED),
		(rule(), invoice(kept=Fraction(0)), Why.NOT_COUNTED),
		(rule(), invoice(kept=Fraction(-1, 5)), Why.NOT_COUNTED),
		(rule(), invoice(customer=""), Why.NO_CUSTOMER),
		(rule(), invoice(has_native_points=True), Why.NATIVE),
		(rule(company="Other"), invoice(), Why.OTHER_COMPANY),
		(rule(company="Ours"), invoice(company=""), Why.OTHER_COMPANY),
		(rule(valid_from=date(2026, 3, 11)), invoice(), Why.TOO_EARLY),
		(rule(valid_upto=date(2026, 3, 9)), invoice(), Why.TOO_LATE),
		(rule(), invoice(matches=frozenset()), Why.NO_MATCH),
		(rule(), invoice(matches=frozenset({"Other"})), Why.NO_MATCH),
		(rule(audience="Club"), invoice(), Why.NOT_IN_AUDIENCE),
		(rule(audience="Club"), invoice(audiences=frozenset({"Other"})), Why.NOT_IN_AUDIENCE),
		(rule(minimum=100.01), invoice(), Why.TOO_SMALL),
		(rule(event=Event.PAID), invoice(paid=Fraction(99, 100)), Why.NOT_PAID),
		(rule(event=Event.PAID_PART), invoice(paid=Fraction(0)), Why.NOT_PAID),
		(rule(), invoice(9.99), Why.NOTHING_TO_COUNT),
		(fixed(0), invoice(), Why.NOTHING_TO_COUNT),
		(fixed(1, with_tier=True), invoice(multiplier=0.5), Why.NOTHING_TO_COUNT),
	],
)
def test_a_document_earns_nothing_and_the_reason_is_told(by, earner, why):
	assert earns(by, earner) == Earned(full=0, why=why, uncapped=0)


@pytest.mark.parametrize(
	("by", "earner"),
	[
		(rule(company="Ours"), invoice()),
		(rule(), invoice(company="")),
		(rule(valid_from=DAY), invoice()),
		(rule(valid_upto=DAY), invoice()),
		(rule(valid_from=DAY, valid_upto=DAY), invoice()),
		(rule(audience="Club"), invoice(audiences=frozenset({"Club", "Other"}))),
		(rule(minimum=100.0), invoice()),
		(rule(event=Event.PAID), invoice()),
		(rule(event=Event.PAID_PART), invoice(paid=Fraction(1, 100))),
		(rule(), invoice(paid=Fraction(0))),
		(rule(), invoice(kept=Fraction(1, 100))),
	],
)
def test_what_just_meets_a_condition_earns(by, earner):
	"""The full points are those of a document that is paid and kept whole: 10."""
	assert earns(by, earner) == Earned(full=10, why=None, uncapped=10)


@pytest.mark.parametrize("event", [Event.SUBMITTED, Event.PAID, Event.PAID_PART])
def test_an_invoice_of_a_native_programme_earns_by_no_rule_of_invoices(event):
	assert earns(rule(event=event), invoice(has_native_points=True)).why is Why.NATIVE


@pytest.mark.parametrize("event", [Event.MATCHES, Event.YEARLY])
def test_what_is_not_of_invoices_may_stand_beside_a_native_programme(event):
	assert earns(fixed(event=event), invoice(has_native_points=True)).full == 50


@pytest.mark.parametrize("event", [Event.SUBMITTED, Event.MATCHES, Event.YEARLY])
def test_only_rules_of_payment_wait_for_it(event):
	unpaid = invoice(paid=Fraction(0))
	assert is_due(fixed(event=event), unpaid)
	assert earns(fixed(event=event), unpaid).full == 50
	assert due_now(fixed(event=event), unpaid, Given(50, 0)) == 50


def test_of_several_reasons_the_first_is_told():
	poor = invoice(1.0, customer="", company="", matches=frozenset(), paid=Fraction(0))
	strict = rule(event=Event.PAID, company="Ours", audience="Club", minimum=5, valid_from=date(2027, 1, 1))
	assert earns(replace(strict, enabled=False), replace(poor, counts=False)).why is Why.DISABLED
	assert earns(strict, replace(poor, counts=False)).why is Why.NOT_COUNTED
	assert earns(strict, poor).why is Why.NO_CUSTOMER
	poor = replace(poor, customer="Anna")
	assert earns(strict, poor).why is Why.OTHER_COMPANY
	poor = replace(poor, company="Ours")
	assert earns(strict, poor).why is Why.TOO_EARLY
	poor = replace(poor, on=date(2027, 1, 1))
	assert earns(strict, poor).why is Why.NO_MATCH
	poor = replace(poor, matches=frozenset({"Plain"}))
	assert earns(strict, poor).why is Why.NOT_IN_AUDIENCE
	poor = replace(poor, audiences=frozenset({"Club"}))
	assert earns(strict, poor).why is Why.TOO_SMALL
	assert earns(strict, replace(poor, amount=5.0)).why is Why.NOT_PAID


# ---- the minimum


@pytest.mark.parametrize(
	("amount", "points"), [(20_000.0, 0), (99_999.99, 0), (100_000.0, 100), (196_000.0, 196)]
)
def test_what_is_under_the_minimum_earns_nothing_and_the_rest_on_all_of_it(amount, points):
	assert earns(rule(each=1_000.0, minimum=100_000.0), invoice(amount)).full == points


@pytest.mark.parametrize(
	("amount", "minimum"),
	[
		# what was sold, less what was paid with points: in binary 99.99999999999999
		(142.70 - 42.70, 100.0),
		(129.98 - 29.98, 100.0),
		# three lines: in binary 499.99999999999994
		(299.78 + 82.91 + 117.31, 500.0),
	],
)
def test_money_that_binary_cannot_hold_reaches_the_minimum_as_it_is_meant(amount, minimum):
	assert earns(fixed(50, minimum=minimum), invoice(amount)) == Earned(full=50, uncapped=50)


# ---- the most points of a customer


@pytest.mark.parametrize(
	("before", "expected"),
	[
		(0, Earned(10, None, 10)),
		(5, Earned(10, None, 10)),
		(6, Earned(9, Why.CAPPED, 10)),
		(14, Earned(1, Why.CAPPED, 10)),
		(15, Earned(0, Why.CAPPED, 10)),
		# the cap was lowered meanwhile
		(400, Earned(0, Why.CAPPED, 10)),
	],
)
def test_no_more_than_the_cap_is_earned(before, expected):
	assert earns(rule(cap=15), invoice(), before) == expected


def test_without_a_cap_nobody_asks_what_was_earned_before():
	def earned_before(rule, earner):
		raise AssertionError("nobody asked")

	assert judged_by(rule(), invoice(), evaluated, earned_before).full == 10


def test_what_was_earned_before_is_asked_of_the_rule_and_the_document():
	asked = []

	def earned_before(rule, earner):
		asked.append((rule.name, rule.cap_span, earner.customer, earner.on))
		return 4

	by = rule(cap=5, cap_span=Span.MONTH)
	assert judged_by(by, invoice(), evaluated, earned_before) == Earned(1, Why.CAPPED, 10)
	assert asked == [("Plain", Span.MONTH, "Anna", DAY)]


@pytest.mark.parametrize(
	("span", "on", "bounds"),
	[
		(Span.DAY, date(2026, 3, 10), (date(2026, 3, 10), date(2026, 3, 10))),
		(Span.MONTH, date(2026, 3, 10), (date(2026, 3, 1), date(2026, 3, 31))),
		(Span.MONTH, date(2026, 4, 30), (date(2026, 4, 1), date(2026, 4, 30))),
		(Span.MONTH, date(2026, 2, 1), (date(2026, 2, 1), date(2026, 2, 28))),
		(Span.MONTH, date(2028, 2, 29), (date(2028, 2, 1), date(2028, 2, 29))),
		(Span.MONTH, date(2026, 12, 31), (date(2026, 12, 1), date(2026, 12, 31))),
		(Span.YEAR, date(2026, 1, 1), (date(2026, 1, 1), date(2026, 12, 31))),
		(Span.YEAR, date(2026, 12, 31), (date(2026, 1, 1), date(2026, 12, 31))),
		(Span.EVER, date(2026, 3, 10), (date.min, date.max)),
	],
)
def test_the_days_for_which_a_cap_holds(span, on, bounds):
	assert span_around(span, on) == bounds


# ---- several rules


def in_short(found):
	return {name: earned.why or earned.full for name, earned in found.items()}


def all_judged(rules, earner, before=0):
	return judged(rules, earner, evaluated, lambda rule, earner: before)


def test_a_document_earns_by_each_rule_in_their_order():
	rules = [fixed(3, name="C", priority=1), fixed(2, name="B", priority=2), fixed(1, name="A", priority=2)]
	found = all_judged(rules, invoice())
	assert list(found) == ["C", "A", "B"]
	assert in_short(found) == {"C": 3, "A": 1, "B": 2}


def test_a_rule_that_stops_keeps_those_after_it_from_earning():
	rules = [fixed(1, name="A", priority=3), fixed(2, name="B", priority=2, stops=True), fixed(3, name="C")]
	assert in_short(all_judged(rules, invoice())) == {"C": 3, "B": 2, "A": Why.STOPPED}


def test_a_rule_that_stops_and_earns_nothing_stops_nothing():
	for stopping in (
		fixed(2, name="A", stops=True, minimum=500),
		fixed(2, name="A", stops=True, enabled=False),
		fixed(0, name="A", stops=True),
	):
		found = all_judged([stopping, fixed(3, name="B", priority=1)], invoice())
		assert found["A"].why in (Why.TOO_SMALL, Why.DISABLED, Why.NOTHING_TO_COUNT)
		assert found["B"] == Earned(3, uncapped=3)


def test_a_rule_that_stops_does_so_for_who_has_reached_its_cap():
	rules = [fixed(2, name="A", stops=True, cap=100), fixed(3, name="B", priority=1)]
	assert in_short(all_judged(rules, invoice(), before=100)) == {"A": Why.CAPPED, "B": Why.STOPPED}


def test_a_rule_that_stops_does_so_while_it_waits_for_the_payment():
	rules = [fixed(2, name="A", stops=True, event=Event.PAID), fixed(3, name="B", priority=1)]
	unpaid = invoice(paid=HALF)
	assert in_short(all_judged(rules, unpaid)) == {"A": Why.NOT_PAID, "B": Why.STOPPED}
	assert in_short(all_judged(rules, replace(unpaid, paid=Fraction(1)))) == {"A": 2, "B": Why.STOPPED}


def test_a_rule_that_no_payment_makes_earn_stops_nothing_while_it_waits():
	"""9.99 holds no block of 10, paid or not."""
	rules = [rule("A", stops=True, event=Event.PAID), fixed(3, name="B", priority=1)]
	paid, unpaid = invoice(9.99), invoice(9.99, paid=Fraction(0))
	assert all_judged(rules, paid)["B"].full == 3
	assert all_judged(rules, unpaid)["B"].full == 3


def test_no_rules_no_points():
	assert all_judged([], invoice()) == {}
