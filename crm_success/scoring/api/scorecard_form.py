"""What the form of a Health Scorecard asks for: what the scorecard would change if it were saved."""

from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, getdate

from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_checks.unsaved_records import parse_record
from crm_success.record_names import SCORECARD
from crm_success.scoring import door
from crm_success.visibility import check_reads_health


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def what_would_change(scorecard: str | dict) -> dict[str, Any]:
	"""Moves between bands if the scorecard, saved or not, were saved now and everybody scored. Saves nothing."""
	frappe.has_permission(SCORECARD, "write", throw=True)
	check_reads_health()
	doc = frappe.get_doc(parse_record(SCORECARD, scorecard))
	if not doc.is_new():
		frappe.has_permission(SCORECARD, "write", doc=doc.name, throw=True)
	_check_as_saving_would(doc)
	return door.what_would_change(doc.as_dict(), getdate())


def _check_as_saving_would(doc: Document) -> None:
	"""Refuse what saving would refuse, in the same words; afterwards the record is as saving would store it."""
	doc._action = "save"
	doc._set_defaults()
	doc._validate_links()
	if doc.is_new():
		doc.set_new_name()
		_check_name_is_free(doc)
	else:
		# for the checks that compare; Frappe's own way locks the record, which others may be saving
		doc._doc_before_save = frappe.get_doc(SCORECARD, doc.name)
	doc.set_parent_in_children()
	doc.run_method("validate")
	doc._validate()


def _check_name_is_free(doc: Document) -> None:
	if frappe.db.exists(SCORECARD, doc.name):
		message = _("{0} {1} already exists").format(_(SCORECARD), frappe.bold(escape_html(doc.name)))
		frappe.throw(message, frappe.DuplicateEntryError)
