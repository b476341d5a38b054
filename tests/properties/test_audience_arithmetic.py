"""Who is in an audience is set arithmetic: the bits of the rules and plain sets of Python come to the same members."""

import itertools
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_worlds import examples

from crm_success.audiences import audience_rules
from crm_success.audiences.audience_rules import (
	Audience,
	CircleError,
	Condition,
	LooksAt,
	Rules,
	in_order,
)
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.errors import DefinitionError

FIELDS = ("territory", "website", "market_segment")
TABLES = ("Customer Credit Limit", "Party Account")
KEYS = ("sold", "late")
NUMBERS = (-1.0, 0.0, 1.0, 2.5)


def of_customer(fieldname: str) -> Condition:
	return Condition(LooksAt.CUSTOMER, (Filter(fieldname, "is", "set"),))


def of_metric(key: str, operator: str, value: object) -> Condition:
	return Condition(LooksAt.METRIC, (Filter(key, operator, value),))


def of_audience(name: str, is_not: bool = False) -> Condition:
	return Condition(LooksAt.AUDIENCE, named=name, is_not=is_not)


# told by the database, whatever they look at
ASKED = (
	*map(of_customer, FIELDS),
	*(Condition(LooksAt.TABLE, (Filter("company", "=", "A"),), doctype) for doctype in TABLES),
	Condition(LooksAt.HEALTH, (Filter("score", ">", 50),)),
	Condition(LooksAt.TAG, named="Late"),
)


@dataclass(frozen=True)
class Someone:
	"""A customer: what the database says, what was measured, and who picked it."""

	asked: frozenset[Condition]
	values: dict[str, float | None]
	picked: frozenset[str]
	disabled: bool


@st.composite
def metric_conditions(draw: st.DrawFn) -> Condition:
	key, number = draw(st.sampled_from(KEYS)), st.sampled_from(NUMBERS)
	operator = draw(st.sampled_from(audience_rules.METRIC_OPERATORS))
	if operator == "is":
		return of_metric(key, operator, draw(st.sampled_from(["set", "not set"])))
	return of_metric(key, operator, (draw(number), draw(number)) if operator == "between" else draw(number))


@st.composite
def audiences(draw: st.DrawFn) -> list[Audience]:
	"""Up to eight, each made of conditions and of those before it, in any order."""
	made: list[Audience] = []
	for place in range(draw(st.integers(1, 8))):
		name = f"audience {place}"
		if draw(st.integers(0, 4)) == 0:
			made.append(Audience(name, include_disabled=draw(st.booleans()), by_hand=True))
			continue
		kinds = [st.sampled_from(ASKED), metric_conditions()]
		kinds += [st.sampled_from([of_audience(each.name) for each in made])] if made else []
		conditions = draw(st.lists(st.one_of(kinds), max_size=4))
		conditions = tuple(replace(each, is_not=draw(st.booleans())) for each in conditions)
		made.append(Audience(name, conditions, draw(st.booleans()), draw(st.booleans())))
	return draw(st.permutations(made))


@st.composite
def people(draw: st.DrawFn, made: list[Audience]) -> list[Someone]:
	by_hand = [each.name for each in made if each.by_hand]
	return draw(
		st.lists(
			st.builds(
				Someone,
				asked=st.frozensets(st.sampled_from(ASKED)),
				values=st.fixed_dictionaries(dict.fromkeys(KEYS, st.sampled_from([None, *NUMBERS]))),
				picked=st.frozensets(st.sampled_from(by_hand)) if by_hand else st.just(frozenset()),
				disabled=st.booleans(),
			),
			max_size=12,
		)
	)


def by_bits(rules: Rules, someone: Someone) -> set[str]:
	told = {*someone.asked, *map(of_audience, someone.picked)}
	facts = sum(1 << place for place, asked in enumerate(rules.atoms) if asked in told)
	found = rules.members(facts, [someone.values[key] for key in rules.metrics], someone.disabled)
	return {audience.name for place, audience in enumerate(rules.audiences) if found >> place & 1}


def by_sets(made: list[Audience], everybody: list[Someone]) -> dict[str, set[int]]:
	"""The same by sets of places: all is an intersection, any a union, not is what is left of everybody."""
	by_name = {each.name: each for each in made}
	whole = set(range(len(everybody)))

	def members(name: str) -> set[int]:
		audience = by_name[name]
		if audience.by_hand:
			found = {place for place, someone in enumerate(everybody) if name in someone.picked}
		else:
			parts = [held(each) for each in audience.conditions]
			found = set().union(*parts) if audience.any_of else whole.intersection(*parts)
		if not audience.include_disabled:
			found -= {place for place, someone in enumerate(everybody) if someone.disabled}
		return found

	def held(condition: Condition) -> set[int]:
		plain = replace(condition, is_not=False)
		if plain.looks_at is LooksAt.AUDIENCE:
			found = members(plain.named)
		elif plain.looks_at is LooksAt.METRIC:
			found = {place for place, someone in enumerate(everybody) if measured(plain.filters[0], someone)}
		else:
			found = {place for place, someone in enumerate(everybody) if plain in someone.asked}
		return whole - found if condition.is_not else found

	return {name: members(name) for name in by_name}


