"""A site from before scores had a coverage: theirs is empty after the update, which is not zero."""

import frappe

from crm_success.patches import add_coverage
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.setup.table_columns import change_table, columns_of
from crm_success.tests.support.factories import make_customer, make_health
from crm_success.tests.support.utils import SiteTestCase

NAME = "Coverage Before"


class TestAddedCoverage(SiteTestCase):
	def setUp(self):
		super().setUp()
		# each change of a table commits
		self.has_committed = True
		self.addCleanup(self.take_back)
		make_customer(NAME)
		make_health(NAME)
		row = {"doctype": SNAPSHOT, "customer": NAME, "as_of": "2026-01-01", "band": "Watch"}
		frappe.get_doc(row).insert(ignore_permissions=True)
		for doctype in (HEALTH, SNAPSHOT):
			change_table(f"ALTER TABLE `tab{doctype}` DROP COLUMN `coverage`")

	def take_back(self):
		frappe.db.rollback()
		add_coverage.execute()
		frappe.delete_doc("Customer", NAME, force=True)
		frappe.db.commit()

	def stored(self) -> list[float | None]:
		return [
			frappe.db.get_value(doctype, {"customer": NAME}, "coverage") for doctype in (HEALTH, SNAPSHOT)
		]

	def test_it_is_empty_and_stays_so_when_the_doctypes_are_synced(self):
		add_coverage.execute()
		self.assertEqual(self.stored(), [None, None])
		for doctype in (HEALTH, SNAPSHOT):
			frappe.reload_doctype(doctype, force=True)
		self.assertEqual(self.stored(), [None, None])
		# a second time there is nothing left to add
		add_coverage.execute()
		self.assertTrue(all("coverage" in columns_of(doctype) for doctype in (HEALTH, SNAPSHOT)))
