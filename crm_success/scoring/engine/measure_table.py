"""The table of measures: what each of them needs, what is read for it, and how that becomes one number.

Whoever asks something about a measure asks its row; only the options and conditions of the form repeat it, and a
test compares them. Web workers load this module, so it calls methods of Series without importing pandas.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import reduce
from math import nan
from operator import or_
from typing import TYPE_CHECKING, TypeAlias

from crm_success.scoring.engine.errors import DefinitionError, Phrase

if TYPE_CHECKING:
	import pandas as pd

# the part that holds days; every other part holds numbers
DATE_PART = "date"
# the parts that count the documents of a customer, whatever the measure and its filters: all up to the scoring date,
# and those of the window, which are read where nothing in the window is a number too
SEEN_PART = "seen"
SEEN_IN_WINDOW_PART = "seen_in_window"
# the total of all history, which no document of a change stands behind
EVER_PART = "ever"

# forecasts that a metric can be, as a scoring names them
LAPSE_RISK = "lapse_risk"

# each month is a column of the grouped query
MOST_MONTHS = 60
_DAYS_PER_MONTH = 30.4375


class Function(str, Enum):
	"""What a column of a grouped query does with the rows of one customer."""

	COUNT = "count"
	SUM = "sum"
	AVERAGE = "average"
	MINIMUM = "minimum"
	MAXIMUM = "maximum"
	DISTINCT = "distinct"


@dataclass(frozen=True)
class Window:
	"""Days d with as_of - offset - days < d <= as_of - offset (days 0: no beginning), or one calendar month.

	`month` counts complete calendar months back from as_of, 0 being the last complete one.
	"""

	days: int = 0
	offset: int = 0
	month: int | None = None


@dataclass(frozen=True)
class PartRead:
	"""What is read for one part of a measure.

	`function` works on the date field for DATE_PART, else on the value field; TOTAL is the sum of the value field,
	or the number of documents where there is none. `matching`: only documents that the metric's `matching` takes.
	"""

	name: str
	function: Function | None
	window: Window
	matching: bool = False


TOTAL = None


class ValueField(str, Enum):
	"""Whether a measure looks at a value field."""

	NONE = "none"
	OPTIONAL = "optional"
	NEEDED = "needed"


# parts that only tell whether there was anything to observe: the value is not made of their documents
CONTEXT_PARTS = frozenset({SEEN_PART, SEEN_IN_WINDOW_PART, EVER_PART})

# the parts of some customers by name, numbers as float64 with NaN for nothing, days as the database gave them
Parts: TypeAlias = "Mapping[str, pd.Series]"
Reads: TypeAlias = Callable[[int], tuple[PartRead, ...]]
Names: TypeAlias = Callable[[int], tuple[str, ...]]


def months_of(window_days: int) -> int:
	"""How many calendar months a window of days spans, two at least."""
	return max(2, round(window_days / _DAYS_PER_MONTH))


def _whole_window(function: Function) -> Reads:
	return lambda days: (PartRead("value", function, Window(days)),)


def _edge_of_window(function: Function) -> Reads:
	return lambda days: (PartRead(DATE_PART, function, Window(days)),)


def _total_and_matching(days: int) -> tuple[PartRead, ...]:
	window = Window(days)
	return PartRead("total", TOTAL, window), PartRead("matching", TOTAL, window, matching=True)


def _two_windows(days: int) -> tuple[PartRead, ...]:
	return (
		PartRead("current", TOTAL, Window(days)),
		PartRead("previous", TOTAL, Window(days, offset=days)),
		PartRead(EVER_PART, TOTAL, Window()),
	)


def _each_month(days: int) -> tuple[PartRead, ...]:
	return tuple(PartRead(f"month_{month}", TOTAL, Window(month=month)) for month in range(months_of(days)))


def _nothing(days: int) -> tuple[PartRead, ...]:
	return ()


def _value(parts: Parts, as_of: date) -> "pd.Series":
	return parts["value"]


def _value_or_zero(parts: Parts, as_of: date) -> "pd.Series":
	return parts["value"].fillna(0.0)


def _days_since(parts: Parts, as_of: date) -> "pd.Series":
	# each day once, and by Python's calendar: that of pandas begins in 1677
	texts = parts[DATE_PART].astype("string").str.slice(0, 10)
	days = {text: _days_between(text, as_of) for text in texts.dropna().unique()}
	return texts.astype(object).map(days).astype("float64")


def _days_between(text: str, as_of: date) -> float:
	try:
		return float((as_of - date.fromisoformat(text)).days)
	except ValueError:
		return nan


def _share(parts: Parts, as_of: date) -> "pd.Series":
	total = parts["total"]
	return 100 * parts["matching"].fillna(0.0) / total.where(total > 0)


def _change(parts: Parts, as_of: date) -> "pd.Series":
	previous = parts["previous"].fillna(0.0)
	change = 100 * (parts["current"].fillna(0.0) - previous) / previous.where(previous > 0)
	return change.mask(_fell_before_both(parts), -100.0)


def _fell_before_both(parts: Parts) -> "pd.Series":
	"""Who has nothing in both windows, but had something: however long ago, that was a fall to nothing."""
	current, previous = parts["current"].fillna(0.0), parts["previous"].fillna(0.0)
	return (previous <= 0) & (current <= 0) & (parts[EVER_PART] > 0)


def _declining_months(parts: Parts, as_of: date) -> "pd.Series":
	months = [parts[f"month_{number}"].fillna(0.0) for number in range(len(parts))]
	falls = [_fell(months[number:]) for number in range(len(months) - 1)]
	still_declining, declines = 1.0 * falls[0], 1.0 * falls[0]
	for fell in falls[1:]:
		still_declining = still_declining * fell
		declines = declines + still_declining
	return declines.where(_any_above_zero(months[1:]))


def _fell(months: "Sequence[pd.Series]") -> "pd.Series":
	"""Whether the first month is below the second, or both hold nothing and one before held something to fall from."""
	later, earlier, *before = months
	return (later < earlier) | ((later <= 0) & (earlier <= 0) & _any_above_zero(before))


def _any_above_zero(months: "Sequence[pd.Series]") -> "pd.Series | bool":
	return reduce(or_, (month > 0 for month in months), False)


def _any_document(days: int) -> tuple[str, ...]:
	return (SEEN_PART,)


def _only(name: str) -> Names:
	return lambda days: (name,)


def _months_before_the_last(days: int) -> tuple[str, ...]:
	return tuple(read.name for read in _each_month(days)[1:])


def _never_silent(parts: Parts) -> bool:
	return False


def _nothing_in_window(parts: Parts) -> "pd.Series":
	"""Where the number is 0 because the window holds no document at all, rather than none of the metric's kind."""
	return (parts["value"].fillna(0.0) == 0) & ~(parts[SEEN_IN_WINDOW_PART] > 0)


