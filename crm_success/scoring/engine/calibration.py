"""Cut points taken once from all customers, so that scoring a few of them needs no sight of the rest."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from crm_success.scoring.engine.calibrated import Calibration, PercentileCuts
from crm_success.scoring.engine.definitions import Definitions, Limits, Metric, ScaleKind, fingerprint
from crm_success.scoring.engine.forecast.expected_spend import NO_SPEND_LEARNED, LearnedSpend
from crm_success.scoring.engine.forecast.lapse_risk import NOTHING_LEARNED, LearnedRisk
from crm_success.scoring.engine.forecasts import Forecasts, forecast_metrics
from crm_success.scoring.engine.measures import completed, measured_values, needed_metrics
from crm_success.scoring.engine.profile import FREQUENCY, MONETARY, PURCHASES, RECENCY, RFM, profile_metrics
from crm_success.scoring.engine.rfm import quintile_cuts
from crm_success.scoring.engine.value import retention_rate, value_cuts

# how cut points are taken: another text makes those void that were taken otherwise
_RULE = "middle ranks of what was observed, lapse risk by revenue of all time, expected spend"
_PERCENTS = np.arange(101) / 100
_CURRENT, _PREVIOUS = f"{PURCHASES}.current", f"{PURCHASES}.previous"


@dataclass(frozen=True)
class _Basis:
	"""What cut points mean: the rule they are taken by, and what they are taken from."""

	rule: str
	definitions: Definitions


def calibration_metrics(definitions: Definitions) -> tuple[Metric, ...]:
	"""The metrics that a calibration reads: R, F, M, the purchases of two years, every percentile scale's, and those that
	forecasts are made of.
	"""
	profile = [m for m in profile_metrics(definitions.limits) if m.key in (*RFM, PURCHASES)]
	profile += [m for m in forecast_metrics(definitions.limits) if m not in profile]
	return (*_of_percentiles(definitions), *profile)


def calibration_fingerprint(definitions: Definitions) -> str:
	"""Changes when cut points taken under other definitions, or by another rule, would mean something else."""
	# how a metric is named, judged or weighed does not move its cut points, nor does the order of metrics
	read = sorted(
		(_without_judgement(metric) for metric in calibration_metrics(definitions)),
		key=lambda metric: metric.key,
	)
	limits = Limits(**{name: getattr(definitions.limits, name) for name in _CUTTING_LIMITS})
	# rates change every day: like a customer's revenue, they wait for the next calibration
	rates = tuple(replace(rate, rate=1.0) for rate in definitions.money.rates)
	money = replace(definitions.money, rates=rates)
	return fingerprint(_Basis(_RULE, Definitions(metrics=tuple(read), limits=limits, money=money)))


def calibration_values(aggregates: pd.DataFrame, definitions: Definitions, as_of: date) -> pd.DataFrame:
	"""What one batch contributes, one row a customer; the batches are then joined with pandas.concat."""
	metrics = calibration_metrics(definitions)
	measured = measured_values(metrics, aggregates, aggregates.index, as_of)
	silent = measured.silent.reindex(columns=_percentile_keys(definitions), fill_value=False)
	counts = aggregates.reindex(columns=[_CURRENT, _PREVIOUS]).apply(pd.to_numeric, errors="coerce")
	return measured.values.join([silent.rename(columns=_silence_of), counts.astype("float64")])


def calibrate(
	values: pd.DataFrame,
	definitions: Definitions,
	as_of: date,
	risk: LearnedRisk = NOTHING_LEARNED,
	spend: LearnedSpend = NO_SPEND_LEARNED,
) -> Calibration:
	"""Cut points from the values of all customers; R, F, M and value from those who ever bought.

	`risk` is what was learned of their purchases, which metrics may show, and `spend` of what they spend.
	"""
	bought = values[values[RECENCY].notna()]
	high, potential = value_cuts(bought[MONETARY], definitions.limits)
	judged = completed(_of_percentiles(definitions), values, Forecasts(values, risk).values)
	return Calibration(
		as_of=as_of,
		customers=len(bought),
		recency=quintile_cuts(bought[RECENCY]),
		frequency=quintile_cuts(bought[FREQUENCY]),
		monetary=quintile_cuts(bought[MONETARY]),
		value_high_revenue=high,
		value_potential_revenue=potential,
		retention=retention_rate(values[_CURRENT], values[_PREVIOUS]),
		percentiles=tuple(
			percentiles_of(key, judged[key].mask(values[_silence_of(key)]))
			for key in sorted(_percentile_keys(definitions))
		),
		risk=risk,
		spend=spend,
	)


def percentiles_of(key: str, values: pd.Series) -> PercentileCuts:
	"""The cut points of a metric, from the values of those of whom something was observed; none where nobody has one."""
	known = values.dropna().to_numpy(dtype="float64")
	# interpolation can fall back by a last digit
	cuts = np.maximum.accumulate(np.quantile(known, _PERCENTS)).tolist() if len(known) else []
	return PercentileCuts(key, tuple(cuts))


def _of_percentiles(definitions: Definitions) -> tuple[Metric, ...]:
	return needed_metrics(definitions.metrics, _percentile_keys(definitions))


def _percentile_keys(definitions: Definitions) -> list[str]:
	return [metric.key for metric in definitions.metrics if metric.scale.kind is ScaleKind.PERCENTILE]


def _silence_of(key: str) -> str:
	"""The column that says where the value of that metric comes of nothing observed."""
	return f"{key}.silent"


def _without_judgement(metric: Metric) -> Metric:
	read = {name: getattr(metric, name) for name in _READING_FIELDS}
	return Metric(label="", **read)


_CUTTING_LIMITS = ("window_days", "value_high_percent", "value_potential_percent")
_READING_FIELDS = (
	"key",
	"measure",
	"doctype",
	"parent_doctype",
	"customer_field",
	"date_field",
	"value_field",
	"filters",
	"matching",
	"window_days",
	"days_ago",
	"expression",
)
