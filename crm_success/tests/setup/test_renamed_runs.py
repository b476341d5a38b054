"""A site from before scoring runs became runs of leased work: its runs and what people made around them go along."""

from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from frappe.core.doctype.scheduled_job_type.scheduled_job_type import sync_jobs
from frappe.custom.doctype.custom_field.custom_field import create_custom_field
from frappe.custom.doctype.property_setter.property_setter import make_property_setter
from frappe.model.utils.user_settings import save, sync_user_settings

from crm_success.batches import leases
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import drain
from crm_success.patches import fill_kind_of_runs, move_scheduled_jobs, rename_runs
from crm_success.patches.rename_runs import RENAMED
from crm_success.setup.renaming import rename_column, rename_doctype, rename_mentions_of_field
from crm_success.setup.table_columns import columns_of
from crm_success.tests.setup.test_installation import rows_that_name
from crm_success.tests.support import factories
from crm_success.tests.support.left_behind import make
from crm_success.tests.support.scoring_site import ScoringTestCase, drop_jobs, start_and_prepare
from crm_success.tests.support.utils import IS_VERSION_15

NAME = "Of Runs"
REAPER = "crm_success.batches.reaper.requeue_expired_batches"
BEFORE = "crm_success.jobs.customer_scoring.requeue_expired_batches"
# what people made, the text in which it names a DocType or a field, and what that says after the renaming
TEXTS = {
	("Client Script", "script"): 'frappe.ui.form.on("Work Batch", {refresh: (frm) => frm.doc.work_run})',
	("Number Card", "filters_json"): '[["Work Run", "status", "=", "Failed"]]',
	("Dashboard Chart", "filters_json"): '[["Work Batch", "work_run", "is", "set"]]',
	(
		"Report",
		"json",
	): '{"filters": [["Work Batch", "work_run", "is", "set"]], "columns": [["work_run", "Work Batch"]], "sort_by": "Work Batch.work_run"}',
	(
		"Notification",
		"message",
	): '{{ frappe.db.count("Work Batch", {"status": "Failed", "work_run": doc.name}) }}',
	("Print Format", "html"): "{{ frappe.db.sql('select 1 from `tabWork Run`') }} {{ doc.work_run }}",
}


@contextmanager
def as_a_patch() -> Iterator[None]:
	frappe.flags.in_patch = True
	try:
		yield
	finally:
		frappe.flags.in_patch = False


def migrate() -> None:
	with as_a_patch():
		rename_runs.execute()
	for doctype in RENAMED.values():
		frappe.reload_doc("crm_success", "doctype", frappe.scrub(doctype), force=True)
	fill_kind_of_runs.execute()


def go_back() -> None:
	"""Tables, columns and names as they were."""
	run = frappe.qb.DocType(RUN)
	frappe.qb.update(run).set(run.active, "1").where(run.active.isnotnull()).run()
	frappe.qb.update(run).set(run.kind, None).set(run.customers_done, 0).run()
	frappe.qb.update(run).set(run.sign_of_life_utc, None).run()
	frappe.db.set_value(BATCH, {"status": "Running"}, "claimed_utc", None)
	frappe.db.sql_ddl("ALTER TABLE `tabWork Batch` DROP INDEX `unique_work_run_batch_no`")
	rename_column(BATCH, "work_run", "scoring_run")
	rename_mentions_of_field(BATCH, "work_run", "scoring_run")
	frappe.db.add_unique(BATCH, ["scoring_run", "batch_no"])
	with as_a_patch():
		for old, new in RENAMED.items():
			rename_doctype(new, old)


