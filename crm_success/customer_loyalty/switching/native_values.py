"""What ERPNext's own Loyalty Program wrote, the sales behind it, and how both compare, as values. Pure: no Frappe, no clock."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

ENTRY = "Loyalty Point Entry"


class Document(NamedTuple):
	"""A DocType and the name of a document."""

	doctype: str = ""
	name: str = ""


NO_DOCUMENT = Document()


@dataclass(frozen=True)
class NativeEntry:
	"""A Loyalty Point Entry: points that were earned, or spent (below zero) of the entry `against`.

	`amount` is what ERPNext took for the amount of the sale when it wrote the entry, returns deducted.
	"""

	name: str
	points: int
	posted_on: date
	expires_on: date | None
	made: datetime
	document: Document = NO_DOCUMENT
	against: str = ""
	program: str = ""
	amount: float = 0.0

	@property
	def source(self) -> Document:
		"""The document, or the entry itself where it names none."""
		return self.document if self.document.name else Document(ENTRY, self.name)

	@property
	def is_spent(self) -> bool:
		"""Whether points were spent. A sale that was returned for more than it counted with has earned less than nothing."""
		return self.points < 0 and bool(self.against or not self.document.name)


@dataclass(frozen=True)
class Sale:
	"""An invoice as it is now, in its own currency. `spent` are the points that it was paid with."""

	document: Document
	on: date
	made: datetime
	status: int = 1
	program: str = ""
	earns: bool = True
	amount: float = 0.0
	returned: float = 0.0
	spent: int = 0


@dataclass(frozen=True)
class Program:
	"""A Loyalty Program: the amount for a point, and for how many days points are kept; 0: for ever, as its form says."""

	name: str
	factor: float = 1.0
	days: int = 0
	begins: date | None = None
	ends: date | None = None


class Step(str, Enum):
	"""What a line of a comparison is about."""

	EARNED = "Earned"
	SPENT = "Spent"
	LOST = "Lost"


class Reason(str, Enum):
	"""Why the points of a line differ."""

	CANCELLED = "cancelled"
	DELETED = "deleted"
	DRAFT = "draft"
	TWICE = "twice"
	RETURNED = "returned"
	RETURN_CANCELLED = "return cancelled"
	BELOW_ZERO = "below zero"
	MISSING = "missing"
	GIVEN_BACK = "given back"
	NOT_TAKEN = "not taken"
	TAKEN_TOO_MANY = "taken too many"
	SPENT_BEYOND = "spent beyond"
	CAME_BACK = "came back"
	NO_DURATION = "no duration"
	NOT_EARNED = "not earned"
	LEFT_DIFFERS = "left differs"


@dataclass(frozen=True)
class Line:
	"""What a document, or the last day of points, did to the balance in ERPNext, and what it should have done."""

	step: Step
	document: Document
	on: date
	native: int
	corrected: int
	reason: Reason | None = None

	@property
	def differs(self) -> bool:
		"""Whether it is to be explained."""
		return self.native != self.corrected


@dataclass(frozen=True)
class OpenLot:
	"""Points of one sale that are left, and the last day on which they can be spent. `key` tells them from others."""

	key: Document
	left: int
	earned_on: date
	expires_on: date | None = None


@dataclass(frozen=True)
class Compared:
	"""The points of a customer: the balance that ERPNext shows, the corrected one, why they differ, and what is left of which
	sale by either. Lots add up to the balance, or to nothing where that is below zero.
	"""

	native: int
	corrected: int
	lines: tuple[Line, ...] = ()
	native_lots: tuple[OpenLot, ...] = ()
	corrected_lots: tuple[OpenLot, ...] = ()
	# sales by which ERPNext has earning entries, with or without points left
	sales: tuple[tuple[Document, date], ...] = ()
