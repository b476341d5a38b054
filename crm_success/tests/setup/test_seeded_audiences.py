"""A site that installs the app anew and one that migrates have the same default audiences, off, and fit to be used."""

import json
from typing import Any

import frappe

from crm_success.audiences.previewing import preview_audience
from crm_success.patches import add_audiences
from crm_success.record_names import AUDIENCE, CONDITION, MEMBER
from crm_success.setup.audience_defaults import AUDIENCES
from crm_success.setup.log_days import MEMBER_DAYS
from crm_success.tests.support.audience_site import AudienceTestCase

NAMES = [record["audience_name"] for record in AUDIENCES]
LOGS = "Logs To Clear"


class TestSeededAudiences(AudienceTestCase):
	def stored(self) -> dict[str, Any]:
		fields = ["name", "description", "enabled", "how", "match", "include_disabled", "problem"]
		found = {row.name: row for row in frappe.get_all(AUDIENCE, {"name": ("in", NAMES)}, fields)}
		for name, row in found.items():
			rows = frappe.get_all(CONDITION, {"parent": name}, ["looks_at", "filters", "is_not"])
			row["conditions"] = [(each.looks_at, json.loads(each.filters), each.is_not) for each in rows]
		return found

	def test_installing_and_migrating_make_the_same_ones(self):
		installed = self.stored()
		self.assertEqual(len(installed), 4)
		self.assertEqual({row["enabled"] for row in installed.values()}, {0})
		for record in AUDIENCES:
			conditions = [(row["looks_at"], row["filters"], 0) for row in record["conditions"]]
			self.assertEqual(installed[record["audience_name"]]["conditions"], conditions)
		frappe.db.delete(AUDIENCE, {"name": ("in", NAMES)})
		frappe.db.delete(CONDITION, {"parent": ("in", NAMES)})
		frappe.db.delete(LOGS, {"ref_doctype": MEMBER})
		for _time in range(2):
			add_audiences.execute()
			self.assertEqual(self.stored(), installed)
			logs = frappe.get_all(LOGS, {"ref_doctype": MEMBER}, pluck="days")
			self.assertEqual(logs, [MEMBER_DAYS])

	def test_a_migration_leaves_an_audience_of_that_name_alone(self):
		frappe.db.set_value(AUDIENCE, NAMES[0], "description", "Of an administrator")
		add_audiences.execute()
		self.assertEqual(frappe.db.get_value(AUDIENCE, NAMES[0], "description"), "Of an administrator")
		frappe.db.rollback()

	def test_each_of_them_can_be_enabled_and_evaluated(self):
		for name in NAMES:
			doc = frappe.get_doc(AUDIENCE, name)
			doc.enabled = 1
			doc.save()
			self.assertEqual(preview_audience(doc.as_dict())["members"], 0)
		run = self.evaluate()
		self.assertEqual((run.status, [message.reason for message in run.messages]), ("Completed", []))
		problems = frappe.get_all(AUDIENCE, {"name": ("in", NAMES)}, ["problem", "evaluated_version"])
		self.assertEqual([row.problem for row in problems], [None] * 4)
		self.assertTrue(all(row.evaluated_version for row in problems))
