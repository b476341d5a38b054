"""A seeded company of two hundred customers as plain rows, and its metrics computed in plain Python.

The computation here shares nothing with the app: it walks the rows of one customer at a time.
"""

import random
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

Row = dict[str, Any]

AS_OF = date(2024, 3, 15)
RATES = {"Main": 1.0, "Branch": 0.85}

_CUSTOMERS = [f"Customer {number:03} O'{number}" for number in range(200)]
_FIRST_DAY = date(2022, 12, 1)


class Company:
	"""Rows by DocType, the same for the same seed; a fifth of them after AS_OF, some that never count."""

	def __init__(self, seed: int = 7) -> None:
		self._random = random.Random(seed)
		self.rows: dict[str, list[Row]] = {
			"Customer": [{"name": name} for name in _CUSTOMERS],
			"Sales Invoice": [],
			"Sales Invoice Item": [],
			"Payment Schedule": [],
			"Payment Ledger Entry": [],
			"Journal Entry Account": [],
			"Account": [
				{"name": "Till", "account_type": "Cash"},
				{"name": "Giro", "account_type": "Bank"},
				{"name": "Losses", "account_type": "Expense Account"},
			],
			"Issue": [],
			"Service Visit": [],
		}
		# every tenth customer has nothing at all
		for at, name in enumerate(_CUSTOMERS):
			if at % 10:
				self._trade(name)

	def _trade(self, customer: str) -> None:
		for _ in range(self._random.randrange(12)):
			self._invoice(customer)
		for _ in range(self._random.randrange(5)):
			self._issue(customer)
		for _ in range(self._random.randrange(3)):
			day, second = self._day(), self._random.randrange(86400)
			moment = datetime.combine(day, time()) + timedelta(seconds=second)
			party_type = self._random.choice(["Customer", "Customer", "Supplier"])
			duration = self._random.choice([None, 60 * self._random.randrange(600)])
			self.rows["Service Visit"].append(
				{"party_type": party_type, "party": customer, "visited_on": str(moment), "duration": duration}
			)

	def _invoice(self, customer: str) -> None:
		name = f"SINV-{len(self.rows['Sales Invoice']):05}"
		is_return = int(self._random.random() < 0.15)
		amount = self._random.randrange(1, 200_000) / 100 * (-1 if is_return else 1)
		day, due = self._day(), self._random.choice([None, 0, 14, 30, 30])
		earlier = [row["name"] for row in self.rows["Sales Invoice"] if row["customer"] == customer]
		row = {
			"name": name,
			"customer": customer,
			"return_against": self._random.choice([None, *earlier[-1:]]) if is_return else None,
			"is_debit_note": int(not is_return and self._random.random() < 0.1),
			"is_pos": int(self._random.random() < 0.1),
			"currency": "EUR",
			"party_account_currency": self._random.choice(["EUR", "EUR", "USD"]),
			"base_grand_total": amount,
			"base_rounded_total": self._random.choice([0, amount]),
			"company": self._random.choice(["Main", "Main", "Branch", "Unknown"]),
			"posting_date": str(day),
			"due_date": None if due is None else str(day + timedelta(days=due)),
			"docstatus": self._random.choice([1, 1, 1, 1, 1, 0, 2]),
			"is_return": is_return,
			"is_opening": self._random.choice(["No", "No", "No", None, "Yes"]),
			"is_internal_customer": int(self._random.random() < 0.05),
			"base_net_total": amount,
			"items_count": self._random.randrange(5),
			"territory": self._random.choice(["North", "South", "west", "", None]),
		}
		self.rows["Sales Invoice"].append(row)
		for _ in range(self._random.randrange(3)):
			qty, parenttype = (
				self._random.randrange(1, 9),
				self._random.choice(["Sales Invoice", "Sales Invoice", "Other"]),
			)
			self.rows["Sales Invoice Item"].append({"parent": name, "parenttype": parenttype, "qty": qty})
		if row["docstatus"] == 1:
			if not is_return and row["due_date"] and not row["is_pos"]:
				self._instalments(row)
			self._ledger(row)

	def _instalments(self, invoice: Row) -> None:
		"""One to three, the last of them on the due date; payment_amount is twice as much, as in another currency."""
		number, left = self._random.randrange(1, 4), invoice["base_grand_total"]
		last = date.fromisoformat(invoice["due_date"])
		for at in range(number):
			part = round(left if at == number - 1 else left * self._random.choice([0.25, 0.5]), 2)
			left = round(left - part, 2)
			self.rows["Payment Schedule"].append(
				{
					"parent": invoice["name"],
					"idx": at + 1,
					"due_date": str(last - timedelta(days=20 * (number - 1 - at))),
					"payment_amount": 2 * part,
					"base_payment_amount": part,
				}
			)

	def _ledger(self, invoice: Row) -> None:
		total, name = invoice["base_grand_total"], invoice["name"]
		day = date.fromisoformat(invoice["posting_date"])
		stands_alone = not invoice["return_against"] or self._random.random() < 0.5
		entries = [("Sales Invoice", name, name if stands_alone else invoice["return_against"], total, day)]
		if invoice["is_pos"]:
			entries.append(("Sales Invoice", name, name, -2 * total, day))
			entries.append(("Sales Invoice", name, name, total, day))
		for number in range(self._random.randrange(4) if total > 0 else 0):
			voucher = self._random.choice(["Payment Entry", "Journal Entry", "Sales Invoice"])
			part = round(total * self._random.choice([-0.1, 0.25, 0.5, 1]), 2)
			paid_on = day + timedelta(days=self._random.randrange(90))
			against = self._random.choice([name, name, name, f"ADVANCE-{name}"])
			entries.append((voucher, f"{voucher}-{name}-{number}", against, -part, paid_on))
			if voucher == "Journal Entry":
				account = self._random.choice(["Till", "Giro", "Losses"])
				row = {"parent": entries[-1][1], "account": account, "debit": max(part, 0)}
				self.rows["Journal Entry Account"].append(row)
		if self._random.random() < 0.1:
			entries.append(("Journal Entry", f"DEBT-{name}", f"DEBT-{name}", abs(total), day))
		# in the currency of the account, 2 where it is not that of the company
		factor = 2 if invoice["currency"] == invoice["party_account_currency"] else 1
		for voucher_type, voucher_no, against, amount, posted in entries:
			own_type = voucher_type if against.startswith("DEBT-") else "Sales Invoice"
			self.rows["Payment Ledger Entry"].append(
				{
					"name": f"PLE-{self._random.getrandbits(40):010x}",
					"party": invoice["customer"],
					"company": invoice["company"],
					"account": f"Debtors {invoice['company']}",
					"voucher_type": voucher_type,
					"voucher_no": voucher_no,
					"against_voucher_type": own_type,
					"against_voucher_no": against,
					"amount": amount,
					"amount_in_account_currency": round(factor * amount, 2),
					"posting_date": str(posted),
					"due_date": self._random.choice([None, str(posted + timedelta(days=10))]),
					"delinked": int(self._random.random() < 0.1),
					"account_type": "Receivable",
				}
			)

	def _issue(self, customer: str) -> None:
		opened = datetime.combine(self._day(), time()) + timedelta(seconds=self._random.randrange(86400))
		split_from = self._random.choice([None, None, None, "", "Gone", "another"])
		whole = [row for row in self.rows["Issue"] if not row["issue_split_from"]]
		if split_from == "another" and whole:
			original = self._random.choice(whole)
			split_from = original["name"]
			opened = datetime.fromisoformat(f"{original['opening_date']} {original['opening_time']}")
		begun = opened + timedelta(minutes=self._random.randrange(20_000) if split_from else 0)
		closed = begun + timedelta(minutes=self._random.randrange(100_000))
		limit = self._random.choice([None, opened + timedelta(hours=8), opened + timedelta(days=5)])
		answered = opened + timedelta(minutes=self._random.randrange(5_000))
		status = self._random.choice(["Open", "Replied", "Resolved", "Closed", "Closed"])
		resolved = status in ("Resolved", "Closed") and self._random.random() < 0.8
		seconds = 60 * self._random.randrange(100_000)
		self.rows["Issue"].append(
			{
				"name": f"ISS-{len(self.rows['Issue']):05}",
				"customer": customer,
				"status": status,
				"priority": self._random.choice(["High", "Medium", "Urgent", None]),
				"opening_date": str(opened.date()),
				"opening_time": str(opened.time()),
				"issue_split_from": split_from,
				"service_level_agreement": self._random.choice([None, "", "SLA", "SLA"]),
				"service_level_agreement_creation": self._random.choice([None, None, str(begun)]),
				"response_by": self._random.choice([None, str(opened + timedelta(hours=4))]),
				"first_responded_on": self._random.choice([None, str(answered)]),
				"sla_resolution_by": str(limit) if limit else None,
				"sla_resolution_date": str(closed) if resolved else None,
				"resolution_time": self._random.choice([None, seconds]),
				"total_hold_time": self._random.choice([None, 0, 7200, 90_000]),
				"health_closed_on": self._random.choice([None, str(closed + timedelta(minutes=30))]),
				"creation": str(begun),
				"modified": str(closed + timedelta(hours=self._random.choice([0, 50]))),
			}
		)

	def _day(self) -> date:
		return _FIRST_DAY + timedelta(days=self._random.randrange(580))


