"""Says how recently a customer was active and where it is in its life. Sees only days and bands."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Activity, HealthBand, LifecycleStage, Limits


@dataclass(frozen=True)
class _Facts:
	"""What the rules look at; Series of one index, days from an invoice to the scoring date."""

	days_since_first: pd.Series
	days_since_last: pd.Series
	activity: pd.Series
	band: pd.Series
	limits: Limits


_STAGES: tuple[tuple[LifecycleStage, Callable[[_Facts], pd.Series]], ...] = (
	(LifecycleStage.POTENTIAL, lambda facts: facts.days_since_last.isna()),
	(LifecycleStage.LOST, lambda facts: facts.days_since_last > facts.limits.lost_days),
	(LifecycleStage.NEW, lambda facts: facts.days_since_first <= facts.limits.new_days),
	(LifecycleStage.AT_RISK, lambda facts: facts.band == HealthBand.AT_RISK.value),
	(LifecycleStage.AT_RISK, lambda facts: facts.activity == Activity.LAPSING.value),
	(LifecycleStage.SILENT, lambda facts: facts.activity == Activity.SILENT.value),
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
	activity: pd.Series,
	band: pd.Series,
	limits: Limits,
) -> pd.Series:
	"""The LifecycleStage value (text) of each customer; all Series share one index.

	Days are counted from the first and the last invoice, NaN for who never bought. `activity` and `band` are
	the texts of Activity and HealthBand, None where unknown. The first rule of the table that holds decides;
	a customer for whom none holds is Active.
	"""
	facts = _Facts(days_since_first, days_since_last, activity, band, limits)
	names = np.select(
		[holds(facts).to_numpy(dtype=bool, na_value=False) for _, holds in _STAGES],
		[stage.value for stage, _ in _STAGES],
		default=LifecycleStage.ACTIVE.value,
	)
	return pd.Series(names, index=days_since_last.index, dtype=object)
