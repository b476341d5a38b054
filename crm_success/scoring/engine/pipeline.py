"""The whole of scoring: customers and their aggregates in, one row of Customer Health each out. Pure.

Rows do not see each other: every cut point comes from the calibration, so any split of the customers into
batches, in any order, gives the same rows.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from crm_success.scoring.engine import health, lifecycle, profile, rfm, scales, value
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import (
	Definitions,
	LifetimeWay,
	Limits,
	Metric,
	ScaleKind,
	Scorecard,
)
from crm_success.scoring.engine.drivers import drivers_of
from crm_success.scoring.engine.forecasts import LIFETIME_VALUE, USUAL_GAP, Forecasts, forecast_metrics
from crm_success.scoring.engine.measures import completed, measured_values, observed
from crm_success.scoring.engine.rounding import DECIMALS, rounded_parts


def all_metrics(definitions: Definitions, calibration: Calibration | None = None) -> tuple[Metric, ...]:
	"""What has to be read: the administrator's metrics, the fixed profile, and what the forecasts of the calibration are
	made of.
	"""
	fixed = profile.profile_metrics(definitions.limits)
	told_by = (m for m in forecast_metrics(definitions.limits, calibration) if m not in fixed)
	return (*definitions.metrics, *fixed, *told_by)


def score_customers(
	customers: pd.DataFrame,
	aggregates: pd.DataFrame,
	definitions: Definitions,
	calibration: Calibration,
	as_of: date,
	earlier_scores: pd.Series | None = None,
) -> pd.DataFrame:
	"""One row per row of `customers` (indexed by name, with `scorecard` and the columns to carry over).

	`aggregates` has columns `metric key.part`; `earlier_scores` holds computed scores of about 30 days earlier.
	Result columns are the fields of Customer Health; missing numbers are NaN, missing words None, `drivers` a
	list of Driver and `components` a dict by metric key of raw, points, weight (percent of the whole score) and
	contribution; weights add up to 100, and contributions to the uncapped score less 50, as they are rounded. A
	customer whom no scorecard takes has no score, no drivers and no components. `risk_facts` is a list of RiskFact.
	"""
	metrics = all_metrics(definitions, calibration)
	measured = measured_values(metrics, aggregates, customers.index, as_of)
	forecasts = Forecasts(measured.values, calibration.risk, calibration.spend)
	told = forecasts.values
	raw = observed(metrics, completed(metrics, measured.values, told), measured.silent)
	judged = _judged(customers, raw, definitions, calibration)
	result = customers.join(judged)
	result["score"] = result["computed_score"]
	result["change_30"] = _change(result["computed_score"], earlier_scores)
	result["trend"] = health.trend(result["change_30"])
	result = result.join(
		_profile(raw, told[USUAL_GAP], result["band"], definitions, calibration, as_of)
	).join(told)
	result = result.join(_worth(raw[profile.MONETARY], forecasts, definitions.limits, calibration))
	result["risk_facts"] = pd.Series(forecasts.risk_facts(), result.index, dtype=object)
	return result.assign(as_of=as_of)


def metric_points(metric: Metric, raw: pd.Series, calibration: Calibration) -> pd.Series:
	"""Points 0-100 of one metric's raw values; NaN where the value is missing."""
	cuts = {percentile.metric: percentile.cuts for percentile in calibration.percentiles}.get(metric.key)
	return scales.to_points(metric.scale, raw, cuts if metric.scale.kind is ScaleKind.PERCENTILE else None)


def _judged(
	customers: pd.DataFrame, raw: pd.DataFrame, definitions: Definitions, calibration: Calibration
) -> pd.DataFrame:
	"""Score, band, cap, drivers and components, scorecard by scorecard."""
	points = pd.DataFrame(
		{metric.key: metric_points(metric, raw[metric.key], calibration) for metric in definitions.metrics},
		index=raw.index,
	)
	parts = [
		_under(scorecard, raw.loc[rows], points.loc[rows], definitions)
		for scorecard in definitions.scorecards
		if (rows := customers.index[customers["scorecard"] == scorecard.name]).size
	]
	names = [scorecard.name for scorecard in definitions.scorecards]
	without = customers.index[~customers["scorecard"].isin(names)]
	if len(without) or not parts:
		parts.append(_unjudged(without))
	return pd.concat(parts).reindex(customers.index)


def _unjudged(customers: pd.Index) -> pd.DataFrame:
	"""The columns of `_under` for customers whom no scorecard takes."""
	columns: dict[str, list[Any]] = {
		"band": [None for _ in customers],
		"cap_reason": ["" for _ in customers],
		"drivers": [[] for _ in customers],
		"components": [{} for _ in customers],
	}
	numbers = dict.fromkeys(("computed_score", "coverage"), np.full(len(customers), np.nan))
	return pd.DataFrame(numbers, index=customers).join(pd.DataFrame(columns, index=customers, dtype=object))


