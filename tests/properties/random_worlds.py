"""Customers, what was read of them, and everything that judges them, all made up: as wide as definitions allow."""

import os
from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias

import pandas as pd
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.calibration import calibrate, calibration_values
from crm_success.scoring.engine.definitions import (
	Cap,
	Definitions,
	Metric,
	MissingValue,
	Scale,
	ScaleBand,
	ScaleKind,
	Scorecard,
	Weight,
)
from crm_success.scoring.engine.forecast.lapse_risk import LearnedRisk, RiskModel
from crm_success.scoring.engine.forecast.purchase_model import BgNbd
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic, Term
from crm_success.scoring.engine.forecast.risk_facts import TERMS
from crm_success.scoring.engine.measure_table import Function, Measure
from crm_success.scoring.engine.pipeline import all_metrics, score_customers
from crm_success.scoring.engine.records import segments_from_records
from crm_success.scoring.queries.plan import measure_parts
from crm_success.setup.defaults import SEGMENTS

World: TypeAlias = tuple[pd.DataFrame, pd.DataFrame, Definitions]

AS_OF = date(2025, 6, 30)
DIMENSIONS = ("Value", "Payment", "")
KEYS = ("sold", "late", "asked", "formula")
MEASURES = [each for each in Measure if each is not Measure.EXPRESSION]
FORMULAS = (
	"sold / late",
	"max(sold, late) - asked",
	"asked if sold > 0 else late * 2",
	"1 / (",
	"nowhere + 1",
)
SEGMENT_DEFAULTS = segments_from_records(SEGMENTS)

_HABITS = Logistic(0.2, tuple(Term(name, 1.3, 0.7, 0.31) for names in TERMS.values() for name in names))
_BLEND = Logistic(0.1, (Term("habits", 0.2, 1.1, 0.6), Term("purchases", -0.3, 0.9, 0.5)))
_PURCHASES = BgNbd(r=0.5, alpha=50.0, a=0.5, b=2.5, log_likelihood=0.0, customers=0)
RISK = LearnedRisk(33.3, RiskModel(90, 33.3, _HABITS, _PURCHASES, _BLEND, (), _HABITS))

AMOUNTS = st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([0, 1, -1, 1e15, -1e300, float("inf")]))
# such as a cap or a lone neutral value hits exactly
BAND_LIMITS = st.sampled_from([0, 20, 40, 50, 70, 100])
WEIGHTS = st.sampled_from([0.0, 0.001, 1.0, 2.5, 40.0, 1e9])


@st.composite
def scales(draw: st.DrawFn, rising: bool = False) -> Scale:
	"""Any scale that can give points; `rising`: no better value has fewer points."""
	kind = draw(st.sampled_from(ScaleKind))
	worst, best = draw(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2, unique=True))
	minimums = sorted(draw(st.lists(st.integers(-99, 99), min_size=1, max_size=4, unique=True)))
	points = draw(st.lists(st.integers(0, 100), min_size=len(minimums), max_size=len(minimums)))
	if rising:
		points = sorted(points, reverse=draw(st.booleans()))
	bands = tuple(ScaleBand(float(low), float(worth)) for low, worth in zip(minimums, points, strict=True))
	return Scale(kind, worst, best, bands, draw(st.booleans()))


@st.composite
def definitions(draw: st.DrawFn, simple: bool = False) -> Definitions:
	"""Three metrics on documents and a formula, with two scorecards over them.

	`simple`: raw values are what was read, the formula is a constant, nothing is capped, and scales rise or fall
	all the way.
	"""
	formulas, measures = (["2 * 3"], [Measure.SUM]) if simple else (FORMULAS, MEASURES)
	metrics = tuple(
		Metric(
			key=key,
			label=key.title(),
			measure=Measure.EXPRESSION if key == "formula" else draw(st.sampled_from(measures)),
			dimension=draw(st.sampled_from(DIMENSIONS)),
			doctype="Sales Invoice",
			customer_field="customer",
			date_field="posting_date",
			value_field="base_net_total",
			window_days=365,
			expression=draw(st.sampled_from(formulas)) if key == "formula" else "",
			scale=draw(scales(rising=simple)),
			missing=draw(st.sampled_from(MissingValue)),
		)
		for key in KEYS
	)
	cards = tuple(draw(scorecards(name, caps=not simple)) for name in ("Big", "Everybody"))
	return Definitions(metrics, DIMENSIONS, cards, SEGMENT_DEFAULTS)


