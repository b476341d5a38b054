"""From the records of audiences to definitions, frozen for a pass, and what is wrong with them. Finds no members."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import frappe
from frappe import _

from crm_success.audiences.audience_facts import facts_statement
from crm_success.audiences.audience_rules import Audience, Condition, LooksAt, Rules, in_order
from crm_success.batches.messages import WARNING, Message
from crm_success.database import reading
from crm_success.record_checks.phrases import in_words
from crm_success.record_names import AUDIENCE, CONDITION, HEALTH, METRIC
from crm_success.scoring.engine.definitions import Filter, fingerprint, to_json
from crm_success.scoring.engine.errors import DefinitionError, ScoringError, shown
from crm_success.scoring.engine.records import filters_from_record
from crm_success.scoring.queries.tables import Table
from crm_success.scoring.source_tables import CUSTOMER, table_of

BY_HAND = "By Hand"
ANY = "Any Condition"
# in the place of a name that nobody can enter
_NEW = "\n"


@dataclass(frozen=True)
class FrozenAudiences:
	"""Audiences that a pass evaluates, after their parts, with the tables that their conditions look at.

	`kept`: the names of those whose members the pass writes; `redefined`: of those, the ones that mean something else
	than when their members were last found.
	"""

	audiences: tuple[Audience, ...] = ()
	tables: tuple[Table, ...] = ()
	kept: tuple[str, ...] = ()
	redefined: tuple[str, ...] = ()
	messages: tuple[Message, ...] = ()

	@property
	def tables_by_doctype(self) -> dict[str, Table]:
		"""The tables as the builder takes them."""
		return {table.doctype: table for table in self.tables}

	@cached_property
	def rules(self) -> Rules:
		"""What judges customers by these audiences."""
		return Rules(self.audiences)

	def as_text(self) -> str:
		"""JSON for a run; `from_json(FrozenAudiences, text)` reads it back."""
		return to_json(self)


def freeze_audiences() -> FrozenAudiences:
	"""Everything enabled, without what cannot be evaluated, which is named on the record and in a message instead."""
	records = {record["name"]: record for record in _records()}
	usable, problems = _usable(records)
	enabled = [name for name, record in records.items() if record["enabled"]]
	kept = [name for name in enabled if name in usable and not usable[name].by_hand]
	needed = _with_parts(kept, usable)
	_note_problems(records, problems)
	stored = {name: record["evaluated_version"] for name, record in records.items()}
	return FrozenAudiences(
		audiences=tuple(needed),
		tables=tuple(_tables_of(needed).values()),
		kept=tuple(kept),
		redefined=tuple(name for name in kept if stored[name] != version_of(name, usable)),
		messages=tuple(_about(name, problems[name]) for name in enabled if name in problems),
	)


def freeze_unsaved(record: Mapping[str, Any]) -> FrozenAudiences:
	"""One audience as it would be if it were saved, last of those that it is made of; ScoringError if it cannot be."""
	name = record.get("name") or _NEW
	records = {row["name"]: row for row in _records() if row["name"] != name}
	audience = audience_of({**record, "name": name}, metric_keys())
	usable, problems = _usable(records, audience)
	if name in problems:
		raise problems[name]
	needed = _with_parts([name], usable)
	return FrozenAudiences(tuple(needed), tuple(_tables_of(needed).values()), kept=(name,))


def version_of(name: str, audiences: Mapping[str, Audience]) -> str:
	"""Changes when members would be found by another definition, that of a part included. What an audience by filters is
	called is no part of it.
	"""
	versions: dict[str, str] = {}
	for audience in _with_parts([name], audiences):
		conditions = tuple(
			replace(each, named=versions[each.named]) if each.looks_at is LooksAt.AUDIENCE else each
			for each in audience.conditions
		)
		nameless = replace(audience, name=audience.name if audience.by_hand else "", conditions=conditions)
		versions[audience.name] = fingerprint(nameless)
	return versions[name]


def audience_of(record: Mapping[str, Any], keys: Mapping[str, str]) -> Audience:
	"""A Customer Audience's values as a definition; `keys`: of enabled metrics, by name."""
	by_hand = record.get("how") == BY_HAND
	rows = () if by_hand else record.get("conditions") or ()
	return Audience(
		name=record["name"],
		conditions=tuple(condition_of(row, keys) for row in rows),
		any_of=record.get("match") == ANY,
		include_disabled=bool(by_hand or record.get("include_disabled")),
		by_hand=by_hand,
	)


def condition_of(row: Mapping[str, Any], keys: Mapping[str, str]) -> Condition:
	"""A row of a Customer Audience as a definition."""
	looks_at = LooksAt(row.get("looks_at"))
	condition = Condition(looks_at, is_not=bool(row.get("is_not")))
	if looks_at is LooksAt.METRIC:
		return replace(condition, filters=(_of_metric(row, keys),))
	if looks_at in (LooksAt.TAG, LooksAt.AUDIENCE):
		return replace(condition, named=row.get("tag" if looks_at is LooksAt.TAG else "audience") or "")
	doctype = (row.get("table_doctype") or "") if looks_at is LooksAt.TABLE else ""
	return replace(condition, filters=filters_from_record(row.get("filters")), doctype=doctype)


def built_audiences(unsaved: Mapping[str, Any] | None = None) -> dict[str, Audience]:
	"""All audiences by name whose conditions can be read, one of them as it would be if it were saved."""
	keys, records = metric_keys(), {record["name"]: record for record in _records()}
	if unsaved and unsaved.get("name"):
		records[unsaved["name"]] = unsaved
	built = {}
	for name, record in records.items():
		with suppress(ScoringError, ValueError):
			built[name] = audience_of(record, keys)
	return built