def expected_values(company: Company) -> dict[str, dict[str, float | None]]:
	"""Value by metric key by customer, None where it is missing."""
	return {name: _values_of(company, name) for name in _CUSTOMERS}


def _values_of(company: Company, name: str) -> dict[str, float | None]:
	invoices = [row for row in company.rows["Sales Invoice"] if row["customer"] == name and _counts(row)]
	ledger = [row for row in company.rows["Payment Ledger Entry"] if row["party"] == name and _in_ledger(row)]
	issues = [
		row
		for row in company.rows["Issue"]
		if row["customer"] == name and _day_of(row, "opening_date") <= AS_OF and is_there(row, AS_OF)
	]
	visits = [row for row in company.rows["Service Visit"] if row["party"] == name and _is_visit(row)]
	bought = [row for row in invoices if _is_purchase(row)]
	return {
		# who only returned something has no value of what is made of invoices
		**_unless_empty(bought, lambda _rows: _invoice_values(invoices)),
		**_unless_empty(_items(company, bought), lambda _rows: _item_values(_items(company, invoices))),
		**_unless_empty(ledger, lambda rows: LedgerByHand(company, rows).values()),
		**_unless_empty(issues, lambda rows: _issue_values(company, rows)),
		**_unless_empty(
			visits, lambda rows: {"visit_hours": sum(row["duration"] or 0 for row in rows) / 3600}
		),
	}


