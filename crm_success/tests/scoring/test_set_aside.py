"""A customer or a metric that cannot be scored is named and left; its neighbours are scored."""

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_field
from frappe.utils import add_days, getdate

from crm_success.record_names import HEALTH
from crm_success.scoring import setting_aside
from crm_success.scoring.runs.rescoring import Rescoring, rescore_stale
from crm_success.scoring.stale import mark_stale, stale_customers
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, drop_jobs, forget_scores, health_rows

CUSTOMERS = tuple(f"Aside {number:02}" for number in range(9))
POISONED = (CUSTOMERS[2], CUSTOMERS[7])
METRIC = "Aside Metric"
FIELD = "aside_points"


class SetAsideTestCase(ScoringTestCase):
	batch_size = 2000

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for number, name in enumerate(CUSTOMERS, start=1):
			factories.make_customer(name)
			factories.make_invoice(name, 100 * number, getdate(add_days(getdate(), -10 * number)))

	def setUp(self):
		super().setUp()
		forget_scores()
		self.score_all()
		self.before = health_rows()
		self.addCleanup(drop_jobs)

	def change_everybody(self):
		"""A new document for each, so that a row that was not written anew can be told from others."""
		for name in CUSTOMERS:
			factories.make_invoice(name, 50, getdate())
		frappe.db.commit()
		mark_stale(CUSTOMERS)
		frappe.db.commit()

	def written_anew(self) -> set[str]:
		frappe.db.rollback()
		rows = health_rows()
		return {name for name in CUSTOMERS if rows[name]["revenue"] != self.before[name]["revenue"]}

	def logged(self) -> set[str]:
		return set(frappe.get_all("Error Log", {"reference_doctype": "Customer"}, pluck="reference_name"))


class TestPoisonedCustomers(SetAsideTestCase):
	"""The database refuses to store the health of two customers, for whatever reason."""

	def setUp(self):
		super().setUp()
		frappe.db.delete("Error Log")
		names = ", ".join(f"'{name}'" for name in POISONED)
		self.refuse(f"NEW.customer IN ({names}) AND NOT (NEW.revenue <=> OLD.revenue)")
		self.change_everybody()

	def refuse(self, condition: str):
		self.addCleanup(frappe.db.sql_ddl, "DROP TRIGGER IF EXISTS crm_success_poison")
		frappe.db.sql_ddl(
			"CREATE TRIGGER crm_success_poison BEFORE UPDATE ON `tabCustomer Health` FOR EACH ROW "
			+ f"IF {condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poisoned'; END IF"
		)

	def test_stale_neighbours_are_scored_and_the_poisoned_ones_named_and_no_longer_marked(self):
		rescore_stale()
		self.assertEqual(self.written_anew(), set(CUSTOMERS) - set(POISONED))
		self.assertEqual(self.logged(), set(POISONED))
		self.assertEqual(stale_customers(limit=100), [])

	def test_a_new_document_marks_a_poisoned_customer_again(self):
		rescore_stale()
		factories.make_issue(POISONED[0], f"{getdate()} 09:00:00")
		frappe.db.commit()
		self.assertEqual(stale_customers(limit=100), [POISONED[0]])

	def test_a_run_scores_everybody_else_and_says_who_was_set_aside(self):
		run = self.score_all()
		self.assertEqual(self.written_anew(), set(CUSTOMERS) - set(POISONED))
		self.assertEqual((run.status, run.batches_failed), ("Completed with Warnings", 0))
		self.assertEqual(run.customers_skipped, len(POISONED))
		self.assert_message(run, "set aside", severity="Error", count=len(POISONED))

	def test_where_more_fail_than_a_few_the_batch_has_failed(self):
		frappe.db.sql_ddl("DROP TRIGGER crm_success_poison")
		self.refuse("TRUE")
		self.addCleanup(setattr, setting_aside, "MOST_SET_ASIDE", setting_aside.MOST_SET_ASIDE)
		setting_aside.MOST_SET_ASIDE = len(CUSTOMERS) - 1
		run = self.score_all()
		self.assertEqual((run.status, run.batches_failed), ("Failed", 1))
		self.assertEqual(self.written_anew(), set())


class TestUnreadableMetric(SetAsideTestCase):
	"""A column that a metric reads is dropped from the database after the metric was looked at."""

	def setUp(self):
		super().setUp()
		field = {"fieldname": FIELD, "label": "Aside Points", "fieldtype": "Float"}
		create_custom_field("Sales Invoice", field)
		frappe.get_doc(
			{
				"doctype": "Health Metric",
				"metric_name": METRIC,
				"measure": "Sum",
				"source_doctype": "Sales Invoice",
				"value_field": FIELD,
				"dimension": "Value",
				"scale": "Linear",
				"best": 100,
				"window_days": 365,
			}
		).insert()
		frappe.db.commit()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, "Custom Field", f"Sales Invoice-{FIELD}", force=True)
		self.addCleanup(frappe.delete_doc, "Health Metric", METRIC, force=True)
		self.change_everybody()

	def drop_column(self):
		frappe.db.sql_ddl(f"ALTER TABLE `tabSales Invoice` DROP COLUMN `{FIELD}`")

	def test_the_others_measure_on_without_it(self):
		rescoring = Rescoring()
		self.drop_column()
		with self.assertRaises(frappe.db.OperationalError):
			rescoring.rescore(list(CUSTOMERS))
		written = rescoring.rescore_setting_aside(list(CUSTOMERS))
		self.assertEqual(written.scored, len(CUSTOMERS))
		self.assertEqual(self.written_anew(), set(CUSTOMERS))
		self.assertTrue(any(METRIC in message.reason for message in written.messages))
		self.assertEqual(frappe.db.count(HEALTH, {"stale": 1}), 0)
