"""What people do on the soak's site, at random: documents, customers, overrides, definitions. And how a day passes.

Everything goes through ERPNext's own documents, as the desk does it.
"""

import random
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import frappe
from frappe.model.rename_doc import rename_doc
from frappe.utils import add_days, getdate
from redis.exceptions import RedisError

from crm_success.database import conflicts
from crm_success.scoring.runs.customer_scoring import end_overrides
from crm_success.standalone.demo import SEED, build
from crm_success.standalone.demo.people import COMPANY, COMPANY_UK, CURRENCY
from crm_success.tests.support import factories
from tools.soak.audience_nights import SoakAudiences
from tools.soak.points_nights import SoakPoints

SETTINGS = "CRM Success Settings"
# what dates a customer's story
DATED = (
	"Sales Invoice",
	"Payment Entry",
	"Payment Ledger Entry",
	"GL Entry",
	"Journal Entry",
	"Issue",
	"Customer Health",
	"Customer Health Snapshot",
	"Score Calibration",
	"Work Run",
	"Customer Audience",
	"Customer Audience Member",
	"Customer Tier Standing",
	"Customer Tier Change",
	"Loyalty Earning Rule",
	"Loyalty Ledger Entry",
	"Customer Loyalty Account",
)
COPIED = ("Customer", "Sales Invoice", "Payment Ledger Entry", "Issue", "Currency Exchange")
CUSTOMERS = 250
BATCH_SIZE = 5


def make_world() -> None:
	"""A few hundred customers with two years behind them."""
	_copy_documents()
	factories.make_fiscal_years(getdate().year - 1, getdate().year)
	factories.make_item()
	settings = frappe.get_doc(SETTINGS)
	chosen = {"scoring_hour": 0, "reporting_currency": "EUR"}
	settings.update({**chosen, "snapshot_frequency": "Daily", "calibration_frequency": "Weekly"})
	settings.save()
	# smaller than the form allows, so that a run has many
	frappe.db.set_single_value(SETTINGS, "batch_size", BATCH_SIZE)
	frappe.db.commit()


def _copy_documents() -> None:
	"""The rows of the standalone demonstration, as they are; submitting thousands of invoices would take hours."""
	for name, abbreviation, country in ((COMPANY, "BS", "Germany"), (COMPANY_UK, "BSU", "United Kingdom")):
		company = {"company_name": name, "abbr": abbreviation, "default_currency": CURRENCY[name]}
		frappe.get_doc({"doctype": "Company", "country": country, **company}).insert()
	with tempfile.TemporaryDirectory() as folder:
		path = Path(folder) / "demo.sqlite"
		build(path, CUSTOMERS, SEED, getdate())
		with closing(sqlite3.connect(path)) as source:
			for doctype in COPIED:
				rows = source.execute(f'SELECT * FROM "tab{doctype}"')  # a name from COPIED
				columns = [column for column, *_ in rows.description]
				frappe.db.bulk_insert(doctype, columns, rows.fetchall(), ignore_duplicates=True)
				_continue_numbers(doctype)
	frappe.db.set_value("Customer", {"name": ("!=", "")}, "account_manager", None)
	# their own are not among the site's
	for fieldname in ("territory", "customer_group"):
		link = frappe.get_meta("Customer").get_field(fieldname).options
		frappe.db.set_value(
			"Customer", {"name": ("!=", "")}, fieldname, frappe.get_all(link, {"is_group": 0})[0].name
		)


def _continue_numbers(doctype: str) -> None:
	"""Documents made from now on are numbered after those that were copied."""
	highest: dict[str, int] = {}
	for name in frappe.get_all(doctype, pluck="name"):
		prefix, number = name[:-5], name[-5:]
		if number.isdigit():
			highest[prefix] = max(highest.get(prefix, 0), int(number))
	for prefix, number in highest.items():
		series = frappe.qb.Table("tabSeries")
		frappe.qb.into(series).columns("name", "current").insert(prefix, number).run()


def let_a_day_pass() -> None:
	"""Everything that happened moves one day into the past, which to scoring is the same as a new day.

	In two steps, so that the snapshots of two days are never those of one.
	"""
	for days in (-10_000, 9_999):
		for doctype in DATED:
			table = frappe.qb.DocType(doctype)
			query = frappe.qb.update(table)
			for fieldname in _dates_of(doctype):
				moved = frappe.query_builder.CustomFunction("ADDDATE", ["date", "days"])
				query = query.set(table[fieldname], moved(table[fieldname], days))
			query.run()
	frappe.db.commit()
	frappe.clear_cache()