class TestRenamedRuns(ScoringTestCase):
	batch_size = 1

	@classmethod
	def make_documents(cls):
		for letter in "ABC":
			factories.make_customer(f"Renamed {letter}")

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.addClassCleanup(take_away)
		cls.run_name = start_and_prepare()
		drain(cls.run_name, until=lambda: True)
		leases.claim(cls.run_name)
		drop_jobs()
		make_all(cls.run_name)
		cls.addClassCleanup(migrate)
		go_back()
		cls.named_before = {name: rows_that_name([name]) for name in RENAMED}
		migrate()
		migrate()

	def test_everything_was_under_the_old_name(self):
		tables = {table for table, _count in self.named_before["Scoring Run"]}
		expected = (
			"Workspace Shortcut",
			"Custom DocPerm",
			"Custom Field",
			"Logs To Clear",
			"List View Settings",
			"Number Card",
			"ToDo",
		)
		self.assertLessEqual({f"tab{doctype}" for doctype in expected}, tables)
		self.assertIn("__UserSettings", dict(self.named_before["Scoring Batch"]))

	def test_no_row_of_any_table_names_what_is_gone(self):
		named = dict(rows_that_name(list(RENAMED)))
		# the scores say by which run they were made: that one scored
		labels = frappe.db.count("DocField", {"label": ("in", list(RENAMED))})
		self.assertEqual(named, {"tabDocField": labels})
		self.assertFalse(frappe.db.exists("DocField", {"options": ("in", list(RENAMED))}))
		self.assertEqual([name for name in RENAMED if columns_of(name)], [])

	def test_what_people_made_is_there_under_the_new_name(self):
		self.assertEqual(frappe.get_meta(RUN).get_field("of_people").label, "Of People")
		self.assertEqual(frappe.db.get_value(RUN, self.run_name, "of_people"), "kept")
		self.assertTrue(frappe.db.exists("Custom Field", f"{RUN}-of_people"))
		self.assertEqual(frappe.get_meta(BATCH).get_field("work_run").bold, 1)
		self.assertEqual(frappe.db.get_value("Custom DocPerm", {"parent": RUN}, "role"), "Accounts User")
		self.assertEqual(
			frappe.db.get_value("ToDo", {"reference_type": RUN}, "reference_name"), self.run_name
		)
		logs = frappe.get_doc("Log Settings").logs_to_clear
		self.assertIn((RUN, 99), [(row.ref_doctype, row.days) for row in logs])
		columns = frappe.parse_json(frappe.db.get_value("List View Settings", BATCH, "fields"))
		self.assertEqual([column["fieldname"] for column in columns], ["work_run"])

	def test_texts_name_what_is_there_now(self):
		for (doctype, fieldname), text in TEXTS.items():
			with self.subTest(doctype):
				self.assertEqual(frappe.db.get_value(doctype, NAME, fieldname), text)

	def test_what_each_person_set_in_the_list_is_kept(self):
		settings = frappe.qb.Table("__UserSettings")
		query = frappe.qb.from_(settings).select(settings.data).where(settings.user == "Administrator")
		(data,) = query.where(settings.doctype == BATCH).run(pluck=True)
		self.assertEqual(frappe.parse_json(data), frappe.parse_json(LIST_SETTINGS))

	def test_the_unfinished_run_goes_on_and_is_a_scoring_run(self):
		row = frappe.db.get_value(RUN, self.run_name, ["kind", "active", "status"], as_dict=True)
		self.assertEqual((row.kind, row.active, row.status), ("Scoring", "Scoring", "Running"))
		# this process holds one batch, and lives
		requeue_expired_batches()
		drain(self.run_name)
		doc = frappe.get_doc(RUN, self.run_name)
		self.assertEqual((doc.status, doc.active), ("Completed", None))
		self.assertEqual(doc.customers_done, doc.customers_total)

	def test_a_batch_of_a_run_is_there_once(self):
		twice = {"doctype": BATCH, "work_run": self.run_name, "batch_no": 1}
		with self.assertRaises(frappe.UniqueValidationError):
			frappe.get_doc(twice).insert()
		frappe.clear_last_message()
		self.assertFalse(frappe.db.has_index(f"tab{BATCH}", "unique_scoring_run_batch_no"))


class TestStoppedJob(ScoringTestCase):
	def test_a_job_that_was_stopped_stays_stopped_under_its_new_name(self):
		name = frappe.db.exists("Scheduled Job Type", {"method": REAPER})
		# version 16 gives these rows any name
		former = move_scheduled_jobs.name_in_15(BEFORE) if IS_VERSION_15 else f"{name}-former"
		now = name if IS_VERSION_15 else former
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "Scheduled Job Type", {"method": REAPER}, "stopped", 0)
		frappe.rename_doc(
			"Scheduled Job Type", name, former, force=True, show_alert=False, rebuild_search=False
		)
		frappe.db.set_value("Scheduled Job Type", former, {"method": BEFORE, "stopped": 1})
		for _twice in range(2):
			move_scheduled_jobs.execute()
			sync_jobs()
			jobs = frappe.get_all(
				"Scheduled Job Type",
				{"method": ("like", "%requeue_expired_batches")},
				["name", "method", "stopped"],
			)
			self.assertEqual([tuple(job.values()) for job in jobs], [(now, REAPER, 1)])


