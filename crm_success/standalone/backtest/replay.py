"""Scores a database as of a past date, reads what its customers did afterwards, and compares the two."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Limits
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.profile import FIRST_PURCHASE, RECENCY, profile_metrics, purchases_within
from crm_success.scoring.engine.truth.back_test import BackTest, back_test
from crm_success.scoring.queries.repeated_fields import CUSTOMER_DISABLED
from crm_success.standalone.assessment import BATCH_SIZE, Progress, Scoring
from crm_success.standalone.backtest.past_dates import History
from crm_success.standalone.command_errors import CommandError
from crm_success.standalone.connections import Database

_KEPT = (
	*("score", "band", "stage", "segment"),
	*("recency_score", "frequency_score", "monetary_score", "revenue", "lapse_risk"),
)


@dataclass(frozen=True)
class Replayed:
	"""What a past date was worth: `test`, or None and in `refusal` why it cannot tell.

	`disabled` customers had bought, and are in no figure, as in the report. Revenue is in `currency`. `about_risk`: why
	the lapse risk, or one of the two ways to tell it, was not possible.
	"""

	as_of: date
	horizon: int
	disabled: int
	currency: str
	test: BackTest | None
	refusal: str = ""
	about_risk: tuple[str, ...] = ()


class PurchaseHistory:
	"""From when to when there are purchases."""

	def __init__(self, database: Database, today: date, batch_size: int = BATCH_SIZE) -> None:
		self._label = database.label
		self._today = today
		self._scoring = Scoring(database, today, batch_size)

	@property
	def steps(self) -> int:
		"""How much `read` will tell its `progress` in all."""
		return self._scoring.customers

	def read(self, progress: Progress) -> History:
		"""Purchases of today and before, of customers that are still there; CommandError where there are none."""
		metrics = tuple(m for m in profile_metrics(Limits()) if m.key in (FIRST_PURCHASE, RECENCY))
		days = self._scoring.measured(metrics, self._today, progress).dropna()
		if days.empty:
			raise CommandError(
				f"The {self._label} has no purchases: there is nothing to compare scores with."
			)
		first, last = (int(days[FIRST_PURCHASE].max()), int(days[RECENCY].min()))
		return History(self._today - timedelta(first), self._today - timedelta(last))


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
		scored = pd.concat([self._buyers(batch) for batch in self._scoring.scored(calibration, progress)])
		disabled = scored[CUSTOMER_DISABLED] == 1
		customers = scored[~disabled].assign(lapse_risk=scored["lapse_risk"] / 100)
		lapsed = self._lapsed(customers.index, progress)
		test, refusal = None, ""
		try:
			test = back_test(customers, lapsed)
		except ScoringError as error:
			refusal = str(error)
		currency, about_risk = self._scoring.currency, tuple(str(each) for each in calibration.risk.reasons)
		return Replayed(self._as_of, self._horizon, int(disabled.sum()), currency, test, refusal, about_risk)

	def _buyers(self, batch: pd.DataFrame) -> pd.DataFrame:
		"""A few numbers of each customer who had bought by the date."""
		days = [np.nan if day is None else (self._as_of - day).days for day in batch["last_invoice"]]
		lean = batch.set_index("customer")[[*_KEPT, CUSTOMER_DISABLED]].assign(days_since_last=days)
		return lean[lean["days_since_last"].notna()]

	def _lapsed(self, customers: pd.Index, progress: Progress) -> pd.Series:
		metric = purchases_within(self._horizon)
		end = self._as_of + timedelta(self._horizon)
		bought = self._scoring.measured((metric,), end, progress)[metric.key]
		return ~(bought.reindex(customers) > 0)
