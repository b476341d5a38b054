"""Evaluating the tiers of all customers as a kind of leased work, a review among them. What a range comes to is written,
and told, in the transaction that ends its batch: once, however often it is killed.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import ClassVar

import frappe
from frappe import _

from crm_success.audiences.evaluation import look_again_at
from crm_success.batches.kinds import Done, Plan, Range, Work
from crm_success.batches.messages import WARNING, Message
from crm_success.batches.statuses import COMPLETED, RUN, WITH_WARNINGS
from crm_success.customer_loyalty.tiers.tier_facts import Known, facts_of
from crm_success.customer_loyalty.tiers.tier_records import FrozenTiers, freeze_tiers
from crm_success.customer_loyalty.tiers.tier_writing import TIER_FIELD, write_evaluation
from crm_success.database import reading
from crm_success.database.dialects import KeyRange
from crm_success.record_names import LOYALTY_SETTINGS, TIER
from crm_success.scoring.reads import as_text, from_text, ranges_of

KIND = "Tier Review"
BATCH_SIZE = 5_000


class TierReview(Work):
	"""Judges all customers by the policy that the run began with."""

	counters: ClassVar[dict[str, str]] = {
		"raised": "customers_raised",
		"lowered": "customers_lowered",
		"proposed": "customers_proposed",
	}

	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		"""Freeze the policy, and cut ranges of customers. Whoever started the run may have said that it is a review."""
		run = frappe.db.get_value(RUN, self.run, ["as_of", "definitions"], as_dict=True)
		frozen = freeze_tiers(run.as_of, is_review=True if run.definitions == REVIEW_ASKED else None)
		ranges = ranges_of(frozen.reads, BATCH_SIZE)
		return Plan(
			[Range(keys.after, keys.upto, count) for keys, count in ranges], {"definitions": as_text(frozen)}
		)

	def compute(self, batch: frappe._dict) -> Known:
		"""What is known of each customer of the range."""
		return facts_of(self.frozen, keys_of(batch))

	def write(self, batch: frappe._dict, computed: Known) -> Done:
		"""Standings, history and the fields of Customer, told to whoever wants to know."""
		names = {tier.name for tier in self.frozen.policy.tiers}
		# nobody renames or deletes them before the batch ends
		if names.difference(reading.hold(TIER, names)):
			return Done(messages=(about_changed_tiers(batch.customers),))
		written = write_evaluation(self.frozen, keys_of(batch), computed)
		counted = {"raised": written.raised, "lowered": written.lowered, "proposed": written.proposed}
		return Done(counted, tuple(written.messages))

	def found(self) -> Iterable[Message]:
		"""What was wrong with what is read."""
		return self.frozen.reads.messages

	def ended(self, status: str) -> None:
		"""Remember when it was; audiences that look at the tier are asked again, where one changed."""
		if status not in (COMPLETED, WITH_WARNINGS):
			return
		day = self.frozen.day
		frappe.db.set_single_value(LOYALTY_SETTINGS, "evaluated_on", day.as_of, update_modified=False)
		if day.is_review:
			frappe.db.set_single_value(LOYALTY_SETTINGS, "reviewed_on", day.as_of, update_modified=False)
		moved = frappe.db.get_value(RUN, self.run, ["customers_raised", "customers_lowered"])
		if any(moved or ()):
			look_again_at(TIER_FIELD)

	@cached_property
	def frozen(self) -> FrozenTiers:
		"""What the run began with."""
		return from_text(FrozenTiers, frappe.db.get_value(RUN, self.run, "definitions"))


# what a run that somebody started as a review holds until it is prepared
REVIEW_ASKED = "review"


def keys_of(batch: frappe._dict) -> KeyRange:
	"""The customers of a batch."""
	return KeyRange(batch.after_customer, batch.upto_customer)


def about_changed_tiers(customers: int) -> Message:
	"""A policy with a tier that is gone would judge who has it by nothing."""
	reason = _(
		"A tier was renamed or deleted while tiers were evaluated. Customers keep what they have; evaluate tiers again."
	)
	return Message(WARNING, reason, TIER, customers)
