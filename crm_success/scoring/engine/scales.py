"""Turns the raw values of a metric into points from 0 to 100. Weighs nothing and fills in nothing missing."""

from collections.abc import Callable
from math import isfinite
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.definitions import Scale, ScaleKind
from crm_success.scoring.engine.errors import DefinitionError

Array: TypeAlias = npt.NDArray[np.float64]

PERCENTILES = 101
# neither good nor bad
NEUTRAL_POINTS = 50.0


def to_points(scale: Scale, raw: pd.Series, cuts: tuple[float, ...] | None = None) -> pd.Series:
	"""Points from 0 to 100 (float64), indexed as `raw`, one value per customer in the metric's unit.

	NaN, and an infinite value, has no points: NaN. `cuts` are the 0th to 100th percentile of all customers,
	for a Percentile scale; without them it gives NaN. On Linear and Percentile scales a better value never
	has fewer points. Raises DefinitionError for a scale that `check_scale` refuses, or for other than 101
	cuts.
	"""
	check_scale(scale)
	numbers = raw.to_numpy(dtype="float64", na_value=np.nan)
	points = _POINTS[scale.kind](scale, numbers, cuts or ())
	return pd.Series(np.where(np.isfinite(numbers), points, np.nan), index=raw.index, dtype="float64")


def silence_would_count_for(scale: Scale, values: pd.Series) -> pd.Series:
	"""Which of the values (a metric's unit), were they those of nothing observed, would speak for a customer: more
	than neutral points, or on a Percentile scale, which ranks such values lowest, any where lower is better.

	Bool, indexed as `values`; needs no calibration. On a scale that `check_scale` refuses, none: it gives no points.
	"""
	if scale.kind is ScaleKind.PERCENTILE:
		return pd.Series(not scale.higher_is_better, index=values.index)
	try:
		return to_points(scale, values) > NEUTRAL_POINTS
	except DefinitionError:
		return pd.Series(False, index=values.index)


def check_scale(scale: Scale) -> None:
	"""Raises DefinitionError, in an administrator's words, for a scale that cannot give points."""
	_CHECKS[scale.kind](scale)


def _linear_points(scale: Scale, numbers: Array, cuts: tuple[float, ...]) -> Array:
	low, high = sorted((scale.worst, scale.best))
	return (np.clip(numbers, low, high) - scale.worst) / (scale.best - scale.worst) * 100 + 0.0


def _band_points(scale: Scale, numbers: Array, cuts: tuple[float, ...]) -> Array:
	bands = sorted(scale.bands, key=lambda band: band.minimum)
	at = np.searchsorted([band.minimum for band in bands], numbers, side="right") - 1
	points: Array = np.array([float(band.points) for band in bands])
	return points[np.maximum(at, 0)]


def _percentile_points(scale: Scale, numbers: Array, cuts: tuple[float, ...]) -> Array:
	"""The middle of the ranks that equal the value, so that a value shared by everybody is worth 50."""
	if not cuts:
		return np.full(len(numbers), np.nan)
	if len(cuts) != PERCENTILES:
		raise DefinitionError(
			"A Percentile scale needs {0} cut points, but has {1}: calibrate again.", PERCENTILES, len(cuts)
		)
	left, right = np.searchsorted(cuts, numbers, side="left"), np.searchsorted(cuts, numbers, side="right")
	points = np.clip((left + right - 1) / 2, 0.0, 100.0)
	return points if scale.higher_is_better else 100.0 - points


def _check_linear(scale: Scale) -> None:
	if not isfinite(scale.best - scale.worst):
		raise DefinitionError("Worst and Best must be numbers: enter the values worth 0 and 100 points.")
	if scale.worst == scale.best:
		raise DefinitionError(
			"Worst and Best are both {0}: enter two values, worth 0 and 100 points.", f"{scale.worst:g}"
		)


def _check_bands(scale: Scale) -> None:
	if not scale.bands:
		raise DefinitionError("A Bands scale needs a band: add a row with a minimum and its points.")
	seen: set[float] = set()
	for band in scale.bands:
		if not isfinite(band.minimum):
			raise DefinitionError("The minimum of a band must be a number.")
		if not 0 <= band.points <= 100:
			raise DefinitionError(
				"The band from {0} has {1} points: enter points from 0 to 100.",
				f"{band.minimum:g}",
				f"{band.points:g}",
			)
		if band.minimum in seen:
			raise DefinitionError("Two bands begin at {0}: keep one of them.", f"{band.minimum:g}")
		seen.add(band.minimum)


def _check_percentile(scale: Scale) -> None:
	"""Nothing can be wrong with it: its cut points come from the customers."""


_POINTS: dict[ScaleKind, Callable[[Scale, Array, tuple[float, ...]], Array]] = {
	ScaleKind.LINEAR: _linear_points,
	ScaleKind.BANDS: _band_points,
	ScaleKind.PERCENTILE: _percentile_points,
}
_CHECKS: dict[ScaleKind, Callable[[Scale], None]] = {
	ScaleKind.LINEAR: _check_linear,
	ScaleKind.BANDS: _check_bands,
	ScaleKind.PERCENTILE: _check_percentile,
}
