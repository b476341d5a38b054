"""Whatever becomes of our fields, hooks and definitions: every document of ERPNext is saved, and scores heal."""

import time
from collections.abc import Callable
from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.model.rename_doc import rename_doc
from frappe.utils import add_days, getdate, nowdate
from frappe.utils.background_jobs import get_queue

from crm_success import customer_copies, hooks, permissions, visibility
from crm_success.batches.statuses import RUN
from crm_success.database.dialects import KeyRange
from crm_success.doc_events import customer as customer_hooks
from crm_success.doc_events import customer_dashboard
from crm_success.doc_events import issue as issue_hooks
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.scoring import customer_fields, scored_documents
from crm_success.scoring.overrides import end_overrides
from crm_success.scoring.runs.rescoring import rescore_customers, rescore_stale
from crm_success.scoring.stale import mark_stale_later
from crm_success.setup.custom_fields import CUSTOM_FIELDS
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	drop_jobs,
	forget_scores,
	start_and_prepare,
)
from crm_success.tests.support.utils import SiteTestCase
from crm_success.tests.support.worker_processes import DyingWorker, Helper

ONE, TWO = "Never Stops One", "Never Stops Two"
OURS = [field["fieldname"] for field in CUSTOM_FIELDS["Customer"]]
# what scoring has written, and the customer does not show yet
SHOWN = {
	"health_band": "At Risk",
	"health_score": 12,
	"customer_segment": "High Value",
	"lifecycle_stage": "Lost",
}


class TestCustomFields(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.clear_cache, doctype="Customer")
		factories.make_customer(ONE)
		factories.make_health(ONE, stage="Active")
		later = {"band": "At Risk", "score": 12, "segment": "High Value", "stage": "Lost"}
		frappe.db.set_value(HEALTH, ONE, later, update_modified=False)

	def assert_saves_and_shows(self, expected: dict) -> None:
		"""As a form that was opened before the change, and as one opened after it."""
		frappe.clear_cache(doctype="Customer")
		customer = frappe.get_doc("Customer", ONE)
		customer.update({"website": "example.com"}).save()
		self.assertEqual({fieldname: customer.get(fieldname) for fieldname in expected}, expected)

	def test_each_field_deleted_in_turn(self):
		for fieldname in OURS:
			with self.subTest(deleted=fieldname):
				frappe.db.savepoint("before_deletion")
				frappe.db.delete("Custom Field", {"dt": "Customer", "fieldname": fieldname})
				self.assert_saves_and_shows({name: SHOWN[name] for name in SHOWN if name != fieldname})
				frappe.db.rollback(save_point="before_deletion")

	def test_all_but_one_deleted_and_all(self):
		for kept in ([name] for name in SHOWN):
			with self.subTest(kept=kept):
				frappe.db.savepoint("before_deletion")
				gone = [fieldname for fieldname in OURS if fieldname not in kept]
				frappe.db.delete("Custom Field", {"dt": "Customer", "fieldname": ("in", gone)})
				self.assert_saves_and_shows({name: SHOWN[name] for name in kept})
				frappe.db.rollback(save_point="before_deletion")
		frappe.db.delete("Custom Field", {"dt": "Customer", "fieldname": ("in", OURS)})
		self.assert_saves_and_shows({})

	def test_fields_of_another_app_under_our_names_are_left_alone(self):
		for fieldname in SHOWN:
			with self.subTest(theirs=fieldname):
				frappe.db.savepoint("before_change")
				frappe.db.set_value("Custom Field", f"Customer-{fieldname}", "module", "Selling")
				theirs = frappe.db.get_value("Customer", ONE, fieldname)
				self.assert_saves_and_shows({**SHOWN, fieldname: theirs})
				frappe.db.rollback(save_point="before_change")

	def test_a_select_that_lost_an_option_is_emptied_rather_than_refused(self):
		frappe.db.set_value("Custom Field", "Customer-health_band", "options", "\nHealthy\nWatch")
		self.assert_saves_and_shows({**SHOWN, "health_band": None})

	def test_a_segment_that_is_gone_is_not_written_to_a_customer(self):
		frappe.db.set_value(HEALTH, ONE, "segment", "Gone for Good", update_modified=False)
		self.assert_saves_and_shows({**SHOWN, "customer_segment": None})

	def test_a_field_renamed_behind_a_long_job_is_left_out_by_it(self):
		"""The job's process remembers the field; the table has another column."""
		column = frappe.qb.Schema("information_schema").columns
		self.assertIn("health_band", customer_copies.columns_of("Customer"))
		self.assertEqual(
			customer_copies.columns_of("Customer"),
			set(
				frappe.qb.from_(column)
				.select(column.column_name)
				.where((column.table_name == "tabCustomer") & (column.table_schema == frappe.conf.db_name))
				.run(pluck=True)
			),
		)
		without_band = customer_copies.columns_of("Customer") - {"health_band"}
		with patch.object(customer_copies, "columns_of", return_value=without_band):
			rescored = customer_fields.update_customers(KeyRange(names=(ONE,)))
		self.assertEqual(rescored, 1)
		shown = frappe.db.get_value("Customer", ONE, ["health_band", "lifecycle_stage"])
		self.assertEqual(shown, ("Watch", "Lost"))


