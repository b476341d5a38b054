"""What a calibration keeps, as a frozen value that can travel as JSON. Computes nothing."""

from dataclasses import dataclass
from datetime import date

from crm_success.scoring.engine.forecast.expected_spend import NO_SPEND_LEARNED, LearnedSpend
from crm_success.scoring.engine.forecast.lapse_risk import NOTHING_LEARNED, LearnedRisk


@dataclass(frozen=True)
class PercentileCuts:
	"""The 0th to 100th percentile of a metric's values, 101 ascending numbers."""

	metric: str
	cuts: tuple[float, ...]


@dataclass(frozen=True)
class Calibration:
	"""Cut points taken from all customers at `as_of`, kept so that a score moves only because its customer did, and
	what was learned of their purchases and their spend.

	`recency`, `frequency` and `monetary` hold four ascending quintile cuts, or nothing where nobody bought.
	`retention` is a fraction, the share of the customers of the year before who bought again.
	"""

	as_of: date
	customers: int = 0
	recency: tuple[float, ...] = ()
	frequency: tuple[float, ...] = ()
	monetary: tuple[float, ...] = ()
	value_high_revenue: float | None = None
	value_potential_revenue: float | None = None
	retention: float | None = None
	percentiles: tuple[PercentileCuts, ...] = ()
	risk: LearnedRisk = NOTHING_LEARNED
	spend: LearnedSpend = NO_SPEND_LEARNED
