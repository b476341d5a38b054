"""The records of switches from ERPNext's own Loyalty Program: what may be entered, what may be done when, and how it begins
and ends. Compares and writes no points.
"""

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import functions as fn
from frappe.utils import getdate
from frappe.utils.formatters import format_value

from crm_success.batches import queueing
from crm_success.batches.run_life import start_run
from crm_success.customer_loyalty.earning.carried_over import (
	SWITCH_INTERRUPTED,
	SWITCHED,
	SWITCHING,
	UNDO_INTERRUPTED,
	UNDOING,
)
from crm_success.customer_loyalty.points.point_values import Kind
from crm_success.customer_loyalty.switching.native_programs import (
	companies_beside,
	end_programs,
	remember_programs,
	restore_programs,
)
from crm_success.database import clock
from crm_success.record_checks.field_errors import bold, refuse
from crm_success.record_names import LEDGER_ENTRY, SWITCH_OVER
from crm_success.scoring.scoring_day import parse_asked_day

# how hooks.py registers the work
KIND = "Switch Over"
DRAFT, PREVIEWING, PREVIEWED, UNDONE = "Draft", "Previewing", "Previewed", "Undone"
CORRECTED = "Corrected Balance"

# what a person enters, until the company is switched over
ASKED = ("company", "switch_date", "carry", "is_qualifying")
COUNTED = (
	*("customers", "native_points", "corrected_points"),
	*("customers_with_more", "customers_with_less", "lines_differing"),
)
CARRIED = ("customers_carried", "points_carried")
# what only the work writes
FOUND = (
	*("status", "run", "active_company", *COUNTED, "previewed_at", *CARRIED),
	*("switched_at", "switched_by", "undone_at", "undone_by"),
)
# what a run makes of a status: when it ends well, and when it does not
_ENDS = {
	PREVIEWING: (PREVIEWED, DRAFT),
	DRAFT: (PREVIEWED, DRAFT),
	SWITCHING: (SWITCHED, SWITCH_INTERRUPTED),
	SWITCH_INTERRUPTED: (SWITCHED, SWITCH_INTERRUPTED),
	UNDOING: (UNDONE, UNDO_INTERRUPTED),
	UNDO_INTERRUPTED: (UNDONE, UNDO_INTERRUPTED),
}


def check_switch_over(doc: Document) -> None:
	"""Refuse what cannot be switched, and whatever a request says of what only the work writes."""
	before = None if doc.is_new() else doc.get_doc_before_save()
	doc.switch_date = parse_asked_day(doc.switch_date)
	_keep_found(doc, before)
	if doc.status not in (DRAFT, PREVIEWED):
		_refuse_change(doc, before)
		return
	if getdate(doc.switch_date) > getdate():
		refuse(doc, "switch_date", _("Enter today, or a day before."))
	_check_only_one(doc)
	remember_programs(doc)
	if not doc.programs:
		refuse(doc, "company", _("ERPNext has no Loyalty Program of {0}.").format(bold(doc.company)))
	doc.active_company = doc.company
	_warn_of_companies_beside(doc)


def check_deletable(doc: Document) -> None:
	"""What entries of the ledger name stays."""
	if (doc.status or DRAFT) not in (DRAFT, PREVIEWED):
		frappe.throw(
			_("{0} is {1}, and entries of the points ledger name it. It stays.").format(
				bold(doc.name), bold(_(doc.status))
			)
		)


def start_preview(name: str) -> str:
	"""Compare all balances in the background; the run. Changes nobody's points."""
	doc = _held(name, (DRAFT, PREVIEWED))
	return _start(doc, PREVIEWING)


def start_switch(name: str) -> str:
	"""End ERPNext's programs, and carry the balances over in the background; the run. Once more after the switch: what was
	entered late, with a day before it, has earned in ERPNext, and is carried over too.
	"""
	doc = _held(name, (PREVIEWED, SWITCH_INTERRUPTED, SWITCHED))
	if doc.status == PREVIEWED:
		# as they are now, whatever they were when the record was saved
		remember_programs(doc)
		doc.update_child_table("programs")
		end_programs(doc)
	return _start(doc, SWITCHING, switched_by=frappe.session.user)


def start_undo(name: str) -> str:
	"""Take the carried points back in the background, and then set ERPNext's programs as they were; the run."""
	doc = _held(name, (SWITCHED, SWITCH_INTERRUPTED, UNDO_INTERRUPTED))
	_check_not_redeemed(doc)
	return _start(doc, UNDOING, undone_by=frappe.session.user)


def switch_over_of(run: str) -> frappe._dict:
	"""The record that a run works for."""
	fields = ["name", "company", "switch_date", "carry", "is_qualifying", "status"]
	found = frappe.db.get_value(SWITCH_OVER, {"run": run}, fields, as_dict=True)
	if not found:
		frappe.throw(_("The switch of {0} is gone.").format(run), frappe.DoesNotExistError)
	return found


def is_still_of(run: str, name: str) -> bool:
	"""Whether no other run works for the record. Holds it until the transaction ends: batches write one by one."""
	return frappe.db.get_value(SWITCH_OVER, name, "run", for_update=True) == run