def _is_purchase(row: Row) -> bool:
	return not row["is_return"] and not row["is_debit_note"]


def _items(company: Company, invoices: list[Row]) -> list[Row]:
	parents = {row["name"] for row in invoices}
	items = [row for row in company.rows["Sales Invoice Item"] if row["parent"] in parents]
	return [row for row in items if row["parenttype"] == "Sales Invoice"]


def _item_values(items: list[Row]) -> dict[str, float | None]:
	return {"quantity": sum(row["qty"] for row in items)}


def _unless_empty(rows: list[Row], compute: Callable[[list[Row]], dict[str, Any]]) -> dict[str, Any]:
	return compute(rows) if rows else {}


def _counts(row: Row) -> bool:
	eligible = row["docstatus"] == 1 and row["is_opening"] != "Yes" and not row["is_internal_customer"]
	return eligible and row["company"] in RATES and _day_of(row, "posting_date") <= AS_OF


def _in_ledger(row: Row) -> bool:
	return not row["delinked"] and row["company"] in RATES and _day_of(row, "posting_date") <= AS_OF


def _is_visit(row: Row) -> bool:
	return row["party_type"] == "Customer" and date.fromisoformat(row["visited_on"][:10]) <= AS_OF


def _day_of(row: Row, fieldname: str) -> date:
	return date.fromisoformat(row[fieldname])


def _within(rows: Iterable[Row], days: int, offset: int = 0) -> list[Row]:
	last = AS_OF - timedelta(days=offset)
	return [row for row in rows if last - timedelta(days=days) < _day_of(row, "posting_date") <= last]


def _revenue(rows: Iterable[Row]) -> float:
	return sum(row["base_net_total"] * RATES[row["company"]] for row in rows)


def _invoice_values(rows: list[Row]) -> dict[str, float | None]:
	bought = [row for row in rows if _is_purchase(row)]
	year = _within(rows, 365)
	counts = [row["items_count"] for row in year]
	return {
		"revenue": _revenue(year),
		"frequency": len(_within(bought, 365)),
		"recency": min((AS_OF - _day_of(row, "posting_date")).days for row in bought) if bought else None,
		"tenure": max((AS_OF - _day_of(row, "posting_date")).days for row in bought) if bought else None,
		"change": _change(rows),
		"declining": _declining_months(rows),
		"return_share": 100 * sum(row["is_return"] for row in year) / len(year) if year else None,
		"average_items": sum(counts) / len(counts) if counts else None,
		"smallest": min((row["base_net_total"] * RATES[row["company"]] for row in year), default=None),
		"largest": max((row["base_net_total"] * RATES[row["company"]] for row in year), default=None),
		"territories": len({row["territory"] for row in rows if row["territory"]}),
		"elsewhere": sum(row["territory"] != "North" for row in rows),
	}


