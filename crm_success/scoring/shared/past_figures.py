"""What a back-test found on each past date, plainly: kept as JSON, put into words, drawn. Computes no figure.

How the figures come about is the engine's (`scoring/engine/truth/`); past_comparison.py lays them out as these.
"""

from dataclasses import dataclass
from datetime import date

from crm_success.scoring.engine.errors import Phrase
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.what_is_compared import Calls, Grouping, RiskNumber


@dataclass(frozen=True)
class AreaFigure:
	"""How well a number told who left. gain: by how much the score's area exceeds this one; None for the score."""

	number: RiskNumber
	area: Estimate
	gain: Estimate | None = None


@dataclass(frozen=True)
class GroupFigure:
	"""How many of a group left; `share` is None where nobody is in it. `group` is "" for those in no group."""

	grouping: Grouping
	group: str
	customers: int
	lapsed: int
	share: Estimate | None


@dataclass(frozen=True)
class RiskFigure:
	"""Customers of similar lapse risk: the risk that was told (their mean), and the share that left; 0 to 1."""

	from_risk: float
	customers: int
	lapsed: int
	told: float
	share: Estimate


@dataclass(frozen=True)
class FoundFigures:
	"""The figures of a date, as `BackTest` of the engine: of the customers who had bought by then."""

	customers: int
	without_score: int
	lapsed: int
	lapsed_without_score: int
	share: Estimate
	areas: tuple[AreaFigure, ...]
	groups: tuple[GroupFigure, ...]
	bands_ordered: bool
	calls: Calls
	# by what was told, from low to high; none where the risk could not be told
	risks: tuple[RiskFigure, ...] = ()
	risk_error: float | None = None

	def area_of(self, number: RiskNumber) -> AreaFigure | None:
		"""None where the number was not told."""
		return next((figure for figure in self.areas if figure.number is number), None)

	@property
	def score_area(self) -> Estimate:
		"""That of the score, which every date with figures has."""
		return next(figure.area for figure in self.areas if figure.number is RiskNumber.SCORE)

	def groups_by(self, grouping: Grouping) -> tuple[GroupFigure, ...]:
		"""In their own order."""
		return tuple(figure for figure in self.groups if figure.grouping is grouping)


@dataclass(frozen=True)
class PastFigures:
	"""What a past date was worth: `found`, or None and in `refusal` why it cannot tell.

	`disabled` customers had bought, and are in no figure. `about_risk`: why the lapse risk, or one of the ways to tell
	it, was not possible.
	"""

	as_of: date
	horizon: int
	disabled: int
	currency: str
	found: FoundFigures | None
	refusal: Phrase | None = None
	about_risk: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class AllFigures:
	"""Those of all dates of a back-test, the earliest first; `refusal`: why none could be replayed."""

	dates: tuple[PastFigures, ...] = ()
	refusal: Phrase | None = None

	@property
	def told(self) -> tuple[PastFigures, ...]:
		"""Those with figures."""
		return tuple(each for each in self.dates if each.found)