def _dates_of(doctype: str) -> list[str]:
	dates = (df for df in frappe.get_meta(doctype).fields if df.fieldtype in ("Date", "Datetime"))
	return [df.fieldname for df in dates if not df.is_virtual and df.fieldname not in _TELLS_APART]


# it says which document of a name is meant, and the documents keep the time at which they were made
_TELLS_APART = ("reference_created",)


class People:
	"""Does one thing after another, chosen by a seeded hand; counts what was done and what was refused."""

	def __init__(self, dice: random.Random) -> None:
		self.dice, self.done = dice, Counter()
		self.added_tonight: set[str] = set()
		self.overrode_tonight: set[str] = set()
		self.refused: list[str] = []
		self.audiences = SoakAudiences(dice.randrange(10**6))
		self.points = SoakPoints(random.Random(dice.randrange(10**6)))
		self.invoices: list[str] = []
		self._made, self._payments, self._issues, self._cancelled = [], [], [], []
		self._menu = {
			self.invoice: 8,
			self.pay: 5,
			self.credit: 2,
			self.cancel_invoice: 2,
			self.cancel_payment: 2,
			self.delete_cancelled_invoice: 1,
			self.journal_entry: 1,
			self.open_issue: 4,
			self.close_issue: 2,
			self.delete_issue: 1,
			self.add_customer: 2,
			self.rename_customer: 1,
			self.merge_customer: 1,
			self.delete_customer: 1,
			self.override: 2,
			self.end_override: 1,
			self.change_metric: 1,
			self.change_weight: 1,
			self.change_audience: 4,
			self.tag: 2,
			self.spend_points: 4,
		}

	def act(self) -> None:
		"""One thing, whole or not at all; once more where it met a conflict."""
		(action,) = self.dice.choices(list(self._menu), list(self._menu.values()))
		for _attempt in range(3):
			try:
				action()
				frappe.db.commit()
				self.done[action.__name__] += 1
				return
			except frappe.ValidationError as refusal:
				# a payment of two people at once, say
				conflicts.start_over()
				frappe.clear_messages()
				self.refused.append(f"{action.__name__}: {refusal}")
				return
			except Exception as error:
				in_the_way = conflicts._is_conflict(error) or conflicts._is_lost(error)
				if not in_the_way and not isinstance(error, RedisError):
					raise
				self.done["conflicts met by people"] += 1
				conflicts.start_over()

	def invoice(self) -> None:
		day = self._day()
		self.invoices.append(factories.make_invoice(self._customer(), self._amount(), day).name)

	def pay(self) -> None:
		invoice = self._invoice(outstanding=True)
		if invoice:
			whole = self.dice.random() < 0.7
			amount = invoice.outstanding_amount if whole else round(invoice.outstanding_amount / 2, 2)
			self._payments.append(factories.make_payment(invoice, getdate(), amount).name)

	def credit(self) -> None:
		invoice = self._invoice(outstanding=True)
		if invoice:
			factories.make_return(invoice, round(invoice.net_total / 3, 2), getdate())

	def cancel_invoice(self) -> None:
		invoice = self._invoice(untouched=True)
		if invoice:
			invoice.cancel()
			self._cancelled.append(invoice.name)

	def cancel_payment(self) -> None:
		# a Frappe that does not rename its dynamic links leaves payments of nobody, which it then cannot cancel
		of_somebody = {"docstatus": 1, "party": ("in", frappe.get_all("Customer", pluck="name"))}
		name = self._pick(frappe.get_all("Payment Entry", of_somebody, pluck="name", order_by="name"))
		if name:
			frappe.get_doc("Payment Entry", name).cancel()

	def delete_cancelled_invoice(self) -> None:
		name = self._pick(self._cancelled)
		if name:
			frappe.delete_doc("Sales Invoice", name, force=True)
			self._cancelled.remove(name)

	def journal_entry(self) -> None:
		factories.make_journal_entry(self._customer(), self._amount(), getdate())

	def open_issue(self) -> None:
		priority = self.dice.choice(("Low", "Medium", "High"))
		opened = f"{self._day()} 09:00:00"
		self._issues.append(factories.make_issue(self._customer(), opened, priority).name)

	def close_issue(self) -> None:
		name = self._pick(self._issues)
		if name:
			frappe.get_doc("Issue", name).update({"status": "Closed"}).save()

	def delete_issue(self) -> None:
		name = self._pick(self._issues)
		if name:
			frappe.delete_doc("Issue", name, force=True)
			self._issues.remove(name)

	def add_customer(self) -> None:
		name = f"{self.dice.choice('ABCKMZ')} Soak {len(self._made):03}"
		self._made.append(factories.make_customer(name))
		self.added_tonight.add(name)

	def rename_customer(self) -> None:
		old = self._customer()
		rename_doc("Customer", old, self._new_name(), force=True, show_alert=False)

	def merge_customer(self) -> None:
		old, new = self._customer(), self._customer()
		if old != new and self._currency(old) == self._currency(new):
			rename_doc("Customer", old, new, merge=True, force=True, show_alert=False)

	def delete_customer(self) -> None:
		used = {
			*frappe.get_all("Sales Invoice", pluck="customer", distinct=True),
			*frappe.get_all("Issue", pluck="customer", distinct=True),
			*frappe.get_all("Journal Entry Account", {"party_type": "Customer"}, pluck="party"),
		}
		name = self._pick(
			[name for name in self._made if name not in used and frappe.db.exists("Customer", name)]
		)
		if name:
			frappe.delete_doc("Customer", name)

	def override(self) -> None:
		doc = self._health()
		until = add_days(getdate(), self.dice.randint(0, 5))
		doc.update(
			{"override_score": self.dice.randint(0, 100), "override_until": until, "override_reason": "Soak"}
		)
		doc.save()
		self.overrode_tonight.add(doc.customer)

	def end_override(self) -> None:
		end_overrides()

	def change_metric(self) -> None:
		names = frappe.get_all(
			"Health Metric", {"scale": "Linear", "enabled": 1}, pluck="name", order_by="name"
		)
		doc = frappe.get_doc("Health Metric", self.dice.choice(names))
		doc.best = float(Decimal(str(doc.best)) + self.dice.choice((1, 2, 3)))
		doc.save()

	def change_weight(self) -> None:
		names = frappe.get_all("Health Scorecard", {"enabled": 1}, pluck="name", order_by="name")
		doc = frappe.get_doc("Health Scorecard", self.dice.choice(names))
		self.dice.choice(doc.metrics).weight = self.dice.randint(1, 5)
		doc.save()

	def change_audience(self) -> None:
		self.audiences.change_audiences()

	def tag(self) -> None:
		self.audiences.tag()

	def spend_points(self) -> None:
		self.points.spend()

	def _new_name(self) -> str:
		return f"{self.dice.choice('ABCKMZ')} Renamed {self.dice.randrange(10**6):06}"

	def _customer(self) -> str:
		customers = frappe.get_all("Customer", {"is_internal_customer": 0}, pluck="name", order_by="name")
		# those of the site's own company: others need accounts in their currency
		return self.dice.choice([name for name in customers if self._is_usable(name)])

	def _is_usable(self, customer: str) -> bool:
		return (self._currency(customer) or self._own_currency) == self._own_currency

	@property
	def _own_currency(self) -> str:
		return frappe.get_cached_value("Company", factories.default_company(), "default_currency")

	def _currency(self, customer: str) -> str | None:
		return frappe.get_cached_value("Customer", customer, "default_currency")

	def _invoice(self, outstanding: bool = False, untouched: bool = False):
		"""One of ours that is still to be paid, or that nobody paid or returned anything of."""
		filters = {"docstatus": 1, "is_return": 0, "name": ("in", [*self.invoices, ""])}
		fields = ["name", "outstanding_amount", "grand_total"]
		rows = frappe.get_all("Sales Invoice", filters=filters, fields=fields, order_by="name")
		if outstanding:
			rows = [row for row in rows if row.outstanding_amount > 1]
		if untouched:
			returned = frappe.get_all(
				"Sales Invoice", {"is_return": 1, "docstatus": 1}, pluck="return_against"
			)
			whole = [row for row in rows if row.outstanding_amount == row.grand_total]
			rows = [row for row in whole if row.name not in returned]
		row = self._pick(rows)
		return frappe.get_doc("Sales Invoice", row.name) if row else None

	def _health(self):
		return frappe.get_doc(
			"Customer Health", self._pick(frappe.get_all("Customer Health", pluck="name", order_by="name"))
		)

	def _pick(self, options: list):
		return self.dice.choice(options) if options else None

	def _day(self) -> date:
		return getdate(add_days(getdate(), -self.dice.choice((0, 0, 0, 1, 5, 20))))

	def _amount(self) -> float:
		return round(10 ** self.dice.uniform(1, 4), 2)