def _change(rows: list[Row]) -> float | None:
	now, before = (round(_revenue(_within(rows, 90, offset)), 6) for offset in (0, 90))
	if before > 0:
		return 100 * (now - before) / before
	# nothing in both, after something earlier: a fall to nothing
	return -100 if now <= 0 and round(_revenue(rows), 6) > 0 else None


def _declining_months(rows: list[Row]) -> int | None:
	# on 15 March the last complete month is February; 180 days are six months
	months = [(2024, 2), (2024, 1), (2023, 12), (2023, 11), (2023, 10), (2023, 9)]
	totals = []
	for year, month in months:
		days = [
			row
			for row in rows
			if (_day_of(row, "posting_date").year, _day_of(row, "posting_date").month) == (year, month)
		]
		totals.append(round(_revenue(days), 6))
	if max(totals[1:]) <= 0:
		return None
	declining = 0
	while declining < 5 and _declines(*totals[declining:]):
		declining += 1
	return declining


def _declines(later: float, earlier: float, *before: float) -> bool:
	return later < earlier or (later <= 0 and earlier <= 0 and max(before, default=0) > 0)


class LedgerByHand:
	"""What the ledger rows of one customer say, debt by debt."""

	def __init__(self, company: Company, rows: list[Row]) -> None:
		self._rows = rows
		self._invoices = {row["name"]: row for row in company.rows["Sales Invoice"]}
		self._schedules = company.rows["Payment Schedule"]
		self._journal_rows = company.rows["Journal Entry Account"]

	def values(self) -> dict[str, float | None]:
		"""Nothing is billed or overdue of whom nothing was ever charged."""
		debts: dict[tuple[str, str, str], list[Row]] = {}
		for row in self._rows:
			debts.setdefault(self._debt(row), []).append(row)
		late = [days for row in self._rows if (days := self._days_late(row)) is not None]
		charged = any(map(self._charges, self._rows))
		return {
			"overdue": sum(map(self._overdue, debts.values())) if charged else None,
			"billed": sum(map(self._billed, debts.values())) if charged else None,
			"days_late": sum(late) / len(late) if late else None,
		}

	def _invoice(self, row: Row) -> Row:
		return self._invoices.get(row["against_voucher_no"], {})

	def _debt(self, row: Row) -> tuple[str, str, str]:
		against = row["against_voucher_no"]
		returned = self._invoice(row).get("return_against") if self._invoice(row).get("is_return") else None
		return row["account"], row["against_voucher_type"], returned or against

	def _is_own(self, row: Row) -> bool:
		types = row["voucher_type"], row["against_voucher_type"]
		return types[0] == types[1] and row["voucher_no"] == row["against_voucher_no"]

	def _charges(self, row: Row) -> bool:
		return self._is_own(row) and row["amount"] > 0 and not self._invoice(row).get("is_return")

	def _first(self, debt: list[Row]) -> Row | None:
		return min(filter(self._charges, debt), key=lambda row: row["name"], default=None)

	def _overdue(self, debt: list[Row]) -> float:
		row = self._first(debt)
		owed = round(sum(row["amount"] for row in debt), 6)
		in_account = round(sum(row["amount_in_account_currency"] for row in debt), 6)
		if row is None or owed <= 0 or in_account <= 0:
			return 0
		invoice, rate = self._invoice(row), RATES[row["company"]]
		due = invoice.get("due_date") or row["due_date"] or row["posting_date"]
		if date.fromisoformat(due) < AS_OF:
			return owed * rate
		coming = [part for part in self._instalments(invoice) if _day_of(part, "due_date") >= AS_OF]
		if not coming:
			return 0
		return max(0, owed - sum(part["base_payment_amount"] for part in coming)) * rate

	def _billed(self, debt: list[Row]) -> float:
		row = self._first(debt)
		if row is None or row["voucher_type"] != "Sales Invoice":
			return 0
		invoice = self._invoice(row)
		total = invoice["base_rounded_total"] or invoice["base_grand_total"]
		return (total if invoice["is_pos"] else row["amount"]) * RATES[row["company"]]

	def _instalments(self, invoice: Row) -> list[Row]:
		parts = [part for part in self._schedules if part["parent"] == invoice.get("name")]
		return sorted(parts, key=lambda part: (part["due_date"], part["idx"]))

	def _is_payment(self, row: Row) -> bool:
		invoice = self._invoice(row)
		if row["amount"] >= 0:
			return False
		if row["voucher_type"] == "Journal Entry":
			return any(
				part["parent"] == row["voucher_no"] and part["account"] != "Losses" and part["debit"] > 0
				for part in self._journal_rows
			)
		at_till = self._is_own(row) and invoice.get("is_pos") and not invoice["is_return"]
		return row["voucher_type"] == "Payment Entry" or bool(at_till)

	def _days_late(self, row: Row) -> float | None:
		if not self._is_payment(row):
			return None
		parts = self._instalments(self._invoice(row))
		if len(parts) < 2:
			return _days_late(row, self._due(row))
		factor = 2 if self._invoice(row)["party_account_currency"] == "EUR" else 1
		settled, upto = self._settled_before(row), 0.0
		for part in parts:
			upto += factor * part["base_payment_amount"]
			if upto > settled + 1e-6:
				return _days_late(row, part["due_date"])
		return _days_late(row, self._due(row))

	def _settled_before(self, row: Row) -> float:
		place = row["posting_date"], row["name"]
		return -sum(
			other["amount_in_account_currency"]
			for other in self._of_same_voucher(row)
			if not (self._is_own(other) and other["amount"] > 0)
			and (other["posting_date"], other["name"]) < place
		)

	def _due(self, row: Row) -> str | None:
		charging = (
			other for other in self._of_same_voucher(row) if self._is_own(other) and other["amount"] > 0
		)
		in_ledger = max((other["due_date"] for other in charging if other["due_date"]), default=None)
		return self._invoice(row).get("due_date") or in_ledger

	def _of_same_voucher(self, row: Row) -> list[Row]:
		names = ("account", "against_voucher_type", "against_voucher_no")
		return [other for other in self._rows if all(other[name] == row[name] for name in names)]


