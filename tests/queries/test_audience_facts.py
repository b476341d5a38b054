"""What audiences ask of customers, on the databases: each kind of condition finds whom a loop over the rows finds."""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from databases import Database
from erpnext_tables import ALL_TABLES

from crm_success.audiences.audience_facts import (
	BITS_A_COLUMN,
	MEMBER,
	columns_of_bits,
	facts_of,
	facts_statement,
)
from crm_success.audiences.audience_rules import Audience, Condition, LooksAt, Rules
from crm_success.database.dialects import EVERYBODY, Bindings, Dialect, KeyRange
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.errors import SourceError

LIMITS = "Customer Credit Limit"
PEOPLE = [f"C{number:02}" for number in range(40)]
Row = dict[str, Any]


class World:
	"""Rows made up of a seed, as they were put into the database, by customer."""

	def __init__(self, database: Database, seed: int) -> None:
		dice = random.Random(seed)
		self.customers = {name: _customer(dice) for name in PEOPLE}
		self.health = {name: _health(dice) for name in PEOPLE if dice.random() < 0.8}
		self.limits = [(dice.choice(PEOPLE), dice.choice("AB"), dice.randrange(5)) for _ in range(30)]
		self.tags = [(dice.choice(PEOPLE), dice.choice(("late", "loud"))) for _ in range(20)]
		self.members = [(dice.choice("XY"), dice.choice(PEOPLE), dice.random() < 0.5) for _ in range(30)]
		database.add_all("Customer", ({"name": name, **row} for name, row in self.customers.items()))
		database.add_all(
			"Customer Health",
			({"name": f"H{name}", "customer": name, **row} for name, row in self.health.items()),
		)
		limits = ({"parent": name, "company": of, "credit_limit": most} for name, of, most in self.limits)
		database.add_all(LIMITS, ({**row, "parenttype": "Customer"} for row in limits))
		tagged = ({"document_name": name, "tag": tag} for name, tag in self.tags)
		database.add_all("Tag Link", ({**row, "document_type": "Customer"} for row in tagged))
		members = ({"audience": of, "customer": name, "left_on": over} for of, name, over in self.members)
		database.add_all(
			MEMBER, ({**row, "left_on": (row["left_on"] and "2026-01-01") or None} for row in members)
		)
		# the same names elsewhere are none of a customer
		database.add(LIMITS, parent=PEOPLE[0], parenttype="Supplier", company="A", credit_limit=9)
		database.add("Tag Link", document_type="Supplier", document_name=PEOPLE[0], tag="elsewhere")

	def external(self) -> list[str]:
		return [name for name, row in self.customers.items() if not row["is_internal_customer"]]


def _customer(dice: random.Random) -> Row:
	return {
		"territory": dice.choice(("North", "South", None)),
		"loyalty_rating": dice.randrange(4),
		"disabled": int(dice.random() < 0.2),
		"is_internal_customer": int(dice.random() < 0.1),
	}


def _health(dice: random.Random) -> Row:
	raw = {"sold": dice.choice((-1.5, 0, 3, 1e9)), "late": dice.choice((None, 2.25))}
	components = json.dumps({key: {"raw": value} for key, value in raw.items()})
	return {
		"band": dice.choice(("Healthy", "Watch", None)),
		"score": dice.randrange(100),
		"components": dice.choice((components, components, "{}", "", None)),
	}


def of(looks_at: LooksAt, *filters: tuple, **values: Any) -> Condition:
	return Condition(looks_at, tuple(Filter(*each) for each in filters), **values)


def met(database: Database, *conditions: Condition, keys: KeyRange = EVERYBODY) -> dict[str, list[bool]]:
	"""Of each customer, which of the conditions hold, without metrics."""
	rules = Rules([_audience(place, each) for place, each in enumerate(conditions)])
	return {
		customer: [bool(bits >> place & 1) for place in range(len(rules.atoms))]
		for customer, _disabled, bits, _values in read(database, rules, keys)
	}


def _audience(place: int, condition: Condition) -> Audience:
	return Audience(f"audience {place}", (condition,), include_disabled=True)


