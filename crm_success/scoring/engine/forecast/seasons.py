"""By how much forecasts of past windows missed in sum, and what the same season a year before adds to that."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from crm_success.scoring.engine.errors import FitError
from crm_success.scoring.engine.forecast.past_windows import YEAR, PastWindow

# standard errors beyond which more or fewer buyers than expected are a season, not chance
_CHANCE = 2.0


@dataclass(frozen=True)
class Forecast:
	"""A past window beside what was told of it: the probability to buy and the expected spend of each of its customers."""

	window: PastWindow
	buys: pd.Series
	expected: pd.Series


@dataclass(frozen=True)
class Level:
	"""What forecasts are multiplied with: by `recent`, those of recent windows come true in sum, and the season that
	begins now brought `season` times as much a year before.
	"""

	recent: float = 1.0
	season: float = 1.0

	@property
	def both(self) -> float:
		"""The two multiplied."""
		return self.recent * self.season


AS_TOLD = Level()


def level_of(past: Sequence[Forecast]) -> Level:
	"""The level by which these forecasts come true. Raises FitError where nothing was spent in sum.

	A season counts as far as it shows in who buys, which chance moves less than amounts: the more standard errors there
	are between a year ago and the recent windows, the more of it. Source of that weight, which is 0 up to two of them: James
	and Stein, "Estimation with Quadratic Loss", Proceedings of the Fourth Berkeley Symposium 1, 1961, its positive part.
	"""
	before = [forecast for forecast in past if forecast.window.days_ago == YEAR]
	recent = [forecast for forecast in past if forecast.window.days_ago != YEAR]
	if not recent:
		before, recent = recent, before
	level = _spent_against_expected(recent)
	if not level > 0:
		raise FitError("Customers returned as much as they bought after the earlier dates.")
	then = _spent_against_expected(before)
	return Level(level, (then / level) ** _weight(before, recent) if then > 0 else 1.0)


def _spent_against_expected(forecasts: Sequence[Forecast]) -> float:
	spent = math.fsum(float(forecast.window.spent.sum()) for forecast in forecasts)
	expected = math.fsum(float(forecast.expected.sum()) for forecast in forecasts)
	return spent / expected if expected > 0 else 0.0


def _weight(before: Sequence[Forecast], recent: Sequence[Forecast]) -> float:
	"""0 (all chance) to 1 (all season)."""
	then, lately = _buyers(before), _buyers(recent)
	if not (then and lately):
		return 0.0
	shift = math.log(then / _expected_buyers(before) / (lately / _expected_buyers(recent)))
	# recent windows overlap: together they say hardly more than one of them
	variance = 1 / then + len(recent) / lately
	return max(0.0, 1 - _CHANCE**2 * variance / shift**2) if shift else 0.0


def _buyers(forecasts: Sequence[Forecast]) -> int:
	return sum(int((~forecast.window.lapsed).sum()) for forecast in forecasts)


def _expected_buyers(forecasts: Sequence[Forecast]) -> float:
	return math.fsum(float(forecast.buys.sum()) for forecast in forecasts)
