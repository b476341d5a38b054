"""Ridge regression on a frame of numbers, of odds and of lines. Knows nothing of customers."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.errors import FitError

Array: TypeAlias = npt.NDArray[np.float64]

_MOST_STEPS = 100
_SMALLEST_STEP = 1e-8
# log odds beyond it are certainty in any case, and would overflow
_MOST_LOG_ODDS = 30.0


@dataclass(frozen=True)
class Term:
	"""One column's part: how it was standardised, and what a standard deviation more adds to the log odds."""

	name: str
	mean: float
	spread: float
	weight: float


@dataclass(frozen=True)
class Logistic:
	"""log odds = level + sum of weight x (value - mean) / spread."""

	level: float
	terms: tuple[Term, ...]


def fit_logistic(values: pd.DataFrame, outcome: pd.Series, ridge: float) -> Logistic:
	"""Fit the odds that `outcome` (booleans) is true on the columns of `values`, with the same index, none missing.

	Columns are standardised first, so that the penalty `ridge` x weight² / 2 (a number above 0) means the same for
	each; the level is not penalised. A column that never varies has weight 0. Raises FitError where the outcome
	is the same everywhere.

	Source: Hoerl and Kennard, "Ridge Regression", Technometrics 12(1), 1970; le Cessie and van Houwelingen, "Ridge
	Estimators in Logistic Regression", Applied Statistics 41(1), 1992.
	"""
	happened = outcome.to_numpy(dtype="float64")
	if not 0 < happened.sum() < len(happened):
		raise FitError("The outcome is the same for everybody: there is nothing to tell apart.")
	means, spreads = _means_and_spreads(values)
	weights = _newton(_with_level(((values - means) / spreads).to_numpy(dtype="float64")), happened, ridge)
	return _model(values, means, spreads, weights)


def fit_line(values: pd.DataFrame, odds: pd.Series, ridge: float) -> Logistic:
	"""The model whose log odds are nearest to `odds` by least squares, standardised and penalised as above.

	What is a weighted sum of the columns already comes back as it is, but for the penalty.
	"""
	means, spreads = _means_and_spreads(values)
	standard = ((values - means) / spreads).to_numpy(dtype="float64")
	level = float(odds.mean())
	squares = np.einsum("ij,ik->jk", standard, standard) + ridge * np.eye(standard.shape[1])
	weights = np.linalg.solve(squares, np.einsum("ij,i->j", standard, odds.to_numpy(dtype="float64") - level))
	return _model(values, means, spreads, np.concatenate([[level], weights]))


def log_odds(model: Logistic, values: pd.DataFrame) -> pd.Series:
	"""The log odds of each row of `values`, which has a column for each term."""
	odds = np.full(len(values), model.level)
	# column by column: a row's last digit must not depend on how many rows there are
	for term in model.terms:
		odds += _effect(term, values)
	return pd.Series(odds, index=values.index)


def effects(model: Logistic, values: pd.DataFrame) -> pd.DataFrame:
	"""What each term adds to the log odds of each row, against a row of average values."""
	columns = {term.name: _effect(term, values) for term in model.terms}
	return pd.DataFrame(columns, index=values.index)


def probability(odds: pd.Series) -> pd.Series:
	"""The probability (0-1) of log odds."""
	return 1 / (1 + np.exp(-odds.clip(-_MOST_LOG_ODDS, _MOST_LOG_ODDS)))


def odds_of(probabilities: pd.Series) -> pd.Series:
	"""The log odds of probabilities (0-1); certain ones stay finite."""
	nearly = 1 / (1 + np.exp(_MOST_LOG_ODDS))
	likely = probabilities.clip(nearly, 1 - nearly)
	return pd.Series(np.log(likely / (1 - likely)), index=probabilities.index)


def _means_and_spreads(values: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
	spreads = values.std(ddof=0)
	return values.mean(), spreads.where(spreads > 0, 1.0)


def _model(values: pd.DataFrame, means: pd.Series, spreads: pd.Series, weights: Array) -> Logistic:
	terms = zip(values.columns, means, spreads, weights[1:], strict=True)
	return Logistic(float(weights[0]), tuple(Term(str(name), *_floats(rest)) for name, *rest in terms))


def _effect(term: Term, values: pd.DataFrame) -> Array:
	column: Array = values[term.name].to_numpy(dtype="float64")
	return (column - term.mean) / term.spread * term.weight


def _floats(numbers: list[float]) -> list[float]:
	return [float(number) for number in numbers]


def _with_level(values: Array) -> Array:
	return np.column_stack([np.ones(len(values)), values])


def _newton(values: Array, happened: Array, ridge: float) -> Array:
	"""The weights at which the penalised likelihood is greatest: it is concave, and has one such place."""
	penalty = np.full(values.shape[1], ridge)
	penalty[0] = 0.0
	weights = np.zeros(values.shape[1])
	weights[0] = np.log(happened.mean() / (1 - happened.mean()))
	for _ in range(_MOST_STEPS):
		step = _newton_step(values, happened, weights, penalty)
		weights = weights + step
		if np.abs(step).max() < _SMALLEST_STEP:
			return weights
	raise FitError("The fit did not settle on one model.")


def _newton_step(values: Array, happened: Array, weights: Array, penalty: Array) -> Array:
	# sums by einsum, whose last digits do not depend on how many threads the machine has
	odds = np.clip(np.einsum("ij,j->i", values, weights), -_MOST_LOG_ODDS, _MOST_LOG_ODDS)
	likely = 1 / (1 + np.exp(-odds))
	slope = np.einsum("ij,i->j", values, happened - likely) - penalty * weights
	weighted = values * (likely * (1 - likely))[:, None]
	curvature = np.einsum("ij,ik->jk", weighted, values) + np.diag(penalty)
	return np.asarray(np.linalg.solve(curvature, slope), dtype=np.float64)
