"""Whether probabilities mean what they say: of customers who were given 30 %, do 30 in 100 lapse?"""

from dataclasses import dataclass
from math import fsum

import numpy as np
import pandas as pd

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.intervals import share_of

BINS = 10


@dataclass(frozen=True)
class Reliability:
	"""`bins` as of `reliability`; `expected_error` from 0, every bin holds, to 1."""

	bins: pd.DataFrame
	expected_error: float


def reliability(probability: pd.Series, lapsed: pd.Series, bins: int = BINS) -> Reliability:
	"""Compare probabilities to lapse (0 to 1) with who lapsed (booleans of the same index), in bins of equal width.

	A bin holds probabilities from its lower bound up to, and without, the next; the last one holds 1 too. The frame
	is indexed by the lower bound, a row for every bin that has customers: `customers`, `lapsed`, `probability` (the
	mean that was said), `share` (of those who lapsed), `low` and `high` (its 95 % interval). The expected
	calibration error is the mean difference of the two, each bin counting by its customers.

	Raises ScoringError for a probability that is none, and where there is nobody.

	Source: M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
	binning", Proceedings of AAAI 29 (2015), 2901-2907.
	"""
	said = probability.to_numpy(dtype="float64", na_value=np.nan)
	_check(said)
	# twelve decimals: as floats 0.29 x 100 is a little less than 29
	places = np.minimum(np.floor(np.round(said * bins, 12)).astype("int64"), bins - 1)
	happened = lapsed.loc[probability.index].to_numpy(dtype=bool)
	rows = {
		place / bins: _bin(said[places == place], happened[places == place]) for place in np.unique(places)
	}
	frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("from")
	return Reliability(frame.astype({"customers": "int64", "lapsed": "int64"}), _expected_error(frame))


def _check(said: np.ndarray) -> None:
	if not len(said):
		raise ScoringError("There are no probabilities to compare with what happened.")
	# NaN is not within either
	wrong = int((~((said >= 0) & (said <= 1))).sum())
	if wrong:
		raise ScoringError("{0} probabilities are not between 0 and 1: leave these customers out.", wrong)


def _bin(said: np.ndarray, happened: np.ndarray) -> dict[str, float]:
	share = share_of(int(happened.sum()), len(happened))
	return {
		"customers": len(happened),
		"lapsed": int(happened.sum()),
		"probability": fsum(said) / len(said),
		"share": share.value,
		"low": share.low,
		"high": share.high,
	}


def _expected_error(bins: pd.DataFrame) -> float:
	differences = (bins["share"] - bins["probability"]).abs() * bins["customers"]
	return fsum(differences) / float(bins["customers"].sum())
