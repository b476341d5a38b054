"""What a row of the Payment Ledger means: what it charges, what it leaves owed and overdue, and whether money came in.

A debt is what charges a customer: an invoice, a Journal Entry that debits the customer, or money paid to the customer
that refers to nothing. Rows settle the debt that they name as `against_voucher`; a credit note for an invoice settles
that invoice, also while it stands by itself. What is settled goes to the earliest instalments first.

Source: ERPNext's report Accounts Receivable and its status Overdue (accounts_receivable.py; is_overdue in
sales_invoice.py), which tests on a site compare.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

from pypika import Case
from pypika import Table as SqlTable
from pypika.functions import Coalesce, Count, Max, Min, NullIf, Sum
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, LiteralValue, Term

from crm_success.database.dialects import Bindings, days_between, larger, not_below_zero, short_key
from crm_success.scoring.queries.scalar import Scalar

LEDGER = "Payment Ledger Entry"
INVOICE = "Sales Invoice"

SCHEDULE = "Payment Schedule"
JOURNAL_ROW = "Journal Entry Account"
ACCOUNT = "Account"

# the columns of other tables that the meaning of a row rests on
INVOICE_COLUMNS = (
	"due_date",
	"is_pos",
	"is_return",
	"return_against",
	"currency",
	"party_account_currency",
	"base_grand_total",
	"base_rounded_total",
)
SCHEDULE_COLUMNS = ("parent", "parenttype", "idx", "due_date", "payment_amount", "base_payment_amount")
JOURNAL_ROW_COLUMNS = ("parent", "account", "debit")
ACCOUNT_COLUMNS = ("account_type",)

# the columns of the ledger that debts are made of
DEBT_COLUMNS = (
	"name",
	"creation",
	"account",
	"party",
	"posting_date",
	"due_date",
	"voucher_type",
	"voucher_no",
	"against_voucher_type",
	"against_voucher_no",
	"amount",
	"amount_in_account_currency",
	"delinked",
)

# less than the smallest coin of any currency, more than what sums of decimals leave behind
_NOTHING = 0.0005


class LedgerRows(Protocol):
	"""What may be asked of the query that an expression stands in."""

	bindings: Bindings
	as_of: date

	def column(self, fieldname: str) -> Term:
		"""A column of the ledger, or of `debts`."""

	def invoice_column(self, fieldname: str) -> Term:
		"""One of INVOICE_COLUMNS, of the invoice that the row names as `against_voucher`."""


def debts(query: QueryBuilder, rows: LedgerRows, columns: Mapping[str, Term], customer: Term) -> QueryBuilder:
	"""One row a debt from the query over ledger rows beside their invoice: `_customer`, what `columns` say (each an
	aggregate), and the numbers that `billed_amount` and `overdue_amount` are made of.

	Short columns only, and a short key: the rows are many, and wide ones cost as much as reading the ledger.
	"""
	charging = is_debt(rows)
	today = rows.bindings.bind(rows.as_of)
	due = Coalesce(rows.invoice_column("due_date"), rows.column("due_date"), rows.column("posting_date"))
	is_invoice = charging & (rows.column("voucher_type") == rows.bindings.bind(INVOICE))
	at_till = rows.invoice_column("is_pos") == 1
	# few invoices are not due yet: asked first, it spares the others the comparison of texts
	in_future = (rows.invoice_column("due_date") >= today) & (rows.invoice_column("is_pos") == 0) & charging
	made_of = {
		"_customer": Min(customer),
		"_owed": Sum(rows.column("amount")),
		"_owed_in_account_currency": Sum(rows.column("amount_in_account_currency")),
		"_last_due": Max(Case().when(charging, due)),
		"_coming": Max(Case().when(in_future, _not_yet_due(rows))),
		"_charged": Max(
			Case().when(is_invoice, Case().when(at_till, _total_at_till(rows)).else_(rows.column("amount")))
		),
	}
	query = query.select(*(term.as_(name) for name, term in {**made_of, **columns}.items()))
	return query.groupby(*_key(rows, customer))


def join_invoice(query: QueryBuilder, rows: SqlTable, invoice: SqlTable, bindings: Bindings) -> QueryBuilder:
	"""The query, beside each row the Sales Invoice that it names as `against_voucher`."""
	is_invoice = rows.against_voucher_type == bindings.bind(INVOICE)
	return query.left_join(invoice).on((invoice.name == rows.against_voucher_no) & is_invoice)


def is_debt(rows: LedgerRows) -> Criterion:
	"""Whether the row charges the customer. A debt may have several such rows."""
	# numbers are compared before texts, which takes longer
	positive = (rows.column("amount") > 0) & _is_no_return(rows.invoice_column("is_return"))
	return positive & _is_own(rows.column)


def billed_amount(debt: LedgerRows) -> Term:
	"""What an invoice charged, with taxes. What a till gave back or took in is no charge."""
	return debt.column("_charged")


def overdue_amount(debt: LedgerRows) -> Term:
	"""What is owed on a debt and past its day; a day is past once it is over. Nothing (NULL) where it is none."""
	owed, today = debt.column("_owed"), debt.bindings.bind(debt.as_of)
	is_owed = (owed > _NOTHING) & (debt.column("_owed_in_account_currency") > _NOTHING)
	past = larger(owed - debt.column("_coming"), LiteralValue("0"), debt.bindings.dialect)
	return (
		Case()
		.when(is_owed & (debt.column("_last_due") < today), owed)
		.when(is_owed & debt.column("_coming").notnull(), NullIf(past, 0))
	)


def is_payment(rows: LedgerRows) -> Criterion:
	"""Whether the row is money received: a Payment Entry, what was paid at a till, or a Journal Entry that debits a
	bank or cash account. A write-off, an exchange difference, a credit note or a transfer is none.
	"""
	voucher_type, bindings = rows.column("voucher_type"), rows.bindings
	at_till = (
		(rows.invoice_column("is_pos") == 1)
		& _is_no_return(rows.invoice_column("is_return"))
		& (voucher_type == bindings.bind(INVOICE))
		& _is_own(rows.column)
	)
	by_journal = (voucher_type == bindings.bind("Journal Entry")) & (_bank_rows(rows) > 0)
	by_entry = voucher_type == bindings.bind("Payment Entry")
	return (rows.column("amount") < 0) & (by_entry | at_till | by_journal)


def days_late(rows: LedgerRows) -> Term:
	"""How many days after it was due a payment settled a debt, 0 where it was in time; NULL where it settles none
	whose due date is known. Of several instalments, the earliest that was open decides.
	"""
	in_instalments = _may_have_instalments(rows) & (_number_of_instalments(rows) > 1)
	due = Coalesce(
		Case().when(in_instalments, _first_open_instalment(rows)),
		rows.invoice_column("due_date"),
		_due_in_ledger(rows),
	)
	days = days_between(rows.column("posting_date"), due, rows.bindings.dialect)
	# paying one debt early does not make another one less late
	return Case().when(is_payment(rows), not_below_zero(days, rows.bindings.dialect))


def _key(rows: LedgerRows, customer: Term) -> list[Term]:
	"""What tells one debt from another: a credit note for an invoice belongs to that invoice."""
	invoice_of_credit_note = rows.invoice_column("return_against")
	is_credit_note = (rows.invoice_column("is_return") == 1) & (invoice_of_credit_note != "")
	number = Case().when(is_credit_note, invoice_of_credit_note).else_(rows.column("against_voucher_no"))
	parts = [customer, rows.column("account"), rows.column("against_voucher_type"), number]
	return short_key(parts, rows.bindings.dialect)


def _is_own(column: Callable[[str], Term]) -> Criterion:
	"""Whether the row settles nothing but the document that wrote it."""
	same_name = column("voucher_no") == column("against_voucher_no")
	return same_name & (column("voucher_type") == column("against_voucher_type"))


def _is_no_return(is_return: Term) -> Criterion:
	return is_return.isnull() | (is_return == 0)


def _total_at_till(rows: LedgerRows) -> Term:
	# the ledger has a row for the change too, which may be as large as the total
	rounded = NullIf(rows.invoice_column("base_rounded_total"), 0)
	return Coalesce(rounded, rows.invoice_column("base_grand_total"))


def _may_have_instalments(rows: LedgerRows) -> Criterion:
	is_invoice = rows.column("against_voucher_type") == rows.bindings.bind(INVOICE)
	return is_invoice & (rows.invoice_column("is_pos") == 0)


def _instalments(rows: LedgerRows, alias: str) -> tuple[SqlTable, QueryBuilder]:
	"""Those of the invoice that the row names as `against_voucher`."""
	schedule = SqlTable(f"tab{SCHEDULE}", alias=alias)
	query = rows.bindings.dialect.query.from_(schedule)
	of_invoices = schedule.parenttype == rows.bindings.bind(INVOICE)
	return schedule, query.where((schedule.parent == rows.column("against_voucher_no")) & of_invoices)


def _number_of_instalments(rows: LedgerRows) -> Term:
	# by name alone, which the index knows; those of a document of another type are none of `_first_open_instalment`
	schedule = SqlTable(f"tab{SCHEDULE}", alias="counted")
	query = rows.bindings.dialect.query.from_(schedule)
	return Scalar(query.where(schedule.parent == rows.column("against_voucher_no")).select(Count("*")))


def _not_yet_due(rows: LedgerRows) -> Term:
	"""In the company's currency; NULL where no instalment is in the future."""
	schedule, query = _instalments(rows, "coming")
	query = query.where(schedule.due_date >= rows.bindings.bind(rows.as_of))
	return Scalar(query.select(Sum(schedule.base_payment_amount)))


