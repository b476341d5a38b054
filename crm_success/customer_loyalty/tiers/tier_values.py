"""What a policy, a customer's facts and a customer's standing consist of. Decides nothing, and reads no record.

A tier is named; "" is no tier.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property

from crm_success.customer_loyalty.tiers.tier_periods import Period, Review

NO_TIER = ""


class Asked(str, Enum):
	"""What a tier can ask of a customer."""

	REVENUE = "Net Revenue"
	POINTS = "Qualifying Points"
	SCORE = "Health Score"
	MONTHS = "Months as Customer"
	AUDIENCE = "Audience"


class Approval(str, Enum):
	"""Which changes wait until somebody approves them."""

	NONE = "None"
	DOWNGRADES = "Downgrades"
	ALL = "All Changes"


class Decision(str, Enum):
	"""What became of a change."""

	APPLIED = "Applied"
	PROPOSED = "Proposed"
	WITHDRAWN = "Withdrawn"
	REJECTED = "Rejected"
	KEPT = "Kept"


class Cause(str, Enum):
	"""What led to a change."""

	EARNED = "Earned"
	NO_LONGER_EARNED = "No Longer Earned"
	BY_HAND = "By Hand"
	MERGED = "Customers Merged"


class KeptBy(str, Enum):
	"""What keeps a tier that is no longer earned. The first that holds is told."""

	PROTECTION = "Protection"
	MINIMUM_STAY = "Minimum Stay"
	GRACE = "Grace Period"


@dataclass(frozen=True)
class Requirement:
	"""One condition of a tier: a number to reach, or an audience to be in."""

	asked: Asked
	at_least: float = 0
	audience: str = ""


@dataclass(frozen=True)
class Tier:
	"""A tier that customers can earn. Without a requirement nobody earns it."""

	name: str
	level: int
	requirements: tuple[Requirement, ...] = ()
	any_is_enough: bool = False
	enabled: bool = True


@dataclass(frozen=True)
class Policy:
	"""How tiers are earned and lost."""

	tiers: tuple[Tier, ...] = ()
	period: Period = Period.ROLLING
	review: Review = Review.QUARTERLY
	upgrades_at_once: bool = True
	one_level_at_a_time: bool = False
	grace_days: int = 0
	minimum_stay_days: int = 0
	approval: Approval = Approval.NONE

	def level(self, tier: str) -> int:
		"""The level of a tier; 0 of none, and of one that is gone."""
		return self._levels.get(tier, 0)

	@cached_property
	def ladder(self) -> tuple[Tier, ...]:
		"""The tiers that can be earned, from the lowest to the highest."""
		return tuple(sorted((tier for tier in self.tiers if tier.enabled), key=lambda tier: tier.level))

	@cached_property
	def _levels(self) -> dict[str, int]:
		return {tier.name: tier.level for tier in self.tiers}


@dataclass(frozen=True)
class Facts:
	"""What is known of a customer on a day. `score` is None without a health, `customer_since` before the first purchase."""

	revenue: float = 0.0
	score: float | None = None
	customer_since: date | None = None
	audiences: frozenset[str] = frozenset()
	points: int = 0


@dataclass(frozen=True)
class Standing:
	"""How a customer stands. `tier_since`: of a tier; `moved_on`: of the last change to or from one.

	`proposed` and `declined` are the tiers of a proposal that waits, and of the last that was rejected; None: there is none.
	`protected_tier` is kept through `protected_until`.
	"""

	tier: str = NO_TIER
	tier_since: date | None = None
	moved_on: date | None = None
	in_danger_since: date | None = None
	proposed: str | None = None
	declined: str | None = None
	declined_on: date | None = None
	kept_on: date | None = None
	protected_tier: str = NO_TIER
	protected_until: date | None = None


@dataclass(frozen=True)
class Day:
	"""The day on which a customer is judged, and the last review, this one included."""

	as_of: date
	is_review: bool = False
	last_review: date | None = None

	@property
	def begun_with(self) -> date | None:
		"""The review with which the time began in which a customer moves by one level at most."""
		return self.as_of if self.is_review else self.last_review


@dataclass(frozen=True)
class Event:
	"""Something that happened to a customer, as it is kept for ever."""

	decision: Decision
	from_tier: str
	to_tier: str
	cause: Cause
	kept_by: KeptBy | None = None


@dataclass(frozen=True)
class Missing:
	"""What the next tier asks and the customer lacks: `has` is None where nothing is known, or of an audience."""

	asked: Asked
	at_least: float
	has: float | None = None
	audience: str = ""


@dataclass(frozen=True)
class Verdict:
	"""What a day came to. `lost_by` is the review at which the tier is lost for `falls_to`; None where it is safe."""

	standing: Standing
	events: tuple[Event, ...] = ()
	earned: str = NO_TIER
	next_tier: str = NO_TIER
	missing: tuple[Missing, ...] = ()
	lost_by: date | None = None
	falls_to: str = NO_TIER
