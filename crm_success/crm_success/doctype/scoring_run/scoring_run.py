"""One scoring of all customers as of a date: how far it is, and what was wrong. Does no work itself."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, nowdate

from crm_success.record_checks.field_errors import bold
from crm_success.record_names import CALIBRATION, HEALTH, SNAPSHOT
from crm_success.scoring.definition_links import forget
from crm_success.setup.log_days import RUN_DAYS

CLEARED_AT_ONCE = 100
# these name a run only to say where they come from
NAMED_BY = (HEALTH, SNAPSHOT, CALIBRATION)


class ScoringRun(Document):
	def before_insert(self):
		self.refuse_insert_by_hand()

	def on_trash(self):
		self.check_is_finished()
		delete_traces([self.name])

	def refuse_insert_by_hand(self):
		if not self.flags.by_scoring:
			frappe.throw(
				_("A Scoring Run is started, not written. Use Run Now in the list of Scoring Runs."),
				title=_("Made by Scoring"),
			)

	def check_is_finished(self):
		if self.active:
			frappe.throw(
				_("{0} is not finished. Cancel the run before deleting it.").format(bold(self.name)),
				title=_("Run Not Finished"),
			)

	@staticmethod
	def clear_old_logs(days: int = RUN_DAYS) -> None:
		"""Called by Log Settings every day. Commits between chunks: batches of many runs are many rows."""
		filters = {"creation": ("<", add_days(nowdate(), -days)), "active": ("is", "not set")}
		while runs := frappe.get_all(
			"Scoring Run", filters=filters, pluck="name", limit=CLEARED_AT_ONCE, order_by="creation"
		):
			delete_traces(runs)
			frappe.db.delete("Scoring Run Message", {"parenttype": "Scoring Run", "parent": ("in", runs)})
			frappe.db.delete("Scoring Run", {"name": ("in", runs)})
			frappe.db.commit()


def delete_traces(runs: list[str]) -> None:
	"""Batches mean nothing without their run; what a run found stays and forgets where it came from. Commits."""
	forget(NAMED_BY, "scoring_run", runs)
	frappe.db.delete("Scoring Batch", {"scoring_run": ("in", runs)})