def metric_keys() -> dict[str, str]:
	"""The key of each enabled metric, by its name."""
	rows = frappe.get_all(METRIC, {"enabled": 1}, ["name", "metric_key"], as_list=True)
	return dict(rows)


def _of_metric(row: Mapping[str, Any], keys: Mapping[str, str]) -> Filter:
	metric, operator = row.get("metric") or "", row.get("operator") or ""
	if metric not in keys:
		raise DefinitionError("There is no enabled metric {0}", shown(metric))
	if operator.startswith("is "):
		return Filter(keys[metric], "is", operator.removeprefix("is "))
	low, high = float(row.get("value") or 0), float(row.get("value_to") or 0)
	return Filter(keys[metric], operator, (low, high) if operator == "between" else low)


def _records() -> list[dict[str, Any]]:
	records = frappe.get_all(AUDIENCE, fields=["*"], order_by="name")
	by_name = {record["name"]: record for record in records}
	for record in records:
		record["conditions"] = []
	filters = {"parenttype": AUDIENCE, "parent": ("in", list(by_name))}
	for row in frappe.get_all(CONDITION, filters=filters, fields=["*"], order_by="idx"):
		by_name[row.parent]["conditions"].append(row)
	return records


def _usable(
	records: Mapping[str, Mapping[str, Any]], unsaved: Audience | None = None
) -> tuple[dict[str, Audience], dict[str, ScoringError]]:
	"""The audiences that can be evaluated, by name, after their parts; and why the others cannot."""
	keys, problems = metric_keys(), {}
	built: dict[str, Audience] = {unsaved.name: unsaved} if unsaved else {}
	for name, record in records.items():
		try:
			built[name] = audience_of(record, keys)
		except (ScoringError, ValueError) as error:
			problems[name] = error if isinstance(error, ScoringError) else DefinitionError("{0}", str(error))
	usable: dict[str, Audience] = {}
	find = cache(table_of)
	for audience in _without_circles(built, problems):
		try:
			_check(audience, usable, problems, find)
			usable[audience.name] = audience
		except ScoringError as error:
			problems[audience.name] = error
	return usable, problems


def _without_circles(built: dict[str, Audience], problems: dict[str, ScoringError]) -> list[Audience]:
	"""In the order of their parts; whoever stands on a circle, or leads to one, is a problem."""
	left = dict(built)
	for name, audience in built.items():
		try:
			in_order([audience, *(built[part] for part in _reached(name, built))])
		except ScoringError as error:
			problems[name] = error
			del left[name]
	return in_order(left.values())


def _reached(name: str, audiences: Mapping[str, Audience]) -> dict[str, None]:
	"""The names of all audiences that one is made of, however deep, itself left out unless it stands on a circle."""
	found: dict[str, None] = {}
	waiting = list(audiences[name].parts)
	while waiting:
		part = waiting.pop()
		if part in audiences and part not in found:
			found[part] = None
			waiting.extend(audiences[part].parts)
	return found


def _check(
	audience: Audience,
	usable: Mapping[str, Audience],
	problems: Mapping[str, ScoringError],
	find: Callable[[str], Table | None],
) -> None:
	for part in audience.parts:
		if part in problems:
			raise DefinitionError("The audience {0} cannot be used: {1}", part, problems[part])
		if part not in usable:
			raise DefinitionError("There is no audience {0}", shown(part))
	alone = Rules([*(Audience(part, by_hand=True) for part in audience.parts), audience])
	facts_statement(alone, _tables_of([audience], find), reading.bindings())


def _with_parts(names: Iterable[str], audiences: Mapping[str, Audience]) -> list[Audience]:
	needed = dict.fromkeys(names)
	for name in list(needed):
		needed.update(_reached(name, audiences))
	return in_order(audiences[name] for name in audiences if name in needed)


def _tables_of(
	audiences: Iterable[Audience], find: Callable[[str], Table | None] = table_of
) -> dict[str, Table]:
	"""The tables that the conditions look at, each with the columns that they name."""
	columns: dict[str, set[str]] = {CUSTOMER: set(), HEALTH: set()}
	for condition in (each for audience in audiences for each in audience.conditions):
		if doctype := _doctype_of(condition):
			columns.setdefault(doctype, set()).update(filter_.fieldname for filter_ in condition.filters)
	found = ((find(doctype), names) for doctype, names in columns.items())
	return {table.doctype: _with_columns(table, names) for table, names in found if table}


def _with_columns(table: Table, names: set[str]) -> Table:
	return replace(table, columns=tuple(column for column in table.columns if column.name in names))


def _doctype_of(condition: Condition) -> str:
	return {LooksAt.CUSTOMER: CUSTOMER, LooksAt.HEALTH: HEALTH}.get(condition.looks_at, condition.doctype)


def _note_problems(records: Mapping[str, Mapping[str, Any]], problems: Mapping[str, ScoringError]) -> None:
	for name, record in records.items():
		words = in_words(problems[name]) if name in problems else None
		if (record.get("problem") or None) != words:
			frappe.db.set_value(AUDIENCE, name, "problem", words, update_modified=False)


def _about(name: str, error: ScoringError) -> Message:
	reason = _("Customer Audience {0} is left out, its members stay as they were: {1}")
	return Message(WARNING, reason.format(name, in_words(error)), AUDIENCE)
