"""Lots of points, and what is written of them, as values. Pure: no Frappe, no database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import NamedTuple


class Kind(str, Enum):
	"""Why an entry is in the ledger."""

	EARN = "Earn"
	REDEEM = "Redeem"
	REVERSE = "Reverse"
	EXPIRE = "Expire"
	ADJUST = "Adjust"
	OPENING = "Opening"
	# points of one lot pay what is owed: two entries whose sum is nothing
	SETTLE = "Settle"


# what a customer did; a reversal is nothing that it did, and neither is an expiry
ACTIVITIES = frozenset({Kind.EARN, Kind.REDEEM})

# a tier follows what was earned: spending, or losing, points takes nothing from it
OF_TIERS = frozenset({Kind.EARN, Kind.REVERSE, Kind.ADJUST, Kind.OPENING})


class Source(NamedTuple):
	"""The document, and the rule, that points came from; both empty for those entered by a person."""

	doctype: str = ""
	name: str = ""
	rule: str = ""


NO_SOURCE = Source()


@dataclass(frozen=True)
class Lot:
	"""An entry with points of its own, and what is left of them. Below zero: points that the customer owes.

	It can be spent from `available_from` to `expires_on`, both days included; no last day: for ever, unless the customer does
	nothing for `idle_days`.
	"""

	name: str
	points: int
	left: int
	earned_on: date
	available_from: date
	expires_on: date | None = None
	idle_days: int = 0
	is_qualifying: bool = False
	source: Source = NO_SOURCE


@dataclass(frozen=True)
class Use:
	"""Points taken from a lot (below zero) or given back to it; without a lot, they become one."""

	points: int
	lot: str = ""


class Balance(NamedTuple):
	"""The points of a customer on a day: all, those that can be spent, and those that can be later."""

	balance: int = 0
	available: int = 0
	pending: int = 0


class NotEnoughPoints(ValueError):
	"""More was asked for than can be spent; `available` is what can."""

	def __init__(self, asked: int, available: int):
		super().__init__(f"{asked} of {available}")
		self.asked, self.available = asked, available


def sum_of(uses: Iterable[Use]) -> int:
	"""How the balance changes by them."""
	return sum(use.points for use in uses)
