"""What is suggested for the weights of a scorecard, plainly: kept as JSON, put into words. Computes nothing."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from crm_success.scoring.engine.definitions import Scorecard
from crm_success.scoring.engine.truth.intervals import Estimate


class Leaning(str, Enum):
	"""What the points of a metric say of the customers who lapsed."""

	TELLING = "Telling"
	NOT_TELLING = "Not telling"
	WRONG_WAY = "Wrong way"
	UNKNOWN = "Hardly known"


@dataclass(frozen=True)
class SuggestedMetric:
	"""A metric of the scorecard. Shares are percent of the whole score of a customer who has every metric.

	lowest, highest: its share where each date alone teaches. area: of the metric alone, None where it is hardly known;
	known: of how many customers, each date counted.
	"""

	metric: str
	dimension: str
	today: float
	suggested: float
	lowest: float
	highest: float
	leaning: Leaning
	area: Estimate | None
	known: int


@dataclass(frozen=True)
class JudgedDate:
	"""Areas of today's scorecard and of the one learned from the dates `learned_from`, on the day `as_of`."""

	as_of: date
	learned_from: tuple[date, ...]
	customers: int
	lapsed: int
	today: Estimate
	suggested: Estimate
	gain: Estimate


@dataclass(frozen=True)
class BandLapse:
	"""Customers of a band over all judged dates, a customer counted at each; `share` of them lapsed, None of nobody."""

	band: str
	customers: int
	lapsed: int
	share: Estimate | None


@dataclass(frozen=True)
class Suggestion:
	"""What is suggested, and why.

	scorecard: the suggested one, with today's weights or thresholds where they are kept. gain: by how much the learned
	weights raised the area of the score on the judged dates; band_gain: the same of the bands alone, with weights and
	thresholds as suggested. moved: how many of 100 points of weight lie elsewhere, on average, where a date alone
	teaches. left_out: dates with too few customers of either outcome to tell. bands_suggested are those of today where both
	are kept.
	"""

	scorecard: Scorecard
	keeps_weights: bool
	keeps_thresholds: bool
	metrics: tuple[SuggestedMetric, ...]
	dates: tuple[JudgedDate, ...]
	gain: Estimate
	band_gain: Estimate
	bands_today: tuple[BandLapse, ...]
	bands_suggested: tuple[BandLapse, ...]
	moved: float
	left_out: tuple[date, ...]
