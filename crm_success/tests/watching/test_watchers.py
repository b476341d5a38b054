"""The one door for documents of others: who watches a DocType is told of each change, and nothing of it stops a save."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import frappe
from rq.timeouts import JobTimeoutException

from crm_success.record_names import HEALTH
from crm_success.tests.support import factories
from crm_success.tests.support.utils import SiteTestCase, answered_as, messages
from crm_success.tests.support.worker_processes import Helper
from crm_success.watching.watched_doctypes import HOOK, ask_again, watched_doctypes
from crm_success.watching.watchers import tell_of_written, tell_watchers

HERE = "crm_success.tests.watching.test_watchers"
CUSTOMER = "Watched by Many"

told: list[tuple] = []
# what the hook says during a test
HOOKED: dict[str, dict[str, list[str]]] = {}


def watched() -> dict:
	return {"ToDo": ["at hand"], "Error Log": ["at hand"]}


def watched_and_counted() -> dict:
	told.append(("asked",))
	return watched()


def watched_note() -> dict:
	return {"Note": ["at hand"]}


def watched_until_somebody_changes_it() -> dict:
	"""Another process begins to change what is watched while it is asked here."""
	told.append(("asked",))
	if len(told) > 1:
		return watched()
	Helper("from crm_success.watching.watched_doctypes import ask_again; ask_again()").output()
	return watched_note()


def watched_and_no_json() -> dict:
	return {"ToDo": {1, 2, 3}}


def cannot_say() -> dict:
	return frappe.throw("cannot say")


def note(doc, at_hand) -> None:
	told.append((doc.doctype, doc.description, int(doc.docstatus), bool(doc.flags.in_delete), at_hand))


def note_written(doctype, names, customers, at_hand) -> None:
	told.append((doctype, names, customers, at_hand))


def fail(doc, at_hand) -> None:
	make_note("half-way")
	frappe.throw("made to fail")


def fail_and_write_nothing(doc, at_hand) -> None:
	frappe.throw("made to fail")


def meet_a_deadlock(doc, at_hand) -> None:
	raise frappe.QueryDeadlockError("made to meet")


def fail_with_all_that_it_saved(doc, at_hand) -> None:
	make_note("before")
	make_note("after")
	frappe.throw("made to fail")


def touch(doc, at_hand) -> None:
	frappe.db.set_value("Note", doc.name, "content", "touched", update_modified=False)


def fail_at_written(doctype, names, customers, at_hand) -> None:
	frappe.throw("made to fail")


def run_out_of_time(doc, at_hand) -> None:
	raise JobTimeoutException("out of time")


def make_note(title: str):
	return frappe.get_doc({"doctype": "Note", "title": title}).insert(ignore_permissions=True)


def make_todo(description: str):
	return frappe.get_doc({"doctype": "ToDo", "description": description}).insert(ignore_permissions=True)


class TestWatchers(SiteTestCase):
	def setUp(self):
		super().setUp()
		told.clear()
		frappe.db.delete("Error Log")
		self.addCleanup(ask_again)

	def tearDown(self):
		super().tearDown()
		if self.has_committed:
			for doctype in ("ToDo", "Note", "Error Log", HEALTH):
				frappe.db.delete(doctype)
			frappe.db.delete("Customer", {"name": CUSTOMER})
			frappe.db.commit()

	@contextmanager
	def watchers(self, **functions: dict[str, str]) -> Iterator[None]:
		"""These and no others, each a name with the functions of this module by their role."""
		HOOKED.clear()
		HOOKED.update(
			{
				name: {role: [f"{HERE}.{function}"] for role, function in roles.items()}
				for name, roles in functions.items()
			}
		)
		with answered_as(HOOK, HOOKED):
			ask_again()
			yield
		ask_again()

	def failures(self) -> list[str]:
		return frappe.get_all("Error Log", {"error": ("like", "%made to fail%")}, pluck="method")

	def test_each_change_of_a_document_is_told_with_what_is_to_be_at_hand(self):
		with self.watchers(one={"watched": "watched", "changed": "note"}):
			todo = make_todo("new")
			todo.update({"description": "saved"}).save()
			todo.db_set("description", "set")
			todo.delete()
		self.assertEqual(
			told,
			[
				("ToDo", "new", 0, False, ["at hand"]),
				("ToDo", "saved", 0, False, ["at hand"]),
				("ToDo", "set", 0, False, ["at hand"]),
				("ToDo", "set", 0, True, ["at hand"]),
			],
		)

	def test_documents_of_other_doctypes_are_not_told_and_cost_no_statement(self):
		with self.watchers(one={"watched": "watched_note", "changed": "note"}):
			todo = make_todo("nobody watches")
			asked = self.statements()
			tell_watchers(todo)
			# the question itself
			self.assertEqual(self.statements() - asked, 1)
		self.assertEqual(told, [])

	def test_what_was_asked_while_somebody_changes_it_is_not_told(self):
		"""Asked for all after the commit; whoever comes next asks for himself."""
		with self.watchers(one={"watched": "watched_until_somebody_changes_it", "changed": "note"}):
			frappe.db.commit()
			self.assertEqual(told, [("asked",)])
			self.assertEqual(set(watched_doctypes()), {"ToDo", "Error Log"})

	def test_it_is_asked_once_for_all_transactions_until_somebody_changes_it(self):
		with self.watchers(one={"watched": "watched_and_counted"}):
			frappe.db.commit()
			for _transaction in range(3):
				self.assertIn("ToDo", watched_doctypes())
				frappe.db.commit()
			self.assertEqual(len(told), 1, "told by who changed it")
			frappe.cache.delete_keys("crm_success_watched")
			for _transaction in range(3):
				self.assertIn("ToDo", watched_doctypes())
				frappe.db.commit()
			self.assertEqual(len(told), 3, "by who found nothing, and again after the commit")
			ask_again()
			frappe.db.rollback()
			for _transaction in range(3):
				self.assertIn("ToDo", watched_doctypes())
				frappe.db.commit()
			self.assertEqual(len(told), 5, "nobody waits for who took the change back")

	def test_a_watcher_that_writes_nothing_costs_no_statement_and_is_kept_from_the_save_too(self):
		roles = {"watched": "watched", "changed": "note"}
		with self.watchers(one=roles):
			HOOKED["one"]["writes"] = ["nothing"]
			todo = make_todo("saved")
			asked = self.statements()
			tell_watchers(todo)
			self.assertEqual(self.statements() - asked, 1, "the question itself")
			HOOKED["one"]["changed"] = [f"{HERE}.fail_and_write_nothing"]
			make_todo("saved too")
			frappe.db.commit()
		self.assertEqual(frappe.db.count("ToDo", {"description": "saved too"}), 1)
		self.assertEqual(len(self.failures()), 1)

	def test_a_transaction_that_is_lost_is_not_saved_half(self):
		"""Without a savepoint nobody can tell what is still there: its user does it again."""
		with self.watchers(one={"watched": "watched", "changed": "meet_a_deadlock"}):
			HOOKED["one"]["writes"] = ["nothing"]
			with self.assertRaises(frappe.QueryDeadlockError):
				make_todo("lost")

	def statements(self) -> int:
		return int(frappe.db.sql("show session status like 'Questions'")[0][1])

	def test_what_our_bulk_writers_wrote_is_told(self):
		with self.watchers(one={"watched": "watched", "written": "note_written"}):
			tell_of_written("ToDo", ["a", "b"], ["ACME"])
			tell_of_written("ToDo", [], [])
			tell_of_written("Note", ["a"], ["ACME"])
		self.assertEqual(told, [("ToDo", ["a", "b"], ["ACME"], ["at hand"])])

	def test_a_watcher_that_fails_stops_neither_the_save_nor_the_others(self):
		roles = {"watched": "watched", "changed": "note"}
		with self.watchers(a={**roles, "changed": "fail"}, b=roles):
			frappe.clear_messages()
			todo = make_todo("saved")
			frappe.db.commit()
		self.assertEqual(messages(), "")
		self.assertTrue(frappe.db.exists("ToDo", todo.name))
		self.assertFalse(frappe.db.exists("Note", {"title": "half-way"}), "undone with the watcher")
		self.assertEqual([row[1] for row in told], ["saved"])
		log = frappe.get_all("Error Log", fields=["method", "reference_doctype", "reference_name"])
		self.assertEqual(len(log), 1, "the row of the Error Log is watched too, and not told")
		self.assertIn(f"{HERE}.fail failed", log[0].method)
		self.assertEqual((log[0].reference_doctype, log[0].reference_name), ("ToDo", todo.name))

	def test_a_watcher_of_the_error_log_that_fails_is_logged_once(self):
		with self.watchers(a={"watched": "watched", "changed": "fail"}):
			frappe.log_error(title="Somebody's error")
			frappe.db.commit()
		self.assertEqual(frappe.db.count("Error Log"), 2)

	def test_a_watcher_that_fails_is_undone_whole_though_others_were_called_meanwhile(self):
		"""What it saved is watched too: a savepoint within a savepoint."""
		with self.watchers(
			a={"watched": "watched", "changed": "fail_with_all_that_it_saved"},
			b={"watched": "watched_note", "changed": "touch"},
		):
			todo = make_todo("saved")
			frappe.db.commit()
		self.assertTrue(frappe.db.exists("ToDo", todo.name))
		self.assertEqual(frappe.get_all("Note", pluck="title"), [])

	def test_a_failure_after_bulk_writing_marks_the_customers(self):
		factories.make_customer(CUSTOMER)
		with self.watchers(one={"watched": "watched", "written": "fail_at_written"}):
			tell_of_written("ToDo", ["a"], [CUSTOMER])
			frappe.db.commit()
		self.assertEqual(len(self.failures()), 1)
		self.assertEqual(frappe.db.get_value(HEALTH, {"customer": CUSTOMER}, "stale"), 1)

	def test_a_watcher_that_cannot_say_what_it_watches_leaves_the_others(self):
		for broken in ("cannot_say", "watched_and_no_json", "no_such_function"):
			with (
				self.subTest(broken),
				self.watchers(
					a={"watched": broken, "changed": "fail"}, b={"watched": "watched", "changed": "note"}
				),
			):
				told.clear()
				make_todo(broken)
				self.assertEqual([row[1] for row in told], [broken])
				frappe.db.commit()
				log = frappe.get_all("Error Log", pluck="method")
				self.assertTrue(any(f"{HERE}.{broken} failed" in method for method in log), log)

	def test_a_watcher_whose_app_has_gone_is_left_out(self):
		with self.watchers(a={"watched": "watched", "changed": "fail"}):
			self.assertIn("ToDo", watched_doctypes())
			with answered_as(HOOK, {}):
				make_todo("saved")
			frappe.db.commit()
		self.assertEqual(self.failures(), [])

	def test_the_time_limit_of_a_job_is_not_swallowed(self):
		with (
			self.watchers(a={"watched": "watched", "changed": "run_out_of_time"}),
			self.assertRaises(JobTimeoutException),
		):
			make_todo("too late")

	def test_nothing_is_told_while_an_app_is_installed_or_the_site_migrated(self):
		with self.watchers(one={"watched": "watched", "changed": "note", "written": "note_written"}):
			for flag in ("in_install", "in_migrate", "in_uninstall"):
				with patch.dict(frappe.flags, {flag: "crm_success"}):
					make_todo(flag)
					tell_of_written("ToDo", ["a"], ["ACME"])
		self.assertEqual(told, [])

	def test_a_save_goes_on_without_redis(self):
		factories.make_customer(CUSTOMER)
		frappe.db.commit()
		helper = Helper(
			"pool = frappe.cache.connection_pool; pool.disconnect(); pool.connection_kwargs['port'] = 1\n"
			f"doc = frappe.get_doc({{'doctype': 'Issue', 'subject': 'No Redis', 'customer': {CUSTOMER!r}}})\n"
			"doc.insert(); frappe.db.commit(); print(doc.name)"
		)
		name = helper.output().split()[-1]
		frappe.db.commit()
		self.addCleanup(frappe.db.delete, "Issue", {"name": name})
		self.assertEqual(frappe.db.get_value("Issue", name, "customer"), CUSTOMER)
		self.assertEqual(frappe.db.get_value(HEALTH, {"customer": CUSTOMER}, "stale"), 1)