def _first_open_instalment(rows: LedgerRows) -> Term:
	"""The due date of the earliest instalment that was not settled before the row; NULL where none was open.

	Amounts are those of the party's account, in which an exchange difference is nothing.
	"""
	schedule, query = _instalments(rows, "instalment")
	query = query.where(_due_upto(rows, schedule) > _settled_before(rows) + _NOTHING)
	return Scalar(query.select(Min(schedule.due_date)))


def _due_upto(rows: LedgerRows, instalment: SqlTable) -> Term:
	"""The sum of an instalment and of those before it."""
	schedule, query = _instalments(rows, "earlier")
	same_day = (schedule.due_date == instalment.due_date) & (schedule.idx <= instalment.idx)
	query = query.where((schedule.due_date < instalment.due_date) | same_day)
	return Scalar(query.select(Sum(_in_account_currency(rows, schedule))))


def _in_account_currency(rows: LedgerRows, schedule: SqlTable) -> Term:
	of_account = rows.invoice_column("currency") == rows.invoice_column("party_account_currency")
	return Case().when(of_account, schedule.payment_amount).else_(schedule.base_payment_amount)


def _settled_before(rows: LedgerRows) -> Term:
	ledger = SqlTable(f"tab{LEDGER}", alias="settled")
	query = rows.bindings.dialect.query.from_(ledger).where(_same_debt(rows, ledger))
	charging = _is_own(ledger.__getitem__) & (ledger.amount > 0)
	query = query.where(charging.negate() & _is_before(ledger, rows))
	return Coalesce(Scalar(query.select(-Sum(ledger.amount_in_account_currency))), 0)


