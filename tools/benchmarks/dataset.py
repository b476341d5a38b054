"""Fills a fresh site with customers, invoices, payments and issues by plain SQL, the same ones every time.

Rows have what a score reads and what a list shows; they are no documents that ERPNext would submit. Scores nobody.

Shape: invoices follow a power law (a tenth of the customers hold a third of them), amounts are exponential around a
level of the customer's own, 3 % are returns, 5 % are due in three instalments, a fifth of the customers stopped
buying more than a year ago, one in twenty never bought, two thirds of the invoices are paid, around their due date.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

YEARS_DAYS = 1096


@dataclass(frozen=True)
class Size:
	"""How many rows of each; payments are two thirds of the invoices."""

	customers: int
	invoices: int
	issues: int

	@classmethod
	def of(cls, customers: int) -> "Size":
		"""Ten invoices and two issues a customer: a million and 200,000 for 100,000 customers."""
		return cls(customers, 10 * customers, 2 * customers)


# Nothing here depends on the order of rows or on the server's clock, only on a row's number.
_RANDOM = "(CONV(LEFT(MD5(CONCAT('{salt}', {number})), 8), 16, 10) / 4294967296)"
_STAMPS = "'2026-01-01 08:00:00', '2026-01-01 08:00:00', 'Administrator', 'Administrator'"
_STAMP_COLUMNS = "creation, modified, owner, modified_by"


def fill(size: Size, execute: Callable[[str, dict], object], company: str, currency: str, today: str) -> None:
	"""Run the statements of `statements` through `execute(sql, parameters)`, which commits as it likes."""
	for sql in statements(size):
		execute(sql, {"company": company, "currency": currency, "today": today})


def statements(size: Size) -> Iterator[str]:
	"""One INSERT for each kind of row. Parameters: company, currency, today."""
	yield _customers(size)
	yield _invoices(size)
	yield _returns(size)
	yield _instalments()
	yield _billed()
	yield _paid()
	yield _issues(size)


def _random(salt: str, number: str = "seq") -> str:
	return _RANDOM.format(salt=salt, number=number)


def _customer(place: str, size: Size) -> str:
	"""The name of the customer at a place of the power law, spread over all names by a step that skips none."""
	bought = size.customers * 19 // 20
	return f"CONCAT('BENCH-', LPAD(MOD(FLOOR({place}) * 7919, {bought}), 7, '0'))"


def _customers(size: Size) -> str:
	return f"""
		INSERT INTO tabCustomer (name, {_STAMP_COLUMNS}, customer_name, customer_type, customer_group, territory)
		SELECT CONCAT('BENCH-', LPAD(seq - 1, 7, '0')), {_STAMPS}, CONCAT('Customer ', seq), 'Company',
			ELT(1 + MOD(seq, 3), 'Commercial', 'Individual', 'Non Profit'), ELT(1 + MOD(seq, 2), 'Rest Of The World', 'United Kingdom')
		FROM seq_1_to_{size.customers}"""


def _invoices(size: Size) -> str:
	place = f"{size.customers * 19 // 20} * POW({_random('buyer')}, 2)"
	return f"""
		INSERT INTO `tabSales Invoice` (name, {_STAMP_COLUMNS}, docstatus, customer, customer_name, company, currency,
			party_account_currency, conversion_rate, posting_date, due_date, is_return, is_opening, base_net_total,
			net_total, base_grand_total, grand_total, outstanding_amount, status)
		SELECT name, {_STAMPS}, 1, customer, customer, %(company)s, %(currency)s, %(currency)s, 1, posting_date,
			posting_date + INTERVAL 30 DAY, 0, 'No', amount, amount, amount, amount, 0, 'Unpaid'
		FROM (
			SELECT name, customer,
				%(today)s - INTERVAL FLOOR({YEARS_DAYS} * {_random("day", "name")}
					* IF(is_lost, 0.6, 1) + IF(is_lost, 0.4 * {YEARS_DAYS}, 0)) DAY AS posting_date,
				ROUND(1 - LN(1 - {_random("amount", "name")}) * level, 2) AS amount
			FROM (
				SELECT name, customer, {_random("lost", "customer")} < 0.2 AS is_lost,
					50 + 950 * POW({_random("level", "customer")}, 3) AS level
				FROM (
					SELECT CONCAT('BENCH-SI-', LPAD(seq, 8, '0')) AS name, {_customer(place, size)} AS customer
					FROM seq_1_to_{size.invoices}
				) AS numbered
			) AS bought
		) AS dated"""


def _returns(size: Size) -> str:
	return f"""
		UPDATE `tabSales Invoice` SET is_return = 1, status = 'Return', base_net_total = -base_net_total * 0.4,
			net_total = base_net_total, base_grand_total = base_net_total, grand_total = base_net_total
		WHERE {_random("return", "name")} < 0.03"""


def _instalments() -> str:
	"""As ERPNext keeps them: one for an invoice, three for the one invoice in twenty that has payment terms."""
	return f"""
		INSERT INTO `tabPayment Schedule` (name, {_STAMP_COLUMNS}, docstatus, idx, parent, parenttype, parentfield,
			due_date, payment_amount, base_payment_amount)
		SELECT CONCAT(name, '-', seq), {_STAMPS}, 1, seq, name, 'Sales Invoice', 'payment_schedule',
			due_date - INTERVAL 10 * (parts - seq) DAY, grand_total / parts, base_grand_total / parts
		FROM (
			SELECT *, IF({_random("terms", "name")} < 0.05, 3, 1) AS parts FROM `tabSales Invoice` WHERE is_return = 0
		) AS invoice JOIN seq_1_to_3 ON seq <= parts"""


_LEDGER_COLUMNS = f"""name, {_STAMP_COLUMNS}, docstatus, posting_date, company, account_type, account, party_type,
	party, due_date, voucher_type, voucher_no, against_voucher_type, against_voucher_no, amount, account_currency,
	amount_in_account_currency, delinked"""


def _billed() -> str:
	return f"""
		INSERT INTO `tabPayment Ledger Entry` ({_LEDGER_COLUMNS})
		SELECT CONCAT(name, '-B'), {_STAMPS}, 1, posting_date, company, 'Receivable', 'Debtors', 'Customer', customer,
			due_date, 'Sales Invoice', name, 'Sales Invoice', name, base_grand_total, currency, base_grand_total, 0
		FROM `tabSales Invoice`"""


def _paid() -> str:
	paid_on = f"posting_date + INTERVAL FLOOR(70 * {_random('paid', 'name')}) DAY"
	return f"""
		INSERT INTO `tabPayment Ledger Entry` ({_LEDGER_COLUMNS})
		SELECT CONCAT(name, '-P'), {_STAMPS}, 1, {paid_on}, company, 'Receivable', 'Debtors', 'Customer', customer,
			NULL, 'Payment Entry', CONCAT(name, '-P'), 'Sales Invoice', name, -base_grand_total, currency, -base_grand_total, 0
		FROM `tabSales Invoice`
		WHERE is_return = 0 AND {_random("is paid", "name")} < 2 / 3 AND {paid_on} <= %(today)s"""


def _issues(size: Size) -> str:
	place = f"{size.customers * 19 // 20} * POW({_random('reporter')}, 2)"
	opened = f"%(today)s - INTERVAL FLOOR({YEARS_DAYS} * {_random('opened')}) DAY"
	hours = f"FLOOR(1 - LN(1 - {_random('hours')}) * 30)"
	return f"""
		INSERT INTO tabIssue (name, {_STAMP_COLUMNS}, subject, customer, opening_date, opening_time, priority, status,
			service_level_agreement, response_by, first_responded_on, sla_resolution_by, sla_resolution_date)
		SELECT name, {_STAMPS}, name, customer, opening_date, '09:00:00', ELT(1 + MOD(seq, 4), 'Low', 'Medium', 'Medium', 'High'),
			IF(is_resolved, 'Closed', 'Open'), IF(MOD(seq, 2), 'Default', NULL),
			IF(MOD(seq, 2), opened + INTERVAL 4 HOUR, NULL), opened + INTERVAL 2 HOUR,
			IF(MOD(seq, 2), opened + INTERVAL 48 HOUR, NULL), IF(is_resolved, opened + INTERVAL hours HOUR, NULL)
		FROM (
			SELECT *, TIMESTAMP(opening_date, '09:00:00') AS opened,
				(MOD(seq, 50) > 0 AND TIMESTAMP(opening_date, '09:00:00') + INTERVAL hours HOUR <= %(today)s) AS is_resolved
			FROM (
				SELECT seq, CONCAT('BENCH-ISS-', LPAD(seq, 7, '0')) AS name, {_customer(place, size)} AS customer,
					{opened} AS opening_date, {hours} AS hours
				FROM seq_1_to_{size.issues}
			) AS numbered
		) AS dated"""
