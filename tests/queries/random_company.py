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
			"Payment Ledger Entry": [],
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
		row = {
			"name": name,
			"customer": customer,
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
		if row["docstatus"] == 1 and not is_return:
			self._ledger(row)

	def _ledger(self, invoice: Row) -> None:
		total = invoice["base_net_total"]
		day = date.fromisoformat(invoice["posting_date"])
		entries = [("Sales Invoice", invoice["name"], total, day)]
		for number in range(self._random.randrange(3)):
			voucher = self._random.choice(["Payment Entry", "Journal Entry", "Sales Invoice"])
			part = round(total * self._random.choice([0.25, 0.5, 1]), 2)
			paid_on = day + timedelta(days=self._random.randrange(90))
			entries.append((voucher, f"{voucher}-{invoice['name']}-{number}", -part, paid_on))
		for voucher_type, voucher_no, amount, posted in entries:
			self.rows["Payment Ledger Entry"].append(
				{
					"party": invoice["customer"],
					"company": invoice["company"],
					"voucher_type": voucher_type,
					"voucher_no": voucher_no,
					"against_voucher_type": "Sales Invoice",
					"against_voucher_no": invoice["name"],
					"amount": amount,
					"posting_date": str(posted),
					"delinked": int(self._random.random() < 0.1),
					"account_type": self._random.choice(["Receivable"] * 5 + ["Payable"]),
				}
			)

	def _issue(self, customer: str) -> None:
		opened = datetime.combine(self._day(), time()) + timedelta(seconds=self._random.randrange(86400))
		limit = self._random.choice([None, opened + timedelta(hours=8), opened + timedelta(days=5)])
		closed = opened + timedelta(minutes=self._random.randrange(100_000))
		answered = opened + timedelta(minutes=self._random.randrange(5_000))
		status = self._random.choice(["Open", "Replied", "Resolved", "Closed", "Closed"])
		resolved = status in ("Resolved", "Closed") and self._random.random() < 0.8
		self.rows["Issue"].append(
			{
				"customer": customer,
				"status": status,
				"priority": self._random.choice(["High", "Medium", "Urgent", None]),
				"opening_date": str(opened.date()),
				"opening_time": str(opened.time()),
				"response_by": self._random.choice([None, str(opened + timedelta(hours=4))]),
				"first_responded_on": self._random.choice([None, str(answered)]),
				"sla_resolution_by": str(limit) if limit else None,
				"sla_resolution_date": str(closed) if resolved else None,
				"modified": str(closed),
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
		if row["customer"] == name and _day_of(row, "opening_date") <= AS_OF
	]
	visits = [row for row in company.rows["Service Visit"] if row["party"] == name and _is_visit(row)]
	parents = {row["name"] for row in invoices}
	items = [row for row in company.rows["Sales Invoice Item"] if row["parent"] in parents]
	items = [row for row in items if row["parenttype"] == "Sales Invoice"]
	due = {row["name"]: row["due_date"] for row in company.rows["Sales Invoice"]}
	return {
		**_unless_empty(invoices, _invoice_values),
		**_unless_empty(items, lambda rows: {"quantity": sum(row["qty"] for row in rows)}),
		**_unless_empty(ledger, lambda rows: _ledger_values(rows, due)),
		**_unless_empty(issues, _issue_values),
		**_unless_empty(
			visits, lambda rows: {"visit_hours": sum(row["duration"] or 0 for row in rows) / 3600}
		),
	}


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
	bought = [row for row in rows if not row["is_return"]]
	year = _within(rows, 365)
	before = _revenue(_within(rows, 90, 90))
	counts = [row["items_count"] for row in year]
	return {
		"revenue": _revenue(year),
		"frequency": len(_within(bought, 365)),
		"recency": min((AS_OF - _day_of(row, "posting_date")).days for row in bought) if bought else None,
		"tenure": max((AS_OF - _day_of(row, "posting_date")).days for row in bought) if bought else None,
		"change": 100 * (_revenue(_within(rows, 90)) - before) / before if round(before, 6) > 0 else None,
		"declining": _declining_months(rows),
		"return_share": 100 * sum(row["is_return"] for row in year) / len(year) if year else None,
		"average_items": sum(counts) / len(counts) if counts else None,
		"smallest": min((row["base_net_total"] * RATES[row["company"]] for row in year), default=None),
		"largest": max((row["base_net_total"] * RATES[row["company"]] for row in year), default=None),
		"territories": len({row["territory"] for row in rows if row["territory"]}),
		"elsewhere": sum(row["territory"] != "North" for row in rows),
	}


def _declining_months(rows: list[Row]) -> int:
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
	declining = 0
	while declining < 5 and totals[declining] < totals[declining + 1]:
		declining += 1
	return declining


def _ledger_values(rows: list[Row], due: dict[str, str | None]) -> dict[str, float | None]:
	receivable = [row for row in rows if row["account_type"] == "Receivable"]
	late = []
	overdue = billed = 0.0
	for row in receivable:
		limit, amount = due[row["against_voucher_no"]], row["amount"] * RATES[row["company"]]
		if limit and date.fromisoformat(limit) < AS_OF:
			overdue += amount
		if row["voucher_no"] == row["against_voucher_no"]:
			billed += amount
		if limit and row["voucher_type"] in ("Payment Entry", "Journal Entry"):
			late.append(max(0, (_day_of(row, "posting_date") - date.fromisoformat(limit)).days))
	return {"overdue": overdue, "billed": billed, "days_late": sum(late) / len(late) if late else None}


def _issue_values(rows: list[Row]) -> dict[str, float | None]:
	hours = [_hours(row) for row in rows if _resolved(row)]
	return {
		"open_issues": sum(_resolved(row) is None for row in rows),
		"hours": sum(hours) / len(hours) if hours else None,
		"urgent_share": 100 * sum(row["priority"] in ("High", "Urgent") for row in rows) / len(rows),
		"failed_share": 100 * sum(_has_failed(row) for row in rows) / len(rows),
	}


def _moment(text: str | None) -> datetime | None:
	return datetime.fromisoformat(text) if text else None


def _resolved(row: Row) -> datetime | None:
	"""When the issue was resolved, if it was by AS_OF."""
	if row["status"] not in ("Resolved", "Closed"):
		return None
	moment = _moment(row["sla_resolution_date"] or row["modified"])
	return moment if moment and moment.date() <= AS_OF else None


def _hours(row: Row) -> float:
	opened = datetime.fromisoformat(f"{row['opening_date']} {row['opening_time']}")
	resolved = _resolved(row)
	assert resolved
	return max(0.0, (resolved - opened).total_seconds() / 3600)


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
