"""One run of leased work, of whatever kind: how far it is, and what was wrong. Does no work itself."""

import frappe
from frappe import _
from frappe.model.naming import make_autoname
from frappe.utils import add_days, nowdate

from crm_success.batches.kinds import series_of
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.field_errors import bold
from crm_success.scoring.definition_links import forget
from crm_success.setup.log_days import RUN_DAYS

CLEARED_AT_ONCE = 100


class WorkRun(PrintedAsText):
	def autoname(self):
		self.name = make_autoname(series_of(self.kind))

	def before_insert(self):
		self.refuse_insert_by_hand()

	def on_trash(self):
		self.check_is_finished()
		delete_traces([self.name])

	def refuse_insert_by_hand(self):
		if not self.flags.is_started:
			frappe.throw(
				_("A Work Run is started, not written. Use Run Now in the list of Work Runs."),
				title=_("Not Made by Hand"),
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
			"Work Run", filters=filters, pluck="name", limit=CLEARED_AT_ONCE, order_by="creation"
		):
			delete_traces(runs)
			frappe.db.delete("Work Run Message", {"parenttype": "Work Run", "parent": ("in", runs)})
			frappe.db.delete("Work Run", {"name": ("in", runs)})
			# in chunks: the batches of many runs are too much for one transaction
			frappe.db.commit()  # nosemgrep: frappe-manual-commit


def delete_traces(runs: list[str]) -> None:
	"""Batches mean nothing without their run; what a run found stays and forgets where it came from. Commits."""
	for doctype, fieldname in naming_a_run():
		forget([doctype], fieldname, runs)
	frappe.db.delete("Work Batch", {"work_run": ("in", runs)})


def naming_a_run() -> list[tuple[str, str]]:
	"""The DocTypes of ours, and their fields, that name a run only to say where they come from."""
	links = {"fieldtype": "Link", "options": "Work Run", "parent": ("!=", "Work Batch")}
	return frappe.get_all("DocField", links, ["parent", "fieldname"], order_by="parent", as_list=True)