@dataclass(frozen=True)
class MeasureRow:
	"""What there is to know about a measure besides its name.

	value_field: whether it looks at one, which holds numbers unless `of_numbers` is false. matching: whether the
	metric's `matching` counts. unit: that of every value; empty: the value field's. shortest_window and
	longest_window, in days; 0 and None: any. reads: from a window in days to the parts that are read. number: from
	the parts to one value a customer, NaN where it is missing. is_silent: where that value comes of nothing observed,
	so that it must not speak for the customer. counts_window: whether SEEN_IN_WINDOW_PART is read. needed_parts: those
	of which one has something wherever there is a value, SEEN_PART where any document gives one; are_divisors: above zero
	too. adds_up: whether it can be made of what parts of the documents give. forecast: the forecast of the same scoring
	that is its value; such a measure reads no documents of its own.
	"""

	reads: Reads
	number: Callable[[Parts, date], "pd.Series"]
	value_field: ValueField = ValueField.NONE
	of_numbers: bool = True
	matching: bool = False
	unit: str = ""
	shortest_window: int = 0
	longest_window: int | None = None
	is_silent: Callable[[Parts], "pd.Series | bool"] = _never_silent
	counts_window: bool = False
	needed_parts: Names = _any_document
	are_divisors: bool = False
	adds_up: bool = True
	forecast: str = ""


