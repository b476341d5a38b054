"""Finds metrics, dimensions, segments, audiences and tiers by name, as stored or in the reader's language. Searches nothing else."""

import json

import frappe
from frappe import _
from frappe.utils import escape_html

from crm_success.record_checks.field_errors import Refusal
from crm_success.record_checks.phrases import in_words
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import AUDIENCE, DIMENSION, METRIC, SEGMENT, TIER
from crm_success.scoring.checks.filter_checks import check_filters, parse
from crm_success.scoring.checks.source_fields import fields_of
from crm_success.scoring.engine.errors import ScoringError

SEARCHED = (SEGMENT, DIMENSION, METRIC, AUDIENCE, TIER)
# what is disabled is offered nowhere, but an audience may be part of another one all the same
_OFFERED_DISABLED = (AUDIENCE,)


@frappe.whitelist()
@of_bounded_size
@frappe.validate_and_sanitize_search_inputs
def search_names(
	doctype: str,
	txt: str,
	searchfield: str,
	start: int,
	page_len: int,
	filters: dict | list | str | None = None,
) -> list[list[str]]:
	"""For link fields. Frappe's own search knows a translated name only, and translates it without its DocType."""
	frappe.has_permission(doctype, "read", throw=True)
	if doctype not in SEARCHED:
		frappe.throw(_("{0} cannot be searched by translated names.").format(_(doctype)))
	has_switch = doctype not in _OFFERED_DISABLED and frappe.get_meta(doctype).has_field("enabled")
	fields = ["name", "enabled"] if has_switch else ["name"]
	rows = frappe.get_list(doctype, filters=_conditions(doctype, filters), fields=fields, limit=0)
	names = [row.name for row in rows if row.get("enabled", 1) and _is_called(row.name, txt, doctype)]
	return [[name] for name in names[start : start + page_len]]


def _conditions(doctype: str, filters: dict | list | str | None) -> list:
	"""The filters of the link field, which anybody may send, once Frappe can work with them."""
	text = filters if isinstance(filters, str) else json.dumps(filters or [])
	try:
		check_filters(text, [doctype], fields_of(doctype))
	except Refusal as error:
		frappe.throw(str(error))
	except ScoringError as error:
		frappe.throw(escape_html(in_words(error)))
	return parse(text)


def _is_called(name: str, txt: str, doctype: str) -> bool:
	return any(txt.casefold() in word.casefold() for word in (name, _(name, context=doctype)))
