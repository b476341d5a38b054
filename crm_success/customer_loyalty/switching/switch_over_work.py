"""Previewing, switching a company over and undoing it, as a kind of leased work. What a range comes to is written in the
transaction that ends its batch: once, however often it is killed.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import frappe
from frappe.utils import getdate

from crm_success.batches.kinds import Done, Plan, Range, Work
from crm_success.batches.statuses import COMPLETED, RUN, WITH_WARNINGS
from crm_success.customer_loyalty.earning.carried_over import UNDO_INTERRUPTED, UNDOING
from crm_success.customer_loyalty.switching import carrying, switch_overs
from crm_success.customer_loyalty.switching.native_reading import compared_in
from crm_success.customer_loyalty.switching.native_values import Compared
from crm_success.database.dialects import KeyRange
from crm_success.scoring.reads import freeze_reads, ranges_of

BATCH_SIZE = 1_000


class SwitchOverWork(Work):
	"""Does what the record of the run says that it is at."""

	counters: ClassVar[dict[str, str]] = {}

	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		"""Cut ranges of customers."""
		if self._is_preview:
			switch_overs.forget_counted(self._switch_over.name)
		ranges = ranges_of(freeze_reads(getdate()), BATCH_SIZE)
		return Plan([Range(keys.after, keys.upto, count) for keys, count in ranges])

	def compute(self, batch: frappe._dict) -> Any:
		"""Both balances of each customer of the range; to undo, who has points of the switch."""
		keys = KeyRange(batch.after_customer, batch.upto_customer)
		if self._is_undo:
			return sorted(carrying.opened_by(self._switch_over.name, keys))
		as_of = getdate(frappe.db.get_value(RUN, self.run, "as_of"))
		return compared_in(self._switch_over.company, keys, as_of)

	def write(self, batch: frappe._dict, computed: Any) -> Done:
		"""Figures of a preview, or entries of the ledger. Nothing where somebody has begun something else."""
		name = self._switch_over.name
		if not switch_overs.is_still_of(self.run, name):
			return Done()
		if self._is_undo:
			carrying.take_back(self._switch_over, computed)
		elif self._is_preview:
			switch_overs.count(name, counted(computed))
		else:
			lots = {
				customer: carrying.lots_to_carry(self._switch_over, each)
				for customer, each in computed.items()
			}
			carried = carrying.carry_over(self._switch_over, lots)
			switch_overs.count(name, dict(zip(switch_overs.CARRIED, carried, strict=True)))
		return Done()

	def ended(self, status: str) -> None:
		"""What was previewed can be switched, what was switched is, and what was undone is as it was."""
		switch_overs.end(self.run, status in (COMPLETED, WITH_WARNINGS))

	@cached_property
	def _switch_over(self) -> frappe._dict:
		return switch_overs.switch_over_of(self.run)

	@property
	def _is_preview(self) -> bool:
		return self._switch_over.status in (switch_overs.PREVIEWING, switch_overs.DRAFT)

	@property
	def _is_undo(self) -> bool:
		return self._switch_over.status in (UNDOING, UNDO_INTERRUPTED)


def counted(compared: Mapping[str, Compared]) -> dict[str, int]:
	"""The figures of a preview, by their fields."""
	found = compared.values()
	return {
		"customers": len(found),
		"native_points": sum(each.native for each in found),
		"corrected_points": sum(each.corrected for each in found),
		"customers_with_more": sum(each.corrected > each.native for each in found),
		"customers_with_less": sum(each.corrected < each.native for each in found),
		"lines_differing": sum(line.differs for each in found for line in each.lines),
	}
