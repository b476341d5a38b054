"""Migrate, uninstall and reinstall, as commands on the real site: edits survive, and nothing of the app stays behind.

The second test makes the defaults anew that the first one changes.
"""

import os
import re
import subprocess
import sys
import time
from collections import defaultdict

import frappe
from frappe.model.naming import NamingSeries
from frappe.query_builder.functions import Count
from pypika import Criterion

from crm_success.batches.kinds import series_of
from crm_success.hooks import crm_success_work_kinds
from crm_success.record_names import MODULES
from crm_success.setup.custom_fields import CUSTOM_FIELDS
from crm_success.tests.support import left_behind
from crm_success.tests.support.factories import SLA
from crm_success.tests.support.left_behind import CUSTOMER, NAME, PAGE, TIER
from crm_success.tests.support.tiered_documents import make_sale
from crm_success.tests.support.utils import SiteTestCase
from crm_success.uninstall import NAMING_SERIES

MODULE = "CRM Success"
APP = "crm_success"
ROLE = "Customer Success Manager"
# was there before the app, as far as the site knows
ROLE_OF_OTHERS = "Customer Success User"
# what happened on a site is history, and history stays
HISTORY = ("tabError Log", "tabActivity Log", "tabScheduled Job Log", "tabAccess Log", "tabDeleted Document")


class TestInstallation(SiteTestCase):
	def test_uninstalling_knows_each_counter_of_ours(self):
		autonames = frappe.get_all(
			"DocType", {"module": ("in", MODULES), "autoname": ("like", "%.#%")}, pluck="autoname"
		)
		series = [*autonames, *map(series_of, crm_success_work_kinds)]
		counters = [NamingSeries(name).get_prefix() for name in series]
		self.assertEqual(len(counters), 13)
		self.assertEqual([name for name in counters if not NAMING_SERIES.fullmatch(name)], [])
		# "SR-" is everybody's sales return
		self.assertEqual([name for name in counters if len(re.sub("[^A-Z]", "", name)) < 5], [])

	def test_an_administrators_edits_survive_two_migrations(self):
		edit_seeds()
		bench("migrate", "--skip-search-index")
		bench("migrate", "--skip-search-index")
		self.assertEqual(frappe.db.get_value("Health Metric", "Open Issues", "worst"), 17)
		self.assertEqual(frappe.db.get_value("Customer Segment", "Mid Value", "strategy"), "Ask them")
		self.assertFalse(
			frappe.db.exists("Health Metric", "Days Since Last Invoice"), "a deleted default came back"
		)
		self.assertEqual(frappe.db.get_single_value("CRM Success Settings", "silent_days"), 77)


