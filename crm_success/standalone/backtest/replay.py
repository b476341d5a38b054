"""Scores a database as of a past date, reads what its customers did afterwards, and compares the two."""

from datetime import date, timedelta

import pandas as pd

from crm_success.scoring.shared.past_comparison import (
	Replayed,
	buyers,
	history_metrics,
	history_of,
	outcome_metrics,
	replayed,
	with_outcome,
)
from crm_success.scoring.shared.past_dates import History
from crm_success.standalone.assessment import BATCH_SIZE, Progress, Scoring
from crm_success.standalone.connections import Database


class PurchaseHistory:
	"""From when to when there are purchases."""

	def __init__(self, database: Database, today: date, batch_size: int = BATCH_SIZE) -> None:
		self._today = today
		self._scoring = Scoring(database, today, batch_size)

	@property
	def steps(self) -> int:
		"""How much `read` will tell its `progress` in all."""
		return self._scoring.customers

	def read(self, progress: Progress) -> History | None:
		"""Purchases of today and before, of customers that are still there; None where there are none."""
		return history_of(self._scoring.measured(history_metrics(), self._today, progress), self._today)


class Replay:
	"""One past date, scored as `crm-success score --as-of` scores it."""

	def __init__(self, database: Database, as_of: date, horizon: int, batch_size: int = BATCH_SIZE) -> None:
		self._as_of = as_of
		self._horizon = horizon
		self._scoring = Scoring(database, as_of, batch_size, horizon)

	@property
	def steps(self) -> int:
		"""How much `run` will tell its `progress` in all: the outcome is read once more."""
		return self._scoring.steps + self._scoring.customers

	def run(self, progress: Progress) -> Replayed:
		"""Score, read on, and compare; a sample that is too small is told in `refusal`."""
		calibration = self._scoring.calibrate(progress)
		scored = (batch.set_index("customer") for batch in self._scoring.scored(calibration, progress))
		customers = pd.concat([buyers(batch, self._as_of) for batch in scored])
		after = self._scoring.measured(
			outcome_metrics(self._horizon), self._as_of + timedelta(self._horizon), progress
		)
		compared = with_outcome(customers, after, self._horizon)
		currency, about_risk = self._scoring.currency, calibration.risk.reasons
		return replayed(compared, self._as_of, self._horizon, currency, about_risk)
