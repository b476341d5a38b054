"""What is measured and how it is judged, as frozen values that can travel as JSON. Computes nothing.

The app builds these from records, the standalone command from the default records; a scoring run keeps
the JSON of the definitions it began with, so that an edit in the middle of a run never mixes two meanings.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from crm_success.scoring.engine.errors import DefinitionError, Phrase, stored_phrase
from crm_success.scoring.engine.measure_table import Measure

T = TypeVar("T")

# by which rules documents become a score: a higher number says that the same definitions give other scores now.
# 2: nothing observed never speaks for a customer. Before, and where none is kept: it counted as a value
RULES = 2


class ScaleKind(str, Enum):
	"""How a raw value becomes 0-100 points."""

	LINEAR = "Linear"
	BANDS = "Bands"
	PERCENTILE = "Percentile"


class MissingValue(str, Enum):
	"""What a metric counts for when a customer has no value."""

	IGNORE = "Ignore"
	NEUTRAL = "Neutral"
	WORST = "Worst"
	BEST = "Best"


class HealthBand(str, Enum):
	"""The three bands of a health score."""

	HEALTHY = "Healthy"
	WATCH = "Watch"
	AT_RISK = "At Risk"


class Trend(str, Enum):
	"""Movement of the computed score against about 30 days earlier."""

	UP = "Up"
	STABLE = "Stable"
	DOWN = "Down"


class ValueClass(str, Enum):
	"""Value of a customer by revenue rank and set amounts."""

	HIGH = "High"
	POTENTIAL = "Potential"
	LOW = "Low"


class LifetimeWay(str, Enum):
	"""How a lifetime value comes about."""

	FORECAST = "Forecast"
	RETENTION = "Yearly Spend x Lifetime x Retention"


class Activity(str, Enum):
	"""How long ago the customer last did anything."""

	ACTIVE = "Active"
	SILENT = "Silent"
	LAPSING = "Lapsing"


class LifecycleStage(str, Enum):
	"""Where the customer is in its life with the company."""

	POTENTIAL = "Potential"
	NEW = "New"
	ACTIVE = "Active"
	SILENT = "Silent"
	AT_RISK = "At Risk"
	LOST = "Lost"


@dataclass(frozen=True)
class Filter:
	"""One condition on a field: `fieldname operator value`, a tuple as value for in, not in and between."""

	fieldname: str
	operator: str
	value: Any


@dataclass(frozen=True)
class ScaleBand:
	"""From `minimum` (inclusive) up to the next band, a value is worth `points`."""

	minimum: float
	points: float


@dataclass(frozen=True)
class Scale:
	"""How a raw value becomes points. `worst` and `best` serve Linear, `bands` Bands, `higher_is_better` Percentile."""

	kind: ScaleKind = ScaleKind.LINEAR
	worst: float = 0.0
	best: float = 100.0
	bands: tuple[ScaleBand, ...] = ()
	higher_is_better: bool = True


@dataclass(frozen=True)
class Metric:
	"""One number per customer. `window_days` 0 means all history; `matching` is the numerator of a Share.

	`parent_doctype` is set where `doctype` is a child table: customer, date and status come from that parent.
	`days_ago`: as it was so many days before the date of scoring, for windows of days over plain columns. What is
	computed as of a date, such as a debt, and calendar months are not moved by it.
	"""

	key: str
	label: str
	measure: Measure
	dimension: str = ""
	doctype: str = ""
	parent_doctype: str = ""
	customer_field: str = ""
	date_field: str = ""
	value_field: str = ""
	filters: tuple[Filter, ...] = ()
	matching: tuple[Filter, ...] = ()
	window_days: int = 0
	days_ago: int = 0
	expression: str = ""
	unit: str = ""
	scale: Scale = Scale()
	missing: MissingValue = MissingValue.IGNORE


@dataclass(frozen=True)
class Cap:
	"""Where `metric operator value` holds, the score is at most `cap`."""

	metric: str
	operator: str
	value: float
	cap: float
	reason: str = ""


@dataclass(frozen=True)
class Weight:
	"""A dimension's name or a metric's key, with any weight of zero or more."""

	name: str
	weight: float


@dataclass(frozen=True)
class Scorecard:
	"""Weights, bands and caps for the customers that `filters` on Customer match."""

	name: str
	dimensions: tuple[Weight, ...]
	metrics: tuple[Weight, ...]
	healthy_from: float = 65.0
	watch_from: float = 35.0
	caps: tuple[Cap, ...] = ()
	filters: tuple[Filter, ...] = ()
	priority: int = 0
	is_default: bool = False


@dataclass(frozen=True)
class Segment:
	"""A named box in the 5 x 5 x 5 cube of R, F and M scores; bounds are inclusive.

	`growth_from` is the least growth of net revenue, in percent, of who is in it; None: none is asked.
	"""

	name: str
	priority: int
	recency: tuple[int, int] = (1, 5)
	frequency: tuple[int, int] = (1, 5)
	monetary: tuple[int, int] = (1, 5)
	growth_from: float | None = None


@dataclass(frozen=True)
class Limits:
	"""The numbers of the settings: days, percents of customers, and amounts in the reporting currency (0: unset)."""

	window_days: int = 365
	active_days: int = 30
	silent_days: int = 90
	new_days: int = 90
	lost_days: int = 365
	value_high_percent: float = 20.0
	value_high_amount: float = 0.0
	value_potential_percent: float = 50.0
	value_potential_amount: float = 0.0
	retention_percent: float = 0.0
	fallback_retention_percent: float = 75.0
	lifetime_years_cap: float = 10.0
	discount_percent: float = 10.0
	lifetime_way: LifetimeWay = LifetimeWay.FORECAST
	horizon_days: int = 90


@dataclass(frozen=True)
class CompanyRate:
	"""What one unit of a company's currency is worth in the reporting currency; None where nobody knows."""

	company: str
	rate: float | None


