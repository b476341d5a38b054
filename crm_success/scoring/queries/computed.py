"""Fields that native tables do not store but that a score needs as of any date. Each is one SQL expression.

ERPNext keeps today's state of an issue and of what is owed; a score for a date in the past needs the state
of that date, so these are computed from the dates and ledger rows that do not change any more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from pypika import Case
from pypika.functions import Coalesce
from pypika.terms import Criterion, Term

from crm_success.database.dialects import Bindings, days_between, hours_between
from crm_success.scoring.queries.tables import Table, kind_of

# (label, fieldtype) by field name by DocType: what the desk offers besides the real fields
COMPUTED_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
	"Issue": {
		"is_open": ("Is Open on the Scoring Date", "Check"),
		"resolved_on": ("Resolved On", "Datetime"),
		"hours_to_resolve": ("Hours to Resolve", "Float"),
		"is_sla_failed": ("Has Failed Its Service Level Agreement", "Check"),
	},
	"Payment Ledger Entry": {
		"billed_amount": ("Billed Amount", "Currency"),
		"overdue_amount": ("Overdue Amount on the Scoring Date", "Currency"),
		"is_payment": ("Is a Payment of an Invoice", "Check"),
		"days_late": ("Days Paid After the Due Date", "Float"),
	},
}

# the real columns that each computed field is made of, to say which one a database lacks
NEEDED_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
	"Issue": {
		"is_open": ("status", "sla_resolution_date", "modified"),
		"resolved_on": ("status", "sla_resolution_date", "modified"),
		"hours_to_resolve": ("status", "sla_resolution_date", "modified", "opening_date", "opening_time"),
		"is_sla_failed": (
			"status",
			"sla_resolution_date",
			"modified",
			"sla_resolution_by",
			"response_by",
			"first_responded_on",
		),
	},
	"Payment Ledger Entry": {
		"billed_amount": ("amount", "voucher_type", "voucher_no", "against_voucher_no"),
		"overdue_amount": ("amount", "against_voucher_type", "against_voucher_no"),
		"is_payment": ("amount", "voucher_type", "against_voucher_type"),
		"days_late": ("amount", "posting_date", "voucher_type", "against_voucher_type", "against_voucher_no"),
	},
}

# computed fields that look up the due date of the invoice a ledger row settles
NEEDS_INVOICE = frozenset({"overdue_amount", "days_late"})

_CLOSED = ("Resolved", "Closed")


class Rows(Protocol):
	"""What a computed field may ask of the query it stands in."""

	bindings: Bindings
	as_of: date

	def column(self, fieldname: str) -> Term:
		"""A real column of the source table."""

	def invoice_column(self, fieldname: str) -> Term:
		"""A column of the Sales Invoice that a ledger row settles."""


@dataclass(frozen=True)
class ComputedField:
	"""The kind of a computed field and its expression."""

	kind: str
	build: Callable[[Rows], Term]


def computed_field(doctype: str, fieldname: str) -> ComputedField | None:
	"""The computed field of that name, or None where the DocType has none of that name."""
	declared = COMPUTED_FIELDS.get(doctype, {}).get(fieldname)
	return ComputedField(kind_of(declared[1]), _BUILDERS[fieldname]) if declared else None


def missing_columns(table: Table, fieldname: str) -> list[str]:
	"""Which real columns a computed field needs that the table does not have."""
	return [name for name in NEEDED_COLUMNS[table.doctype][fieldname] if not table.has(name)]


def _resolved_on(rows: Rows) -> Term:
	# without a service level agreement ERPNext stores no resolution date: the last change stands in for it
	moment = Coalesce(rows.column("sla_resolution_date"), rows.column("modified"))
	return Case().when(rows.column("status").isin(rows.bindings.bind_all(_CLOSED)), moment)


def _is_resolved(rows: Rows) -> Criterion:
	return _resolved_on(rows) < _day_after(rows)


def _is_open(rows: Rows) -> Term:
	return Case().when(_is_resolved(rows), 0).else_(1)


def _hours_to_resolve(rows: Rows) -> Term:
	hours = hours_between(
		_resolved_on(rows), rows.column("opening_date"), rows.column("opening_time"), rows.bindings.dialect
	)
	return Case().when(_is_resolved(rows), Case().when(hours > 0, hours).else_(0))


def _is_sla_failed(rows: Rows) -> Term:
	"""Resolved (or, without a limit for that, answered) after the limit, or not at all by a day that is over."""
	resolve_by, respond_by = rows.column("sla_resolution_by"), rows.column("response_by")
	responded = rows.column("first_responded_on")
	today = rows.bindings.bind(rows.as_of)
	return (
		Case()
		.when(resolve_by.notnull() & _is_resolved(rows), _flag(_resolved_on(rows) > resolve_by))
		.when(resolve_by.notnull(), _flag(resolve_by < today))
		.when(responded < _day_after(rows), _flag(responded > respond_by))
		.when(_is_resolved(rows), 0)
		.else_(_flag(respond_by < today))
	)


def _is_own_invoice(rows: Rows) -> Criterion:
	own = rows.column("voucher_no") == rows.column("against_voucher_no")
	return (
		(rows.column("voucher_type") == rows.bindings.bind("Sales Invoice"))
		& own
		& (rows.column("amount") > 0)
	)


def _billed_amount(rows: Rows) -> Term:
	return Case().when(_is_own_invoice(rows), rows.column("amount"))


def _overdue_amount(rows: Rows) -> Term:
	# what is owed on an invoice is the sum of its ledger rows, so each row counts by the invoice's due date
	due = rows.invoice_column("due_date")
	return Case().when(due < rows.bindings.bind(rows.as_of), rows.column("amount"))


def _pays_an_invoice(rows: Rows) -> Criterion:
	vouchers = rows.bindings.bind_all(("Payment Entry", "Journal Entry"))
	settles = rows.column("against_voucher_type") == rows.bindings.bind("Sales Invoice")
	return rows.column("voucher_type").isin(vouchers) & settles & (rows.column("amount") < 0)


def _is_payment(rows: Rows) -> Term:
	return _flag(_pays_an_invoice(rows))


def _days_late(rows: Rows) -> Term:
	# paying one invoice early does not make another one less late, hence never below zero
	due = rows.invoice_column("due_date")
	days = days_between(rows.column("posting_date"), due, rows.bindings.dialect)
	late = Case().when(days > 0, days).else_(0)
	return Case().when(_pays_an_invoice(rows) & due.notnull(), late)


def _flag(criterion: Criterion) -> Term:
	return Case().when(criterion, 1).else_(0)


def _day_after(rows: Rows) -> Term:
	return rows.bindings.bind(rows.as_of + timedelta(days=1))


_BUILDERS: dict[str, Callable[[Rows], Term]] = {
	"is_open": _is_open,
	"resolved_on": _resolved_on,
	"hours_to_resolve": _hours_to_resolve,
	"is_sla_failed": _is_sla_failed,
	"billed_amount": _billed_amount,
	"overdue_amount": _overdue_amount,
	"is_payment": _is_payment,
	"days_late": _days_late,
}
