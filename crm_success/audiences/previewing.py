"""Who would be in an audience that is not saved: how many, a few of them, and what each condition gives alone.

Counts only customers whom the user may see. Stores nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import frappe

from crm_success.audiences.audience_facts import columns_of_bits, facts_of, facts_statement
from crm_success.audiences.audience_records import freeze_unsaved
from crm_success.audiences.audience_rules import Audience, Condition, LooksAt, Rules
from crm_success.audiences.visible_members import only_visible_customers
from crm_success.database import reading
from crm_success.database.dialects import EVERYBODY
from crm_success.record_names import HEALTH
from crm_success.scoring.source_tables import CUSTOMER

EXAMPLES = 10

# in the place of a name that nobody can enter
_ALONE = "\n"


def preview_audience(record: Mapping[str, Any]) -> dict[str, Any]:
	"""`members` of `customers`, up to ten `examples`, and for each of the record's conditions what it finds alone: as
	`members`, and as `filters` for each of its filters where it has several. ScoringError where it cannot be asked.
	"""
	frozen = freeze_unsaved(record)
	audience = next(each for each in frozen.audiences if each.name in frozen.kept)
	alone = list(_each_alone(audience))
	rules = Rules([*frozen.audiences, *alone])
	place = {each.name: at for at, each in enumerate(rules.audiences)}
	counted: Counter[int] = Counter()
	examples: list[str] = []
	statement = facts_statement(
		rules, frozen.tables_by_doctype, reading.bindings(), EVERYBODY, only_visible_customers()
	)
	columns = columns_of_bits(rules)
	for row in reading.run(statement.sql, statement.parameters):
		customer, is_disabled, facts, values = facts_of(row, columns)
		mask = rules.members(facts, values, is_disabled)
		counted[mask] += 1
		if len(examples) < EXAMPLES and mask >> place[audience.name] & 1:
			examples.append(customer)

	def found(name: str) -> int:
		return sum(number for mask, number in counted.items() if mask >> place[name] & 1)

	return {
		"members": found(audience.name),
		"customers": counted.total(),
		"examples": _named(examples),
		"conditions": [
			{
				"members": found(_name_of(at)),
				"filters": [found(_name_of(at, inner)) for inner in range(len(_parts_of(condition)))],
			}
			for at, condition in enumerate(audience.conditions)
		],
	}


def _each_alone(audience: Audience) -> Iterator[Audience]:
	for at, condition in enumerate(audience.conditions):
		yield replace(audience, name=_name_of(at), conditions=(condition,))
		for inner, part in enumerate(_parts_of(condition)):
			yield replace(audience, name=_name_of(at, inner), conditions=(part,))


def _parts_of(condition: Condition) -> list[Condition]:
	"""A condition for each filter of one that has several."""
	if condition.looks_at is LooksAt.METRIC or len(condition.filters) < 2:
		return []
	return [replace(condition, filters=(filter_,)) for filter_ in condition.filters]


def _name_of(*places: int) -> str:
	return _ALONE + _ALONE.join(str(place) for place in places)


def _named(customers: list[str]) -> list[dict[str, Any]]:
	names = dict(
		frappe.get_all(CUSTOMER, {"name": ("in", customers or [""])}, ["name", "customer_name"], as_list=True)
	)
	scored = set(frappe.get_all(HEALTH, {"customer": ("in", customers or [""])}, pluck="customer"))
	return [
		{"customer": name, "customer_name": names.get(name, name), "is_scored": name in scored}
		for name in customers
	]