@dataclass(frozen=True)
class Money:
	"""The companies that count (none named: all) and what their currencies are worth.

	`rates` is empty where every company has the reporting currency. The documents of a company without a rate count,
	their amounts do not.
	"""

	currency: str = ""
	companies: tuple[str, ...] = ()
	rates: tuple[CompanyRate, ...] = ()


@dataclass(frozen=True)
class Definitions:
	"""Everything that decides a score besides the documents and the calibration."""

	metrics: tuple[Metric, ...] = ()
	dimensions: tuple[str, ...] = ()
	scorecards: tuple[Scorecard, ...] = ()
	segments: tuple[Segment, ...] = ()
	limits: Limits = Limits()
	money: Money = Money()

	def metric(self, key: str) -> Metric:
		"""The metric of that key; KeyError where there is none."""
		return {metric.key: metric for metric in self.metrics}[key]

	@property
	def keys(self) -> tuple[str, ...]:
		"""The keys of all metrics, in order."""
		return tuple(metric.key for metric in self.metrics)


def to_json(value: Any) -> str:
	"""Canonical JSON of a definition, for a record and for the fingerprint."""
	return json.dumps(asdict(value), sort_keys=True, default=_encode, ensure_ascii=False)


def from_json(kind: type[T], text: str) -> T:
	"""The definition that `to_json` wrote; DefinitionError where the text is not of that kind."""
	try:
		return _decode(kind, json.loads(text))
	except (ValueError, TypeError, KeyError) as error:
		raise DefinitionError("This is not the JSON of {0}: {1}", kind.__name__, str(error)) from error


def fingerprint(value: Any) -> str:
	"""A short digest that changes when the definition changes."""
	return hashlib.sha256(to_json(value).encode()).hexdigest()[:16]


def _encode(value: Any) -> Any:
	if isinstance(value, date):
		return value.isoformat()
	if isinstance(value, Phrase):
		return {"template": value.template, "values": value.values}
	raise TypeError(f"{type(value).__name__} has no place in a definition")


def _decode(kind: Any, value: Any) -> Any:
	if is_dataclass(kind) and isinstance(kind, type):
		hints = _hints_of(kind)
		return kind(
			**{f.name: _decode(hints[f.name], value[f.name]) for f in fields(kind) if f.name in value}
		)
	if get_origin(kind) in (Union, UnionType):
		return None if value is None else _decode(_option(get_args(kind), value), value)
	if get_origin(kind) is tuple:
		return tuple(_decode(get_args(kind)[0], item) for item in value)
	if kind is date:
		return date.fromisoformat(value)
	if kind is Phrase:
		return stored_phrase(value)
	if kind is Any:
		return tuple(value) if isinstance(value, list) else value
	return kind(value)


@cache
def _hints_of(kind: type) -> Mapping[str, Any]:
	return get_type_hints(kind)


def _option(options: tuple[Any, ...], value: Any) -> Any:
	"""The first type of a union that has all the fields of the value."""
	present = [option for option in options if option is not type(None)]
	fitting = (o for o in present if not is_dataclass(o) or value.keys() <= {f.name for f in fields(o)})
	return next(fitting, present[0])
