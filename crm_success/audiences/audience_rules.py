"""What an audience is made of, and the set arithmetic that tells who is in it. Pure: reads no database, knows no Frappe.

What is known of a customer is a number: bit i says whether condition i of `Rules.atoms` holds. Many customers share a
number, and each is judged once.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from operator import eq, ge, gt, le, lt, ne

from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.errors import DefinitionError

Values = Sequence[float | None]

_MOST_KNOWN = 100_000


class LooksAt(str, Enum):
	"""What a condition looks at."""

	CUSTOMER = "Customer"
	TABLE = "Table of Customer"
	HEALTH = "Customer Health"
	METRIC = "Metric"
	TAG = "Tag"
	AUDIENCE = "Audience"


@dataclass(frozen=True)
class Condition:
	"""One condition: all `filters` hold on the customer, one row of its table, its health or the value of a metric (by
	its key); or the customer has the tag, or is in the audience, of the name `named`. `doctype`: of the table.
	"""

	looks_at: LooksAt
	filters: tuple[Filter, ...] = ()
	doctype: str = ""
	named: str = ""
	is_not: bool = False


@dataclass(frozen=True)
class Audience:
	"""Customers that fulfil all conditions, or any of them; `by_hand`: those that somebody picked, without conditions."""

	name: str
	conditions: tuple[Condition, ...] = ()
	any_of: bool = False
	include_disabled: bool = False
	by_hand: bool = False

	@property
	def parts(self) -> list[str]:
		"""The audiences that its conditions name."""
		return [each.named for each in self.conditions if each.looks_at is LooksAt.AUDIENCE]


class CircleError(DefinitionError):
	"""An audience is made of itself."""


def in_order(audiences: Iterable[Audience]) -> list[Audience]:
	"""Each audience after those that it is made of, else in the given order.

	CircleError with the path where one is made of itself; a part that is not among them is left to the caller.
	"""
	by_name = {audience.name: audience for audience in audiences}
	ordered: dict[str, Audience] = {}
	for name in by_name:
		_place(name, by_name, ordered)
	return list(ordered.values())


def _place(name: str, by_name: Mapping[str, Audience], ordered: dict[str, Audience]) -> None:
	"""Without recursion: a chain of audiences may be longer than Python's stack."""
	path: list[tuple[str, list[str]]] = [(name, list(by_name[name].parts))]
	while path:
		current, waiting = path[-1]
		part = next((each for each in waiting if each in by_name and each not in ordered), None)
		if current in ordered or part is None:
			ordered.setdefault(current, by_name[current])
			path.pop()
			continue
		names = [each for each, _ in path]
		if part in names:
			circle = " → ".join([*names[names.index(part) :], part])
			raise CircleError("The audiences go round in a circle: {0}. Take one of them out.", circle)
		path.append((part, list(by_name[part].parts)))


