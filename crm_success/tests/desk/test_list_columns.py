"""The columns of our lists: version 16 makes each field's name a CSS class, which must be nobody else's."""

import re
from pathlib import Path

import frappe
from frappe.model import no_value_fields, table_fields

from crm_success.batches.statuses import RUN
from crm_success.patches import rename_progress_of_runs
from crm_success.record_names import MODULES
from crm_success.setup.custom_fields import CUSTOM_FIELDS
from crm_success.tests.support.utils import SiteTestCase

BUNDLES = (
	"frappe/dist/css/desk.bundle.*.css",
	"frappe/dist/css/report.bundle.*.css",
	"erpnext/dist/css/*.css",
)
# what a list is made of; anything else before a name means another place of the desk
AROUND = r"(?:(?:html|body|div|:root|\[[^\]]*\]|\.(?:frappe-list|list-|result|level|layout|page-)[\w-]*)+[\s>+~]+)*"
FIRST_CLASS = re.compile(rf"{AROUND}(?:\.(?:list-row-col|ellipsis|text-right))*\.([a-z]\w*)(?![\w-])")


def classes_of_the_desk() -> set[str]:
	"""Names that style whatever has them as a class, wherever in a list it stands."""
	assets = Path(frappe.local.sites_path) / "assets"
	sheets = [path.read_text() for bundle in BUNDLES for path in assets.glob(bundle)]
	selectors = [selector for sheet in sheets for selector in re.findall(r"([^{}]+)\{", sheet)]
	found = (FIRST_CLASS.match(one.strip()) for selector in selectors for one in selector.split(","))
	return {match[1] for match in found if match}


def fields_of_lists() -> set[tuple[str, str]]:
	"""Every field of ours that somebody can have as a column of a list, by DocType."""
	doctypes = frappe.get_all(
		"DocType", {"module": ("in", MODULES), "istable": 0, "issingle": 0}, pluck="name"
	)
	fields = {
		(doctype, df.fieldname)
		for doctype in doctypes
		for df in frappe.get_meta(doctype).fields
		if df.fieldtype not in no_value_fields and df.fieldtype not in table_fields and not df.hidden
	}
	custom = {(doctype, row["fieldname"]) for doctype, rows in CUSTOM_FIELDS.items() for row in rows}
	return fields | custom


class TestColumns(SiteTestCase):
	def test_no_field_has_the_name_of_a_class_that_styles_it(self):
		classes = classes_of_the_desk()
		if not classes:
			self.skipTest("The desk of this bench is not built (bench build).")
		self.assertTrue({"progress", "badge", "card", "modal"} <= classes, "the bundles are read")
		fields = fields_of_lists()
		self.assertGreater(len(fields), 60)
		self.assertEqual([(doctype, name) for doctype, name in sorted(fields) if name in classes], [])


class TestRenamedProgress(SiteTestCase):
	"""Sites that have runs keep how far they came, and what people set up with the field."""

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		change_columns("ADD COLUMN `progress` decimal(21,9) NOT NULL DEFAULT 0")
		cls.addClassCleanup(change_columns, "DROP COLUMN `progress`")

	def setUp(self):
		super().setUp()
		doc = frappe.get_doc({"doctype": RUN, "kind": "Scoring", "as_of": "2025-01-31", "status": "Failed"})
		doc.flags.is_started = True
		self.run_name = doc.insert(ignore_permissions=True).name
		run = frappe.qb.DocType(RUN)
		frappe.qb.update(run).set(run.progress, 42).where(run.name == self.run_name).run()

	def percent(self) -> float:
		return frappe.db.get_value(RUN, self.run_name, "percent_done")

	def test_runs_keep_how_far_they_came(self):
		rename_progress_of_runs.execute()
		self.assertEqual(self.percent(), 42)

	def test_a_second_time_changes_nothing(self):
		rename_progress_of_runs.execute()
		frappe.db.set_value(RUN, self.run_name, "percent_done", 77)
		rename_progress_of_runs.execute()
		self.assertEqual(self.percent(), 77)

	def test_what_people_set_up_names_the_field_as_it_is_now(self):
		setter = {"doctype_or_field": "DocField", "doc_type": RUN, "field_name": "progress"}
		setter = {"doctype": "Property Setter", **setter, "property": "bold", "value": "1"}
		setter = frappe.get_doc({**setter, "property_type": "Check"}).insert(ignore_permissions=True)
		columns = [{"fieldname": "progress", "label": "Progress"}, {"fieldname": "as_of", "label": "As Of"}]
		settings = {"doctype": "List View Settings", "__newname": RUN, "fields": frappe.as_json(columns)}
		frappe.get_doc(settings).insert(ignore_permissions=True)
		rename_progress_of_runs.execute()
		self.assertEqual(frappe.db.get_value("Property Setter", setter.name, "field_name"), "percent_done")
		kept = frappe.parse_json(frappe.db.get_value("List View Settings", RUN, "fields"))
		self.assertEqual([column["fieldname"] for column in kept], ["percent_done", "as_of"])

	def test_without_the_old_column_there_is_nothing_to_do(self):
		change_columns("DROP COLUMN `progress`")
		rename_progress_of_runs.execute()
		self.assertEqual(self.percent(), 0)
		change_columns("ADD COLUMN `progress` decimal(21,9) NOT NULL DEFAULT 0")


def change_columns(change: str) -> None:
	frappe.db.sql_ddl(f"ALTER TABLE `tab{RUN}` {change}")
	# Frappe remembers the columns of a table
	frappe.clear_cache()