class TestUninstall(SiteTestCase):
	def tearDown(self):
		if not frappe.db.exists("Module Def", MODULE):
			bench("install-app", APP)
		left_behind.take_all_away()
		frappe.db.commit()  # nosemgrep: the commands saw what the test made
		super().tearDown()

	def test_uninstalling_leaves_nothing_of_ours_and_everything_of_others(self):
		ours = names_of_ours()
		self.assertGreater(len(ours), 40)
		left_behind.make_all()
		bench("uninstall-app", APP, "--dry-run")
		self.assertEqual(frappe.db.get_value("ToDo", {"description": "Ask Anna"}, "status"), "Open")
		self.told = bench("uninstall-app", APP, "--yes", "--no-backup")
		with self.subTest("nothing names what is gone"):
			self.nothing_names(ours)
		for check in (
			self.documents_have_no_field_of_ours,
			self.an_open_todo_is_closed_and_can_be_saved,
			self.what_people_wrote_is_kept,
			self.counters_of_others_go_on,
			self.strangers_are_left_alone,
			self.documents_of_erpnext_are_saved,
			self.rules_that_ask_for_a_tier_are_switched_off,
			self.a_page_of_somebody_shows_the_rest,
			self.it_says_what_became_of_peoples_work,
		):
			with self.subTest(check.__name__.replace("_", " ")):
				check()
		bench("install-app", APP)
		self.everything_is_there_again()

	def nothing_names(self, ours: list[str]):
		self.assertEqual(rows_that_name([name for name in ours if name != ROLE_OF_OTHERS]), [])
		self.assertEqual([t for t in frappe.db.get_tables(cached=False) if t[3:] in ours], [])
		jobs = frappe.get_all("Scheduled Job Type", pluck="method")
		self.assertEqual([job for job in jobs if job.startswith(f"{APP}.")], [])
		patches = frappe.get_all("Patch Log", pluck="patch")
		self.assertEqual([patch for patch in patches if patch.startswith(f"{APP}.")], [])

	def documents_have_no_field_of_ours(self):
		self.assertEqual(columns_of_fields(), {})
		for doctype, fieldname in custom_fields():
			self.assertFalse(frappe.get_meta(doctype, cached=False).has_field(fieldname), fieldname)

	def an_open_todo_is_closed_and_can_be_saved(self):
		todo = frappe.get_doc("ToDo", {"description": ("like", "%Ask Anna%")})
		self.assertEqual((todo.status, todo.reference_type, todo.reference_name), ("Closed", None, None))
		self.assertIn("This was about Health Metric Open Issues", todo.description)
		todo.status = "Open"
		todo.save()
		todo.status = "Closed"
		todo.save()

	def what_people_wrote_is_kept(self):
		kept = frappe.db.get_value(
			"Communication", {"subject": NAME}, ["content", "reference_doctype", "reference_name"]
		)
		self.assertEqual(kept, ("We called", None, None))
		file = frappe.get_doc("File", {"file_name": ("like", "left-behind%")})
		self.assertEqual((file.attached_to_doctype, file.attached_to_name), (None, None))
		self.assertEqual(file.get_content(), "of Anna")
		file.save()
		deleted = frappe.db.get_value(
			"Deleted Document", {"deleted_doctype": "Client Script", "deleted_name": NAME}, "data"
		)
		self.assertIn("// of a customer's own", deleted)

	def counters_of_others_go_on(self):
		rows = frappe.qb.Table("tabSeries")
		found = dict(frappe.qb.from_(rows).select("name", "current").run())
		self.assertEqual({name: found.get(name) for name in left_behind.COUNTERS}, left_behind.COUNTERS)
		self.assertFalse(left_behind.OUR_COUNTERS.keys() & found.keys())

	def strangers_are_left_alone(self):
		self.assertTrue(frappe.db.exists("Patch Log", {"patch": left_behind.STRANGERS_PATCH}))
		self.assertTrue(frappe.db.exists("Role", ROLE_OF_OTHERS), "a role that was there before the app")
		self.assertEqual(frappe.db.get_value("Notification", f"{NAME} of Strangers", "enabled"), 1)

	def documents_of_erpnext_are_saved(self):
		frappe.get_doc("Customer", CUSTOMER).save()
		issue = frappe.get_doc("Issue", {"subject": NAME})
		issue.save()
		self.assertEqual(issue.their_segment, "Mid Value")
		self.assertEqual(issue.service_level_agreement, f"SLA-Issue-{SLA}")
		of_a_tier = frappe.get_doc("Issue", {"subject": f"{NAME} of a Tier"})
		of_a_tier.save()
		order = frappe.get_doc("Sales Order", {"po_no": NAME})
		order.save()
		self.assertEqual(order.items[0].rate, 90, "a price that was given stays")
		self.assertEqual(make_sale("Sales Order", CUSTOMER).items[0].rate, 100)
		frappe.get_doc("User", "Administrator").save()

	def rules_that_ask_for_a_tier_are_switched_off(self):
		rule = frappe.db.get_value("Pricing Rule", {"title": f"Customer Tier {TIER}"}, "disable")
		agreement = frappe.db.get_value("Service Level Agreement", {"service_level": TIER}, "enabled")
		self.assertEqual((rule, agreement), (1, 0))

	def a_page_of_somebody_shows_the_rest(self):
		page = frappe.get_doc("Workspace", PAGE)
		blocks = frappe.parse_json(page.content)
		self.assertEqual([block["id"] for block in blocks], ["2", "4"])
		self.assertEqual([row.label for row in page.shortcuts], ["Customers"])
		self.assertEqual([row.label for row in page.links], ["Masters", "Customers"])
		self.assertEqual(page.links[0].link_count, 0, "the desk counts them anew")
		self.assertFalse(page.parent_page)

	def it_says_what_became_of_peoples_work(self):
		lines = self.told.splitlines()
		for line in (
			f"  Auto Email Report: {NAME}",
			f"  Report: {NAME}, left-behind-",
			f"  Kanban Board: {NAME}, ",
			f"  Notification: {NAME} on Customers",
			f"  Server Script: {NAME}",
			"  Field: Issue: their_segment",
			"  Field: Issue: their_band",
			f"  Number Card: {NAME} on Customers",
			f"  Service Level Agreement: SLA-Issue-{TIER}",
			"  Pricing Rule: PRLE-",
			f"  Role: {ROLE_OF_OTHERS}",
			"  File: ",
			"  ToDo: ",
		):
			self.assertTrue([each for each in lines if each.startswith(line)], f"{line!r} is not told")

	def everything_is_there_again(self):
		self.assertTrue(frappe.db.exists("Health Scorecard", {"is_default": 1, "enabled": 1}))
		self.assertTrue(frappe.db.exists("Workspace", MODULE))
		self.assertEqual(frappe.db.count("Customer Segment"), 6)
		self.assertEqual(frappe.db.count("Customer Audience", {"enabled": 0}), 4)
		self.assertEqual(frappe.db.count("Customer Tier"), 3)
		self.assertEqual(frappe.db.get_single_value("Customer Loyalty Settings", "enabled"), 0)
		self.assertEqual(columns_of_fields(), custom_columns())
		self.assertTrue(frappe.db.exists("Scheduled Job Type", {"method": ("like", f"{APP}.scoring.%")}))
		self.assertTrue(frappe.db.exists("Role", ROLE))