def count(name: str, counted: Mapping[str, int]) -> None:
	"""Add to figures of the record, which is held, in the transaction of a batch."""
	rows = frappe.qb.DocType(SWITCH_OVER)
	query = frappe.qb.update(rows).where(rows.name == name)
	for field, number in counted.items():
		query = query.set(rows[field], fn.Coalesce(rows[field], 0) + number)
	query.run()
	frappe.clear_document_cache(SWITCH_OVER, name)


def forget_counted(name: str) -> None:
	"""Before a preview counts anew."""
	_set(name, **dict.fromkeys(COUNTED, 0))


def end(run: str, is_well: bool) -> None:
	"""What the end of a run means for its record."""
	doc = frappe.get_doc(SWITCH_OVER, switch_over_of(run).name)
	status = _ENDS[doc.status][0 if is_well else 1]
	if status == UNDONE:
		restore_programs(doc)
	moments = {PREVIEWED: "previewed_at", SWITCHED: "switched_at", UNDONE: "undone_at"}
	values = {moments[status]: clock.now()} if status in moments else {}
	if status == UNDONE:
		values["active_company"] = None
	_set(doc.name, status=status, **values)


def interrupt(run: str) -> None:
	"""Somebody stopped the run."""
	end(run, is_well=False)


def _warn_of_companies_beside(doc: Document) -> None:
	if others := companies_beside(doc):
		words = _(
			"Sales of {0} have earned points in these programs too, and will earn none there once they are ended. Make earning rules for them, or enroll their customers in a program of their own."
		)
		frappe.msgprint(words.format(", ".join(bold(company) for company in others)), indicator="orange")


def _keep_found(doc: Document, before: Document | None) -> None:
	for field in FOUND:
		doc.set(field, before.get(field) if before else None)
	doc.status = doc.status or DRAFT
	if before and doc.status == PREVIEWED and any(_differs(doc, before, field) for field in ASKED):
		# what was previewed is not what would be done
		doc.status = DRAFT


def _refuse_change(doc: Document, before: Document | None) -> None:
	if before:
		doc.set("programs", before.programs)
		for field in ASKED:
			if _differs(doc, before, field):
				words = _("{0} is {1}: only the note can be changed.")
				refuse(doc, field, words.format(bold(doc.name), bold(_(doc.status))))


def _differs(doc: Document, before: Document, field: str) -> bool:
	return str(doc.get(field) or "") != str(before.get(field) or "")


def _check_only_one(doc: Document) -> None:
	filters = {"active_company": doc.company, "name": ("!=", doc.name or "")}
	if other := frappe.db.get_value(SWITCH_OVER, filters):
		words = _("{0} is about {1} already. Go on there, or undo or delete it first.")
		refuse(doc, "company", words.format(bold(other), bold(doc.company)))


def _held(name: str, allowed: tuple[str, ...]) -> Document:
	"""The record, which nobody else changes meanwhile, as it is now."""
	doc = frappe.get_doc(SWITCH_OVER, name, for_update=True)
	if doc.status not in allowed:
		frappe.throw(_not_now(doc), title=_("Not Now"))
	return doc


def _not_now(doc: Document) -> str:
	if doc.status in (PREVIEWING, SWITCHING, UNDOING):
		return _("{0} is at work already. Wait until its run is finished.").format(bold(doc.name))
	if doc.status == DRAFT:
		return _("Press Preview first, and look at what would change.")
	if doc.status == PREVIEWED:
		return _("{0} was not switched over, so there is nothing to undo.").format(bold(doc.company))
	if doc.status == UNDONE:
		return _("{0} was undone. Make a new one to switch {1} over.").format(
			bold(doc.name), bold(doc.company)
		)
	return _("{0} is switched over already. Undo it first.").format(bold(doc.company))


def _start(doc: Document, status: str, **values: Any) -> str:
	run = start_run(KIND, getdate(), "Desk")
	_set(doc.name, status=status, run=run, **values)
	queueing.enqueue_prepare(run)
	return run


def _set(name: str, **values: Any) -> None:
	frappe.db.set_value(SWITCH_OVER, name, values)
	frappe.clear_document_cache(SWITCH_OVER, name)


def _check_not_redeemed(doc: Document) -> None:
	"""What was spent since stays spent: there is no way back."""
	opened, spent = frappe.qb.DocType(LEDGER_ENTRY), frappe.qb.DocType(LEDGER_ENTRY).as_("spent")
	query = frappe.qb.from_(opened).join(spent)
	query = query.on((spent.customer == opened.customer) & (spent.entry_number > opened.entry_number))
	query = query.select(
		spent.customer, spent.points, spent.posting_date, spent.reference_name, spent.name
	).where((opened.reference_name == doc.name) & (opened.reference_doctype == SWITCH_OVER))
	query = query.where((opened.kind == Kind.OPENING.value) & (spent.kind == Kind.REDEEM.value))
	for row in query.orderby(spent.creation).limit(1).run(as_dict=True):
		words = _(
			"{0} has spent {1} of the points on {2}, with {3}. From the first points that are spent on, a switch cannot be undone."
		)
		frappe.throw(
			words.format(
				bold(row.customer),
				-row.points,
				format_value(row.posting_date, "Date"),
				bold(row.reference_name or row.name),
			),
			title=_("Points Were Spent"),
		)
