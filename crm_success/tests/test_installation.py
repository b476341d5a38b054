"""Migrate, uninstall and reinstall, as commands on the real site: edits survive, and nothing of the app stays behind."""

import os
import subprocess
import sys

import frappe
from frappe.custom.doctype.property_setter.property_setter import make_property_setter
from frappe.query_builder.functions import Count
from pypika import Criterion

from crm_success.setup.custom_fields import CUSTOM_FIELDS
from crm_success.tests.utils import SiteTestCase

ROLES = ("Customer Success Manager", "Customer Success User")
MODULE = "CRM Success"
# what happened on a site is history, and history stays
HISTORY = ("tabError Log", "tabActivity Log", "tabScheduled Job Log", "tabAccess Log", "tabDeleted Document")


class TestInstallation(SiteTestCase):
	def tearDown(self):
		if MODULE not in frappe.get_all("Module Def", pluck="name"):
			self.bench("install-app", "crm_success")
		super().tearDown()

	def test_an_administrators_edits_survive_two_migrations(self):
		edit_seeds()
		self.bench("migrate", "--skip-search-index")
		self.bench("migrate", "--skip-search-index")
		self.assertEqual(frappe.db.get_value("Health Metric", "Open Issues", "worst"), 17)
		self.assertEqual(frappe.db.get_value("Customer Segment", "Mid Value", "strategy"), "Ask them")
		self.assertFalse(frappe.db.exists("Health Metric", "Tenure"), "a deleted default came back")
		self.assertEqual(frappe.db.get_single_value("CRM Success Settings", "silent_days"), 77)

	def test_uninstalling_leaves_nothing_and_installing_again_gives_the_defaults(self):
		ours = [*frappe.get_all("DocType", {"module": MODULE}, pluck="name"), *ROLES, MODULE]
		self.assertGreater(len(ours), 15)
		ours += custom_fields()
		self.assertEqual(fields_of_customer(), custom_columns())
		customize_a_field()
		self.bench("uninstall-app", "crm_success", "--yes", "--no-backup")
		self.assertEqual(rows_that_name(ours), [])
		self.assertEqual([t for t in frappe.db.get_tables(cached=False) if t[3:] in ours], [])
		self.assertEqual(frappe.get_all("Scheduled Job Type", {"method": ("like", "crm_success%")}), [])
		self.assertEqual(frappe.get_all("Custom Field", {"module": MODULE}), [])
		self.assertEqual(fields_of_customer(), set())
		customer = frappe.get_meta("Customer", cached=False)
		self.assertFalse([field for field in custom_fields() if customer.has_field(field)])
		self.assertFalse([link.link_doctype for link in customer.links if link.link_doctype in ours])

		self.bench("install-app", "crm_success")
		self.assertTrue(frappe.db.exists("Health Scorecard", {"is_default": 1, "enabled": 1}))
		self.assertTrue(frappe.db.exists("Workspace", MODULE))
		self.assertEqual(frappe.db.count("Customer Segment"), 6)
		self.assertEqual(fields_of_customer(), custom_columns())
		self.assertTrue(frappe.db.exists("Scheduled Job Type", {"method": ("like", "crm_success.jobs.%")}))

	def bench(self, *arguments: str) -> None:
		"""A bench command on this site, in a process of its own; our connection must not hold its locks."""
		frappe.db.commit()  # nosemgrep: the command must see what the test did
		site, folder = frappe.local.site, os.path.abspath(frappe.local.sites_path)
		frappe.db.close()
		command = [sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", site, *arguments]
		done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
		frappe.connect(set_admin_as_user=True)
		frappe.clear_cache()
		self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])


def edit_seeds() -> None:
	"""What an administrator might do to the default records."""
	metric = frappe.get_doc("Health Metric", "Open Issues")
	metric.worst = 17
	metric.save()
	scorecard = frappe.get_doc("Health Scorecard", "Standard")
	scorecard.metrics = [row for row in scorecard.metrics if row.metric != "Tenure"]
	scorecard.save()
	frappe.delete_doc("Health Metric", "Tenure")
	frappe.get_doc("Customer Segment", "Mid Value").update({"strategy": "Ask them"}).save()
	frappe.get_doc("CRM Success Settings").update({"silent_days": 77}).save()


def custom_fields() -> list[str]:
	return [field["fieldname"] for field in CUSTOM_FIELDS["Customer"]]


def custom_columns() -> set[str]:
	"""The custom fields that hold a value."""
	layout = ("Tab Break", "Section Break", "Column Break")
	return {field["fieldname"] for field in CUSTOM_FIELDS["Customer"] if field["fieldtype"] not in layout}


def fields_of_customer() -> set[str]:
	"""The custom fields that have a column."""
	columns = frappe.db.get_table_columns_description("tabCustomer")
	return {column.name for column in columns}.intersection(custom_fields())


def customize_a_field() -> None:
	"""What an administrator might do to a field of ours."""
	make_property_setter("Customer", "health_band", "in_list_view", "0", "Check")


def rows_that_name(names: list[str]) -> list[tuple[str, int]]:
	"""Every table in which a text column is exactly one of the names, with the number of such rows."""
	counts = [(table, count_naming(table, names)) for table in frappe.db.get_tables(cached=False)]
	return [(table, count) for table, count in counts if count and table not in HISTORY]


def count_naming(table: str, names: list[str]) -> int:
	rows = frappe.qb.Table(table)
	described = frappe.db.get_table_columns_description(table)
	texts = [column.name for column in described if column.type.startswith("varchar")]
	if not texts:
		return 0
	is_named = Criterion.any(rows[column].isin(names) for column in texts)
	return frappe.qb.from_(rows).select(Count("*")).where(is_named).run()[0][0]