class Rules:
	"""Judges customers by audiences, each of which stands after its parts."""

	def __init__(self, audiences: Sequence[Audience]) -> None:
		self.audiences = tuple(audiences)
		known = {audience.name for audience in self.audiences}
		missing = {part for audience in self.audiences for part in audience.parts} - known
		if missing:
			raise DefinitionError("There is no audience {0}", ", ".join(sorted(missing)))
		self._judged: dict[tuple[int, bool], int] = {}

	@cached_property
	def atoms(self) -> tuple[Condition, ...]:
		"""What the database is asked of each customer, every condition once; the place of a condition is its bit."""
		picked = {audience.name for audience in self.audiences if audience.by_hand}
		return tuple(each for each in self._asked if _is_of_database(each, picked))

	@cached_property
	def metrics(self) -> tuple[str, ...]:
		"""The keys of the metrics whose values are asked, each once."""
		keys = (filter_.fieldname for each in self._of_metrics for filter_ in each.filters)
		return tuple(dict.fromkeys(keys))

	@cached_property
	def _asked(self) -> dict[Condition, None]:
		return dict.fromkeys(each for audience in self.audiences for each in _asked_of(audience))

	@cached_property
	def _of_metrics(self) -> tuple[Condition, ...]:
		return tuple(each for each in self._asked if each.looks_at is LooksAt.METRIC)

	@cached_property
	def _bits(self) -> dict[Condition, int]:
		# an audience picked by hand is an atom: its bit is that of its members
		order = dict.fromkeys(
			(*self.atoms, *self._of_metrics, *(_membership(each) for each in self.audiences))
		)
		return {each: 1 << place for place, each in enumerate(order)}

	@cached_property
	def _masks(self) -> list[tuple[Audience, int, int, int]]:
		"""Of each audience: the bits of the conditions that must hold, of those that must not, and its own bit."""
		masks = []
		for audience in self.audiences:
			wanted = self._bits_of(each for each in audience.conditions if not each.is_not)
			unwanted = self._bits_of(each for each in audience.conditions if each.is_not)
			masks.append((audience, wanted, unwanted, self._bits[_membership(audience)]))
		return masks

	def _bits_of(self, conditions: Iterable[Condition]) -> int:
		return _together(self._bits[replace(each, is_not=False)] for each in conditions)

	def members(self, facts: int, values: Values, is_disabled: bool) -> int:
		"""Which audiences hold a customer: bit i for audience i. `facts`: a bit an atom; `values` in the order of
		`metrics`, None where a metric has no value: no comparison holds then.
		"""
		facts |= self._facts_of(values)
		known = (facts, is_disabled)
		if known not in self._judged:
			if len(self._judged) >= _MOST_KNOWN:
				self._judged.clear()
			self._judged[known] = self._judge(facts, is_disabled)
		return self._judged[known]

	@cached_property
	def _measured(self) -> list[tuple[int, Filter, int]]:
		"""Each filter on a metric: the place of its value, the filter, and the bit of its condition."""
		places = {key: place for place, key in enumerate(self.metrics)}
		return [
			(places[filter_.fieldname], filter_, self._bits[each])
			for each in self._of_metrics
			for filter_ in each.filters
		]

	@cached_property
	def _all_measured(self) -> int:
		return self._bits_of(self._of_metrics)

	def _facts_of(self, values: Values) -> int:
		facts = self._all_measured
		for place, filter_, bit in self._measured:
			if not _holds(filter_, values[place]):
				facts &= ~bit
		return facts

	def _judge(self, facts: int, is_disabled: bool) -> int:
		found = 0
		for place, (audience, wanted, unwanted, own) in enumerate(self._masks):
			if audience.by_hand:
				holds = bool(facts & own)
			elif audience.any_of:
				holds = bool(facts & wanted or ~facts & unwanted)
			else:
				holds = facts & wanted == wanted and not facts & unwanted
			facts &= ~own
			if holds and (audience.include_disabled or not is_disabled):
				found |= 1 << place
				facts |= own
		return found


def _asked_of(audience: Audience) -> list[Condition]:
	if audience.by_hand:
		return [_membership(audience)]
	return [replace(each, is_not=False) for each in audience.conditions]


def _membership(audience: Audience) -> Condition:
	return Condition(LooksAt.AUDIENCE, named=audience.name)


def _is_of_database(condition: Condition, picked: Collection[str]) -> bool:
	if condition.looks_at is LooksAt.AUDIENCE:
		return condition.named in picked
	return condition.looks_at is not LooksAt.METRIC


def _together(bits: Iterable[int]) -> int:
	whole = 0
	for bit in bits:
		whole |= bit
	return whole


_COMPARE: dict[str, Callable[[float, float], bool]] = {
	"=": eq,
	"!=": ne,
	"<": lt,
	"<=": le,
	">": gt,
	">=": ge,
}
METRIC_OPERATORS = (*_COMPARE, "between", "is")


def _holds(filter_: Filter, value: float | None) -> bool:
	if filter_.operator == "is":
		return (value is not None) == (filter_.value == "set")
	if value is None:
		return False
	if filter_.operator == "between":
		low, high = filter_.value
		return bool(low <= value <= high)
	return _COMPARE[filter_.operator](value, filter_.value)