def _days_late(row: Row, due: str | None) -> float | None:
	return None if due is None else max(0, (_day_of(row, "posting_date") - date.fromisoformat(due)).days)


def _issue_values(company: Company, rows: list[Row]) -> dict[str, float | None]:
	holds = {row["name"]: row["total_hold_time"] or 0 for row in company.rows["Issue"]}
	hours = [_hours(row, holds) for row in rows if _resolved(row)]
	return {
		"open_issues": sum(_resolved(row) is None for row in rows),
		"hours": sum(hours) / len(hours) if hours else None,
		"urgent_share": 100 * sum(row["priority"] in ("High", "Urgent") for row in rows) / len(rows),
		"failed_share": 100 * sum(_has_failed(row) for row in rows) / len(rows),
	}


def is_there(issue: Row, day: date) -> bool:
	"""Whether an issue that was split off was so by the end of the day."""
	return not issue["issue_split_from"] or datetime.fromisoformat(issue["creation"]).date() <= day


def closed_on(issue: Row) -> str | None:
	"""When an issue that is closed today was."""
	if issue["status"] not in ("Resolved", "Closed"):
		return None
	if issue["service_level_agreement"] and issue["sla_resolution_date"]:
		return issue["sla_resolution_date"]
	return issue["health_closed_on"] or issue["sla_resolution_date"] or issue["modified"]


def _moment(text: str | None) -> datetime | None:
	return datetime.fromisoformat(text) if text else None


def _resolved(row: Row) -> datetime | None:
	"""When the issue was resolved, if it was by AS_OF."""
	moment = _moment(closed_on(row))
	return moment if moment and moment.date() <= AS_OF else None


def _hours(row: Row, holds: dict[str, float]) -> float:
	hold = row["total_hold_time"] or 0
	if row["issue_split_from"]:
		hold = max(0, hold - holds.get(row["issue_split_from"], hold))
	return max(0.0, (_seconds_taken(row) - hold) / 3600)


def _seconds_taken(row: Row) -> float:
	if row["resolution_time"] is not None and closed_on(row) == row["sla_resolution_date"]:
		return row["resolution_time"]
	begun = f"{row['opening_date']} {row['opening_time']}"
	if row["issue_split_from"]:
		begun = row["creation"]
	begun = row["service_level_agreement_creation"] or begun
	resolved = _resolved(row)
	assert resolved
	return (resolved - datetime.fromisoformat(begun)).total_seconds()


def _has_failed(row: Row) -> bool:
	resolve_by, respond_by = _moment(row["sla_resolution_by"]), _moment(row["response_by"])
	resolved, answered = _resolved(row), _moment(row["first_responded_on"])
	if resolve_by:
		return resolved > resolve_by if resolved else resolve_by.date() < AS_OF
	if not respond_by:
		return False
	if answered and answered.date() <= AS_OF:
		return answered > respond_by
	return not resolved and respond_by.date() < AS_OF
