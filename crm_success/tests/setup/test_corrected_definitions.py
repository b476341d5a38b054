"""A site from before the default records were corrected: they become the new ones, unless somebody changed them."""

from typing import Any

import frappe

from crm_success.patches import correct_seeded_definitions as patch
from crm_success.record_names import METRIC, SEGMENT
from crm_success.setup.seed import desk_values
from crm_success.tests.support.utils import SiteTestCase

PURCHASES = '[["is_purchase", "=", 1]]'


class TestCorrectedDefinitions(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.seeded = self.values()
		for doctype, records in patch.BEFORE.items():
			for name, before in records.items():
				frappe.db.set_value(doctype, name, desk_values(before))

	def values(self) -> dict[tuple[str, str], dict[str, Any]]:
		return {
			(doctype, name): frappe.db.get_value(doctype, name, list(before), as_dict=True)
			for doctype, records in patch.BEFORE.items()
			for name, before in records.items()
		}

	def test_they_become_those_of_a_new_site(self):
		for key, values in self.values().items():
			self.assertNotEqual(values, self.seeded[key])
		patch.execute()
		self.assertEqual(self.values(), self.seeded)
		self.assertEqual(frappe.db.get_value(METRIC, "Invoices 365 Days", "filters"), PURCHASES)
		self.assertEqual(frappe.db.get_value(SEGMENT, "High Value", "r_min"), 3)
		# a second time there is nothing left to correct
		patch.execute()
		self.assertEqual(self.values(), self.seeded)

	def test_what_somebody_changed_or_deleted_stays(self):
		frappe.db.set_value(METRIC, "Return Rate", "expression", "returned_value_365d")
		frappe.db.set_value(SEGMENT, "High Value", "f_min", 5)
		frappe.db.delete(METRIC, {"name": "Tenure"})
		before = self.values()
		patch.execute()
		after = self.values()
		for key in ((METRIC, "Return Rate"), (SEGMENT, "High Value"), (METRIC, "Tenure")):
			self.assertEqual(after[key], before[key])
		self.assertEqual(after[METRIC, "Invoices 365 Days"], self.seeded[METRIC, "Invoices 365 Days"])

	def test_a_description_that_somebody_wrote_stays(self):
		frappe.db.set_value(METRIC, "Return Rate", "description", "As agreed with finance")
		patch.execute()
		after = self.values()[METRIC, "Return Rate"]
		self.assertEqual(after.description, "As agreed with finance")
		self.assertEqual(after.expression, self.seeded[METRIC, "Return Rate"].expression)
