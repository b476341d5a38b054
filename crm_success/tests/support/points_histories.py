"""Random histories of two customers and their sales, as people make them."""

from typing import Any

import frappe
from frappe.model.rename_doc import rename_doc

from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.tests.support import factories, tills
from crm_success.tests.support.points_site import TODAY, days_ago, earn_now, let_a_day_pass

INVOICE, TILL = "Sales Invoice", "POS Invoice"
STEPS = (
	*("sell", "sell old", "pay", "give back", "cancel", "cancel return", "amend", "spend", "look"),
	*("visit", "bring back", "close the till", "rename", "merge", "lose all documents", "night", "day"),
)
PREFIX = "Points Random"
MOST_VISITS = 6


class PointsHistory:
	"""What a made-up company does with two customers. What cannot be done at the moment is left out."""

	def __init__(self) -> None:
		self.customers = [factories.make_customer(f"{PREFIX} {number}") for number in range(2)]
		self.sales: list[Any] = []
		self.returns: list[Any] = []
		self.visits: list[Any] = []
		self.shift: Any = None
		self.renamed = 0

	def do(self, step: str, number: int) -> None:
		getattr(self, step.replace(" ", "_"))(number)
		frappe.db.commit()

	@property
	def documents(self) -> list[tuple[str, str]]:
		"""All sales that there ever were."""
		return [(each.doctype, each.name) for each in (*self.sales, *self.visits)]

	def sell(self, number: int) -> None:
		self.sales.append(factories.make_invoice(self._customer(number), 10 + number * 7.77, TODAY))

	def sell_old(self, number: int) -> None:
		day = days_ago(5 + number)
		self.sales.append(factories.make_invoice(self._customer(number), 10 + number * 7.77, day))

	def pay(self, number: int) -> None:
		if sale := self._one(self.sales, number):
			sale.reload()
			if sale.outstanding_amount > 0:
				part = sale.outstanding_amount if number % 2 else round(sale.outstanding_amount / 2, 2)
				factories.make_payment(sale, TODAY, part)

	def give_back(self, number: int) -> None:
		sale = self._one(self.sales, number)
		if sale and not self._is_returned(sale):
			amount = round(sale.net_total / (1 + number % 3), 2)
			self.returns.append(factories.make_return(sale.reload(), amount, TODAY))

	def cancel(self, number: int) -> None:
		sale = self._one(self.sales, number)
		if sale and not self._is_returned(sale):
			paid = {"reference_name": sale.name, "docstatus": 1}
			for name in frappe.get_all("Payment Entry Reference", paid, pluck="parent", distinct=True):
				frappe.get_doc("Payment Entry", name).cancel()
			sale.reload().cancel()

	def cancel_return(self, number: int) -> None:
		if credit := self._one(self.returns, number):
			credit.reload().cancel()

	def amend(self, number: int) -> None:
		"""A cancelled sale is entered anew, for another amount."""
		amended = {each.get("amended_from") for each in self.sales}
		cancelled = [each for each in self._with_status(self.sales, 2) if each.name not in amended]
		if cancelled:
			before = cancelled[number % len(cancelled)].reload()
			sale = frappe.copy_doc(before)
			sale.update({"amended_from": before.name, "docstatus": 0, "set_posting_time": 1})
			sale.items[0].rate = 10 + number * 3.33
			self.sales.append(sale.insert().submit())

	def visit(self, number: int) -> None:
		# more of them are summed up in the background
		if len(self.visits) < MOST_VISITS:
			self.shift = self.shift or tills.open_till()
			self.visits.append(tills.visit(self._customer(number), 10 + number * 7, TODAY))

	def bring_back(self, number: int) -> None:
		visit = self._one(self.visits, number)
		if self.shift and visit and not visit.reload().consolidated_invoice and not self._is_returned(visit):
			tills.bring_back(visit, TODAY)

	def close_the_till(self, number: int) -> None:
		"""ERPNext makes Sales Invoices of the visits, which earn nothing by themselves."""
		if self.shift and self._living(self.visits):
			tills.close_till(self.shift)
			self.shift = None

	def rename(self, number: int) -> None:
		self.renamed += 1
		new = f"{PREFIX} Renamed {self.renamed}"
		rename_doc("Customer", self._customer(number), new, force=True, show_alert=False)
		self.customers[number % 2] = new

	def merge(self, number: int) -> None:
		"""Two become one; a new customer has the name of the other."""
		gone, kept = self._customer(number), self._customer(number + 1)
		rename_doc("Customer", gone, kept, merge=True, force=True, show_alert=False)
		factories.make_customer(gone)

	def lose_all_documents(self, number: int) -> None:
		"""As the transactions of a company are deleted: past their events."""
		if number > 8:
			for doctype in (INVOICE, TILL, "GL Entry", "Payment Ledger Entry"):
				field = "party" if frappe.get_meta(doctype).has_field("party") else "customer"
				frappe.db.delete(doctype, {field: ("like", f"{PREFIX}%")})
			if self.shift:
				frappe.db.delete("POS Opening Entry", {"name": self.shift.name})
				self.shift = None

	def spend(self, number: int) -> None:
		customer = self._customer(number)
		ledger = Ledger([customer], TODAY)
		try:
			ledger.redeem(customer, 1 + number, Details(TODAY))
		except frappe.ValidationError:
			frappe.db.rollback()
			frappe.clear_messages()
			return
		ledger.write()

	def look(self, number: int) -> None:
		earn_now()

	def day(self, number: int) -> None:
		let_a_day_pass()

	def _customer(self, number: int) -> str:
		return self.customers[number % 2]

	def _one(self, documents: list[Any], number: int) -> Any:
		living = self._living(documents)
		return living[number % len(living)] if living else None

	def _living(self, documents: list[Any]) -> list[Any]:
		return self._with_status(documents, 1)

	def _with_status(self, documents: list[Any], docstatus: int) -> list[Any]:
		return [
			each
			for each in documents
			if frappe.db.get_value(each.doctype, each.name, "docstatus") == docstatus
		]

	def _is_returned(self, sale: Any) -> bool:
		return bool(frappe.db.exists(sale.doctype, {"return_against": sale.name, "docstatus": 1}))