LIST_SETTINGS = frappe.as_json(
	{
		"List": {
			"filters": [[BATCH, "work_run", "is", "set"]],
			"sort_by": "work_run",
			"order_by": f"`tab{BATCH}`.`work_run` desc",
		}
	}
)


def make_all(run: str) -> None:
	create_custom_field(RUN, {"fieldname": "of_people", "fieldtype": "Data", "label": "Of People"})
	frappe.db.set_value(RUN, run, "of_people", "kept")
	make_property_setter(BATCH, "work_run", "bold", "1", "Check")
	make("Custom DocPerm", parent=RUN, role="Accounts User", permlevel=0, read=1)
	make("ToDo", description="Ask Anna", reference_type=RUN, reference_name=run)
	make(
		"List View Settings",
		__newname=BATCH,
		fields=frappe.as_json([{"fieldname": "work_run", "label": "Run"}]),
	)
	make("List View Settings", __newname=RUN, total_fields="10")
	log_settings = frappe.get_doc("Log Settings")
	next(row for row in log_settings.logs_to_clear if row.ref_doctype == RUN).days = 99
	log_settings.save()
	make_with_texts()
	shortcut = {"type": "DocType", "label": "Runs", "link_to": RUN}
	make("Workspace", name=NAME, label=NAME, title=NAME, public=0, for_user="Administrator", type="Workspace",
		content="[]", shortcuts=[shortcut])  # fmt: skip
	# kept in Redis, and in the table as of their last hourly copy
	save(BATCH, LIST_SETTINGS)
	sync_user_settings()
	frappe.db.commit()


def make_with_texts() -> None:
	def text(doctype: str) -> dict[str, str]:
		return {fieldname: text for (of, fieldname), text in TEXTS.items() if of == doctype}

	make("Client Script", name=NAME, dt=BATCH, **text("Client Script"))
	make("Number Card", name=NAME, label=NAME, document_type=RUN, function="Count", **text("Number Card"))
	make("Dashboard Chart", chart_name=NAME, chart_type="Group By", document_type=BATCH, group_by_type="Count",
		group_by_based_on="status", type="Bar", is_public=1, **text("Dashboard Chart"))  # fmt: skip
	make("Report", report_name=NAME, ref_doctype=BATCH, report_type="Report Builder", is_standard="No",
		**text("Report"))  # fmt: skip
	make("Notification", name=NAME, subject="Failed", document_type=RUN, event="New",
		channel="System Notification", recipients=[{"receiver_by_role": "System Manager"}],
		**text("Notification"))  # fmt: skip
	make("Print Format", name=NAME, doc_type=BATCH, print_format_type="Jinja", custom_format=1, standard="No",
		**text("Print Format"))  # fmt: skip


def take_away() -> None:
	frappe.db.rollback()
	for doctype in (
		"Client Script",
		"Number Card",
		"Dashboard Chart",
		"Report",
		"Notification",
		"Print Format",
		"Workspace",
	):
		frappe.delete_doc(doctype, NAME, force=True, ignore_missing=True)
	frappe.delete_doc("Custom Field", f"{RUN}-of_people", force=True)
	for doctype in (RUN, BATCH):
		frappe.db.delete("List View Settings", {"name": doctype})
		frappe.db.delete("Custom DocPerm", {"parent": doctype})
		frappe.db.delete("Property Setter", {"doc_type": doctype})
	settings = frappe.qb.Table("__UserSettings")
	frappe.qb.from_(settings).delete().where(settings.doctype.isin([RUN, BATCH])).run()
	frappe.db.delete("ToDo", {"description": ("like", "%Ask Anna%")})
	frappe.db.set_value("Logs To Clear", {"ref_doctype": RUN}, "days", 180)
	frappe.db.commit()
	frappe.clear_cache()
