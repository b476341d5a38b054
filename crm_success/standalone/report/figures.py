"""The figures of the report, gathered batch by batch so that memory does not grow with names and reasons.

Takes scored customers, returns tables; draws nothing. Disabled customers are only counted: the report is about the others.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_success.scoring.engine.coverage import LOW_BELOW
from crm_success.scoring.engine.definitions import (
	Activity,
	Definitions,
	HealthBand,
	LifecycleStage,
	ValueClass,
)
from crm_success.scoring.queries.repeated_fields import CUSTOMER_DISABLED

CALLS = 20
BIN_WIDTH = 10
NO_SCORE = "No score"
NEVER_BOUGHT = "No purchases yet"

_LEAN = (
	"score",
	"coverage",
	"band",
	"segment",
	"value_class",
	"activity",
	"stage",
	"recency_score",
	"frequency_score",
	"revenue",
	"expected_spend",
	"overdue",
	"open_issues",
)
_SUMS = ("customers", "with_points", "points", "weight", "rows")
_TO_CALL = (HealthBand.AT_RISK.value, HealthBand.WATCH.value)


@dataclass(frozen=True)
class Figures:
	"""Everything the report shows. Tables are indexed by what their rows are about, in the order shown.

	totals: customers, scored, average_score, weighted_score, average_coverage, low_coverage (customers), revenue,
	expected_spend (NaN: of nobody), revenue_at_risk, money_at_risk, overdue, overdue_customers, open_issues; beside them disabled, who are in no other
	figure. bands, segments, stages, activities, classes: customers, revenue, score
	(the mean). heat: recency by frequency (5 is best), customers, revenue and the names of their
	segments. histogram: customers by band, a
	row for every ten points. calls: the first customers to call, with money_at_risk. metrics: weight (percent,
	mean of those who have a score), points (mean), customers who have a value of their own.
	"""

	totals: dict[str, float]
	bands: pd.DataFrame
	segments: pd.DataFrame
	stages: pd.DataFrame
	activities: pd.DataFrame
	classes: pd.DataFrame
	heat: pd.DataFrame
	histogram: pd.DataFrame
	calls: pd.DataFrame
	metrics: pd.DataFrame


class Collector:
	"""Keeps a few numbers of each customer, and whole rows only of those to call."""

	def __init__(self) -> None:
		self._lean: list[pd.DataFrame] = []
		self._calls: list[pd.DataFrame] = []
		self._metrics: list[pd.DataFrame] = []
		self._disabled = 0

	def add(self, batch: pd.DataFrame) -> None:
		"""Take a batch: columns as in health.csv, components as dicts, reasons as lists `lowers` and `lifts`."""
		disabled = batch[CUSTOMER_DISABLED] == 1
		self._disabled += int(disabled.sum())
		batch = batch[~disabled]
		if batch.empty:
			return
		self._lean.append(_lean(batch))
		self._calls = [_first_calls(pd.concat([*self._calls, _with_money_at_risk(batch)]))]
		self._metrics.append(_metric_sums(batch["components"]))

	def figures(self, definitions: Definitions) -> Figures:
		"""The figures of all batches."""
		everyone = pd.concat(self._lean, ignore_index=True) if self._lean else _lean(_no_customers())
		segments = [segment.name for segment in sorted(definitions.segments, key=lambda row: row.priority)]
		return Figures(
			totals=_totals(everyone) | {"disabled": self._disabled},
			bands=_group(everyone, "band", [*_values(HealthBand), NO_SCORE]),
			segments=_group(everyone, "segment", [*segments, NEVER_BOUGHT]),
			stages=_group(everyone, "stage", _values(LifecycleStage)),
			activities=_group(everyone, "activity", _values(Activity)),
			classes=_group(everyone, "value_class", _values(ValueClass)),
			heat=_heat(everyone),
			histogram=_histogram(everyone),
			calls=self._calls[0].reset_index(drop=True) if self._calls else _no_customers(),
			metrics=_metric_means(self._metrics, definitions),
		)


def _values(enum: type) -> list[str]:
	return [member.value for member in enum]


def _no_customers() -> pd.DataFrame:
	return pd.DataFrame({name: pd.Series(dtype=object) for name in (*_LEAN, "customer", "money_at_risk")})


def _number(column: pd.Series) -> pd.Series:
	# an absurd amount must not turn every total of the report into infinity
	return pd.to_numeric(column, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)


def _label(column: pd.Series, otherwise: str) -> pd.Series:
	return column.astype(object).where(column.notna() & (column != ""), otherwise).astype(str)


def _lean(batch: pd.DataFrame) -> pd.DataFrame:
	lean = batch.loc[:, list(_LEAN)].reset_index(drop=True)
	for name in (
		"score",
		"coverage",
		"recency_score",
		"frequency_score",
		"revenue",
		"expected_spend",
		"overdue",
		"open_issues",
	):
		lean[name] = _number(lean[name])
	lean["band"] = _label(lean["band"], NO_SCORE)
	lean["segment"] = _label(lean["segment"], NEVER_BOUGHT)
	return lean


def _with_money_at_risk(batch: pd.DataFrame) -> pd.DataFrame:
	at_risk = _number(batch["revenue"]).clip(lower=0) * (100 - _number(batch["score"])) / 100
	chosen = batch.assign(money_at_risk=at_risk, customer=batch["customer"].astype(str))
	return chosen[chosen["band"].isin(_TO_CALL) & (at_risk > 0)].drop(columns="components")


def _first_calls(candidates: pd.DataFrame) -> pd.DataFrame:
	return candidates.sort_values(["money_at_risk", "customer"], ascending=[False, True]).head(CALLS)


def _totals(everyone: pd.DataFrame) -> dict[str, float]:
	scored = everyone[everyone["score"].notna()]
	revenue = everyone["revenue"].fillna(0)
	bought = scored["revenue"].fillna(0).clip(lower=0)
	at_risk = everyone["band"].isin(_TO_CALL[:1])
	return {
		"customers": len(everyone),
		"scored": len(scored),
		"average_score": scored["score"].mean(),
		"weighted_score": (scored["score"] * bought).sum() / bought.sum() if bought.sum() else float("nan"),
		"average_coverage": scored["coverage"].mean(),
		"low_coverage": int((scored["coverage"] < LOW_BELOW).sum()),
		"revenue": revenue.sum(),
		"expected_spend": everyone["expected_spend"].sum(min_count=1),
		"revenue_at_risk": revenue[at_risk].sum(),
		"money_at_risk": (bought * (100 - scored["score"]) / 100)[scored["band"].isin(_TO_CALL)].sum(),
		"overdue": everyone["overdue"].sum(),
		"overdue_customers": int((everyone["overdue"] > 0).sum()),
		"open_issues": everyone["open_issues"].sum(),
	}


def _group(everyone: pd.DataFrame, by: str, order: list[str]) -> pd.DataFrame:
	"""Customers, revenue and mean score by value, in the order given; unnamed values come last, empty ones too."""
	grouped = everyone.groupby(everyone[by].astype(object), sort=True).agg(
		customers=(by, "size"), revenue=("revenue", "sum"), score=("score", "mean")
	)
	extra = [name for name in grouped.index if name not in order]
	return grouped.reindex([*order, *extra]).fillna({"customers": 0, "revenue": 0})


def _heat(everyone: pd.DataFrame) -> pd.DataFrame:
	"""Customers, revenue and segments (tuples of names) for each (recency, frequency), 25 rows, best recency first."""
	buyers = everyone[(everyone["recency_score"] >= 1) & (everyone["frequency_score"] >= 1)]
	keys = [buyers["recency_score"].astype(int), buyers["frequency_score"].astype(int)]
	grouped = buyers.groupby(keys).agg(customers=("revenue", "size"), revenue=("revenue", "sum"))
	cells = pd.MultiIndex.from_product([range(5, 0, -1), range(1, 6)], names=["recency", "frequency"])
	named = buyers["segment"].where(buyers["segment"] != NEVER_BOUGHT)
	names = {key: tuple(sorted(set(group.dropna()))) for key, group in named.groupby(keys)}
	return grouped.reindex(cells, fill_value=0).assign(segments=[names.get(cell, ()) for cell in cells])


def _histogram(everyone: pd.DataFrame) -> pd.DataFrame:
	scored = everyone[everyone["score"].notna()]
	# a score of exactly 100 belongs to the last bar, not to one of its own
	bins = (scored["score"] // BIN_WIDTH).clip(0, 100 // BIN_WIDTH - 1).astype(int) * BIN_WIDTH
	table = pd.crosstab(bins, scored["band"].astype(object))
	return table.reindex(index=range(0, 100, BIN_WIDTH), columns=_values(HealthBand), fill_value=0)


def _metric_sums(components: pd.Series) -> pd.DataFrame:
	"""Sums over the batch by metric: customers with a value, customers with points, their points, the weights."""
	rows = [
		(
			key,
			part["raw"] is not None,
			part["points"] is not None,
			part["points"] or 0.0,
			part["weight"] or 0.0,
		)
		for parts in components
		if isinstance(parts, dict)
		for key, part in parts.items()
	]
	frame = pd.DataFrame(rows, columns=["metric", *_SUMS[:-1]]).assign(rows=1.0)
	return frame.astype({name: float for name in _SUMS}).groupby("metric").sum()


def _metric_means(batches: list[pd.DataFrame], definitions: Definitions) -> pd.DataFrame:
	sums = (
		pd.concat(batches).groupby(level=0).sum()
		if batches
		else pd.DataFrame(columns=list(_SUMS), dtype=float)
	)
	sums = sums.reindex(list(definitions.keys)).fillna(0)
	counted, rows = sums["with_points"].replace(0, np.nan), sums["rows"].replace(0, np.nan)
	return pd.DataFrame(
		{"customers": sums["customers"], "points": sums["points"] / counted, "weight": sums["weight"] / rows}
	)