def read(database: Database, rules: Rules, keys: KeyRange = EVERYBODY) -> list[tuple]:
	statement = facts_statement(rules, ALL_TABLES, Bindings(database.dialect), keys)
	columns = columns_of_bits(rules)
	return [facts_of(row, columns) for row in database.execute(statement).rows]


SEEDS = pytest.mark.parametrize("seed", range(3))
# a condition, and whether it holds of a customer of that world
KINDS: dict[str, tuple[Condition, Callable[[World, str], bool]]] = {
	"customer": (
		of(LooksAt.CUSTOMER, ("territory", "=", "North"), ("loyalty_rating", ">", 1)),
		lambda world, name: (
			world.customers[name]["territory"] == "North" and world.customers[name]["loyalty_rating"] > 1
		),
	),
	"customer without": (
		of(LooksAt.CUSTOMER, ("territory", "is", "not set")),
		lambda world, name: world.customers[name]["territory"] is None,
	),
	"table": (
		of(LooksAt.TABLE, ("company", "=", "A"), ("credit_limit", ">=", 3), doctype=LIMITS),
		# one row fulfils both
		lambda world, name: any(
			(who, company) == (name, "A") and most >= 3 for who, company, most in world.limits
		),
	),
	"health": (
		of(LooksAt.HEALTH, ("score", "<", 50)),
		lambda world, name: name in world.health and world.health[name]["score"] < 50,
	),
	"health without a band": (
		of(LooksAt.HEALTH, ("band", "is", "not set")),
		lambda world, name: name in world.health and world.health[name]["band"] is None,
	),
	"tag": (
		of(LooksAt.TAG, named="late"),
		lambda world, name: (name, "late") in world.tags,
	),
	"tag of others": (of(LooksAt.TAG, named="elsewhere"), lambda world, name: False),
}


@SEEDS
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_finds_whom_a_loop_finds(database: Database, seed: int, kind: str) -> None:
	world, (condition, holds) = World(database, seed), KINDS[kind]
	found = {name for name, (holds_of,) in met(database, condition).items() if holds_of}
	assert found == {name for name in world.external() if holds(world, name)}
	assert kind == "tag of others" or 0 < len(found) < len(world.external()), "the seed tells nothing"


@SEEDS
def test_all_kinds_together_are_told_apart(database: Database, seed: int) -> None:
	world = World(database, seed)
	found = met(database, *(condition for condition, _holds in KINDS.values()))
	assert found == {
		name: [holds(world, name) for _condition, holds in KINDS.values()] for name in world.external()
	}


@SEEDS
def test_who_is_in_by_hand_is_who_has_an_open_row(database: Database, seed: int) -> None:
	world = World(database, seed)
	rules = Rules([Audience(name, by_hand=True, include_disabled=True) for name in "XY"])
	found = {name: bits for name, _disabled, bits, _values in read(database, rules)}
	inside = {(audience, name) for audience, name, is_over in world.members if not is_over}
	assert found == {name: (("X", name) in inside) + 2 * (("Y", name) in inside) for name in world.external()}


@SEEDS
def test_values_of_metrics_are_numbers_or_none(database: Database, seed: int) -> None:
	world = World(database, seed)
	asked = [of(LooksAt.METRIC, (key, ">", 0)) for key in ("late", "sold", "never_measured")]
	rules = Rules([_audience(place, each) for place, each in enumerate(asked)])
	assert rules.metrics == ("late", "sold", "never_measured")
	for name, _disabled, _bits, values in read(database, rules):
		components = json.loads(world.health.get(name, {}).get("components") or "{}")
		wanted = [components.get(key, {}).get("raw") for key in rules.metrics]
		assert [value if value is None else float(value) for value in values] == wanted, name


def test_whether_a_customer_is_disabled_is_told(database: Database) -> None:
	world = World(database, 1)
	found = {name: disabled for name, disabled, _bits, _values in read(database, Rules([]))}
	assert found == {name: bool(world.customers[name]["disabled"]) for name in world.external()}


