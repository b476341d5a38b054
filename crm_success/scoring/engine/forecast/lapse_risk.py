"""The probability that a customer buys nothing in the coming horizon, told by what the company's customers did before.

Two ways to tell it are blended: the habits of customers (a ridge logistic regression on earlier dates whose outcome is
known) and the purchase model, which knows nothing but when somebody bought. Either may be impossible; the other is then
used alone, or a simpler purchase model, and the model says why.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_success.scoring.engine.errors import FitError, Phrase
from crm_success.scoring.engine.forecast.lapse_facts import repeats, terms, usual_gap_of_company
from crm_success.scoring.engine.forecast.past_windows import PastWindow
from crm_success.scoring.engine.forecast.purchase_model import BgNbd, Nbd, fit_purchase_model
from crm_success.scoring.engine.forecast.ridge_logistic import (
	Logistic,
	fit_line,
	fit_logistic,
	log_odds,
	odds_of,
	probability,
)

# of standardised terms; anything between 1 and 100 tells customers apart as well
RIDGE = 3.0
# fewer outcomes of either kind than ten for each of the eleven terms say more of chance than of habits
FEWEST_OUTCOMES = 110

_HABITS, _PURCHASES = "habits", "purchases"


@dataclass(frozen=True)
class RiskModel:
	"""How a company's risk is told for the next `horizon` days.

	`reasons`: why one of the two ways is left out, or is a simpler one. `line`: the log odds that the model tells, as
	nearly as a weighted sum of the terms says them: what each term does to them. The model was learned from `outcomes`
	(a customer and an earlier date each), `lapsed` of them without a purchase in the horizon, and from the purchases
	of `customers`.
	"""

	horizon: int
	company_gap: float
	habits: Logistic | None
	purchases: BgNbd | Nbd | None
	blend: Logistic | None
	reasons: tuple[Phrase, ...] = ()
	line: Logistic | None = None
	customers: int = 0
	outcomes: int = 0
	lapsed: int = 0


@dataclass(frozen=True)
class LearnedRisk:
	"""What a company's past tells of the next purchases: a model, or in `reason` why there is none.

	`usual_gap`: days between two purchase days of its customers; None where nobody bought twice. Without model and
	reason, nothing was learned yet.
	"""

	usual_gap: float | None = None
	model: RiskModel | None = None
	reason: Phrase | None = None

	@property
	def reasons(self) -> tuple[Phrase, ...]:
		"""Why there is no model, or a simpler one."""
		return (self.reason,) if self.reason else self.model.reasons if self.model else ()


NOTHING_LEARNED = LearnedRisk()


def learn_risk(facts: pd.DataFrame, past: Sequence[PastWindow], horizon: int) -> LearnedRisk:
	"""`fit_risk_model`, with a reason where it raises FitError."""
	gap = _usual_gap(facts, past)
	try:
		return LearnedRisk(gap, fit_risk_model(facts, past, horizon))
	except FitError as error:
		return LearnedRisk(gap, None, error.phrase)


def fit_risk_model(facts: pd.DataFrame, past: Sequence[PastWindow], horizon: int) -> RiskModel:
	"""The model for the customers of today, whose facts are `facts`, from what happened in the past windows.

	A window's outcome must lie before today. Raises FitError, with both reasons, where nothing can be told.

	Source of the blend: Wolpert, "Stacked Generalization", Neural Networks 5(2), 1992.
	"""
	known = [window for window in past if len(window.facts)]
	gap = _usual_gap(facts, known)
	habits, no_habits = _or_reason(lambda: _fit_habits(known, gap))
	purchases, no_purchases = _or_reason(lambda: fit_purchase_model(repeats(facts)))
	simpler = purchases.reason if isinstance(purchases, Nbd) else None
	reasons = tuple(reason for reason in (no_habits, no_purchases or simpler) if reason)
	if gap is None or not (habits or purchases):
		raise FitError("{0} {1}", no_habits, no_purchases)
	lapsed = _outcomes(known)
	model = RiskModel(horizon, gap, habits, purchases, None, reasons, None, len(facts), *_counts(lapsed))
	if habits and purchases:
		told = pd.concat([_told(model, window.facts) for window in known], ignore_index=True)
		model = replace(model, blend=fit_logistic(told, lapsed, RIDGE))
	return replace(model, line=fit_line(terms(facts, gap), odds_of_lapsing(model, facts), RIDGE))


def lapse_risk(model: RiskModel, facts: pd.DataFrame) -> pd.Series:
	"""The probability (0-1) of no purchase in the model's horizon, indexed as `facts`, for customers with a purchase."""
	return probability(odds_of_lapsing(model, facts))


def odds_of_lapsing(model: RiskModel, facts: pd.DataFrame) -> pd.Series:
	"""The log odds of the same."""
	told = _told(model, facts)
	return log_odds(model.blend, told) if model.blend else told.iloc[:, 0]


def _usual_gap(facts: pd.DataFrame, past: Sequence[PastWindow]) -> float | None:
	return usual_gap_of_company(pd.concat([facts, *(window.facts for window in past)], ignore_index=True))


def _fit_habits(past: Sequence[PastWindow], gap: float | None) -> Logistic:
	if gap is None:
		raise FitError("Nobody bought twice: there are no habits to learn from.")
	if not past:
		raise FitError("There is no earlier date whose outcome is known: wait until a horizon has passed.")
	lapsed = _outcomes(past)
	fewest = min(int(lapsed.sum()), int((~lapsed).sum()))
	if fewest < FEWEST_OUTCOMES:
		raise FitError(
			"Only {0} customers did the rarer of the two, buying again or not: {1} are needed to learn from.",
			fewest,
			FEWEST_OUTCOMES,
		)
	told = pd.concat([terms(window.facts, gap) for window in past], ignore_index=True)
	return fit_logistic(told.fillna(0.0), lapsed, RIDGE)


def _outcomes(past: Sequence[PastWindow]) -> pd.Series:
	lapsed = [window.lapsed for window in past]
	return pd.concat(lapsed, ignore_index=True).astype(bool) if lapsed else pd.Series(dtype=bool)


def _counts(lapsed: pd.Series) -> tuple[int, int]:
	return len(lapsed), int(lapsed.sum())


def _told(model: RiskModel, facts: pd.DataFrame) -> pd.DataFrame:
	"""The log odds of lapsing by each way that is possible."""
	columns: dict[str, pd.Series] = {}
	if model.habits:
		columns[_HABITS] = log_odds(model.habits, terms(facts, model.company_gap))
	if model.purchases:
		quiet = model.purchases.probability_of_no_purchase(repeats(facts), model.horizon)
		columns[_PURCHASES] = odds_of(quiet)
	return pd.DataFrame(columns, index=facts.index, dtype=np.float64)


def _or_reason(fit: Callable[[], Logistic | BgNbd | Nbd]) -> tuple:
	try:
		return fit(), None
	except FitError as reason:
		return None, reason
