"""Random ledgers: what people do over a year, drawn by hypothesis and done through ERPNext's own API."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

import frappe
from frappe.utils import add_days, flt, getdate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm_success.tests.support import factories, ledgers, tills
from crm_success.tests.support.ledgers import days_ago

INVOICE, PAYMENT, JOURNAL = "Sales Invoice", "Payment Entry", "Journal Entry"
FIRST_DAY = 350
STEPS = 14
# days after an invoice at which parts of it are due
TERMS = ((30,), (0,), (15, 45), (30, 60, 90), (0, 30), (10, 100))
RATES = (0.8, 0.7, 0.75, 0.9)
# how likely each is, by how often it stands here
KINDS = (
	*("sell", "sell", "sell", "pay", "pay", "pay_several", "advance", "reconcile", "reconcile"),
	*("write_off", "bank_journal", "open_debt", "move_debt", "credit", "credit", "refund", "adjust"),
	*("till_sale", "till_return", "visit", "unreconcile", "cancel"),
)


@dataclass(frozen=True)
class Step:
	"""Something that somebody does; a step for which there is no document is left out."""

	kind: str
	# since the step before
	days: int
	customer: int
	# of the documents that fit
	which: int
	amount: float
	# of what is open
	part: float
	flag: bool

	@property
	def terms(self) -> tuple[int, ...]:
		return TERMS[self.which % len(TERMS)]

	@property
	def rate(self) -> float:
		return RATES[self.which % len(RATES)]


def steps(random: Random, kinds: Sequence[str]) -> list[Step]:
	return [
		Step(
			kind=kind,
			days=random.randint(0, 35),
			customer=random.randint(0, 2),
			which=random.randint(0, 11),
			amount=random.randint(1000, 99999) / 100,
			part=random.choice((0.25, 0.5, 1 / 3, 0.9)),
			flag=random.random() < 0.5,
		)
		for kind in kinds
	]


def drawn_ledgers(number: int) -> list[list[Step]]:
	"""The same steps for the same number, every time."""
	drawn: list[list[Step]] = []

	@settings(
		max_examples=number,
		phases=[Phase.generate],
		deadline=None,
		derandomize=True,
		database=None,
		suppress_health_check=list(HealthCheck),
	)
	# hypothesis leans towards plain values, which are all sales
	@given(st.randoms(use_true_random=True))
	def each(random: Random) -> None:
		drawn.append(steps(random, ["sell", "sell", *random.sample(KINDS, STEPS)]))

	each()
	return drawn[:number]


class Books:
	"""Three customers, the last with an account in dollars, and what is done with them, day after day."""

	def __init__(self, name: str):
		names = [f"{name} {letter}" for letter in "ABC"]
		self.customers = [*map(factories.make_customer, names[:2]), ledgers.make_dollar_customer(names[2])]
		self.day = days_ago(FIRST_DAY)
		self.documents: list[Any] = []
		self.visits: list[tuple[str, float, date]] = []
		self.done: Counter[str] = Counter()
		self.refused: Counter[str] = Counter()
		self.story: list[str] = []

	def do(self, step: Step) -> None:
		"""The step, with the first customer for whom something fits it; unless ERPNext refuses it."""
		self.day = min(add_days(self.day, step.days), getdate())
		frappe.db.savepoint("random_step")
		try:
			made = self.made_for_one(step)
		except frappe.ValidationError as error:
			frappe.db.rollback(save_point="random_step")
			self.refused[step.kind] += 1
			self.story.append(f"{self.day} {step.kind}: refused, {error}")
			return
		if made:
			self.done[step.kind] += 1
			self.story.append(f"{self.day} {step.kind}: {self.said(made)}")
			if hasattr(made, "doctype"):
				self.documents.append(made)

	def made_for_one(self, step: Step) -> Any:
		for offset in range(3):
			tried = replace(step, customer=(step.customer + offset) % 3)
			if made := getattr(self, step.kind)(tried):
				return made
		return None

	def said(self, made: Any) -> str:
		if not hasattr(made, "doctype"):
			return str(made)
		party = made.get("customer") or made.get("party") or ""
		amount = made.get("grand_total") or made.get("paid_amount") or made.get("total_debit")
		return f"{made.name} {party} {amount}"

	def sell(self, step: Step):
		# the second customer buys in dollars too, and owes them in the company's currency
		rate = step.rate if step.customer == 2 or (step.customer == 1 and step.flag) else 0
		if len(step.terms) == 1:
			return ledgers.sell(self.of(step), step.amount, self.day, rate=rate, due_in_days=step.terms[0])
		# ERPNext wants the parts to be the total, and rounds that
		parts = zip(step.terms, _split(step.amount, len(step.terms)), strict=True)
		return ledgers.sell(self.of(step), step.amount, self.day, parts, rate, disable_rounded_total=1)

	def pay(self, step: Step):
		if invoice := self.open_invoice(step):
			amount = flt(invoice.outstanding_amount * (1 if step.flag else step.part), 2)
			return ledgers.pay(invoice, self.day, amount, self.rate_of(step))
		return None

	def pay_several(self, step: Step):
		invoices = [frappe.get_doc(INVOICE, name) for name in self.open_invoices(step)]
		if len(invoices) < 2:
			return None
		shares = [(invoice, invoice.outstanding_amount) for invoice in invoices]
		shares[-1] = (shares[-1][0], flt(shares[-1][1] * step.part, 2))
		total = flt(sum(share for _, share in shares), 2)
		return ledgers.receive(self.of(step), total, self.day, shares, self.rate_of(step))

	def advance(self, step: Step):
		return ledgers.receive(self.of(step), step.amount, self.day, rate=self.rate_of(step))

	def reconcile(self, step: Step):
		return ledgers.reconcile(self.of(step))

	def write_off(self, step: Step):
		if invoice := self.open_invoice(step):
			amount = flt(invoice.outstanding_amount * (1 if step.flag else step.part), 2)
			return ledgers.write_off(invoice, amount, self.day)
		return None

	def bank_journal(self, step: Step):
		kind = "Bank" if step.which % 2 else "Cash"
		if step.flag:
			return ledgers.receive_by_journal(
				self.of(step), step.amount, self.day, kind=kind, rate=self.rate_of(step)
			)
		if invoice := self.open_invoice(step):
			amount = flt(invoice.outstanding_amount * step.part, 2)
			return ledgers.receive_by_journal(self.of(step), amount, self.day, invoice, kind)
		return None

	def open_debt(self, step: Step):
		due = None if step.flag else add_days(self.day, step.terms[-1])
		return ledgers.open_debt(self.of(step), step.amount, self.day, due, self.rate_of(step))

	def move_debt(self, step: Step):
		invoice = step.customer < 2 and self.open_invoice(step)
		if not invoice:
			return None
		to, due = self.customers[1 - step.customer], add_days(self.day, step.terms[0])
		amount = flt(invoice.outstanding_amount * (1 if step.flag else step.part), 2)
		return ledgers.move_debt(invoice, amount, to, self.day, due)

	def credit(self, step: Step):
		invoice = self.picked(step, self.sold(step, is_pos=0, is_debit_note=0))
		if invoice:
			rate = invoice.items[0].rate * (1 if step.which % 2 else step.part)
			return ledgers.credit(invoice, flt(rate, 2), self.day, by_itself=step.flag)
		return None

	def refund(self, step: Step):
		filters = {"customer": self.of(step), "docstatus": 1, "is_return": 1, "outstanding_amount": ("<", 0)}
		note = self.picked(step, _names(filters)) or self.credit(replace(step, flag=True))
		return ledgers.refund(note, self.day) if note else None

	def adjust(self, step: Step):
		invoice = self.picked(step, self.sold(step, is_pos=0, is_debit_note=0))
		return ledgers.adjust(invoice, step.amount, self.day, step.terms[0]) if invoice else None

	def till_sale(self, step: Step):
		if step.customer == 2:
			return None
		# whole pounds, which is what the till rounds to; paid with a note of more than that, or only in part
		amount = round(step.amount)
		paid = amount + 10 if step.flag else flt(amount * step.part, 2)
		return tills.sell_for_cash(self.of(step), amount, self.day, paid, due_in_days=step.terms[0])

	def till_return(self, step: Step):
		sale = self.picked(step, self.sold(step, is_pos=1, is_consolidated=0)) or self.till_sale(step)
		return tills.return_for_cash(sale, sale.items[0].rate, self.day, step.flag) if sale else None

	def visit(self, step: Step):
		"""They are all made at the end, in one shift."""
		if step.customer == 2:
			return None
		self.visits.append((self.of(step), round(step.amount), self.day))
		return self.visits[-1]

	def unreconcile(self, step: Step):
		payments = self.made(step, PAYMENT, JOURNAL)
		return next((payment.name for payment in payments if ledgers.unreconcile(payment)), None)

	def cancel(self, step: Step):
		document = next(self.made(step, INVOICE, PAYMENT, JOURNAL), None)
		if document:
			document.cancel()
			return document.name
		return None

	def of(self, step: Step) -> str:
		return self.customers[step.customer]

	def rate_of(self, step: Step) -> float:
		return step.rate if step.customer == 2 else 1

	def open_invoices(self, step: Step) -> list[str]:
		return _names(
			{"customer": self.of(step), "docstatus": 1, "is_return": 0, "outstanding_amount": (">", 0)}
		)

	def open_invoice(self, step: Step):
		return self.picked(step, self.open_invoices(step))

	def sold(self, step: Step, **filters: int) -> list[str]:
		"""The invoices that nothing was returned of."""
		returned = frappe.get_all(INVOICE, {"is_return": 1, "docstatus": 1}, pluck="return_against")
		filters |= {"customer": self.of(step), "docstatus": 1, "is_return": 0}
		return [name for name in _names(filters) if name not in returned]

	def made(self, step: Step, *doctypes: str) -> Iterator[Any]:
		"""The documents of earlier steps that are not cancelled, from one of them on."""
		made = [document for document in self.documents if document.doctype in doctypes]
		first = step.which % len(made) if made else 0
		for document in made[first:] + made[:first]:
			if document.reload().docstatus == 1:
				yield document

	def picked(self, step: Step, invoices: list[str]):
		return frappe.get_doc(INVOICE, invoices[step.which % len(invoices)]) if invoices else None


def make_books(name: str, number: int, after_each: Callable[[], None]) -> list[Books]:
	"""So many ledgers, all that was drawn for them done, the visits to the till in one shift at the end."""
	made = []
	for ledger, drawn in enumerate(drawn_ledgers(number), start=1):
		books = Books(f"{name} {ledger}")
		for step in drawn:
			books.do(step)
		made.append(books)
		after_each()
	with tills.till_that_writes("POS Invoice"):
		shift = tills.open_till()
		for books in made:
			for visit in books.visits:
				tills.visit(*visit)
		tills.close_till(shift)
	return made


def _names(filters: dict[str, Any]) -> list[str]:
	return frappe.get_all(INVOICE, filters, pluck="name", order_by="posting_date, creation, name")


def _split(amount: float, parts: int) -> list[float]:
	each = flt(amount / parts, 2)
	return [*[each] * (parts - 1), flt(amount - each * (parts - 1), 2)]
