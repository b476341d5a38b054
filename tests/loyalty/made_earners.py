"""Earning rules and documents for tests, short to write: an invoice of 10 March 2026 over 100, a point for each 10."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from crm_success.customer_loyalty.earning.earning_rules import judged_by, points_of
from crm_success.customer_loyalty.earning.earning_values import Basis, Earned, Earner, EarningRule, Event

DAY = date(2026, 3, 10)
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
PLAIN = EarningRule("Plain", Event.SUBMITTED, "Sales Invoice", Basis.EACH, points=1, each=10.0)
INVOICE = Earner("Sales Invoice", "INV-1", "Anna", DAY, company="Ours", amount=100.0)


def rule(name: str = "Plain", **values: Any) -> EarningRule:
	return replace(PLAIN, name=name, **values)


def fixed(points: int = 50, **values: Any) -> EarningRule:
	return rule(basis=Basis.FIXED, points=points, **values)


def formula(text: str = "amount", **values: Any) -> EarningRule:
	return rule(basis=Basis.FORMULA, formula=text, **values)


def invoice(amount: float = 100.0, **values: Any) -> Earner:
	"""It meets the conditions of any rule named here."""
	return replace(INVOICE, **{"amount": amount, "matches": frozenset({"Plain", "A", "B", "C"}), **values})


def evaluated(text: str, numbers: Mapping[str, float]) -> float | None:
	"""A formula is the name of a number here."""
	return numbers.get(text)


def worth(by: EarningRule, earner: Earner, evaluate: Callable[..., float | None] = evaluated) -> int:
	return points_of(by, earner, evaluate)


def earns(by: EarningRule, earner: Earner, before: int = 0) -> Earned:
	"""What is earned by who had so many points by the rule before."""
	return judged_by(by, earner, evaluated, lambda rule, earner: before)
