"""Ends ERPNext's own Loyalty Programs of a company, and sets them as they were. Nothing else of ERPNext's is changed.

A sale from the day on earns nothing in a program whose last day is before it, and nobody is enrolled any more. Points of a
program without a company are refused by ERPNext when somebody wants to pay with them.
"""

from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, getdate
from frappe.utils.formatters import format_value

from crm_success.customer_loyalty.earning.carried_over import CARRYING
from crm_success.customer_loyalty.switching.native_reading import PROGRAM
from crm_success.record_checks.field_errors import bold
from crm_success.record_names import SWITCH_OVER, SWITCHED_PROGRAM

FIELDS = ("company", "to_date", "auto_opt_in")


def programs_of(company: str) -> list[frappe._dict]:
	"""Those of the company as they are."""
	fields = ["name", *FIELDS, "from_date", "expiry_duration"]
	return frappe.get_all(PROGRAM, {"company": company}, fields, order_by="name")


def companies_beside(switch_over: Document) -> list[str]:
	"""Other companies whose sales have earned in these programs: a program asks for no company when it gives points."""
	programs = [row.loyalty_program for row in switch_over.programs]
	filters = {"loyalty_program": ("in", programs), "company": ("!=", switch_over.company)}
	found = frappe.get_all("Loyalty Point Entry", filters, pluck="company", distinct=True, order_by=None)
	return sorted(company for company in found if company)


def remember_programs(switch_over: Document) -> None:
	"""In the table of an unsaved record: what the programs say now."""
	switch_over.set("programs", [])
	for program in programs_of(switch_over.company):
		shown = {
			field: program[field] for field in ("from_date", "to_date", "auto_opt_in", "expiry_duration")
		}
		switch_over.append("programs", {"loyalty_program": program.name, **shown})


def end_programs(switch_over: Document) -> None:
	"""End each that was remembered on the day before the switch, unless it ended earlier."""
	last = add_days(getdate(switch_over.switch_date), -1)
	for row in switch_over.programs:
		ended = _ended(row, last)
		_set(row.loyalty_program, ended, _told_of_end(switch_over, last))


def restore_programs(switch_over: Document) -> None:
	"""What each said before, as far as it still says what we set."""
	last = add_days(getdate(switch_over.switch_date), -1)
	for row in switch_over.programs:
		ended = _ended(row, last)
		now = frappe.db.get_value(PROGRAM, row.loyalty_program, FIELDS, as_dict=True)
		if not now:
			continue
		before = {
			"company": switch_over.company,
			"to_date": row.to_date,
			"auto_opt_in": row.auto_opt_in,
		}
		restored = {field: before[field] for field in FIELDS if _is_as_set(now[field], ended[field])}
		told = _("{0} was undone: the program is what it was before.").format(switch_over.name)
		_set(row.loyalty_program, restored, told)


def keep_ended(program: Document) -> None:
	"""Before somebody saves a program: what a switch has ended stays so. ERPNext's form fills in a company by itself."""
	rows, switches = frappe.qb.DocType(SWITCHED_PROGRAM), frappe.qb.DocType(SWITCH_OVER)
	query = frappe.qb.from_(rows).join(switches).on(rows.parent == switches.name)
	query = query.select(rows.to_date, switches.name, switches.switch_date)
	query = query.where((rows.loyalty_program == program.name) & switches.status.isin(CARRYING))
	for row in query.limit(1).run(as_dict=True):
		ended = _ended(row, add_days(row.switch_date, -1))
		kept = getdate(program.to_date) if program.to_date else ended["to_date"]
		ended["to_date"] = min(kept, ended["to_date"])
		if any(not _is_as_set(_stored(program, field), ended[field]) for field in FIELDS):
			program.update(ended)
			words = _("{0} has ended this program, and it stays ended. Undo that to use the program again.")
			frappe.msgprint(words.format(bold(row.name)), alert=True)


def _stored(program: Document, field: str) -> Any:
	value = program.get(field)
	return getdate(value) if field == "to_date" and value else value


def _ended(row: Any, last: date) -> dict[str, Any]:
	days = [getdate(day) for day in (row.to_date, last) if day]
	return {"company": None, "to_date": min(days), "auto_opt_in": 0}


def _is_as_set(now: Any, ended: Any) -> bool:
	return (now or None) == (ended or None)


def _set(program: str, values: dict[str, Any], told: str) -> None:
	if not values or not frappe.db.exists(PROGRAM, program):
		return
	doc = frappe.get_doc(PROGRAM, program)
	# only these: what else it says may not be valid by the release of today
	doc.db_set(values, notify=False)
	doc.add_comment("Info", told)
	frappe.clear_document_cache(PROGRAM, program)


def _told_of_end(switch_over: Document, last: date) -> str:
	words = _(
		"Ended on {0} by {1}: from the day after, sales earn by earning rules, and nobody pays with points from here."
	)
	return words.format(format_value(last, "Date"), switch_over.name)