class TestHooks(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		factories.make_customer(ONE)
		factories.make_customer(TWO)
		for customer in (ONE, TWO):
			factories.make_invoice(customer, 100, getdate())

	def setUp(self):
		super().setUp()
		forget_scores()
		rescore_customers([ONE, TWO])
		rescore_customers([ONE, TWO], getdate(add_days(nowdate(), -1)))
		frappe.db.delete("Error Log")
		frappe.db.commit()

	@contextmanager
	def broken(self, module, function: str, writes: bool = True):
		"""What the hook calls writes something and then fails, as it would for reasons that nobody thought of."""

		def fail(*arguments, **named):
			if writes:
				frappe.db.set_value(HEALTH, ONE, "cap_reason", "half-way", update_modified=False)
			frappe.throw("made to fail")

		with patch.object(module, function, fail):
			yield

	def assert_saved(
		self, document: Callable[[], object], *stale: str, times: int = 1, or_more: bool = False
	) -> None:
		"""The document is saved, nobody sees a message, the failure is logged, its customers are marked."""
		frappe.clear_messages()
		document()
		frappe.db.commit()
		self.assertNotIn("made to fail", str(frappe.get_message_log()))
		logged = frappe.get_all("Error Log", fields=["method", "error"])
		failures = [row.method for row in logged if "made to fail" in row.error]
		check = self.assertGreaterEqual if or_more else self.assertEqual
		check(len(failures), times, failures)
		self.assertFalse(frappe.db.exists(HEALTH, {"cap_reason": "half-way"}), "undone with the hook")
		for customer in stale:
			self.assertEqual(frappe.db.get_value(HEALTH, {"customer": customer}, "stale"), 1, customer)
		frappe.db.delete("Error Log")
		frappe.db.commit()

	def test_every_hook_of_ours_on_documents_of_others_is_guarded(self):
		for doctype, events in hooks.doc_events.items():
			for event, paths in events.items():
				for path in [paths] if isinstance(paths, str) else paths:
					# the door guards each watcher: watching/test_watchers.py
					guarded = doctype == "*" or hasattr(frappe.get_attr(path), "__wrapped__")
					self.assertTrue(guarded, (doctype, event, path))
		self.assertTrue(hasattr(permissions.may_open_app, "__wrapped__"))
		for path in hooks.override_doctype_dashboards.values():
			self.assertTrue(hasattr(frappe.get_attr(path), "__wrapped__"), path)

	def test_a_customer_is_saved(self):
		for function in ("health_of", "compare_after_commit"):
			with self.subTest(fails=function), self.broken(customer_hooks, function):
				customer = frappe.get_doc("Customer", ONE)
				self.assert_saved(customer.update({"website": f"{function}.example.com"}).save, ONE)
				self.assertEqual(frappe.db.get_value("Customer", ONE, "website"), f"{function}.example.com")
		rescore_stale()
		self.assertEqual(frappe.db.get_value(HEALTH, ONE, "stale"), 0)

	def test_invoices_payments_journals_and_issues_are_saved_submitted_and_cancelled(self):
		# which says of itself that it writes nothing
		with self.broken(scored_documents, "mark_stale_after_commit", writes=False):
			made = []
			for make in (
				lambda: factories.make_invoice(ONE, 70, getdate()),
				lambda: factories.make_payment(made[0], getdate()),
				lambda: factories.make_journal_entry(ONE, 5, getdate()),
			):
				rescore_customers([ONE])
				# the document, its row of the ledger, and what ERPNext sets on both
				self.assert_saved(lambda make=make: made.append(make()), ONE, times=2, or_more=True)
				self.assertEqual(made[-1].docstatus, 1)
			for document in reversed(made):
				rescore_customers([ONE])
				self.assert_saved(document.reload().cancel, ONE, times=2, or_more=True)
			issue = frappe.get_doc({"doctype": "Issue", "subject": "Broken", "customer": ONE})
			self.assert_saved(issue.insert, ONE)
			self.assert_saved(issue.reload().delete, ONE)
		rescore_stale()
		self.assertEqual(frappe.db.get_value(HEALTH, ONE, ["stale", "invoices"]), (0, 1))

	def test_an_issue_is_closed(self):
		issue = factories.make_issue(ONE, f"{nowdate()} 09:00:00")
		frappe.db.commit()
		with self.broken(issue_hooks, "_keeps_closing"):
			# before it is saved, and after
			self.assert_saved(issue.update({"status": "Closed"}).save, ONE, times=2)
		self.assertEqual(issue.reload().status, "Closed")

	def test_a_customer_is_renamed_merged_and_deleted(self):
		for name in ("Never Stops Old", "Never Stops Gone"):
			factories.make_customer(name)
			rescore_customers([name])
			rescore_customers([name], getdate(add_days(nowdate(), -1)))
		rename = {"show_alert": False, "rebuild_search": False, "force": True}
		with self.broken(customer_hooks, "rename_doc"):
			self.assert_saved(
				lambda: rename_doc("Customer", "Never Stops Old", "Never Stops New", **rename),
				"Never Stops New",
			)
		for function in ("_hold", "_delete_snapshots_that_collide", "_have_snapshots_of_one_day"):
			with self.subTest(fails=function), self.broken(customer_hooks, function):
				source = factories.make_customer(f"Never Stops {function}")
				rescore_customers([source])
				rescore_customers([source], getdate(add_days(nowdate(), -1)))
				self.assert_saved(
					lambda source=source: rename_doc("Customer", source, TWO, merge=True, **rename), TWO
				)
		with self.broken(customer_hooks, "_delete_health_of"):
			self.assert_saved(lambda: frappe.delete_doc("Customer", "Never Stops Gone"))
		rescore_stale()
		self.score_all()
		known = set(frappe.get_all("Customer", pluck="name"))
		self.assertEqual(
			set(frappe.get_all(HEALTH, pluck="customer")) - known, set(), "healed by the next run"
		)

	def test_an_error_of_the_database_costs_the_hook_alone(self):
		def fail(*arguments):
			frappe.db.sql("select no_such_column from tabCustomer")

		with patch.object(customer_hooks, "health_of", fail):
			frappe.get_doc("Customer", ONE).update({"website": "sql.example.com"}).save()
			frappe.db.commit()
		self.assertEqual(frappe.db.get_value("Customer", ONE, "website"), "sql.example.com")

	def test_a_lost_transaction_is_not_passed_over_in_silence(self):
		"""After a deadlock the invoice's own rows are gone: to go on would save half of it."""

		def lose_everything(*arguments):
			frappe.db.sql("rollback")
			raise frappe.QueryDeadlockError("Deadlock found")

		lost = patch.object(customer_hooks, "health_of", lose_everything)
		with lost, self.assertRaises(frappe.QueryDeadlockError):
			frappe.get_doc("Customer", ONE).update({"website": "half.example.com"}).save()
		frappe.db.rollback()
		self.assertNotEqual(frappe.db.get_value("Customer", ONE, "website"), "half.example.com")

	def test_pages_of_others_are_shown_without_us(self):
		with patch.object(customer_dashboard, "_", side_effect=ValueError("made to fail")):
			data = {"transactions": [{"label": "Orders", "items": ["Sales Order"]}]}
			self.assertEqual(customer_dashboard.get_data(data), data)
		with patch.object(visibility, "HEALTH", "No Such DocType"), self.set_user("Guest"):
			self.assertFalse(permissions.may_open_app())


class TestOldValues(ScoringTestCase):
	"""A save that began before a score was written must not bring the old one back, nor get in a deadlock with it."""

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for customer in (ONE, TWO):
			factories.make_customer(customer)
			factories.make_invoice(customer, 100, getdate())

	def setUp(self):
		super().setUp()
		forget_scores()
		rescore_customers([ONE, TWO])

	def shown(self, customer: str) -> tuple:
		frappe.db.rollback()
		return frappe.db.get_value("Customer", customer, ["health_band", "health_score"])

	def test_a_save_that_began_before_an_override_keeps_the_override(self):
		saver = Helper(
			f"doc = frappe.get_doc('Customer', {ONE!r}); frappe.get_all({HEALTH!r}, limit=1)\n"
			"print('there', flush=True); input()\n"
			"doc.update({'website': 'slow.example.com'}).save(); frappe.db.commit()"
		)
		saver.wait_until_ready()
		frappe.db.rollback()
		health = frappe.get_doc(HEALTH, ONE)
		health.update({"override_score": 1, "override_reason": "Told us", "override_until": nowdate()}).save()
		frappe.db.commit()
		saver.go()
		saver.output()
		self.assertEqual(self.shown(ONE), ("At Risk", 1))
		self.assertEqual(frappe.db.get_value("Customer", ONE, "website"), "slow.example.com")

	def test_scoring_waits_for_nobody_who_saves_customers(self):
		"""A person holds one customer and wants another, and scoring writes both: no wait, no victim, and it heals."""
		saver = Helper(
			f"doc = frappe.get_doc('Customer', {TWO!r}, for_update=True)\n"
			"print('there', flush=True); input()\n"
			f"frappe.get_doc('Customer', {ONE!r}, for_update=True).save(); doc.save(); frappe.db.commit()"
		)
		saver.wait_until_ready()
		frappe.db.set_value("Customer", {"name": ("in", [ONE])}, {"health_band": None}, update_modified=False)
		frappe.db.commit()
		for customer in (ONE, TWO):
			health = {"score": 3, "computed_score": 3, "band": "At Risk", "override_score": 0}
			frappe.db.set_value(HEALTH, customer, health, update_modified=False)
		frappe.db.sql("set session innodb_lock_wait_timeout = 1")
		self.addCleanup(frappe.db.sql, "set session innodb_lock_wait_timeout = default")
		customer_fields.update_customers(KeyRange(names=(ONE, TWO)))
		self.assertEqual(frappe.db.get_value(HEALTH, TWO, "stale"), 1, "left for the next scoring")
		self.assertEqual(frappe.db.get_value(HEALTH, ONE, "stale"), 0)
		saver.go()
		frappe.db.commit()
		saver.output()
		self.assertEqual(self.shown(ONE)[0], "At Risk")
		self.assertEqual(self.shown(TWO)[0], "At Risk", "the save compares again once it is committed")

	def test_a_save_does_not_wait_for_scoring_either(self):
		"""A batch holds the health that the save is compared with: the customer is marked once that is possible."""
		frappe.db.set_value("Customer", ONE, "health_band", None, update_modified=False)
		frappe.db.commit()
		batch = Helper(
			f"frappe.db.get_value({HEALTH!r}, {ONE!r}, 'name', for_update=True)\n"
			"print('there', flush=True); input(); frappe.db.commit()"
		)
		batch.wait_until_ready()
		with patch.object(customer_hooks, "health_of", lambda name: {}):
			frappe.get_doc("Customer", ONE).save()
		started = time.monotonic()
		frappe.db.commit()
		self.assertLess(time.monotonic() - started, 10, "MariaDB would let it wait for 50 seconds")
		batch.go()
		batch.output()
		(job,) = [job for job in get_queue("short").get_jobs() if ONE in str(job.kwargs)]
		job.delete()
		mark_stale_later(**job.kwargs["kwargs"])
		self.assertEqual(frappe.db.get_value(HEALTH, ONE, "stale"), 1)
		rescore_stale()
		self.assertEqual(self.shown(ONE)[0], frappe.db.get_value(HEALTH, ONE, "band"))

	def test_an_override_that_ends_under_a_disabled_scorecard_gives_a_score_with_its_band(self):
		computed = frappe.db.get_value(HEALTH, ONE, ["score", "band"])
		self.assertIsNotNone(computed[1])
		health = frappe.get_doc(HEALTH, ONE)
		health.update({"override_score": 1, "override_reason": "Told us", "override_until": nowdate()}).save()
		scorecard = health.scorecard
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "Health Scorecard", scorecard, "enabled", 1)
		frappe.db.set_value("Health Scorecard", scorecard, "enabled", 0)
		frappe.db.commit()
		end_overrides(getdate(add_days(nowdate(), 1)))
		self.assertEqual(frappe.db.get_value(HEALTH, ONE, ["score", "band"]), computed)


