"""Who should be in which audience by Frappe's own lists and sets of Python, and what must hold of the rows of members.

Takes nothing from the app but names: conditions are read as they are stored, and lists answer them.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import frappe

from crm_success.record_names import AUDIENCE, CONDITION, HEALTH, MEMBER, METRIC

Pairs = set[tuple[str, str]]

_COMPARE = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class Arithmetic:
	"""The members of each audience by its definition, as the records are now."""

	def __init__(self) -> None:
		customers = frappe.get_all("Customer", ["name", "disabled", "is_internal_customer"])
		self.everybody = {row.name for row in customers if not row.is_internal_customer}
		self.disabled = {row.name for row in customers if row.disabled}
		self.records = {row.name: row for row in frappe.get_all(AUDIENCE, fields=["*"])}
		self._rows = defaultdict(list)
		for row in frappe.get_all(CONDITION, {"parenttype": AUDIENCE}, ["*"], order_by="idx"):
			self._rows[row.parent].append(row)
		self._keys = dict(frappe.get_all(METRIC, fields=["name", "metric_key"], as_list=True))
		self._found: dict[str, set[str]] = {}

	def members(self, audience: str) -> set[str]:
		"""Of one that is made by hand, those whose row is open."""
		if audience not in self._found:
			self._found[audience] = self._members(audience)
		return self._found[audience]

	def kept(self) -> list[str]:
		"""The audiences whose members a pass writes."""
		return sorted(name for name, row in self.records.items() if row.enabled and row.how == "By Filters")

	def _members(self, audience: str) -> set[str]:
		record = self.records[audience]
		if record.how == "By Hand":
			return {customer for name, customer in open_pairs() if name == audience} & self.everybody
		parts = [self._fulfilling(row) for row in self._rows[audience]]
		any_of = record.match == "Any Condition"
		found = set().union(*parts) if any_of else self.everybody.intersection(*parts)
		return found if record.include_disabled else found - self.disabled

	def _fulfilling(self, row: Any) -> set[str]:
		found = self._plainly(row) & self.everybody
		return self.everybody - found if row.is_not else found

	def _plainly(self, row: Any) -> set[str]:
		filters = json.loads(row.filters or "[]")
		if row.looks_at == "Audience":
			return self.members(row.audience)
		if row.looks_at == "Metric":
			return self._measured(row)
		if row.looks_at == "Tag":
			tagged = {"document_type": "Customer", "tag": row.tag}
			return set(frappe.get_all("Tag Link", tagged, pluck="document_name"))
		doctype = row.table_doctype or row.looks_at
		of_customers = [["parenttype", "=", "Customer"]] if row.looks_at == "Table of Customer" else []
		name = {"Customer": "name", HEALTH: "customer"}.get(doctype, "parent")
		return set(frappe.get_all(doctype, filters + of_customers, pluck=name))

	def _measured(self, row: Any) -> set[str]:
		key = self._keys[row.metric]
		healths = frappe.get_all(HEALTH, ["customer", "components"])
		values = {each.customer: _raw(each.components, key) for each in healths}
		with_value = {customer for customer, value in values.items() if value is not None}
		if row.operator.startswith("is "):
			return with_value if row.operator == "is set" else self.everybody - with_value
		if row.operator == "between":
			return {name for name in with_value if row.value <= values[name] <= row.value_to}
		return {name for name in with_value if _COMPARE[row.operator](values[name], row.value)}


def _raw(components: str | None, key: str) -> float | None:
	return json.loads(components or "{}").get(key, {}).get("raw")


def open_pairs() -> Pairs:
	"""Who is in which audience, by the rows."""
	rows = frappe.get_all(MEMBER, {"left_on": ("is", "not set")}, ["audience", "customer"], as_list=True)
	return {(audience, customer) for audience, customer in rows}


def wrong_members() -> Iterator[str]:
	"""After a pass: audiences whose rows are not what sets come to."""
	arithmetic, found = Arithmetic(), defaultdict(set)
	for audience, customer in open_pairs():
		found[audience].add(customer)
	for audience in arithmetic.kept():
		expected = arithmetic.members(audience)
		if found[audience] != expected:
			yield (
				f"{audience}: {sorted(found[audience] - expected)} should not be in, "
				f"{sorted(expected - found[audience])} should be"
			)


def wrong_visits() -> Iterator[str]:
	"""At any time: visits that do not follow on each other, or rows of what is gone."""
	fields = ["audience", "customer", "visit", "entered_on", "left_on"]
	stories = defaultdict(list)
	for row in frappe.get_all(MEMBER, fields=fields, order_by="audience, customer, visit"):
		stories[row.audience, row.customer].append(row)
	for pair, visits in stories.items():
		if [row.visit for row in visits] != list(range(1, len(visits) + 1)):
			yield f"{pair} has the visits {[row.visit for row in visits]}"
		if any(row.left_on is None for row in visits[:-1]):
			yield f"{pair} came back without having left"
		if any(row.left_on and row.left_on < row.entered_on for row in visits):
			yield f"{pair} left before it entered"
		if any(
			before.left_on and after.entered_on < before.left_on
			for before, after in itertools.pairwise(visits)
		):
			yield f"{pair} came back before it left"
	for place, doctype in enumerate((AUDIENCE, "Customer")):
		there = set(frappe.get_all(doctype, pluck="name"))
		yield from (
			f"{pair} speaks of a {doctype} that is gone" for pair in stories if pair[place] not in there
		)


def wrong_texts() -> Iterator[str]:
	"""After a pass: names on Customer Health and Customer that are not those of the open rows."""
	names = defaultdict(list)
	for audience, customer in sorted(open_pairs()):
		names[customer].append(audience)
	texts = {customer: f"|{'|'.join(inside)}|" for customer, inside in names.items()}
	healths = dict(frappe.get_all(HEALTH, fields=["customer", "audiences"], as_list=True))
	for customer, text in healths.items():
		if (text or None) != texts.get(customer):
			yield f"the health of {customer} says {text}, not {texts.get(customer)}"
	for name, text in frappe.get_all("Customer", fields=["name", "customer_audiences"], as_list=True):
		expected = texts.get(name) if name in healths else None
		if (text or None) != expected:
			yield f"{name} says {text}, not {expected}"
