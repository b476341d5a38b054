"""How many times the spend of one horizon a customer's whole lifetime is worth. Knows no amounts."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.forecast.purchase_model import BgNbd, Nbd

Array: TypeAlias = npt.NDArray[np.float64]

DAYS_PER_YEAR = 365
# a lifetime without a cap: what comes later is worth nothing today
MOST_YEARS = 100.0
# for sums over years, which need less digits than one horizon's purchases
_NODES = 24


def horizons_in_lifetime(
	purchases: BgNbd | Nbd | None,
	history: pd.DataFrame,
	horizon: float,
	years: float,
	discount: float,
	retention: float,
) -> pd.Series:
	"""The worth of each customer's lifetime in units of its next `horizon` days (a number a row, 1 or more).

	`history` is as the purchase model reads it. The purchases that BG/NBD expects of who has not left say how they
	fade; where nobody is seen to leave, or no model could be fitted, the share `retention` of customers that stays from
	year to year (0 to less than 1). A lifetime ends after `years` (0: 100 years). The first horizon counts in full, later years by
	1 / (1 + `discount`) for each year until their middle. Raises ScoringError for a discount of -1 or less.

	Source: Fader, Hardie and Lee, "RFM and CLV: Using Iso-Value Curves for Customer Base Analysis", Journal of Marketing
	Research 42(4), 2005: lifetime value as discounted expected transactions times their value.
	"""
	if discount <= -1:
		raise ScoringError("A discount of {0} % a year is none: set 0 % or more.", 100 * discount)
	ends = _ends(horizon, (years or MOST_YEARS) * DAYS_PER_YEAR)
	if isinstance(purchases, BgNbd):
		known = purchases.expected_of_alive(history, ends.tolist(), _NODES).to_numpy()
	else:
		known = np.tile(1 - retention ** (ends / DAYS_PER_YEAR), (len(history), 1))
	worth = np.ones(len(history))
	# step by step: a row's last digit must not depend on how many rows there are
	for step, factor in enumerate(_discounts(ends, discount)):
		worth += factor * (known[:, step + 1] - known[:, step]) / known[:, 0]
	return pd.Series(worth, index=history.index)


def _ends(horizon: float, days: float) -> Array:
	"""Days until the end of the horizon, of each further year, and of the lifetime."""
	whole = np.arange(horizon, days, DAYS_PER_YEAR)
	return np.append(whole, days) if days > horizon else np.array([horizon])


def _discounts(ends: Array, discount: float) -> Array:
	middles = (ends[:-1] + ends[1:]) / 2
	return (1 + discount) ** (-middles / DAYS_PER_YEAR)
