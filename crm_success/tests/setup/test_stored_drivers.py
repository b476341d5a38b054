"""Sites that stored what moves a score in sentences: the update turns them into the facts that scoring writes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.model.utils import user_settings
from frappe.utils import add_days, getdate

from crm_success.patches import store_drivers_as_facts
from crm_success.scoring.runs.rescoring import rescore_customers
from crm_success.scoring.writers import HEALTH
from crm_success.setup.table_columns import columns_of
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores, health_rows

NAMES = [f"Stored {number}" for number in range(5)]
NOBODY = "Stored Nobody"
AT_RISK = [HEALTH, "band", "=", "At Risk", False]
FILTERS = [[HEALTH, "drivers", "like", "%Overdue%", False], AT_RISK]
SENTENCE = "Senkt den Wert um 7,5: Überfälliger Betrag ist 5.500 €"


class Killed(Exception):
	"""What a test ends the update with."""


class TestStoredSentences(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		today = getdate()
		factories.make_fiscal_years(today.year - 1, today.year)
		factories.make_customer(NOBODY)
		for number, name in enumerate(NAMES):
			factories.make_customer(name)
			factories.make_invoice(name, 100 * (number + 1), getdate(add_days(today, -40 * (number + 1))))

	def setUp(self):
		super().setUp()
		forget_scores()
		rescore_customers([*NAMES, NOBODY])
		self.written = health_rows()
		add_sentences()
		self.addCleanup(drop_sentences)

	@contextmanager
	def as_before(self) -> Iterator[None]:
		"""No facts, as before the update; `modified` stays."""
		health = frappe.qb.DocType(HEALTH)
		frappe.qb.update(health).set(health.driver_facts, None).set(health.drivers, SENTENCE).run()
		frappe.db.commit()
		yield
		self.assertEqual(health_rows(), self.written)
		self.assertNotIn("drivers", columns_of(HEALTH))

	def test_facts_are_those_that_scoring_writes(self):
		with self.as_before():
			store_drivers_as_facts.execute()
		self.assertIsNone(self.written[NOBODY]["driver_facts"])
		self.assertTrue(all(self.written[name]["driver_facts"] for name in NAMES))

	def test_a_second_time_changes_nothing(self):
		with self.as_before():
			store_drivers_as_facts.execute()
			store_drivers_as_facts.execute()

	def test_it_says_nothing_about_who_changed_a_record(self):
		stamps = frappe.get_all(HEALTH, fields=["name", "modified", "modified_by"], order_by="name")
		with self.as_before():
			store_drivers_as_facts.execute()
		after = frappe.get_all(HEALTH, fields=["name", "modified", "modified_by"], order_by="name")
		self.assertEqual(after, stamps)

	def test_killed_half_way_it_goes_on_where_it_was(self):
		rule, asked = store_drivers_as_facts.drivers_of, []

		def fail_at_the_fourth(components):
			asked.append(components)
			if len(asked) == 4:
				raise Killed
			return rule(components)

		with self.as_before(), patch.object(store_drivers_as_facts, "AT_ONCE", 2):
			with (
				patch.object(store_drivers_as_facts, "drivers_of", fail_at_the_fourth),
				self.assertRaises(Killed),
			):
				store_drivers_as_facts.execute()
			frappe.db.rollback()
			kept = frappe.get_all(HEALTH, {"driver_facts": ("is", "set")}, pluck="name")
			self.assertEqual(len(kept), 2)
			self.assertIn("drivers", columns_of(HEALTH))
			store_drivers_as_facts.execute()

	def test_what_was_scored_meanwhile_stays(self):
		with self.as_before():
			rescore_customers(NAMES[:1])
			with patch.object(
				store_drivers_as_facts, "drivers_of", wraps=store_drivers_as_facts.drivers_of
			) as rule:
				store_drivers_as_facts.execute()
			self.assertEqual(rule.call_count, len(self.written) - 1)

	def test_saved_reports_and_list_settings_leave_the_column_out(self):
		report = save_report()
		columns = [{"fieldname": "drivers", "label": "What Moves"}, {"fieldname": "score", "label": "Score"}]
		settings = {"doctype": "List View Settings", "__newname": HEALTH, "fields": frappe.as_json(columns)}
		frappe.delete_doc_if_exists("List View Settings", HEALTH)
		settings = frappe.get_doc(settings).insert(ignore_permissions=True)
		for doc in (report, settings):
			self.addCleanup(frappe.db.commit)
			self.addCleanup(doc.delete)
		with self.as_before():
			store_drivers_as_facts.execute()
		kept = frappe.parse_json(frappe.db.get_value("Report", report.name, "json"))
		self.assertEqual(kept["fields"], [["customer", HEALTH], ["score", HEALTH]])
		self.assertEqual(kept["filters"], [AT_RISK])
		self.assertEqual(kept["order_by"], "score asc")
		kept = frappe.parse_json(frappe.db.get_value("List View Settings", HEALTH, "fields"))
		self.assertEqual([column["fieldname"] for column in kept], ["score"])
		self.assertTrue(frappe.get_doc("Report", report.name).get_data(as_dict=True))

	def test_filters_that_people_kept_leave_the_column_out(self):
		values = {"doctype": "List Filter", "filter_name": "Overdue", "reference_doctype": HEALTH}
		saved = frappe.get_doc({**values, "filters": frappe.as_json(FILTERS)}).insert(ignore_permissions=True)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(saved.delete)
		views = {"last_view": "List", "List": {"filters": FILTERS, "sort_by": "score"}, "Report": {}}
		user_settings.save(HEALTH, json.dumps(views))
		with self.as_before():
			store_drivers_as_facts.execute()
		self.assertEqual(
			frappe.parse_json(frappe.db.get_value("List Filter", saved.name, "filters")), [AT_RISK]
		)
		kept = json.loads(user_settings.get(HEALTH))
		self.assertEqual(kept["List"], {"filters": [AT_RISK], "sort_by": "score"})
		self.assertEqual(kept["last_view"], "List")


def save_report():
	values = {
		"fields": [["customer", HEALTH], ["drivers", HEALTH], ["score", HEALTH]],
		"filters": FILTERS,
		"order_by": "score asc",
	}
	head = {"doctype": "Report", "report_name": "Stored Drivers", "ref_doctype": HEALTH, "is_standard": "No"}
	report = frappe.get_doc({**head, "report_type": "Report Builder", "json": frappe.as_json(values)})
	return report.insert(ignore_permissions=True)


def add_sentences() -> None:
	"""The column as sites have it that stored sentences."""
	frappe.db.sql_ddl("ALTER TABLE `tabCustomer Health` ADD COLUMN `drivers` text")
	frappe.clear_cache(doctype=HEALTH)


def drop_sentences() -> None:
	if "drivers" in columns_of(HEALTH):
		frappe.db.sql_ddl("ALTER TABLE `tabCustomer Health` DROP COLUMN `drivers`")
	frappe.clear_cache(doctype=HEALTH)
