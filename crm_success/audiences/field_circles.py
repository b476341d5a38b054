"""Finds audiences that look at a field of Customer which is made of these very audiences. Evaluates none.

A part that writes such a field, as tiers do, says so in its hooks.py, and who asks for which audience there:

    crm_success_made_of_audiences = {"customer_tier": "my_app.my_module.askers"}

`askers()` answers with pairs: what asks, in words, and the name of an audience.
"""

from collections.abc import Iterable, Mapping

import frappe
from frappe import _
from frappe.model.document import Document

from crm_success.audiences.audience_records import built_audiences
from crm_success.audiences.audience_rules import Audience, LooksAt
from crm_success.record_checks.field_errors import bold, refuse
from crm_success.scoring.source_tables import CUSTOMER

HOOK = "crm_success_made_of_audiences"


def check_no_field_circle(doc: Document) -> None:
	"""Refuse an audience with which a field of Customer would depend on itself, with the path."""
	for fieldname, paths in frappe.get_hooks(HOOK, default={}).items():
		askers = [asker for path in paths for asker in frappe.get_attr(path)()]
		audiences = built_audiences(doc.as_dict()) if askers else {}
		for asker, audience in askers:
			path = path_to_field([audience], fieldname, audiences)
			if doc.name in path:
				refuse(doc, "conditions", circle_in_words(asker, path, fieldname))


def path_from_stored(audience: str, fieldname: str) -> list[str]:
	"""From an audience as it is saved to one that looks at the field; nothing where none does."""
	return path_to_field([audience], fieldname, built_audiences())


def path_to_field(start: Iterable[str], fieldname: str, audiences: Mapping[str, Audience]) -> list[str]:
	"""The shortest way from one of these audiences over what they are made of to one that looks at the field."""
	came_from: dict[str, str | None] = dict.fromkeys(start)
	waiting = list(came_from)
	for name in waiting:
		audience = audiences.get(name)
		if audience is None:
			continue
		if looks_at_field(audience, fieldname):
			return _way_to(name, came_from)
		for part in audience.parts:
			if part not in came_from:
				came_from[part] = name
				waiting.append(part)
	return []


def looks_at_field(audience: Audience, fieldname: str) -> bool:
	"""Whether a condition filters customers by it."""
	return any(
		filter_.fieldname == fieldname
		for condition in audience.conditions
		if condition.looks_at is LooksAt.CUSTOMER
		for filter_ in condition.filters
	)


def circle_in_words(asker: str, path: Iterable[str], fieldname: str) -> str:
	"""HTML."""
	label = _(frappe.get_meta(CUSTOMER).get_label(fieldname), context=CUSTOMER)
	steps = " → ".join(bold(step) for step in (asker, *path, label))
	return _("{0} would depend on itself: {1}. Take one of these conditions out.").format(bold(label), steps)


def _way_to(name: str, came_from: Mapping[str, str | None]) -> list[str]:
	way: list[str] = []
	step: str | None = name
	while step is not None:
		way.insert(0, step)
		step = came_from[step]
	return way