class TestDefinitionsGoneDuringARun(ScoringTestCase):
	"""The worker has read and scored everybody and has written nothing yet when a definition goes."""

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for number, customer in enumerate((ONE, TWO), start=1):
			factories.make_customer(customer)
			factories.make_invoice(customer, 100 * number, add_days(nowdate(), -10 * number))

	def setUp(self):
		super().setUp()
		forget_scores()
		self.score_all()
		self.segment = frappe.db.get_value(HEALTH, ONE, "segment")
		frappe.db.set_value(HEALTH, {"name": ("is", "set")}, "segment", None)
		self.run_name = start_and_prepare()
		drop_jobs()
		self.worker = DyingWorker(self.run_name, "after reading")
		self.worker.wait()

	def keep(self, doctype: str, name: str) -> None:
		"""The record as it is comes back after the test."""
		doc = frappe.get_doc(doctype, name)

		def bring_back():
			if not frappe.db.exists(doctype, name):
				doc.db_insert()
				for child in doc.get_all_children():
					frappe.db.delete(child.doctype, {"name": child.name})
					child.db_insert()
			frappe.db.commit()

		self.addCleanup(bring_back)

	def finish(self) -> None:
		"""The run goes on and ends; every customer can be saved and every score overridden; then all is rescored."""
		frappe.db.commit()
		self.worker.go_on()
		frappe.db.rollback()
		self.assertIn(
			frappe.db.get_value(RUN, self.run_name, "status"), ("Completed", "Completed with Warnings")
		)
		for customer in (ONE, TWO):
			frappe.get_doc("Customer", customer).save()
			health = frappe.get_doc(HEALTH, customer)
			override = {"override_score": 9, "override_reason": "Told us", "override_until": nowdate()}
			health.update(override).save()
			self.assertEqual(frappe.db.get_value("Customer", customer, "health_score"), 9)
			health.reload().update(dict.fromkeys(override)).save()
		frappe.db.commit()
		rescore_stale()
		for customer in (ONE, TWO):
			frappe.get_doc("Customer", customer).save()
			segment = frappe.db.get_value("Customer", customer, "customer_segment")
			self.assertTrue(not segment or frappe.db.exists("Customer Segment", segment))

	def test_a_segment_deleted(self):
		self.keep("Customer Segment", self.segment)
		frappe.delete_doc("Customer Segment", self.segment)
		self.finish()
		self.assertNotEqual(frappe.db.get_value(HEALTH, ONE, "segment"), self.segment)
		run = frappe.get_doc(RUN, self.run_name)
		self.assert_message(run, self.segment, "deleted meanwhile", severity="Warning")

	def test_a_segment_renamed_is_there_again_by_its_new_name(self):
		rename = {"show_alert": False, "rebuild_search": False, "force": True}
		rename_doc("Customer Segment", self.segment, "Renamed Meanwhile", **rename)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(rename_doc, "Customer Segment", "Renamed Meanwhile", self.segment, **rename)
		self.finish()
		self.assertEqual(frappe.db.get_value("Customer", ONE, "customer_segment"), "Renamed Meanwhile")

	def test_a_scorecard_deleted(self):
		self.keep("Health Scorecard", "Standard")
		frappe.get_doc("Health Scorecard", "Standard").db_set("is_default", 0)
		frappe.delete_doc("Health Scorecard", "Standard")
		self.finish()
		self.assertIsNone(frappe.db.get_value(HEALTH, ONE, "scorecard"))

	def test_a_metric_a_dimension_and_the_calibration_deleted(self):
		metric = frappe.get_all("Health Metric", {"dimension": ("is", "set")}, ["name", "dimension"])[0]
		calibration = frappe.db.get_value(RUN, self.run_name, "calibration")
		for doctype, name in (("Health Metric", metric.name), ("Health Dimension", metric.dimension)):
			self.keep(doctype, name)
			frappe.db.delete(doctype, {"name": name})
		frappe.db.delete("Score Calibration", {"name": calibration})
		self.finish()


class TestDeletingARun(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for customer in (ONE, TWO):
			factories.make_customer(customer)

	def test_scores_are_free_while_a_run_is_deleted(self):
		"""Somebody holds the score of a customer that another run wrote."""
		first = self.score_all()
		frappe.db.set_value(HEALTH, ONE, "scoring_run", None, update_modified=False)
		frappe.db.commit()
		holder = Helper(
			f"frappe.db.get_value({HEALTH!r}, {ONE!r}, 'name', for_update=True)\n"
			"print('there', flush=True); input(); frappe.db.commit()"
		)
		holder.wait_until_ready()
		frappe.db.sql("set session innodb_lock_wait_timeout = 1")
		self.addCleanup(frappe.db.sql, "set session innodb_lock_wait_timeout = default")
		frappe.delete_doc(RUN, first.name)
		frappe.db.commit()
		holder.go()
		holder.output()
		self.assertFalse(frappe.db.exists(HEALTH, {"scoring_run": first.name}))
		self.assertFalse(frappe.db.exists(SNAPSHOT, {"scoring_run": first.name}))
		self.assertFalse(frappe.db.exists("Work Batch", {"work_run": first.name}))
