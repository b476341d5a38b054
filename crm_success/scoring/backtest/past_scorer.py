"""Scores a range of customers as of a past date and reads what became of them. Writes nothing and tells nobody."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from crm_success.database import reading
from crm_success.database.dialects import KeyRange
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.measures import raw_values
from crm_success.scoring.frozen_definitions import FrozenDefinitions, plan_for
from crm_success.scoring.scorer import Scorer
from crm_success.scoring.shared.past_comparison import buyers, outcome_metrics, with_outcome
from crm_success.scoring.shared.past_suggestions import POINTS, RAW
from crm_success.scoring.shared.reader import Reader


@dataclass(frozen=True)
class PastScorer:
	"""One set of definitions, the cut points of a past day, and how long to wait for what became of customers."""

	frozen: FrozenDefinitions
	calibration: Calibration
	as_of: date
	horizon: int
	left_out: frozenset[str] = frozenset()

	def replay(self, keys: KeyRange) -> pd.DataFrame:
		"""Who of the range had bought by then, a row each, in any order: what `buyers` keeps, `lapsed` and `spent`, the
		`scorecard`, a number that is the same for a customer on every date, and of the metrics the points (0 to 100, NaN
		where there is no value; float32) and, where one caps scores, the raw values.
		"""
		scored = self._scorer.frame(keys)
		customers = buyers(scored, self.as_of)
		compared = with_outcome(customers, self._outcome(keys, scored.index), self.horizon)
		parts = scored.loc[customers.index, "components"]
		compared = compared.join(self._points(parts)).join(self._capping(parts))
		numbers = pd.util.hash_array(compared.index.to_numpy(dtype=object))
		# to a frame without rows pandas would add those of the column
		return compared.assign(scorecard=scored.loc[compared.index, "scorecard"], customer=numbers)

	def without(self, metrics: frozenset[str]) -> "PastScorer":
		"""The same, with these metrics not read: they count as missing."""
		return replace(self, left_out=self.left_out | metrics)

	def unreadable_metrics(self, keys: KeyRange) -> dict[str, Exception]:
		"""As of `Scorer`."""
		return self._scorer.unreadable_metrics(keys)

	def _points(self, components: pd.Series) -> pd.DataFrame:
		keys = self.frozen.definitions.keys
		columns: dict[str, list[Any]] = {
			f"{POINTS}{key}": [_points(parts.get(key)) for parts in components] for key in keys
		}
		return pd.DataFrame(columns, index=components.index).astype("float32")

	def _capping(self, components: pd.Series) -> pd.DataFrame:
		cards = self.frozen.definitions.scorecards
		keys = sorted({cap.metric for card in cards for cap in card.caps})
		columns: dict[str, list[Any]] = {
			f"{RAW}{key}": [parts[key]["raw"] if key in parts else None for parts in components]
			for key in keys
		}
		return pd.DataFrame(columns, index=components.index).astype("float64")

	def _outcome(self, keys: KeyRange, customers: pd.Index) -> pd.DataFrame:
		end = self.as_of + timedelta(self.horizon)
		aggregates = self._outcome_reader.aggregates(end, keys, customers)
		return raw_values(outcome_metrics(self.horizon), aggregates, customers, end)

	@cached_property
	def _scorer(self) -> Scorer:
		return Scorer(self.frozen, self.calibration, self.as_of, self.left_out)

	@cached_property
	def _outcome_reader(self) -> Reader:
		end = self.as_of + timedelta(self.horizon)
		plan = plan_for(outcome_metrics(self.horizon), self.frozen, end)
		return Reader(plan, self.frozen.definitions, self.frozen.tables_by_doctype, reading.SITE)


def _points(part: dict[str, Any] | None) -> float | None:
	"""Without those that a missing value is worth."""
	return part["points"] if part and part["raw"] is not None else None
