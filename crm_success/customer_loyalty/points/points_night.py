"""What happens to points every night, as a kind of leased work: points lapse, others can be spent, every balance is worked
out again from its entries, and documents and referrals that changed unheard are looked at.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

import frappe
from frappe import _
from frappe.utils import add_days, getdate

from crm_success.batches.due_work import start_on_schedule
from crm_success.batches.kinds import Done, Plan, Range, Work
from crm_success.batches.messages import WARNING, Message
from crm_success.batches.run_life import start_run
from crm_success.batches.scheduled import logged
from crm_success.batches.statuses import COMPLETED, RUN, WITH_WARNINGS
from crm_success.customer_loyalty.earning import due_documents, yearly
from crm_success.customer_loyalty.earning.earning_documents import INVOICES, doctypes_of
from crm_success.customer_loyalty.earning.earning_records import rules_of_now
from crm_success.customer_loyalty.earning.earning_values import OF_INVOICES, Event
from crm_success.customer_loyalty.earning.given import given_to_gone
from crm_success.customer_loyalty.points.account_names import take_up_names
from crm_success.customer_loyalty.points.ledger import Ledger
from crm_success.customer_loyalty.points.lots import accounts_in
from crm_success.customer_loyalty.referrals import due_referrals
from crm_success.database.dialects import KeyRange
from crm_success.record_names import ACCOUNT, EARNING_RULE, LEDGER_ENTRY, REFERRAL
from crm_success.scoring.reads import freeze_reads, ranges_of

KIND = "Points"
BATCH_SIZE = 2_000
# of these figures an account says what its entries said when it was last written
COMPARED = ("earned", "spent", "expired", "qualifying")


@logged
def start_points_night() -> None:
	"""Once a day, where points or referrals are kept."""
	kept = (EARNING_RULE, LEDGER_ENTRY, REFERRAL)
	if any(frappe.get_all(doctype, limit=1, order_by=None) for doctype in kept):
		start_on_schedule(KIND, lambda: start_run(KIND, getdate(), "Schedule"))


class PointsNight(Work):
	"""Brings all accounts to the day of the run."""

	counters: ClassVar[dict[str, str]] = {}

	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		"""Note what changed unheard, and cut ranges of customers."""
		as_of = frappe.db.get_value(RUN, self.run, "as_of")
		since = self._last_night()
		yearly.earn_yearly(since, as_of)
		sign_of_life()
		due_referrals.bring_up_all(sign_of_life)
		due_documents.note_in_pieces(changed_since(since))
		due_documents.queue_earning()
		ranges = ranges_of(freeze_reads(as_of), BATCH_SIZE)
		return Plan([Range(keys.after, keys.upto, count) for keys, count in ranges])

	def compute(self, batch: frappe._dict) -> list[str]:
		"""Who of the range has an account; what they are called today is written there, which commits."""
		customers = accounts_in(KeyRange(batch.after_customer, batch.upto_customer))
		take_up_names(customers)
		# nobody waits for accounts while others are read
		frappe.db.commit()  # nosemgrep: frappe-manual-commit
		return customers

	def write(self, batch: frappe._dict, computed: list[str]) -> Done:
		"""Points that lapsed are written off, and every account is summed up and compared with what it said."""
		ledger = Ledger(computed, getdate())
		before = _figures(ledger.known)
		ledger.sum_up(sorted(ledger.known))
		ledger.load(ledger.known)
		differing = _differing(before, _figures(ledger.known))
		for customer in sorted(ledger.known):
			ledger.lapse(customer)
		ledger.write()
		due_documents.note(given_to_gone(self._doctypes, KeyRange(batch.after_customer, batch.upto_customer)))
		return Done(messages=_about(differing))

	def ended(self, status: str) -> None:
		"""Look at what the batches noted."""
		if status in (COMPLETED, WITH_WARNINGS):
			due_documents.queue_earning()

	@cached_property
	def _doctypes(self) -> list[str]:
		rules = rules_of_now(with_disabled=True)
		return sorted(
			{name for rule in rules if rule.event is not Event.YEARLY for name in doctypes_of(rule)}
		)

	def _last_night(self) -> Any:
		filters = {"kind": KIND, "status": ("in", (COMPLETED, WITH_WARNINGS)), "name": ("!=", self.run)}
		last = frappe.db.get_value(RUN, filters, "as_of", order_by="as_of desc")
		return last or add_days(getdate(), -1)


def changed_since(day: Any) -> Iterator[due_documents.Key]:
	"""Documents that earn by a rule and were changed since: most were heard of, some were written past their events."""
	rules = rules_of_now()
	since = getdate(day) - timedelta(days=1)
	for doctype in sorted(
		{name for rule in rules if rule.event is not Event.YEARLY for name in doctypes_of(rule)}
	):
		# its app may have been uninstalled
		if not frappe.db.table_exists(doctype):
			continue
		for name in frappe.get_all(doctype, {"modified": (">=", since)}, pluck="name", order_by=None):
			yield doctype, name
	if any(rule.event in OF_INVOICES for rule in rules):
		filters = {"modified": (">=", since), "against_voucher_type": ("in", INVOICES)}
		asked = ["against_voucher_type", "against_voucher_no"]
		rows = frappe.get_all("Payment Ledger Entry", filters, asked, order_by=None, distinct=True)
		yield from ((row.against_voucher_type, row.against_voucher_no) for row in rows)


def _figures(customers: Collection[str]) -> dict[str, Any]:
	rows = frappe.get_all(
		ACCOUNT, {"customer": ("in", sorted(customers))}, ["customer", *COMPARED], order_by=None
	)
	return {row.customer: tuple(row[name] for name in COMPARED) for row in rows}


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
	return sorted(name for name, figures in after.items() if before.get(name) != figures)


def _about(customers: list[str]) -> tuple[Message, ...]:
	if not customers:
		return ()
	reason = _(
		"Balances differed from the entries of the points ledger, and were corrected. Somebody changed them past the ledger."
	)
	return (Message(WARNING, reason, ACCOUNT, len(customers), tuple(customers[:5])),)