def bench(*arguments: str) -> str:
	"""A bench command on this site, in a process of its own; our connection must not hold its locks. What it prints."""
	frappe.db.commit()  # nosemgrep: the command must see what the test did
	site, folder = frappe.local.site, os.path.abspath(frappe.local.sites_path)
	frappe.db.close()
	command = [sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", site, *arguments]
	done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
	frappe.connect(set_admin_as_user=True)
	forget_apps()
	if done.returncode:
		raise AssertionError(done.stdout[-3000:] + done.stderr[-3000:])
	return done.stdout


def forget_apps() -> None:
	"""Let this process see which apps there are now. Version 16 hears of what another one changed a moment later."""
	stored = frappe.db.get_value(
		"DefaultValue", {"parent": "__global", "defkey": "installed_apps"}, "defvalue"
	)
	is_installed, enough = APP in frappe.parse_json(stored), time.monotonic() + 30
	while True:
		frappe.clear_cache()
		if {APP in frappe.get_hooks("app_name"), APP in frappe.get_installed_apps()} == {is_installed}:
			break
		if time.monotonic() > enough:
			raise AssertionError("Frappe's caches name other apps than its database")
		time.sleep(0.1)
	if hasattr(frappe.local, "doc_events_hooks"):
		del frappe.local.doc_events_hooks


def edit_seeds() -> None:
	"""What an administrator might do to the default records."""
	metric = frappe.get_doc("Health Metric", "Open Issues")
	metric.worst = 17
	metric.save()
	scorecard = frappe.get_doc("Health Scorecard", "Standard")
	scorecard.metrics = [row for row in scorecard.metrics if row.metric != "Days Since Last Invoice"]
	scorecard.save()
	frappe.delete_doc("Health Metric", "Days Since Last Invoice")
	frappe.get_doc("Customer Segment", "Mid Value").update({"strategy": "Ask them"}).save()
	frappe.get_doc("CRM Success Settings").update({"silent_days": 77}).save()


def names_of_ours() -> list[str]:
	"""The app, its module and roles, and every record that came with it, by whatever DocType."""
	names = {APP, *MODULES, ROLE, ROLE_OF_OTHERS, *(fieldname for _, fieldname in custom_fields())}
	links = {"fieldtype": "Link", "options": "Module Def"}
	for doctype, fieldname in frappe.get_all("DocField", links, ["parent", "fieldname"], as_list=True):
		if doctype != "Property Setter" and not frappe.get_meta(doctype).istable:
			names.update(frappe.get_all(doctype, {fieldname: ("in", MODULES)}, pluck="name"))
	names.update(frappe.get_all("Onboarding Step Map", {"parent": MODULE}, pluck="step"))
	return sorted(names)


def custom_fields() -> list[tuple[str, str]]:
	"""DocType and name of each."""
	return [(doctype, field["fieldname"]) for doctype, fields in CUSTOM_FIELDS.items() for field in fields]


def custom_columns() -> dict[str, set[str]]:
	"""The custom fields that hold a value, by DocType."""
	layout = ("Tab Break", "Section Break", "Column Break")
	return {
		doctype: {field["fieldname"] for field in fields if field["fieldtype"] not in layout}
		for doctype, fields in CUSTOM_FIELDS.items()
	}


def columns_of_fields() -> dict[str, set[str]]:
	"""The columns that there are of them, by DocType; no DocType without any."""
	found = {
		doctype: {column.name for column in frappe.db.get_table_columns_description(f"tab{doctype}")} & names
		for doctype, names in custom_columns().items()
	}
	return {doctype: names for doctype, names in found.items() if names}


def rows_that_name(names: list[str]) -> list[tuple[str, int]]:
	"""Every table in which a text column is exactly one of the names, with the number of such rows."""
	counts = [(table, count_naming(table, columns, names)) for table, columns in text_columns().items()]
	return [(table, count) for table, count in counts if count and table not in HISTORY]


def text_columns() -> dict[str, list[str]]:
	columns = frappe.qb.Schema("information_schema").columns
	query = frappe.qb.from_(columns).select(columns.table_name, columns.column_name)
	query = query.where(columns.table_schema == frappe.conf.db_name)
	found = defaultdict(list)
	for table, column in query.where(columns.data_type.isin(["varchar", "text", "longtext"])).run():
		found[table].append(column)
	return found


def count_naming(table: str, columns: list[str], names: list[str]) -> int:
	rows = frappe.qb.Table(table)
	is_named = Criterion.any(rows[column].isin(names) for column in columns)
	return frappe.qb.from_(rows).select(Count("*")).where(is_named).run()[0][0]