def measured(filter_: Filter, someone: Someone) -> bool:
	value, asked = someone.values[filter_.fieldname], filter_.value
	if filter_.operator == "is":
		return (value is None) is (asked == "not set")
	if value is None:
		return False
	if filter_.operator == "between":
		return asked[0] <= value <= asked[1]
	holds = {
		"=": value == asked,
		"!=": value != asked,
		"<": value < asked,
		"<=": value <= asked,
		">": value > asked,
		">=": value >= asked,
	}
	return holds[filter_.operator]


@examples(400)
@given(st.data())
def test_bits_and_sets_come_to_the_same_members(data: st.DataObject) -> None:
	made = data.draw(audiences())
	everybody = data.draw(people(made))
	rules = Rules(in_order(made))
	found = [by_bits(rules, someone) for someone in everybody]
	for name, members in by_sets(made, everybody).items():
		assert {place for place, names in enumerate(found) if name in names} == members, name


@examples(200)
@given(audiences())
def test_each_condition_is_asked_once_and_each_metric_too(made: list[Audience]) -> None:
	rules = Rules(in_order(made))
	assert len(set(rules.atoms)) == len(rules.atoms)
	assert len(set(rules.metrics)) == len(rules.metrics)
	assert not [each for each in rules.atoms if each.is_not or each.looks_at is LooksAt.METRIC]
	plain = {replace(each, is_not=False) for audience in made for each in audience.conditions}
	nested = {each for each in plain if each.looks_at is LooksAt.AUDIENCE}
	measured = {each for each in plain if each.looks_at is LooksAt.METRIC}
	picked = {of_audience(each.name) for each in made if each.by_hand}
	assert set(rules.atoms) == (plain - nested - measured) | picked


@examples(200)
@given(audiences())
def test_parts_come_first_and_nobody_else_moves_before_them(made: list[Audience]) -> None:
	ordered = in_order(made)
	assert sorted(each.name for each in ordered) == sorted(each.name for each in made)
	place = {each.name: at for at, each in enumerate(ordered)}
	assert all(place[part] < place[each.name] for each in made for part in each.parts)
	assert in_order(ordered) == ordered


@examples(200)
@given(st.lists(st.sets(st.integers(0, 6)), min_size=7, max_size=7))
def test_a_circle_is_found_wherever_there_is_one_and_told_with_its_path(reached: list[set[int]]) -> None:
	made = [
		Audience(str(place), tuple(of_audience(str(part)) for part in sorted(parts)))
		for place, parts in enumerate(reached)
	]
	if not any(place in reachable(place, reached) for place in range(len(made))):
		assert len(in_order(made)) == len(made)
		return
	with pytest.raises(CircleError) as error:
		in_order(made)
	path = error.value.values[0].split(" → ")
	assert path[0] == path[-1] and len(path) > 1
	assert len(set(path[1:])) == len(path) - 1, "no audience stands on it twice"
	assert all(int(part) in reached[int(whole)] for whole, part in itertools.pairwise(path))


def reachable(start: int, reached: list[set[int]]) -> set[int]:
	found: set[int] = set()
	waiting = list(reached[start])
	while waiting:
		place = waiting.pop()
		if place not in found:
			found.add(place)
			waiting.extend(reached[place])
	return found


def test_a_chain_may_be_longer_than_the_stack_of_python() -> None:
	chain = [Audience("0", (of_customer("website"),))]
	for place in range(1, 3000):
		chain.append(Audience(str(place), (of_audience(str(place - 1), is_not=bool(place % 2)),)))
	rules = Rules(in_order(reversed(chain)))
	assert rules.audiences == tuple(chain)
	members = rules.members(1, (), False)
	# every second one turns it round
	assert [members >> place & 1 for place in range(6)] == [1, 0, 0, 1, 1, 0]
	circle = [Audience("0", (of_audience("2999"),)), *chain[1:]]
	with pytest.raises(CircleError):
		in_order(circle)


def test_the_same_condition_wanted_and_unwanted_finds_nobody_or_everybody() -> None:
	both = (of_customer("website"), replace(of_customer("website"), is_not=True))
	rules = Rules([Audience("all", both), Audience("any", both, any_of=True)])
	assert len(rules.atoms) == 1
	assert [rules.members(facts, (), False) for facts in (0, 1)] == [0b10, 0b10]


def test_no_comparison_holds_of_a_value_that_is_missing_but_its_contrary_does() -> None:
	rules = Rules(
		[
			Audience("differs", (of_metric("sold", "!=", 1.0),)),
			Audience("is not equal", (replace(of_metric("sold", "=", 1.0), is_not=True),)),
		]
	)
	assert rules.members(0, [None], False) == 0b10
	assert rules.members(0, [2.0], False) == 0b11
	assert rules.members(0, [1.0], False) == 0


def test_a_part_that_is_missing_is_named() -> None:
	with pytest.raises(DefinitionError, match="There is no audience Gone"):
		Rules([Audience("whole", (of_audience("Gone"),))])


def test_customers_stay_right_when_more_kinds_of_them_are_met_than_are_remembered(
	monkeypatch: pytest.MonkeyPatch,
) -> None:
	monkeypatch.setattr(audience_rules, "_MOST_KNOWN", 2)
	rules = Rules([Audience(fieldname, (of_customer(fieldname),)) for fieldname in FIELDS])
	for _time in range(2):
		assert [rules.members(facts, (), False) for facts in range(8)] == list(range(8))
