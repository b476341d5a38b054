"""The invoices, payments and issues of one customer, as ERPNext would have stored them on the scoring date."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from crm_success.standalone.demo.people import CURRENCY, TAX, Person
from crm_success.standalone.demo.schema import Row

DAYS_A_MONTH = 30.4
_SUBMITTED, _CANCELLED = 1, 2
# priority: (share, hours to answer, hours to resolve)
_PRIORITIES = {"Low": (45, 16, 120), "Medium": (35, 8, 72), "High": (20, 4, 24)}
_SUBJECTS = (
	"Delivery incomplete",
	"Wrong item received",
	"Invoice query",
	"Damaged packaging",
	"Late delivery",
)


@dataclass
class Ledger:
	"""Collects rows and numbers the documents, like a naming series."""

	as_of: date
	rows: dict[str, list[Row]] = field(default_factory=dict)
	_numbers: dict[str, int] = field(default_factory=dict)

	def number(self, series: str, day: date) -> str:
		"""The next name of a series, as ERPNext writes it."""
		self._numbers[series] = self._numbers.get(series, 0) + 1
		return f"{series}-{day.year}-{self._numbers[series]:05d}"

	def add(self, doctype: str, row: dict[str, Any]) -> None:
		"""One row; `creation` decides when it was made and, unless given, last changed."""
		row.setdefault("modified", row["creation"])
		self.rows.setdefault(doctype, []).append(
			row | {"owner": "Administrator", "modified_by": "Administrator"}
		)


def write_invoices(person: Person, ledger: Ledger, chance: Random) -> None:
	"""All invoices of a customer with their returns and payments."""
	for days_back in _moments(person, chance):
		_write_invoice(person, ledger, ledger.as_of - timedelta(days=days_back), chance)


def _moments(person: Person, chance: Random) -> Iterator[int]:
	"""Days back at which the customer buys, the oldest first."""
	day = float(person.first_day)
	while person.invoices_per_month > 0:
		if day < person.last_day or day < 0:
			return
		yield int(day)
		day -= chance.expovariate(max(person.rate(day), 0.01) / DAYS_A_MONTH)


def _write_invoice(person: Person, ledger: Ledger, day: date, chance: Random) -> None:
	name = ledger.number("ACC-SINV", day)
	net = round(person.usual_amount * chance.lognormvariate(0, 0.45), 2)
	docstatus = chance.choices((_SUBMITTED, 0, _CANCELLED), (972, 10, 18))[0]
	invoice = invoice_row(person, name, day, net) | {"docstatus": docstatus}
	if docstatus == _SUBMITTED:
		ledger.add("Payment Schedule", _instalment_row(invoice, ledger))
		add_ledger_row(person, ledger, day, ("Sales Invoice", name), name, invoice["base_grand_total"])
		returned = _write_return(person, ledger, invoice, day, chance)
		paid = _write_payments(person, ledger, invoice, invoice["base_grand_total"] - returned, chance)
		owed = round(invoice["base_grand_total"] - returned - paid, 2)
		invoice |= {"outstanding_amount": owed, "status": _status(owed, returned, invoice, ledger.as_of)}
	elif docstatus == _CANCELLED:
		for amount in (invoice["base_grand_total"], -invoice["base_grand_total"]):
			add_ledger_row(person, ledger, day, ("Sales Invoice", name), name, amount, delinked=1)
	ledger.add("Sales Invoice", invoice)


def invoice_row(person: Person, name: str, day: date, net: float) -> dict[str, Any]:
	"""A Sales Invoice that is not yet paid, in the currency of its company."""
	gross = round(net * (1 + TAX[person.company]), 2)
	return {
		"name": name,
		"creation": f"{day} 09:30:00.000000",
		"docstatus": _SUBMITTED,
		"customer": person.name,
		"customer_name": person.name,
		"customer_group": person.group,
		"territory": person.territory,
		"company": person.company,
		"currency": CURRENCY[person.company],
		"party_account_currency": CURRENCY[person.company],
		"conversion_rate": 1,
		"posting_date": day.isoformat(),
		"posting_time": "09:30:00.000000",
		"due_date": (day + timedelta(days=person.days_to_pay)).isoformat(),
		"base_net_total": net,
		"net_total": net,
		"base_grand_total": gross,
		"grand_total": gross,
		"outstanding_amount": gross,
		"status": "Unpaid",
		"is_opening": "No",
		"is_return": 0,
		"return_against": None,
	}


def _instalment_row(invoice: Row, ledger: Ledger) -> dict[str, Any]:
	"""ERPNext keeps one instalment for an invoice without payment terms."""
	return {
		"name": ledger.number("PS", date.fromisoformat(invoice["posting_date"])),
		"creation": invoice["creation"],
		"docstatus": _SUBMITTED,
		"idx": 1,
		"parent": invoice["name"],
		"parenttype": "Sales Invoice",
		"due_date": invoice["due_date"],
		"payment_amount": invoice["grand_total"],
		"base_payment_amount": invoice["base_grand_total"],
	}


def add_ledger_row(
	person: Person,
	ledger: Ledger,
	day: date,
	voucher: tuple[str, str],
	against: str,
	amount: float,
	delinked: int = 0,
) -> None:
	"""A Payment Ledger Entry: what a voucher adds to, or takes off, what is owed on an invoice."""
	due = day + timedelta(days=person.days_to_pay) if voucher[1] == against else None
	ledger.add(
		"Payment Ledger Entry",
		{
			"name": ledger.number("PLE", day),
			"creation": f"{day} 09:30:00.000000",
			"docstatus": _SUBMITTED,
			"posting_date": day.isoformat(),
			"account_type": "Receivable",
			"account": "Debtors",
			"party_type": "Customer",
			"party": person.name,
			"voucher_type": voucher[0],
			"voucher_no": voucher[1],
			"against_voucher_type": "Sales Invoice",
			"against_voucher_no": against,
			"amount": round(amount, 2),
			"account_currency": CURRENCY[person.company],
			"amount_in_account_currency": round(amount, 2),
			"due_date": due.isoformat() if due else None,
			"delinked": delinked,
			"company": person.company,
		},
	)


def _write_return(person: Person, ledger: Ledger, invoice: Row, day: date, chance: Random) -> float:
	"""Sometimes the customer sends goods back: a negative invoice. Returns the gross amount taken back."""
	returned_on = day + timedelta(days=chance.randint(3, 30))
	if chance.random() > 0.03 + 0.1 * person.trouble**2 or returned_on > ledger.as_of:
		return 0.0
	name = ledger.number("ACC-SINV-RET", returned_on)
	net = round(-invoice["base_net_total"] * chance.choice((0.25, 0.5, 1.0)), 2)
	row = invoice_row(person, name, returned_on, net)
	row |= {"is_return": 1, "return_against": invoice["name"], "status": "Return", "outstanding_amount": 0}
	ledger.add("Sales Invoice", row)
	gross = row["base_grand_total"]
	add_ledger_row(person, ledger, returned_on, ("Sales Invoice", name), invoice["name"], gross)
	return -gross


def _write_payments(person: Person, ledger: Ledger, invoice: Row, owed: float, chance: Random) -> float:
	"""Full, in two parts, late or never. Returns what was paid by the scoring date."""
	if owed <= 0 or chance.random() < 0.004 + 0.22 * person.trouble**3:
		return 0.0
	posted, due = (date.fromisoformat(invoice[name]) for name in ("posting_date", "due_date"))
	day = max(posted + timedelta(days=1), due + timedelta(days=round(chance.gauss(person.lateness, 7))))
	part = round(owed / 2, 2) if chance.random() < 0.08 else owed
	paid = 0.0
	for amount, paid_on in ((part, day), (round(owed - part, 2), day + timedelta(days=21))):
		if amount > 0 and paid_on <= ledger.as_of:
			payment = ("Payment Entry", ledger.number("ACC-PAY", paid_on))
			add_ledger_row(person, ledger, paid_on, payment, invoice["name"], -amount)
			paid += amount
	return paid


def _status(owed: float, returned: float, invoice: Row, as_of: date) -> str:
	if owed <= 0:
		return "Credit Note Issued" if returned else "Paid"
	if invoice["due_date"] < as_of.isoformat():
		return "Overdue"
	return "Unpaid" if owed == invoice["base_grand_total"] else "Partly Paid"


def write_issues(person: Person, ledger: Ledger, chance: Random) -> None:
	"""All issues of a customer; troubled ones have more of them lately."""
	day = float(person.first_day)
	while True:
		lately = 1 + 2 * person.trouble if day < 120 else 1
		day -= chance.expovariate(person.issues_per_month * lately / DAYS_A_MONTH)
		if day < 0:
			return
		opened = datetime.combine(ledger.as_of - timedelta(days=int(day)), time(chance.randint(8, 17), 15))
		_write_issue(person, ledger, opened, chance)


def _write_issue(person: Person, ledger: Ledger, opened: datetime, chance: Random) -> None:
	priority = chance.choices(list(_PRIORITIES), [share for share, _, _ in _PRIORITIES.values()])[0]
	_, answer_hours, resolve_hours = _PRIORITIES[priority]
	took = resolve_hours * chance.lognormvariate(-1.0 + 1.3 * person.trouble, 0.7)
	now = datetime.combine(ledger.as_of, time(18))
	answered = opened + timedelta(hours=round(min(took, answer_hours * chance.lognormvariate(-0.8, 0.6)), 1))
	resolved = opened + timedelta(hours=round(took, 1))
	is_resolved = resolved <= now and chance.random() > 0.01 + 0.05 * person.trouble
	row = {
		"name": ledger.number("ISS", opened.date()),
		"creation": moment(opened),
		"modified": moment(resolved if is_resolved else min(answered, now)),
		"subject": chance.choice(_SUBJECTS),
		"customer": person.name,
		"status": chance.choice(("Resolved", "Closed"))
		if is_resolved
		else chance.choice(("Open", "Replied")),
		"priority": priority,
		"company": person.company,
		"opening_date": opened.date().isoformat(),
		"opening_time": f"{opened.time()}.000000",
	}
	# some teams have no agreement, and then ERPNext keeps no resolution date either
	if chance.random() < 0.9:
		limits = (opened + timedelta(hours=answer_hours), opened + timedelta(hours=resolve_hours))
		row |= _agreement(
			limits, answered if answered <= now else None, resolved if is_resolved else None, opened
		)
	ledger.add("Issue", row)


def _agreement(
	limits: tuple[datetime, datetime], answered: datetime | None, resolved: datetime | None, opened: datetime
) -> Row:
	due = "Resolution Due" if answered else "First Response Due"
	return {
		"service_level_agreement": "SLA-Default",
		"response_by": moment(limits[0]),
		"first_responded_on": moment(answered) if answered else None,
		"sla_resolution_by": moment(limits[1]),
		"sla_resolution_date": moment(resolved) if resolved else None,
		"resolution_time": (resolved - opened).total_seconds() if resolved else None,
		"agreement_status": ("Fulfilled" if resolved <= limits[1] else "Failed") if resolved else due,
	}


def moment(value: datetime) -> str:
	"""A Datetime as Frappe stores it."""
	return value.strftime("%Y-%m-%d %H:%M:%S.%f")
