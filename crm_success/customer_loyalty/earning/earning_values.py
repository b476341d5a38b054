"""Rules by which documents earn points, and what is known of a document, as values. Pure: no Frappe, no database, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from fractions import Fraction


class Event(str, Enum):
	"""What earns."""

	SUBMITTED = "Invoice Submitted"
	PAID = "Invoice Paid in Full"
	PAID_PART = "Invoice Paid in Proportion"
	MATCHES = "Document Matches"
	YEARLY = "Yearly Date"


OF_INVOICES = frozenset({Event.SUBMITTED, Event.PAID, Event.PAID_PART})


class Basis(str, Enum):
	"""How many points a document is worth."""

	FIXED = "Fixed Number"
	EACH = "For Each Amount"
	FORMULA = "Formula"


class Lapse(str, Enum):
	"""When points that nobody spends are lost."""

	NEVER = "Never"
	DAYS = "After Days"
	END_OF_MONTH = "End of a Month"
	END_OF_YEAR = "End of a Year"
	IDLE = "After Days Without Activity"


class Span(str, Enum):
	"""The period in which a customer gets no more than a number of points by a rule."""

	DAY = "Day"
	MONTH = "Month"
	YEAR = "Year"
	EVER = "Ever"


class Why(str, Enum):
	"""Why a document earns nothing by a rule, as far as the rule can tell."""

	DISABLED = "disabled"
	NOT_COUNTED = "not counted"
	NO_CUSTOMER = "no customer"
	NO_MATCH = "no match"
	OTHER_COMPANY = "other company"
	TOO_EARLY = "too early"
	TOO_LATE = "too late"
	TOO_SMALL = "too small"
	NOT_IN_AUDIENCE = "not in audience"
	NOT_PAID = "not paid"
	NOTHING_TO_COUNT = "nothing to count"
	CAPPED = "capped"
	STOPPED = "stopped"
	NATIVE = "native programme"


# what documents came to that earn nothing because they did before
HAS_EARNED = "has earned"


@dataclass(frozen=True)
class EarningRule:
	"""A Loyalty Earning Rule. `each` is the amount for which `points` are earned; `lapse_number` are days, or months or years
	after those of the day on which they were earned.
	"""

	name: str
	event: Event
	doctype: str
	basis: Basis = Basis.FIXED
	points: int = 0
	each: float = 0.0
	formula: str = ""
	# the first one comes first; what is earned by one that stops keeps those after it from earning
	priority: int = 0
	stops: bool = False
	with_tier: bool = False
	minimum: float = 0.0
	cap: int = 0
	cap_span: Span = Span.EVER
	wait_days: int = 0
	lapse: Lapse = Lapse.NEVER
	lapse_number: int = 0
	valid_from: date | None = None
	valid_upto: date | None = None
	company: str = ""
	audience: str = ""
	is_qualifying: bool = True
	enabled: bool = True
	customer_field: str = "customer"
	date_field: str = ""
	amount_field: str = ""
	filters: str = ""
	# when the record was made: a name may be given to another one
	created: str = ""

	@property
	def order(self) -> tuple[int, str]:
		"""The place of the rule among others."""
		return (self.priority, self.name)


@dataclass(frozen=True)
class Earner:
	"""A document that may earn: what it is worth, how much of it was paid, and how much was not returned.

	`matches` names the rules whose conditions it meets, `audiences` those of its customer. `counts` is false of what was
	cancelled or deleted, or never counts: a return, an opening invoice, the sum of a day at a till.
	"""

	doctype: str
	name: str
	customer: str
	on: date
	company: str = ""
	amount: float = 0.0
	counts: bool = True
	kept: Fraction = Fraction(1)
	paid: Fraction = Fraction(1)
	paid_on: date | None = None
	has_native_points: bool = False
	numbers: Mapping[str, float] = field(default_factory=dict)
	matches: frozenset[str] = frozenset()
	audiences: frozenset[str] = frozenset()
	multiplier: float = 1.0
	# when the record was made: where the newest one is deleted, the next one has its name
	created: str | None = None


@dataclass(frozen=True)
class Earned:
	"""What a document earns by a rule when it is met for the first time: `full` if all of it is paid and kept."""

	full: int = 0
	why: Why | None = None
	# before the cap
	uncapped: int = 0


@dataclass(frozen=True)
class Given:
	"""What the ledger says of a document and a rule: the full points it was met with, and what it has of them now."""

	full: int
	now: int
	entries: int = 1