def _is_before(ledger: SqlTable, rows: LedgerRows) -> Criterion:
	# names are drawn at random: they decide only where nothing else does
	before, same = Criterion.any([]), Criterion.all([])
	for fieldname in ("posting_date", "creation", "name"):
		before = before | (same & (ledger[fieldname] < rows.column(fieldname)))
		same = same & (ledger[fieldname] == rows.column(fieldname))
	return before


def _due_in_ledger(rows: LedgerRows) -> Term:
	"""The due date of a debt that is no invoice."""
	ledger = SqlTable(f"tab{LEDGER}", alias="charged")
	query = rows.bindings.dialect.query.from_(ledger).where(_same_debt(rows, ledger))
	query = query.where(_is_own(ledger.__getitem__) & (ledger.amount > 0))
	return Scalar(query.select(Max(ledger.due_date)))


def _same_debt(rows: LedgerRows, ledger: SqlTable) -> Criterion:
	same = ("against_voucher_no", "against_voucher_type", "party", "account")
	return Criterion.all([ledger[name] == rows.column(name) for name in same]) & (ledger.delinked == 0)


def _bank_rows(rows: LedgerRows) -> Term:
	"""How many rows of the Journal Entry debit a bank or cash account."""
	row, account = SqlTable(f"tab{JOURNAL_ROW}", alias="counterpart"), SqlTable(f"tab{ACCOUNT}", alias="bank")
	query = rows.bindings.dialect.query.from_(row).join(account).on(account.name == row.account)
	query = query.where((row.parent == rows.column("voucher_no")) & (row.debit > 0))
	holds_money = account.account_type.isin(rows.bindings.bind_all(("Bank", "Cash")))
	return Scalar(query.where(holds_money).select(Count("*")))
