"""Whatever becomes of the field Customer Tier: every document of ERPNext is saved, as if there were no tiers."""

import frappe
from frappe.custom.doctype.custom_field.custom_field import rename_fieldname
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from crm_success.customer_loyalty.api.tier_rules_form import get_rules, make
from crm_success.patches import add_tiers_of_documents
from crm_success.record_names import TIER
from crm_success.setup.custom_fields import DOCUMENTS_WITH_TIER, make_custom_fields
from crm_success.tests.support import factories
from crm_success.tests.support.tiered_documents import GOLD, give_tier, make_rules, make_sale, make_tier
from crm_success.tests.support.utils import SiteTestCase

ANNA = "Anna Without"
MORNING = "2026-01-05 09:00:00"
DOCUMENTS = ("Quotation", "Sales Order", "Sales Invoice", "Delivery Note")


class TestDocumentsWithoutTiers(SiteTestCase):
	"""A changed table commits, so all is taken back by hand."""

	def setUp(self):
		super().setUp()
		factories.make_service_level_agreement(response_hours=8)
		self.tier = make_tier(GOLD, 52, discount=10, promise=2)
		self.rules = make_rules(self.tier)
		factories.make_customer(ANNA)
		give_tier(ANNA, GOLD)
		self.made = []

	def tearDown(self):
		frappe.db.delete("Property Setter", {"field_name": "customer_tier"})
		make_custom_fields()
		for doctype in (*DOCUMENTS_WITH_TIER, "Customer"):
			frappe.clear_cache(doctype=doctype)
		for doc in reversed(self.made):
			frappe.delete_doc(doc.doctype, doc.name, force=True)
		give_tier(ANNA, None)
		frappe.db.delete("Customer Tier Standing", {"customer": ANNA})
		frappe.delete_doc(TIER, GOLD, force=True)
		for rule in self.rules:
			if frappe.db.exists(rule.doctype, rule.name):
				frappe.delete_doc(rule.doctype, rule.name, force=True)
		frappe.delete_doc("Customer", ANNA, force=True)
		frappe.db.set_value("Service Level Agreement", f"SLA-Issue-{factories.SLA}", "enabled", 0)
		frappe.delete_doc("Service Level Agreement", f"SLA-Issue-{factories.SLA}", force=True)
		frappe.db.set_single_value("Support Settings", "track_service_level_agreement", 0)
		frappe.db.commit()  # nosemgrep: changed tables have committed what was made
		super().tearDown()

	def all_saved(self) -> list[float]:
		"""The rate of each, and all of them saved, and saved again."""
		rates = []
		for doctype in DOCUMENTS:
			doc = make_sale(doctype, ANNA)
			self.made.append(doc)
			doc.reload().save()
			rates.append(doc.items[0].rate)
		issue = factories.make_issue(ANNA, MORNING)
		self.made.append(issue)
		issue.reload().save()
		self.agreement = issue.service_level_agreement
		return rates

	def test_fields_that_an_administrator_deleted(self):
		for doctype in (*DOCUMENTS_WITH_TIER, "Customer"):
			frappe.delete_doc("Custom Field", f"{doctype}-customer_tier")
			frappe.clear_cache(doctype=doctype)
		self.assertEqual(self.all_saved(), [100] * 4)
		self.assertEqual(self.agreement, f"SLA-Issue-{factories.SLA}")
		with self.subTest("the buttons say why"):
			make_tier("Other", 53, discount=10, promise=1)
			self.addCleanup(frappe.delete_doc, TIER, "Other", force=True)
			for benefit in ("Discount", "Support Promise"):
				with self.assertRaisesRegex(frappe.ValidationError, "field Customer Tier any more"):
					make("Other", benefit)
			self.assertIn("can be filled", str(get_rules(GOLD)))
		with self.subTest("migrating a site from before brings those of documents only"):
			add_tiers_of_documents.execute()
			self.assertTrue(frappe.get_meta("Sales Order", cached=False).has_field("customer_tier"))
			self.assertFalse(frappe.get_meta("Customer", cached=False).has_field("customer_tier"))

	def test_the_field_of_customer_alone_is_not_needed(self):
		frappe.delete_doc("Custom Field", "Customer-customer_tier")
		frappe.clear_cache(doctype="Customer")
		self.assertEqual(self.all_saved(), [90] * 4)
		self.assertEqual(self.agreement, f"SLA-Issue-{GOLD}")

	def test_a_field_that_was_renamed_keeps_what_it_has(self):
		# Frappe lets nobody rename a field of an app by its own button
		frappe.db.set_value("Custom Field", "Sales Order-customer_tier", "is_system_generated", 0)
		rename_fieldname("Sales Order-customer_tier", "class_of_customer")
		self.addCleanup(self.name_it_as_before)
		order = make_sale("Sales Order", ANNA)
		self.made.append(order)
		order.reload().save()
		self.assertEqual((order.items[0].rate, order.class_of_customer), (100, None))

	def name_it_as_before(self):
		frappe.delete_doc("Custom Field", "Sales Order-customer_tier")
		make_custom_fields()
		frappe.db.commit()  # nosemgrep: a changed table has committed

	def test_a_field_that_takes_no_names_any_more_is_left_alone(self):
		make_property_setter("Sales Order", "customer_tier", "fieldtype", "Select", "Data")
		make_property_setter("Sales Order", "customer_tier", "options", "\nA\nB", "Text")
		frappe.clear_cache(doctype="Sales Order")
		self.assertEqual(self.all_saved(), [90, 100, 90, 90])
