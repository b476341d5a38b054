"""Fields that native tables do not store but that a score needs as of any date. Each is one SQL expression.

ERPNext keeps today's state of an issue and of what is owed; a score for a date in the past needs the state
of that date, so these are computed from the dates and ledger rows that do not change any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from pypika import Case
from pypika.terms import Criterion, Term

from crm_success.database.dialects import Bindings
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.queries.issue_rows import (
	AGREEMENT_COLUMNS,
	CLOSING_COLUMNS,
	HOURS_COLUMNS,
	ISSUE,
	OPEN_COLUMNS,
	hours_to_resolve,
	is_open,
	is_sla_failed,
	open_until,
	resolved_on,
)
from crm_success.scoring.queries.ledger_rows import (
	ACCOUNT,
	ACCOUNT_COLUMNS,
	DEBT_COLUMNS,
	INVOICE,
	INVOICE_COLUMNS,
	JOURNAL_ROW,
	JOURNAL_ROW_COLUMNS,
	LEDGER,
	SCHEDULE,
	SCHEDULE_COLUMNS,
	billed_amount,
	days_late,
	is_debt,
	is_payment,
	overdue_amount,
)
from crm_success.scoring.queries.tables import Table, kind_of

# (label, fieldtype) by field name by DocType: what the desk offers besides the real fields
COMPUTED_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
	ISSUE: {
		"is_open": ("Is Open on the Scoring Date", "Check"),
		"open_until": ("Open Until, or the Scoring Date While It Is Open", "Datetime"),
		"resolved_on": ("Resolved On", "Datetime"),
		"hours_to_resolve": ("Hours to Resolve", "Float"),
		"is_sla_failed": ("Has Failed Its Service Level Agreement", "Check"),
	},
	INVOICE: {"is_purchase": ("Is a Purchase", "Check")},
	LEDGER: {
		"is_debt": ("Charges the Customer", "Check"),
		"billed_amount": ("Billed Amount", "Currency"),
		"overdue_amount": ("Overdue Amount on the Scoring Date", "Currency"),
		"is_payment": ("Is Money Received", "Check"),
		"days_late": ("Days Paid After the Due Date", "Float"),
	},
}

# what makes an invoice no purchase: goods came back, or only the price of an earlier one was corrected
PURCHASE_COLUMNS = ("is_return", "is_debit_note")

# the real columns that each computed field is made of, to say which one a database lacks
NEEDED_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
	ISSUE: {
		"is_open": CLOSING_COLUMNS,
		"open_until": OPEN_COLUMNS,
		"resolved_on": CLOSING_COLUMNS,
		"hours_to_resolve": HOURS_COLUMNS,
		"is_sla_failed": AGREEMENT_COLUMNS,
	},
	INVOICE: {"is_purchase": PURCHASE_COLUMNS},
	LEDGER: {
		"is_debt": DEBT_COLUMNS,
		"billed_amount": DEBT_COLUMNS,
		"overdue_amount": DEBT_COLUMNS,
		"is_payment": DEBT_COLUMNS,
		"days_late": DEBT_COLUMNS,
	},
}

# and the columns of other tables; what is known of a debt is read together
_OF_DEBTS = {INVOICE: INVOICE_COLUMNS, SCHEDULE: SCHEDULE_COLUMNS}
NEEDED_ELSEWHERE: dict[str, dict[str, tuple[str, ...]]] = {
	"is_debt": {INVOICE: INVOICE_COLUMNS},
	"billed_amount": _OF_DEBTS,
	"overdue_amount": _OF_DEBTS,
	"is_payment": {INVOICE: INVOICE_COLUMNS, JOURNAL_ROW: JOURNAL_ROW_COLUMNS, ACCOUNT: ACCOUNT_COLUMNS},
	"days_late": {
		INVOICE: INVOICE_COLUMNS,
		SCHEDULE: SCHEDULE_COLUMNS,
		JOURNAL_ROW: JOURNAL_ROW_COLUMNS,
		ACCOUNT: ACCOUNT_COLUMNS,
	},
}

# computed fields that look at the invoice that a ledger row settles, and those that look at all rows of its debt
NEEDS_INVOICE = frozenset(COMPUTED_FIELDS[LEDGER])
NEEDS_DEBT = frozenset({"billed_amount", "overdue_amount"})

# a date field that is the scoring day of many documents does not tell them apart: the field by whose day they are shown
_SHOWN_BY = {"open_until": "opening_date"}

# computed fields that say something of some rows only: whoever has no such row has nothing that could be measured
_DEBTS = (Filter("is_debt", "=", 1),)
_CONCERNS = {"billed_amount": _DEBTS, "overdue_amount": _DEBTS}
# nor has who never bought: what comes back, or a corrected price, is something of an earlier purchase
_PURCHASES = (Filter("is_purchase", "=", 1),)
_ROWS_OF_PURCHASES = tuple(Filter(name, "=", 0) for name in PURCHASE_COLUMNS)


class Rows(Protocol):
	"""What a computed field may ask of the query it stands in."""

	bindings: Bindings
	as_of: date

	def column(self, fieldname: str) -> Term:
		"""A real column of the source table."""

	def has(self, fieldname: str, kind: str) -> bool:
		"""Whether the source table has a column of that name and kind."""

	def invoice_column(self, fieldname: str) -> Term:
		"""A column of the Sales Invoice that a ledger row names as `against_voucher`."""


@dataclass(frozen=True)
class ComputedField:
	"""The kind of a computed field and its expression."""

	kind: str
	build: Callable[[Rows], Term]


def computed_field(doctype: str, fieldname: str) -> ComputedField | None:
	"""The computed field of that name, or None where the DocType has none of that name."""
	declared = COMPUTED_FIELDS.get(doctype, {}).get(fieldname)
	return ComputedField(kind_of(declared[1]), _BUILDERS[fieldname]) if declared else None


def concern(doctype: str, parent_doctype: str, fieldname: str) -> tuple[Filter, ...]:
	"""The filters for the rows of a source that tell something of a customer, by a field or without one; none where all
	rows do.
	"""
	if doctype == INVOICE:
		return _PURCHASES
	if parent_doctype == INVOICE:
		return _ROWS_OF_PURCHASES
	return _CONCERNS.get(fieldname, ()) if computed_field(doctype, fieldname) else ()


def shown_by(doctype: str, date_field: str) -> str:
	"""The field whose day is shown of a document that `date_field` places in the window."""
	return _SHOWN_BY.get(date_field, date_field) if computed_field(doctype, date_field) else date_field


def missing_columns(table: Table, fieldname: str) -> list[str]:
	"""Which real columns a computed field needs that the table does not have."""
	return [name for name in NEEDED_COLUMNS[table.doctype][fieldname] if not table.has(name)]


def needed_elsewhere(fieldname: str) -> Mapping[str, tuple[str, ...]]:
	"""The columns of other tables that a computed field needs, by DocType."""
	return NEEDED_ELSEWHERE.get(fieldname, {})


def _is_purchase(rows: Rows) -> Term:
	return Case().when(Criterion.any([rows.column(name) == 1 for name in PURCHASE_COLUMNS]), 0).else_(1)


def _is_debt(rows: Rows) -> Term:
	return _flag(is_debt(rows))


def _is_payment(rows: Rows) -> Term:
	return _flag(is_payment(rows))


def _flag(criterion: Criterion) -> Term:
	return Case().when(criterion, 1).else_(0)


_BUILDERS: dict[str, Callable[[Rows], Term]] = {
	"is_open": is_open,
	"open_until": open_until,
	"resolved_on": resolved_on,
	"hours_to_resolve": hours_to_resolve,
	"is_sla_failed": is_sla_failed,
	"is_purchase": _is_purchase,
	"is_debt": _is_debt,
	"billed_amount": billed_amount,
	"overdue_amount": overdue_amount,
	"is_payment": _is_payment,
	"days_late": days_late,
}
