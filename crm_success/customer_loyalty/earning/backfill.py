"""Points for old documents of a rule as a kind of leased work. What a range of customers comes to is written in the
transaction that ends its batch: once, however often it is killed. All documents of a customer are in one batch, the oldest
first, so that limits hold, and the number of workers changes nothing.
"""

from collections.abc import Callable
from functools import cached_property
from typing import ClassVar

import frappe
from frappe import _
from frappe.utils import getdate

from crm_success.batches.kinds import Done, Plan, Work
from crm_success.batches.messages import WARNING, Message
from crm_success.batches.statuses import COMPLETED, WITH_WARNINGS
from crm_success.customer_loyalty.earning import backfill_records
from crm_success.customer_loyalty.earning.backfill_records import Backfill, Figures
from crm_success.customer_loyalty.earning.earning import Untouched, earn_in_order
from crm_success.customer_loyalty.points.ledger import Ledger
from crm_success.customer_loyalty.points.lots import held_accounts, last_numbers
from crm_success.database.dialects import KeyRange
from crm_success.record_names import EARNING_RULE

# so many documents a batch, about; those of one customer stay together
BATCH_SIZE = 5_000


class PointsBackfill(Work):
	"""Looks at the documents that it began with, and gives their points unless it is a dry run."""

	counters: ClassVar[dict[str, str]] = {"earned": "documents_earned", "points": "points_given"}

	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		"""Cut ranges of customers by how many documents they have."""
		return Plan(self.began.documents.ranges(BATCH_SIZE, sign_of_life))

	def compute(self, batch: frappe._dict) -> list[str] | Figures:
		"""In a dry run, all there is to find out. Else who has documents, and an account for each, which commits: then
		whoever writes holds them all before it reads anything.
		"""
		keys = KeyRange(batch.after_customer, batch.upto_customer)
		if self.began.is_dry:
			return self._looked_at(keys)
		customers = self.began.documents.customers(keys)
		held_accounts(customers)
		# nobody waits for accounts while documents are read
		frappe.db.commit()  # nosemgrep: frappe-manual-commit
		return customers

	def write(self, batch: frappe._dict, computed: list[str] | Figures) -> Done:
		"""The points of the range; none where somebody has stopped it, or where the rule is gone."""
		if isinstance(computed, Figures):
			return _done(computed)
		if not backfill_records.holds_on(self.began, self.run):
			return Done(messages=(_about_gone_rule(batch.customers),))
		return _done(self._given_to(computed, KeyRange(batch.after_customer, batch.upto_customer)))

	def ended(self, status: str) -> None:
		"""Write what was found, and given, where people see it."""
		good = backfill_records.DRY_RUN_DONE if self.began.is_dry else backfill_records.GIVEN
		is_good = status in (COMPLETED, WITH_WARNINGS)
		backfill_records.keep_figures(self.run, good if is_good else backfill_records.FAILED)

	@cached_property
	def began(self) -> Backfill:
		"""What the run began with."""
		return backfill_records.began_with(self.run)

	def _looked_at(self, keys: KeyRange) -> Figures:
		documents, customers = self.began.documents.of_customers(keys, self.began.rules)
		ours = {"name": ("in", sorted(customers))}
		there = set(frappe.get_all("Customer", ours, pluck="name", order_by=None))
		untouched = Untouched(there, set(last_numbers(customers)))
		done = earn_in_order(documents, self.began.rules, [self.began.rule], untouched)
		return Figures.of(done)

	def _given_to(self, customers: list[str], keys: KeyRange) -> Figures:
		ledger = Ledger(customers, getdate(), is_fresh=True)
		documents, found = self.began.documents.of_customers(keys, self.began.rules)
		if found - set(customers):
			# somebody was renamed meanwhile
			ledger = Ledger(found | ledger.known, getdate())
		ledger.load_what_earning_asks_for()
		return Figures.of(earn_in_order(documents, self.began.rules, [self.began.rule], ledger))


def _done(figures: Figures) -> Done:
	return Done({"earned": figures.documents, "points": figures.points}, found=figures.as_text())


def _about_gone_rule(customers: int) -> Message:
	reason = _("The backfill was stopped, or its rule was renamed or deleted. The rest earns nothing by it.")
	return Message(WARNING, reason, EARNING_RULE, customers)
