"""A formula for one set of numbers, such as those of a document: what it is worth, and when it has no value."""

import math
from decimal import Decimal

import pytest

from crm_success.scoring.engine.expressions import Names, parse_expression, value_of

INVOICE = {"grand_total": 1250.0, "total_qty": 4, "discount": None, "rounding": 0.0}


def value(text: str, **numbers: float | None) -> float | None:
	return value_of(parse_expression(text, Names.FIELDS), numbers or INVOICE)


@pytest.mark.parametrize(
	("text", "expected"),
	[
		("7", 7.0),
		("grand_total", 1250.0),
		("grand_total / 10", 125.0),
		("grand_total - total_qty * 2", 1242.0),
		("-grand_total", -1250.0),
		("+total_qty", 4.0),
		("min(grand_total, 1000) / 5", 200.0),
		("max(total_qty, 2, 3)", 4.0),
		("abs(2 - total_qty)", 2.0),
		("total_qty >= 4", 1.0),
		("total_qty > 4", 0.0),
		("total_qty < 4", 0.0),
		("total_qty <= 4", 1.0),
		("total_qty == 4", 1.0),
		("total_qty != 4", 0.0),
		("0 < total_qty < grand_total", 1.0),
		("0 < total_qty < 3", 0.0),
		("100 if grand_total > 1000 else 50 if grand_total > 500 else 0", 100.0),
	],
)
def test_formula_is_computed_for_one_document(text: str, expected: float) -> None:
	assert value(text) == expected


@pytest.mark.parametrize(
	"text",
	[
		"discount",
		"nowhere",
		"grand_total + discount",
		"min(grand_total, discount)",
		"max(nowhere, 1)",
		"round(discount, 2)",
		"abs(-discount)",
		"discount == discount",
		"5 < 4 < discount",
		"1 if discount else 2",
	],
)
def test_what_is_missing_leaves_no_value(text: str) -> None:
	assert value(text) is None


@pytest.mark.parametrize("number", [None, math.nan, math.inf, -math.inf])
def test_no_number_and_one_that_is_not_finite_are_missing(number: float | None) -> None:
	assert value("1 / a", a=number) is None
	assert value("a if b else 3", a=number, b=0.0) == 3.0


def test_only_the_chosen_side_counts() -> None:
	assert value("discount if total_qty > 4 else 9") == 9.0
	assert value("9 if total_qty == 4 else 1 / rounding") == 9.0
	assert value("discount if total_qty == 4 else 9") is None


def test_division_by_zero_has_no_value() -> None:
	assert value("grand_total / rounding") is None
	assert value("0 / rounding") is None
	assert value("1 / -rounding") is None


def test_number_too_large_has_no_value_even_when_a_later_step_would_hide_it() -> None:
	assert value("a * a", a=1e200) is None
	assert value("1 / (a * a)", a=1e200) is None
	assert value("a / 1e-200", a=1e200) is None


@pytest.mark.parametrize(
	("text", "expected"),
	[
		("round(0.5)", 0.0),
		("round(1.5)", 2.0),
		("round(2.5)", 2.0),
		("round(-2.5)", -2.0),
		("round(2.675, 2)", 2.68),
		("round(1.115, 2)", 1.12),
		("round(0.125, 2)", 0.12),
		("round(1250, -2)", 1200.0),
		("round(1350, -2)", 1400.0),
		("round(499999, -6)", 0.0),
		("round(1e308, 6)", 1e308),
		("round(-1e308, -6)", -1e308),
	],
)
def test_halves_are_rounded_to_even_after_the_point_was_moved(text: str, expected: float) -> None:
	assert value(text) == pytest.approx(expected, rel=1e-15)


def test_rounding_the_largest_number_keeps_it() -> None:
	largest = 1.7976931348623157e308
	assert value("round(a, -6)", a=largest) == value("round(a, 6)", a=largest) == largest


@pytest.mark.parametrize("text", ["-rounding", "rounding * -1", "round(-0.4)", "min(-rounding, 0)"])
def test_nothing_is_never_negative(text: str) -> None:
	assert math.copysign(1.0, value(text)) == 1.0


def test_numbers_of_other_kinds_are_read_as_floats() -> None:
	result = value("a + b", a=Decimal("1.5"), b=True)
	assert (result, type(result)) == (2.5, float)
	assert type(value("a", a=3)) is float
