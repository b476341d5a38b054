"""A test case with audiences that are evaluated for real: a pass commits, and all of it is taken back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import frappe

from crm_success.audiences.audience_changed import AudienceChange
from crm_success.audiences.evaluation import start_pass
from crm_success.batches.preparing import prepare_run
from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.record_names import AUDIENCE, CONDITION, HEALTH, MEMBER
from crm_success.setup.audience_defaults import AUDIENCES
from crm_success.tests.support.scoring_site import ScoringTestCase

SEEDED = [record["audience_name"] for record in AUDIENCES]
HEARD_BY = f"{__name__}.listen"

# what subscribers were told, call by call
heard: list[list[AudienceChange]] = []


def listen(changes: list[AudienceChange]) -> None:
	heard.append(changes)


class AudienceTestCase(ScoringTestCase):
	"""Audiences of a test are gone after it, with their members and the passes that found them."""

	@classmethod
	def setUpClass(cls):
		cls.addClassCleanup(frappe.db.commit)
		cls.addClassCleanup(forget_audiences)
		super().setUpClass()

	def setUp(self):
		super().setUp()
		self.addCleanup(forget_audiences)
		heard.clear()

	def evaluate(self) -> Any:
		"""A whole pass in this process; the run's document."""
		frappe.db.commit()
		run = start_and_prepare_pass()
		drain(run)
		return frappe.get_doc(RUN, run)


def start_and_prepare_pass() -> str:
	"""A pass whose batches wait for workers."""
	run = start_pass("Command")
	frappe.db.commit()
	prepare_run(run)
	return run


def forget_audiences() -> None:
	"""As the site was: the seeded ones, disabled, nobody in any."""
	frappe.db.rollback()
	frappe.set_user("Administrator")
	frappe.db.delete(MEMBER)
	for doctype, field in ((AUDIENCE, "name"), (CONDITION, "parent")):
		frappe.db.delete(doctype, {field: ("not in", SEEDED)})
	frappe.db.set_value(AUDIENCE, {"name": ("in", SEEDED)}, "enabled", 0, update_modified=False)
	frappe.db.delete(RUN, {"kind": "Audiences"})
	frappe.db.set_value(HEALTH, {"audiences": ("is", "set")}, "audiences", None, update_modified=False)
	frappe.db.set_value(
		"Customer", {"customer_audiences": ("is", "set")}, "customer_audiences", None, update_modified=False
	)
	frappe.db.commit()


def on(looks_at: str, *filters: Iterable, is_not: bool = False, **values: Any) -> dict[str, Any]:
	"""A row of conditions."""
	row = {"looks_at": looks_at, "is_not": int(is_not), **values}
	return {**row, "filters": json.dumps([list(each) for each in filters])} if filters else row


def make_audience(name: str, *conditions: Mapping[str, Any], **values: Any) -> Any:
	"""An enabled audience of these conditions, through its controller; its document."""
	record = {"doctype": AUDIENCE, "audience_name": name, "conditions": list(conditions), **values}
	return frappe.get_doc(record).insert()


def members_of(audience: str) -> list[str]:
	"""Who is in it."""
	frappe.db.rollback()
	return frappe.get_all(
		MEMBER, {"audience": audience, "left_on": ("is", "not set")}, pluck="customer", order_by="customer"
	)


def visits(audience: str) -> list[tuple[str, int, bool]]:
	"""Every visit, as customer, number and whether it is over, in order."""
	frappe.db.rollback()
	rows = frappe.get_all(
		MEMBER, {"audience": audience}, ["customer", "visit", "left_on"], order_by="customer, visit"
	)
	return [(row.customer, row.visit, bool(row.left_on)) for row in rows]
