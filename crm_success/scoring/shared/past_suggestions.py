"""Suggests weights for each scorecard from the customers of a back-test. What is learned, and how, is the engine's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_success.scoring.engine.definitions import Definitions, Scorecard
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.learned_weights import PastPoints
from crm_success.scoring.engine.truth.suggested_weights import suggest_weights
from crm_success.scoring.queries.repeated_fields import CUSTOMER_DISABLED
from crm_success.scoring.shared.kept_suggestions import CardSuggestion

# columns of points and of raw values are called by the keys of their metrics, after these
POINTS, RAW = "points.", "raw."


# the newest of them: older ones say little of today, and take as long again
MOST_DATES = 6


@dataclass(frozen=True)
class PastCustomers:
	"""The customers of a past date by their scorecard's name, ready to be learned from."""

	by_scorecard: dict[str, PastPoints]


def past_customers(as_of: date, customers: pd.DataFrame, definitions: Definitions) -> PastCustomers:
	"""What is needed of customers, who are indexed by what names them on every date; disabled ones are left out.

	Columns: `scorecard`, `lapsed` (booleans), whether they are disabled, the points of each metric (0-100, NaN where there
	is no value) and the raw values of those that cap.
	"""
	enabled = customers[customers[CUSTOMER_DISABLED] != 1]
	return PastCustomers(
		{
			card.name: _past_points(as_of, enabled[enabled["scorecard"] == card.name], definitions)
			for card in definitions.scorecards
		}
	)


def suggestions_of(
	dates: Sequence[PastCustomers], definitions: Definitions, horizon: int
) -> tuple[CardSuggestion, ...]:
	"""One a scorecard, in the order in which they are tried; `horizon` in days."""
	return tuple(
		_suggestion([each.by_scorecard[card.name] for each in dates], definitions, card, horizon)
		for card in definitions.scorecards
	)


def _suggestion(
	dates: Sequence[PastPoints], definitions: Definitions, card: Scorecard, horizon: int
) -> CardSuggestion:
	try:
		return CardSuggestion(card, suggest_weights(dates, definitions.metrics, card, horizon))
	except ScoringError as error:
		return CardSuggestion(card, None, error.phrase)


def _past_points(as_of: date, customers: pd.DataFrame, definitions: Definitions) -> PastPoints:
	points = _by_key(customers, POINTS, definitions)
	# of a metric that caps nobody only matters whether there is a value
	raw = points.assign(**_by_key(customers, RAW, definitions))
	return PastPoints(as_of, raw, points, customers["lapsed"].astype(bool))


def _by_key(customers: pd.DataFrame, prefix: str, definitions: Definitions) -> pd.DataFrame:
	columns = {f"{prefix}{key}": key for key in definitions.keys if f"{prefix}{key}" in customers}
	return customers[list(columns)].rename(columns=columns).astype("float64")
