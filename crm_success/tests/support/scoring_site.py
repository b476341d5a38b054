"""A test case whose runs really commit, and that takes everything back."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import frappe
from frappe.utils import getdate

from crm_success.batches.preparing import prepare_run
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import drain
from crm_success.record_names import (
	BACK_TEST,
	BACK_TEST_DATE,
	BACK_TEST_PART,
	BACK_TEST_SUGGESTION,
	CALIBRATION,
	HEALTH,
	SETTINGS,
	SNAPSHOT,
)
from crm_success.scoring.runs.starting import start_scoring
from crm_success.tests.support.utils import SiteTestCase

# written anew by each scoring, whatever it computes
CHANGING = (
	*("name", "creation", "modified", "modified_by", "owner", "scoring_run", "_comments"),
	*("stale", "stale_since_utc", "read_at_utc"),
)

OURS = (
	*(HEALTH, SNAPSHOT, BATCH, "Work Run Message", RUN, CALIBRATION),
	*(BACK_TEST, BACK_TEST_DATE, BACK_TEST_PART, BACK_TEST_SUGGESTION),
)
DOCUMENTS = (
	*("Sales Invoice", "Payment Entry", "Journal Entry", "Issue", "Delivery Note", "Contact"),
	*("Unreconcile Payment", "Currency Exchange", "Payment Terms Template", "Payment Term"),
	*("POS Profile", "POS Invoice", "POS Opening Entry", "POS Closing Entry", "POS Invoice Merge Log"),
)
LEDGERS = ("GL Entry", "Payment Ledger Entry")


class ScoringTestCase(SiteTestCase):
	"""Documents are made in `make_documents`, once a class, and committed; nothing of them is left afterwards."""

	batch_size = 2000

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		frappe.set_user("Administrator")
		cls._documents_before = {
			doctype: _names(doctype) for doctype in (*DOCUMENTS, *LEDGERS, "Customer", "User")
		}
		cls.addClassCleanup(cls._take_back)
		forget_scores()
		frappe.db.set_single_value(SETTINGS, "batch_size", cls.batch_size)
		cls.make_documents()
		frappe.db.commit()

	@classmethod
	def make_documents(cls) -> None:
		"""The customers and documents of the class."""

	@classmethod
	def set_until_over(cls, *settings: tuple[str, str, Any]) -> None:
		"""Values of single DocTypes, as DocType, field and value, until the class is over; left out where unknown."""
		cls.addClassCleanup(frappe.db.commit)
		for doctype, fieldname, value in settings:
			if frappe.get_meta(doctype).has_field(fieldname):
				before = frappe.db.get_single_value(doctype, fieldname)
				cls.addClassCleanup(frappe.db.set_single_value, doctype, fieldname, before)
				frappe.db.set_single_value(doctype, fieldname, value)

	@classmethod
	def _take_back(cls):
		frappe.db.rollback()
		frappe.set_user("Administrator")
		forget_scores()
		forget_users(_names("User") - cls._documents_before["User"])
		for doctype, before in cls._documents_before.items():
			made = sorted(_names(doctype) - before)
			for df in frappe.get_meta(doctype).get_table_fields():
				frappe.db.delete(df.options, {"parenttype": doctype, "parent": ("in", made or [""])})
			frappe.db.delete(doctype, {"name": ("in", made or [""])})
		frappe.db.set_single_value(SETTINGS, "batch_size", 2000)
		frappe.db.commit()
		frappe.clear_document_cache(SETTINGS, SETTINGS)

	def tearDown(self):
		# jobs commit and roll back as they need: no savepoint outlives them
		self.has_committed = True
		super().tearDown()

	def score_all(self, as_of: date | None = None) -> Any:
		"""A whole run in this process; the run's document."""
		run = start_and_prepare(as_of)
		drain(run)
		return frappe.get_doc(RUN, run)

	def assert_message(self, run: Any, *words: str, **values: Any) -> None:
		"""The run has a message with all these words, and these values."""
		found = [message for message in run.messages if all(word in message.reason for word in words)]
		self.assertTrue(found, f"no message with {words} among {[m.reason for m in run.messages]}")
		fitting = [
			message for message in found if all(message.get(name) == value for name, value in values.items())
		]
		self.assertTrue(fitting, f"{values} in none of {[m.as_dict() for m in found]}")


def forget_scores() -> None:
	"""No health, no runs, no calibrations, no jobs of theirs."""
	for doctype in OURS:
		frappe.db.delete(doctype)
	frappe.db.commit()
	drop_jobs()


def marked_customers() -> set[str]:
	"""Who is to be scored again once all is committed; nobody is any more afterwards."""
	frappe.db.commit()
	stale = set(frappe.get_all(HEALTH, {"stale": 1}, pluck="customer"))
	frappe.db.set_value(HEALTH, {"stale": 1}, "stale", 0, update_modified=False)
	frappe.db.commit()
	return stale


def forget_users(users: Iterable[str]) -> None:
	"""Delete users with what limits them, as ERPNext deletes them: much else belongs to a user."""
	for user in sorted(users):
		frappe.db.delete("User Permission", {"user": user})
		frappe.delete_doc("User", user, force=True, ignore_permissions=True)


def drop_jobs() -> int:
	"""Take our jobs out of the queue, as a flush of Redis would; how many there were."""
	from frappe.utils.background_jobs import create_job_id, get_queue

	ours = [job for job in get_queue("long").jobs if job.id.startswith(create_job_id("crm_success_"))]
	for job in ours:
		job.delete()
	return len(ours)


def start_and_prepare(as_of: date | None = None) -> str:
	"""A run whose batches wait for workers."""
	run = start_scoring(as_of or getdate(), "Command")
	frappe.db.commit()
	prepare_run(run)
	return run


def health_rows(*customers: str) -> dict[str, dict[str, Any]]:
	"""The health of all customers, or these, by customer, without what changes with every scoring."""
	filters = {"customer": ("in", customers)} if customers else {}
	frappe.db.rollback()
	rows = frappe.get_all(HEALTH, filters=filters, fields=["*"])
	return {row.customer: {key: value for key, value in row.items() if key not in CHANGING} for row in rows}


def snapshot_rows(as_of: date) -> dict[str, dict[str, Any]]:
	"""The snapshots of a day by customer, without what changes with every scoring."""
	frappe.db.rollback()
	rows = frappe.get_all(SNAPSHOT, filters={"as_of": as_of}, fields=["*"])
	return {row.customer: {key: value for key, value in row.items() if key not in CHANGING} for row in rows}


def _names(doctype: str) -> set[str]:
	return set(frappe.get_all(doctype, pluck="name"))


def components(row: dict[str, Any]) -> dict[str, Any]:
	"""The components of a health row."""
	return json.loads(row["components"])
