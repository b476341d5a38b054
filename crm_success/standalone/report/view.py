"""What the templates of the report are given: figures as plain values, in the order shown. Writes no markup."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from crm_success.scoring.engine.definitions import Definitions
from crm_success.standalone.quality import DataWarning
from crm_success.standalone.report.figures import NEVER_BOUGHT, NO_SCORE, Figures
from crm_success.standalone.report.geometry import (
	Arc,
	Column,
	histogram_columns,
	ring_arcs,
	score_x,
	shade,
)
from crm_success.standalone.report.truth import Truth

NEVER_BOUGHT_HINT = "Customers without an invoice by the scoring date."

_RECENCY_NAMES = {5: "Most recent 5", 1: "Longest ago 1"}
_FREQUENCY_NAMES = {1: "1 Rare", 5: "5 Often"}
_DEFAULT_THRESHOLDS = (35.0, 65.0)


@dataclass(frozen=True)
class Report:
	"""What a report tells. `source` says in words where the data came from, without any password; `about_risk`, in
	sentences, how the lapse risk is told.
	"""

	figures: Figures
	definitions: Definitions
	as_of: date
	source: str
	warnings: Sequence[DataWarning] = ()
	strategies: Mapping[str, str] = field(default_factory=dict)
	about_risk: Sequence[str] = ()
	truth: Truth | None = None


@dataclass(frozen=True)
class Group:
	"""The customers of one band, segment, stage, activity or value class; `score` is their mean."""

	name: str
	customers: float
	revenue: float
	score: float
	hint: str = ""


@dataclass(frozen=True)
class GroupTable:
	"""Groups, and the customers and the revenue that their shares are of."""

	title: str
	rows: tuple[Group, ...]
	customers: float
	revenue: float


@dataclass(frozen=True)
class Threshold:
	"""The score from which a band begins; `x` is its place in the histogram."""

	band: str
	score: float
	x: float


@dataclass(frozen=True)
class HeatCell:
	"""The customers of one recency and frequency, and the segments that they are in."""

	customers: float
	revenue: float
	shade: int
	segments: tuple[str, ...]


@dataclass(frozen=True)
class HeatRow:
	"""The cells of one recency, rarest buyers first."""

	name: str
	cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class Call:
	"""A customer to call; `against` and `praise` are reasons in words, `coverage` says where the score rests on little,
	`lapse_risk` is a percent.
	"""

	name: str
	details: str
	account_manager: str
	band: str
	score: float
	coverage: str
	money_at_risk: float
	revenue: float
	overdue: float
	open_issues: float
	lapse_risk: float | None
	rhythm: str
	against: tuple[str, ...]
	praise: str


@dataclass(frozen=True)
class MetricRow:
	"""What a metric gives on average; `customers` have a value of their own."""

	label: str
	dimension: str
	points: float
	weight: float
	customers: float


@dataclass(frozen=True)
class Page:
	"""The whole page. `totals` as in the figures; `expected_spend` is None where nobody's can be told, `calls_at_risk` the
	money at risk of those to call.
	"""

	as_of: date
	source: str
	currency: str
	window_days: int
	horizon_days: int
	totals: Mapping[str, float]
	expected_spend: float | None
	bands: GroupTable
	ring: tuple[Arc, ...]
	histogram: tuple[Column, ...]
	thresholds: tuple[Threshold, ...]
	calls: tuple[Call, ...]
	calls_at_risk: float
	about_risk: tuple[str, ...]
	segments: GroupTable
	frequencies: tuple[str, ...]
	heat: tuple[HeatRow, ...]
	life: tuple[GroupTable, ...]
	metrics: tuple[MetricRow, ...]
	warnings: tuple[DataWarning, ...]
	truth: Truth | None


def page_of(report: Report) -> Page:
	"""The page of a report."""
	figures, definitions = report.figures, report.definitions
	bands = _bands(figures.bands)
	return Page(
		as_of=report.as_of,
		source=report.source,
		currency=definitions.money.currency,
		window_days=definitions.limits.window_days,
		horizon_days=definitions.limits.horizon_days,
		totals=figures.totals,
		expected_spend=None
		if pd.isna(figures.totals["expected_spend"])
		else figures.totals["expected_spend"],
		bands=bands,
		ring=ring_arcs({band.name: band.customers for band in bands.rows}),
		histogram=histogram_columns(figures.histogram),
		thresholds=_thresholds(definitions),
		calls=tuple(_call(row) for row in figures.calls.to_dict("records")),
		calls_at_risk=figures.calls["money_at_risk"].sum(),
		about_risk=tuple(report.about_risk),
		segments=_segments(figures.segments, report.strategies),
		frequencies=tuple(_FREQUENCY_NAMES.get(score, str(score)) for score in range(1, 6)),
		heat=_heat_rows(figures.heat),
		life=(
			_group_table(figures.stages, "Lifecycle stage"),
			_group_table(figures.activities, "Activity"),
			_group_table(figures.classes, "Value class"),
		),
		metrics=tuple(_metric_rows(figures.metrics, definitions)),
		warnings=tuple(report.warnings),
		truth=report.truth,
	)


def _group_table(table: pd.DataFrame, title: str, hints: Mapping[str, str] | None = None) -> GroupTable:
	groups = [
		Group(str(name), **values, hint=(hints or {}).get(str(name), ""))
		for name, values in zip(table.index, table.to_dict("records"), strict=True)
	]
	revenue = table["revenue"].clip(lower=0).sum()
	return GroupTable(title, tuple(groups), table["customers"].sum(), revenue)


def _bands(table: pd.DataFrame) -> GroupTable:
	return _group_table(table[(table["customers"] > 0) | (table.index != NO_SCORE)], "Band")


def _segments(table: pd.DataFrame, strategies: Mapping[str, str]) -> GroupTable:
	"""Segments without customers are left out, unless there is a strategy for them."""
	shown = table[(table["customers"] > 0) | table.index.isin(list(strategies))]
	return _group_table(shown, "Segment", {**strategies, NEVER_BOUGHT: NEVER_BOUGHT_HINT})


def _thresholds(definitions: Definitions) -> tuple[Threshold, ...]:
	default = next((card for card in definitions.scorecards if card.is_default), None)
	watch, healthy = (default.watch_from, default.healthy_from) if default else _DEFAULT_THRESHOLDS
	return (
		Threshold("Watch", watch, score_x(watch)),
		Threshold("Healthy", healthy, score_x(healthy)),
	)


def _heat_rows(heat: pd.DataFrame) -> tuple[HeatRow, ...]:
	"""Most recent buyers first."""
	most, cells = max(heat["customers"].max(), 1), heat.to_dict("index")
	return tuple(
		HeatRow(
			_RECENCY_NAMES.get(recency, str(recency)),
			tuple(_heat_cell(cells[(recency, frequency)], most) for frequency in range(1, 6)),
		)
		for recency in range(5, 0, -1)
	)


def _heat_cell(cell: Mapping[str, Any], most: float) -> HeatCell:
	return HeatCell(cell["customers"], cell["revenue"], shade(cell["customers"], most), cell["segments"])


def _call(row: Mapping[str, Any]) -> Call:
	customer, limited, stage_reason = (
		_text(row[name]) for name in ("customer", "cap_reason", "stage_reason")
	)
	name = _text(row["customer_name"]) or customer
	details = (customer if customer != name else "", _text(row["segment"]), _text(row["territory"]))
	return Call(
		name=name,
		details=" · ".join(detail for detail in details if detail),
		account_manager=_text(row["account_manager"]),
		band=_text(row["band"]),
		score=row["score"],
		coverage=row["low_coverage"],
		money_at_risk=row["money_at_risk"],
		revenue=row["revenue"],
		overdue=row["overdue"],
		open_issues=row["open_issues"],
		lapse_risk=None if pd.isna(row["lapse_risk"]) else row["lapse_risk"],
		rhythm=row["rhythm"],
		against=(
			*([f"Score limited: {limited}"] if limited else []),
			*([stage_reason] if stage_reason else []),
			*row["lowers"],
		),
		praise="; ".join(row["lifts"]),
	)


def _metric_rows(metrics: pd.DataFrame, definitions: Definitions) -> list[MetricRow]:
	"""The metrics that weigh something, weakest first."""
	weighted = metrics[metrics["weight"] > 0].sort_values("points", kind="stable")
	return [_metric_row(definitions, str(key), row) for key, row in weighted.to_dict("index").items()]


def _metric_row(definitions: Definitions, key: str, row: Mapping[str, float]) -> MetricRow:
	metric = definitions.metric(key)
	return MetricRow(metric.label, metric.dimension, row["points"], row["weight"], row["customers"])


def _text(value: object) -> str:
	"""A value of a frame as text; nothing for None and NaN."""
	return "" if value is None or value != value else str(value)
