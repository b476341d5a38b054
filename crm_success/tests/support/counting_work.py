"""A kind of leased work that exists in tests only: notes each customer once. For test_other_work.py.

It is registered where worker processes find it too: among the hooks that Frappe keeps in Redis.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import ClassVar

import frappe
from frappe.custom.doctype.property_setter.property_setter import make_property_setter
from frappe.utils import getdate

from crm_success.batches.kinds import HOOK, Done, Plan, Range, Work
from crm_success.batches.messages import INFO, Message
from crm_success.batches.preparing import prepare_run
from crm_success.batches.run_life import start_run
from crm_success.batches.statuses import RUN
from crm_success.tests.support.utils import hooks_kept

KIND = "Counting"
BATCH_SIZE = 2
# the customer that cannot be done, or what else goes wrong
TROUBLE = "crm_success_test_trouble"
AT_THE_END = "at the end"


class CountingWork(Work):
	counters: ClassVar[dict[str, str]] = {"skipped": "customers_skipped"}

	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		names = frappe.get_all("Customer", pluck="name", order_by="name")
		parts = [names[start : start + BATCH_SIZE] for start in range(0, len(names), BATCH_SIZE)]
		afters = [None, *(part[-1] for part in parts[:-1])]
		sign_of_life()
		ranges = [Range(after, part[-1], len(part)) for after, part in zip(afters, parts, strict=True)]
		return Plan(ranges, {"definitions": "what was found"})

	def compute(self, batch: frappe._dict) -> list[str]:
		upto = {"name": ("<=", batch.upto_customer)}
		names = frappe.get_all("Customer", upto, pluck="name", order_by="name")
		return [name for name in names if name > (batch.after_customer or "")]

	def write(self, batch: frappe._dict, computed: list[str]) -> Done:
		for customer in computed:
			_note(self.run, customer)
			if customer == trouble():
				raise ValueError(f"{customer} cannot be done")
		return Done({"skipped": len(computed)}, (Message(INFO, "Noted", "Customer", len(computed)),))

	def found(self) -> Iterable[Message]:
		yield Message(INFO, frappe.db.get_value(RUN, self.run, "definitions"))

	def ended(self, status: str) -> None:
		_note(self.run, status, by="end")
		if trouble() == AT_THE_END:
			raise ValueError("nothing follows")


def register_kind() -> None:
	make_property_setter(RUN, "kind", "options", f"Scoring\n{KIND}", "Small Text")
	frappe.db.commit()
	hooks = deepcopy(dict(frappe.get_hooks()))
	hooks[HOOK][KIND] = [f"{CountingWork.__module__}.{CountingWork.__name__}"]
	hooks_kept().set_value("app_hooks", hooks)


def forget_kind() -> None:
	frappe.db.delete("Property Setter", {"doc_type": RUN, "property": "options"})
	frappe.db.commit()
	hooks_kept().delete_value("app_hooks")
	frappe.clear_cache(doctype=RUN)


def start_counting() -> str:
	"""A run whose batches wait for workers."""
	run = start_run(KIND, getdate(), "Desk")
	frappe.db.commit()
	prepare_run(run)
	return run


def noted(run: str) -> Counter:
	"""How often each customer was noted."""
	return Counter(_notes(run, "customer"))


def endings(run: str) -> list[str]:
	"""The statuses that the work was told at the end."""
	return _notes(run, "end")


def trouble() -> str | None:
	return frappe.db.get_value("DefaultValue", {"defkey": TROUBLE}, "defvalue")


def make_trouble(what: str | None) -> None:
	frappe.db.delete("DefaultValue", {"defkey": TROUBLE})
	if what:
		frappe.get_doc({"doctype": "DefaultValue", "defkey": TROUBLE, "defvalue": what}).db_insert()
	frappe.db.commit()


def forget_notes() -> None:
	frappe.db.delete("Comment", {"reference_doctype": RUN})
	make_trouble(None)


def _note(run: str, content: str, by: str = "customer") -> None:
	note = {"reference_doctype": RUN, "reference_name": run, "content": content, "subject": by}
	frappe.get_doc({"doctype": "Comment", "comment_type": "Info", **note}).db_insert()


def _notes(run: str, by: str) -> list[str]:
	frappe.db.rollback()
	return frappe.get_all("Comment", {"reference_name": run, "subject": by}, pluck="content")