@st.composite
def scorecards(draw: st.DrawFn, name: str, caps: bool = True) -> Scorecard:
	watch, healthy = sorted(draw(st.lists(BAND_LIMITS, min_size=2, max_size=2, unique=True)))
	cap = st.builds(
		Cap, st.sampled_from(KEYS), st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), st.sampled_from([-5.0, 0.0, 1.0, 1e6]),
		st.sampled_from([-5.0, 0.0, 20.005, 50.0, 100.0, 105.0]), st.sampled_from(["", "Owes"]),
	)  # fmt: skip
	return Scorecard(
		name=name,
		dimensions=tuple(Weight(each, draw(WEIGHTS)) for each in DIMENSIONS),
		metrics=tuple(Weight(key, draw(WEIGHTS)) for key in KEYS),
		healthy_from=float(healthy),
		watch_from=float(watch),
		caps=tuple(draw(st.lists(cap, max_size=2))) if caps else (),
		is_default=name == "Everybody",
	)


@st.composite
def companies(draw: st.DrawFn, judged: Definitions) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""Customers with the scorecard that takes them, and what was read of them."""
	names = draw(st.lists(st.sampled_from("ABCDEFGHIJKL"), min_size=1, max_size=8, unique=True))
	cards = st.sampled_from([*(card.name for card in judged.scorecards), None])
	customers = pd.DataFrame({"scorecard": [draw(cards) for _ in names]}, index=pd.Index(names), dtype=object)
	parts = {
		f"{metric.key}.{part}": [draw(values_of(part, aggregate.function)) for _ in names]
		for metric in all_metrics(judged)
		if metric.measure.reads_documents
		for part, aggregate in measure_parts(metric).items()
	}
	read = pd.DataFrame(parts, index=pd.Index(names), dtype=object)
	for name in names:
		for column, value in draw(purchase_histories()).items():
			read.loc[name, column] = value
	# some customers have no document at all
	return customers, read[[draw(st.integers(0, 9)) > 0 for _ in names]]


@st.composite
def purchase_histories(draw: st.DrawFn) -> dict[str, Any]:
	"""What is read of a customer's purchases, which no two statements tell: it must be possible together."""
	days = sorted(draw(st.sets(st.dates(date(2024, 1, 1), AS_OF), max_size=5)))
	lately, before = (draw(st.integers(0, len(days))) for _ in range(2))
	parts = {
		"_recency.date": str(days[-1]) if days else None,
		"_first_purchase.date": str(days[0]) if days else None,
		"_purchase_days.value": len(days),
		"_lately.value": lately,
		"_lately_and_before.value": lately + before,
		"_returns.value": draw(st.integers(0, 9)),
	}
	return {**parts, **{f"{column.split('.')[0]}.seen": len(days) for column in parts}}


def values_of(part: str, function: Function) -> st.SearchStrategy[Any]:
	if part in ("seen", "seen_in_window"):
		return st.sampled_from([0, 1, 5, 5, 5])
	if part == "date":
		return st.none() | st.dates(date(2024, 1, 1), AS_OF).map(str)
	return st.integers(0, 40) if function is Function.COUNT else AMOUNTS


def calibration_of(read: pd.DataFrame, judged: Definitions) -> Calibration:
	return calibrate(calibration_values(read, judged, AS_OF), judged, AS_OF, RISK)


def rows_of(world: World, calibration: Calibration | None = None) -> pd.DataFrame:
	"""The world scored; calibrated by its own customers unless told otherwise."""
	customers, read, judged = world
	return score_customers(customers, read, judged, calibration or calibration_of(read, judged), AS_OF)


@st.composite
def worlds(draw: st.DrawFn, simple: bool = False) -> World:
	"""Customers, what was read of them, and what judges them."""
	judged = draw(definitions(simple))
	return *draw(companies(judged)), judged


def treating(judged: Definitions, key: str, missing: MissingValue) -> Definitions:
	metrics = (replace(each, missing=missing) if each.key == key else each for each in judged.metrics)
	return replace(judged, metrics=tuple(metrics))


def counting(judged: Definitions, key: str, kind: ScaleKind) -> Definitions:
	"""The same, where the metric has that kind of scale and every scorecard weighs it."""
	metrics = (replace(m, scale=replace(m.scale, kind=kind)) if m.key == key else m for m in judged.metrics)
	cards = (
		replace(
			card,
			metrics=tuple(Weight(w.name, 1.0 if w.name == key else w.weight) for w in card.metrics),
			dimensions=tuple(Weight(w.name, w.weight or 1.0) for w in card.dimensions),
		)
		for card in judged.scorecards
	)
	return replace(judged, metrics=tuple(metrics), scorecards=tuple(cards))


def examples(few: int) -> settings:
	"""So many worlds, FUZZ_TIMES as many where that is set; without what only makes a failure smaller."""
	# a world is too wide to be made smaller in a reasonable time
	phases = [Phase.explicit, Phase.reuse, Phase.generate]
	number = few * int(os.environ.get("FUZZ_TIMES") or 1)
	return settings(max_examples=number, phases=phases, suppress_health_check=list(HealthCheck))
