"""What customers are worth: value classes, retention and lifetime value. Decides nothing about health."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Limits, ValueClass
from crm_success.scoring.engine.errors import DefinitionError

Array: TypeAlias = npt.NDArray[np.float64]

DAYS_PER_YEAR = 365
FEWEST_FOR_RETENTION = 20
HIGHEST_RETENTION = 0.99


def value_cuts(revenue: pd.Series, limits: Limits) -> tuple[float | None, float | None]:
	"""The revenue at which the top `value_high_percent` and `value_potential_percent` of customers begin.

	`revenue` is net revenue of the customers who bought, in the reporting currency; NaN is left out. Equal
	revenues are all in or all out, by their middle rank, as with R, F and M: they are among the top 20 % where
	those above and half of the equal ones are no more than 20 % of all. None where nobody is.
	"""
	known = revenue.dropna().to_numpy(dtype="float64")
	distinct, equal = np.unique(known, return_counts=True)
	ranks = (np.cumsum(equal[::-1]) - equal[::-1] / 2)[::-1]
	return (
		_least_within(distinct, ranks, len(known) * limits.value_high_percent / 100),
		_least_within(distinct, ranks, len(known) * limits.value_potential_percent / 100),
	)


def value_class(revenue: pd.Series, calibration: Calibration, limits: Limits) -> pd.Series:
	"""The ValueClass value (text) for net revenue in the window, in the reporting currency.

	High, then Potential, at the calibration's cut or at the set amount (0: none), whichever is lower; Low
	below both and for revenue of 0 or less; None for NaN, who never bought.
	"""
	high = _reaches(revenue, calibration.value_high_revenue, limits.value_high_amount)
	potential = _reaches(revenue, calibration.value_potential_revenue, limits.value_potential_amount)
	names = np.select(
		[high, potential, revenue.notna()],
		[ValueClass.HIGH.value, ValueClass.POTENTIAL.value, ValueClass.LOW.value],
		default=np.array(None, dtype=object),
	)
	return pd.Series(names, index=revenue.index, dtype=object)


def retention_rate(current_counts: pd.Series, previous_counts: pd.Series) -> float | None:
	"""The share (0-1) of customers with purchases in the previous year who bought again in the current one.

	Both are invoices per customer with one index; NaN means none. None when fewer than 20 customers bought in
	the previous year, too few to tell.
	"""
	bought_before = previous_counts > 0
	if bought_before.sum() < FEWEST_FOR_RETENTION:
		return None
	return float((bought_before & (current_counts > 0)).sum() / bought_before.sum())


def effective_retention(calibration: Calibration, limits: Limits) -> float:
	"""The yearly retention (0-0.99) to use: the set percent, else the measured share, else the fallback."""
	if limits.retention_percent > 0:
		retention = limits.retention_percent / 100
	elif calibration.retention is not None:
		retention = calibration.retention
	else:
		retention = limits.fallback_retention_percent / 100
	return min(max(retention, 0.0), HIGHEST_RETENTION)


def customer_lifetime_value(revenue: pd.Series, retention: float, limits: Limits) -> pd.Series:
	"""What each customer should still bring, in the currency of `revenue`, with two decimals; NaN stays NaN.

	Yearly net revenue x expected lifetime in years x retention, where the lifetime is 1 / (1 - retention) and
	at most `lifetime_years_cap` (0: no cap). Negative revenue counts as 0. `revenue` covers the last
	`window_days` days.

	Source: Gupta and Lehmann, "Customers as Assets", Journal of Interactive Marketing 17(1), 2003: the margin
	multiple r / (1 + i - r) for retention r and discount rate i, here at i = 0. Raises DefinitionError for a
	window of 0 days.
	"""
	if limits.window_days <= 0:
		raise DefinitionError("Lifetime value needs a window of at least one day: set it in the settings.")
	yearly = revenue.astype("float64").clip(lower=0.0) * DAYS_PER_YEAR / limits.window_days
	return (yearly * _lifetime_years(retention, limits) * retention).round(2)


def _least_within(distinct: Array, ranks: Array, top: float) -> float | None:
	"""The least of ascending numbers whose rank, counted from the highest, is at most `top`."""
	within = distinct[ranks <= round(top, 9)]  # 9 decimals: 6.999999999999999 is 7
	return float(within[0]) if len(within) else None


def _reaches(revenue: pd.Series, cut: float | None, amount: float) -> pd.Series:
	thresholds = [threshold for threshold in (cut, amount if amount > 0 else None) if threshold is not None]
	if not thresholds:
		return pd.Series(False, index=revenue.index)
	return (revenue > 0) & (revenue >= min(thresholds))


def _lifetime_years(retention: float, limits: Limits) -> float:
	years = 1 / (1 - min(max(retention, 0.0), HIGHEST_RETENTION))
	return min(years, limits.lifetime_years_cap) if limits.lifetime_years_cap > 0 else years