def _under(
	scorecard: Scorecard, raw: pd.DataFrame, points: pd.DataFrame, definitions: Definitions
) -> pd.DataFrame:
	result = health.health_scores(raw, points, definitions.metrics, scorecard)
	components = _components(raw, result, definitions.keys)
	return pd.DataFrame(
		{
			"computed_score": result.score,
			"coverage": result.coverage,
			"band": health.bands(result.score, scorecard),
			"cap_reason": result.cap_reason,
			"drivers": pd.Series([drivers_of(each) for each in components], index=raw.index, dtype=object),
			"components": pd.Series(components, index=raw.index, dtype=object),
		}
	)


def _components(
	raw: pd.DataFrame, result: health.HealthResult, keys: tuple[str, ...]
) -> list[dict[str, Any]]:
	frames = {
		"raw": raw,
		"points": result.points.round(2),
		"weight": _rounded(result.weights),
		"contribution": result.contributions,
	}
	if not keys:
		return [{} for _ in raw.index]
	by_metric = [_records(frames, key) for key in keys]
	return [dict(zip(keys, row, strict=True)) for row in zip(*by_metric, strict=True)]


def _rounded(weights: pd.DataFrame) -> pd.DataFrame:
	exact = weights.to_numpy()
	return pd.DataFrame(rounded_parts(exact, exact.sum(axis=1)), weights.index, weights.columns)


def _records(frames: dict[str, pd.DataFrame], key: str) -> list[dict[str, float | None]]:
	columns = []
	for frame in frames.values():
		values = frame[key] if key in frame else pd.Series(np.nan, index=frame.index)
		columns.append(values.astype(object).where(values.notna(), None).tolist())
	return [dict(zip(frames, row, strict=True)) for row in zip(*columns, strict=True)]


def _change(scores: pd.Series, earlier: pd.Series | None) -> pd.Series:
	if earlier is None:
		return pd.Series(np.nan, index=scores.index)
	return (scores - earlier.reindex(scores.index).astype("float64")).round(DECIMALS)


def _profile(
	raw: pd.DataFrame,
	gap: pd.Series,
	band: pd.Series,
	definitions: Definitions,
	calibration: Calibration,
	as_of: date,
) -> pd.DataFrame:
	limits = definitions.limits
	days_since_last, revenue = raw[profile.RECENCY], raw[profile.MONETARY]
	bought = days_since_last.notna()
	signs_of_life = raw[[profile.RECENCY, profile.LAST_PAYMENT, profile.LAST_ISSUE]].min(axis=1)
	activity = lifecycle.activity(signs_of_life, limits)
	scores = rfm.rfm_scores(days_since_last, raw[profile.FREQUENCY], revenue, calibration)
	first = raw[profile.FIRST_PURCHASE]
	return scores.assign(
		segment=rfm.segments(scores, raw[profile.GROWTH], definitions.segments),
		value_class=value.value_class(revenue.where(bought), calibration, limits),
		activity=activity,
		stage=lifecycle.lifecycle_stage(first, days_since_last, gap, activity, band, limits),
		revenue=revenue.fillna(0.0).round(2),
		invoices=raw[profile.FREQUENCY].fillna(0).astype("int64"),
		last_invoice=_dates(days_since_last, as_of),
		open_issues=raw[profile.OPEN_ISSUES].fillna(0).astype("int64"),
		# an overpaid invoice is not owed money
		overdue=raw[profile.OVERDUE].fillna(0.0).clip(lower=0.0).round(2),
	)


def _worth(
	revenue: pd.Series, forecasts: Forecasts, limits: Limits, calibration: Calibration
) -> pd.DataFrame:
	"""Expected spend, and the lifetime value in the way that the limits say, or in the simpler one."""
	retention = value.effective_retention(calibration, limits)
	worth = forecasts.worth(limits, retention)
	is_told = calibration.risk.model and calibration.spend.model
	if is_told and limits.lifetime_way is LifetimeWay.FORECAST:
		return worth
	lifetime_value = value.customer_lifetime_value(revenue, retention, limits).fillna(0.0)
	return worth.assign(**{LIFETIME_VALUE: lifetime_value})


def _dates(days: pd.Series, as_of: date) -> pd.Series:
	dates = [None if np.isnan(number) else as_of - timedelta(days=int(number)) for number in days]
	return pd.Series(dates, index=days.index, dtype=object)