class Measure(str, Enum):
	"""How documents become one number per customer: the names that are stored and shown."""

	COUNT = "Count"
	SUM = "Sum"
	AVERAGE = "Average"
	MINIMUM = "Minimum"
	MAXIMUM = "Maximum"
	DISTINCT_COUNT = "Distinct Count"
	DAYS_SINCE_LAST = "Days Since Last"
	DAYS_SINCE_FIRST = "Days Since First"
	SHARE = "Share of Matching Documents"
	CHANGE = "Change Against Previous Window"
	DECLINING_MONTHS = "Consecutive Declining Months"
	LAPSE_RISK = "Lapse Risk"
	EXPRESSION = "Expression"

	@property
	def row(self) -> MeasureRow:
		"""What the table says about it."""
		return MEASURES[self]

	@property
	def reads_documents(self) -> bool:
		"""Whether its value comes from documents of a source that a metric names."""
		return self is not Measure.EXPRESSION and not self.row.forecast


MEASURES: dict[Measure, MeasureRow] = {
	Measure.COUNT: MeasureRow(
		_whole_window(Function.COUNT),
		_value_or_zero,
		unit="Count",
		is_silent=_nothing_in_window,
		counts_window=True,
	),
	Measure.SUM: MeasureRow(
		_whole_window(Function.SUM),
		_value_or_zero,
		ValueField.NEEDED,
		is_silent=_nothing_in_window,
		counts_window=True,
	),
	Measure.AVERAGE: MeasureRow(
		_whole_window(Function.AVERAGE), _value, ValueField.NEEDED, needed_parts=_only("value")
	),
	Measure.MINIMUM: MeasureRow(
		_whole_window(Function.MINIMUM), _value, ValueField.NEEDED, needed_parts=_only("value")
	),
	Measure.MAXIMUM: MeasureRow(
		_whole_window(Function.MAXIMUM), _value, ValueField.NEEDED, needed_parts=_only("value")
	),
	Measure.DISTINCT_COUNT: MeasureRow(
		_whole_window(Function.DISTINCT),
		_value_or_zero,
		ValueField.NEEDED,
		of_numbers=False,
		unit="Count",
		is_silent=_nothing_in_window,
		counts_window=True,
		adds_up=False,
	),
	Measure.DAYS_SINCE_LAST: MeasureRow(
		_edge_of_window(Function.MAXIMUM), _days_since, unit="Days", needed_parts=_only(DATE_PART)
	),
	Measure.DAYS_SINCE_FIRST: MeasureRow(
		_edge_of_window(Function.MINIMUM), _days_since, unit="Days", needed_parts=_only(DATE_PART)
	),
	Measure.SHARE: MeasureRow(
		_total_and_matching,
		_share,
		ValueField.OPTIONAL,
		matching=True,
		unit="Percent",
		needed_parts=_only("total"),
		are_divisors=True,
	),
	Measure.CHANGE: MeasureRow(
		_two_windows,
		_change,
		ValueField.OPTIONAL,
		unit="Percent",
		shortest_window=1,
		is_silent=_fell_before_both,
		needed_parts=_only("previous"),
		are_divisors=True,
	),
	Measure.DECLINING_MONTHS: MeasureRow(
		_each_month,
		_declining_months,
		ValueField.OPTIONAL,
		unit="Months",
		shortest_window=60,
		longest_window=int(MOST_MONTHS * _DAYS_PER_MONTH),
		needed_parts=_months_before_the_last,
		are_divisors=True,
	),
	# what engine/forecasts.py tells of a customer: `number` is never asked
	Measure.LAPSE_RISK: MeasureRow(_nothing, _value, unit="Percent", forecast=LAPSE_RISK),
	# a formula over the numbers of other metrics, which expression_values.py computes: `number` is never asked
	Measure.EXPRESSION: MeasureRow(_nothing, _value),
}


# the measures whose metrics name no source
WITHOUT_DOCUMENTS = tuple(measure.value for measure in Measure if not measure.reads_documents)


def check_window(measure: Measure, days: int) -> None:
	"""DefinitionError where a measure that reads documents cannot work with a window of so many days."""
	row, name = measure.row, Phrase(measure.value)
	if row.longest_window is not None and days > row.longest_window:
		raise DefinitionError(
			"{0} looks back {1} days at most. Enter a shorter window.", name, row.longest_window
		)
	if row.shortest_window and days < row.shortest_window:
		raise DefinitionError("{0} needs a window of at least {1} days.", name, row.shortest_window)
	if days < 0:
		raise DefinitionError("A window cannot be negative. Enter the number of days, or 0 for all history.")
