"""What the form of a Customer Audience asks for: a preview of an unsaved one, its size, and members now."""

from html import unescape
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import strip_html

from crm_success.audiences.audience_checks import check_rights, fields_offered, tables_of_customers
from crm_success.audiences.audience_records import BY_HAND
from crm_success.audiences.audience_rules import LooksAt
from crm_success.audiences.condition_words import condition_in_words, filters_in_words
from crm_success.audiences.evaluation import evaluate_for, is_awaited, last_pass
from crm_success.audiences.membership_history import check_days, size_on_days
from crm_success.audiences.previewing import preview_audience
from crm_success.audiences.visible_members import count_members
from crm_success.batches import queueing
from crm_success.record_checks.field_errors import one_of
from crm_success.record_checks.phrases import in_words
from crm_success.record_checks.sizes import of_bounded_size, parsed_names
from crm_success.record_checks.unsaved_records import parse_record
from crm_success.record_names import AUDIENCE
from crm_success.scoring.engine.errors import ScoringError
from crm_success.visibility import check_reads_health


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def preview(audience: str | dict) -> dict[str, Any]:
	"""Who would be in the audience, saved or not, of the customers that the user may see, and its conditions `in_words`.

	Saves nothing. Where it cannot be told yet that is no error here, where the form asks by itself: `problem` says why.
	"""
	_check_may_define()
	doc = frappe.get_doc(parse_record(AUDIENCE, audience))
	# checking takes out of a row what is not of its kind
	words = [
		{"condition": condition_in_words(row), "filters": filters_in_words(row)} for row in doc.conditions
	]
	return {"in_words": words, **_previewed(doc)}


@frappe.whitelist()
@of_bounded_size
def filter_fields(looks_at: str, table_doctype: str | None = None) -> list[str]:
	"""The fields that filters of a condition may look at, where the user defines it."""
	frappe.has_permission(AUDIENCE, "read", throw=True)
	check_reads_health()
	kinds = {kind.value: kind for kind in (LooksAt.CUSTOMER, LooksAt.HEALTH, LooksAt.TABLE)}
	if looks_at not in kinds:
		frappe.throw(_("Filters look at {0}.").format(one_of([_(kind) for kind in kinds])))
	if looks_at == LooksAt.TABLE.value and table_doctype not in tables_of_customers():
		frappe.throw(_("Choose a table of a customer first."))
	return fields_offered(kinds[looks_at], table_doctype or "")


@frappe.whitelist()
@of_bounded_size
@frappe.validate_and_sanitize_search_inputs
def search_tables(
	doctype: str,
	txt: str,
	searchfield: str,
	start: int,
	page_len: int,
	filters: dict | list | str | None = None,
) -> list[list[str]]:
	"""For a link field: the tables of a customer, by their name in the reader's language or as stored."""
	frappe.has_permission(AUDIENCE, "read", throw=True)
	names = [name for name in tables_of_customers() if txt.casefold() in f"{name}\n{_(name)}".casefold()]
	return [[name, _(name)] for name in names[start : start + page_len]]


@frappe.whitelist()
@of_bounded_size
def sizes(audiences: str | list) -> dict[str, int]:
	"""How many customers that the user may see are in each of these audiences."""
	frappe.has_permission(AUDIENCE, "read", throw=True)
	return count_members(parsed_names(audiences, _("Send the names of audiences as a list.")))


@frappe.whitelist()
@of_bounded_size
def members_now(audience: str) -> dict[str, Any]:
	"""How many customers that the user may see are in the audience, as of when, and the evaluation that goes on, or was the
	last, where the audience is evaluated at all.
	"""
	frappe.has_permission(AUDIENCE, "read", throw=True)
	doc = frappe.get_doc(AUDIENCE, audience)
	doc.check_permission("read")
	is_evaluated = doc.enabled and doc.how != BY_HAND
	return {
		"members": count_members([doc.name])[doc.name],
		"evaluated_on": doc.evaluated_on,
		"problem": doc.problem,
		"last_pass": last_pass() if is_evaluated else None,
		"is_awaited": bool(is_evaluated and is_awaited(doc)),
	}


@frappe.whitelist()
@of_bounded_size
def size_over_time(
	audience: str, from_date: str | None = None, to_date: str | None = None
) -> list[dict[str, Any]]:
	"""Of each day in that time, up to sixty of them, how many customers that the user may see were in the audience."""
	frappe.has_permission(AUDIENCE, "read", audience, throw=True)
	return size_on_days(audience, check_days(from_date, to_date))


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def evaluate_now(audience: str) -> dict[str, str | None]:
	"""Find the members of this and all other enabled audiences in the background; the name of the run."""
	frappe.has_permission(AUDIENCE, "read", throw=True)
	frappe.get_doc(AUDIENCE, audience).check_permission("write")
	if not queueing.is_queue_up():
		frappe.throw(_("The background workers cannot be reached. Ask your administrator to start Redis."))
	return {"run": evaluate_for(audience)}


def _check_may_define() -> None:
	"""Whoever makes audiences, or changes one that was shared: a preview of it saves nothing."""
	if not frappe.has_permission(AUDIENCE, "create"):
		frappe.has_permission(AUDIENCE, "write", throw=True)


def _previewed(doc: Document) -> dict[str, Any]:
	try:
		doc.run_method("validate")
		check_rights(doc)
		return preview_audience(doc.as_dict())
	except ScoringError as error:
		return {"problem": in_words(error)}
	except (frappe.ValidationError, frappe.PermissionError) as error:
		frappe.clear_last_message()
		return {"problem": unescape(strip_html(str(error)))}