@pytest.mark.parametrize("count", [1, 59, 60, 61, 125])
def test_any_number_of_conditions_fits_into_columns(database: Database, count: int) -> None:
	places = [(4 * place) % 40 for place in range(count)]
	database.add_all("Customer", ({"name": name, "loyalty_rating": at} for at, name in enumerate(PEOPLE)))
	asked = [
		of(LooksAt.CUSTOMER, ("loyalty_rating", ">=", low), ("name", "!=", f"{place}"))
		for place, low in enumerate(places)
	]
	rules = Rules([_audience(place, each) for place, each in enumerate(asked)])
	assert columns_of_bits(rules) == -(-count // BITS_A_COLUMN)
	found = met(database, *asked)
	assert found == {name: [at >= low for low in places] for at, name in enumerate(PEOPLE)}
	for name, _disabled, bits, values in read(database, rules):
		members = rules.members(bits, values, False)
		assert [bool(members >> place & 1) for place in range(count)] == found[name]


def test_a_range_holds_whom_it_names(database: Database) -> None:
	world = World(database, 2)
	condition = KINDS["customer"][0]
	ranges = (KeyRange(None, "C09"), KeyRange("C09", "C30"), KeyRange("C30", None))
	parts = [met(database, condition, keys=keys) for keys in ranges]
	assert sum(map(len, parts)) == len(world.external())
	assert {**parts[0], **parts[1], **parts[2]} == met(database, condition)
	named = KeyRange(names=tuple(world.external()[:3]))
	assert sorted(met(database, condition, keys=named)) == world.external()[:3]


@pytest.mark.parametrize("text", ["O'Brien", "100% %s %(p1)s :p1", "back\\slash", "a;--b"])
def test_any_text_is_only_a_value(database: Database, text: str) -> None:
	database.add("Customer", name="A", territory=text)
	database.add("Tag Link", document_type="Customer", document_name="A", tag=text)
	database.add(MEMBER, audience=text, customer="A")
	asked = [of(LooksAt.CUSTOMER, ("territory", "=", text)), of(LooksAt.TAG, named=text)]
	rules = Rules([*map(_audience, range(2), asked), Audience(text, by_hand=True)])
	((_name, _disabled, bits, _values),) = read(database, rules)
	assert bits == 0b111
	assert text not in database.executed[-1].sql


@pytest.mark.parametrize(
	("condition", "words"),
	[
		(of(LooksAt.CUSTOMER, ("no_such", "=", 1)), "Customer has no column 'no_such'"),
		(of(LooksAt.HEALTH, ("no_such", "=", 1)), "Customer Health has no column 'no_such'"),
		(of(LooksAt.TABLE, ("company", "=", "A"), doctype="Issue"), "'Issue' is no table of a customer"),
		(of(LooksAt.TABLE, ("company", "=", "A"), doctype="Nothing"), "'Nothing' is no table of a customer"),
	],
)
def test_what_cannot_be_asked_is_named(condition: Condition, words: str) -> None:
	for asked in (condition, replace(condition, is_not=True)):
		with pytest.raises(SourceError) as error:
			facts_statement(Rules([_audience(0, asked)]), ALL_TABLES, Bindings(Dialect.SQLITE))
		assert str(error.value) == words


def test_every_dialect_has_its_own_words_for_the_same_question() -> None:
	metric = of(LooksAt.METRIC, ("sold", ">", 0))
	rules = Rules([*map(_audience, range(len(KINDS)), _conditions()), _audience(99, metric)])
	texts = {
		dialect: facts_statement(rules, ALL_TABLES, Bindings(dialect), KeyRange("A", "B")).sql
		for dialect in Dialect
	}
	assert "JSON_VALUE(`tabCustomer Health`.`components`" in texts[Dialect.MARIADB]
	assert "JSON_EXTRACT(" in texts[Dialect.SQLITE]
	assert (
		'JSONB_EXTRACT_PATH_TEXT(CAST(CASE WHEN "tabCustomer Health"."components"' in texts[Dialect.POSTGRES]
	)


def _conditions() -> Iterable[Condition]:
	return (condition for condition, _holds in KINDS.values())
