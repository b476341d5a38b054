"""Says how recently a customer was active and where it is in its life. Sees only days, rhythms and bands."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Activity, HealthBand, LifecycleStage, Limits

# how many of its usual gaps may go by since the last purchase before a customer is overdue, or lost
_GAPS_OF_OVERDUE = 1.0
_GAPS_OF_LOST = 2.0
_QUIET = (Activity.SILENT.value, Activity.LAPSING.value)


@dataclass(frozen=True)
class _Facts:
	"""What the rules look at; Series of one index, days from an invoice to the scoring date."""

	days_since_first: pd.Series
	days_since_last: pd.Series
	usual_gap: pd.Series
	activity: pd.Series
	band: pd.Series
	limits: Limits

	@property
	def is_new(self) -> pd.Series:
		"""Whether the first purchase is recent."""
		return self.days_since_first <= self.limits.new_days

	def has_waited(self, gaps: float, or_unknown: bool) -> pd.Series:
		"""Whether more than so many usual gaps have gone by since the last purchase; `or_unknown` where nobody knows."""
		return (self.days_since_last > gaps * self.usual_gap) | (or_unknown & self.usual_gap.isna())


# silence is by the days of the settings; whether it is a risk is by rhythm, and a slow one stretches the days
_STAGES: tuple[tuple[LifecycleStage, Callable[[_Facts], pd.Series]], ...] = (
	(LifecycleStage.POTENTIAL, lambda facts: facts.days_since_last.isna()),
	(
		LifecycleStage.LOST,
		lambda facts: (
			(facts.days_since_last > facts.limits.lost_days)
			& facts.has_waited(_GAPS_OF_LOST, or_unknown=True)
		),
	),
	(
		LifecycleStage.NEW,
		lambda facts: facts.is_new & ~facts.has_waited(_GAPS_OF_OVERDUE, or_unknown=False),
	),
	(LifecycleStage.AT_RISK, lambda facts: facts.band == HealthBand.AT_RISK.value),
	(
		LifecycleStage.AT_RISK,
		lambda facts: (
			(facts.activity == Activity.LAPSING.value) & facts.has_waited(_GAPS_OF_OVERDUE, or_unknown=True)
		),
	),
	# who came lately and is overdue already
	(LifecycleStage.SILENT, lambda facts: facts.is_new),
	(LifecycleStage.SILENT, lambda facts: facts.activity.isin(_QUIET)),
)


def activity(days_since_last_activity: pd.Series, limits: Limits) -> pd.Series:
	"""The Activity value (text) for the days since the last activity of any kind; None for NaN, never active.

	Active up to and including `active_days`, Silent up to and including `silent_days`, Lapsing after that.
	"""
	days = days_since_last_activity
	names = np.select(
		[days <= limits.active_days, days <= limits.silent_days, days.notna()],
		[Activity.ACTIVE.value, Activity.SILENT.value, Activity.LAPSING.value],
		default=np.array(None, dtype=object),
	)
	return pd.Series(names, index=days.index, dtype=object)


def lifecycle_stage(
	days_since_first: pd.Series,
	days_since_last: pd.Series,
	usual_gap: pd.Series,
	activity: pd.Series,
	band: pd.Series,
	limits: Limits,
) -> pd.Series:
	"""The LifecycleStage value (text) of each customer; all Series share one index.

	Days are counted from the first and the last invoice, NaN for who never bought. `usual_gap` is how many days pass
	between two of a customer's purchases, NaN where there is no telling. `activity` and `band` are the texts of
	Activity and HealthBand, None where unknown. The first rule of the table that holds decides; a customer for whom
	none holds is Active.
	"""
	facts = _Facts(days_since_first, days_since_last, usual_gap, activity, band, limits)
	names = np.select(
		[holds(facts).to_numpy(dtype=bool, na_value=False) for _, holds in _STAGES],
		[stage.value for stage, _ in _STAGES],
		default=LifecycleStage.ACTIVE.value,
	)
	return pd.Series(names, index=days_since_last.index, dtype=object)
