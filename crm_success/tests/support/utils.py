"""What every site test stands on: Frappe's own test case, whatever its name, rolled back after each test."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from time import thread_time
from unittest.mock import patch

import frappe

try:
	from frappe.tests import IntegrationTestCase as FrappeSiteTestCase
except ImportError:  # before version 16
	from frappe.tests.utils import FrappeTestCase as FrappeSiteTestCase

# a request's own work, as a multiple of a million additions in Python on the same machine at the same time: from five
# seconds on where they take a sixteenth of one
MOST_WORK = 80
SAVEPOINT = "crm_success_test"
# what the test at hand has started: where it fails, none is left holding a lock that the tests after it would wait for
started_processes: list[subprocess.Popen] = []
IS_VERSION_15 = frappe.__version__.startswith("15.")


class SiteTestCase(FrappeSiteTestCase):
	"""Frappe rolls back after each class only; here every test finds the site as its class left it.

	A test whose code commits has to take back what it committed.
	"""

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		frappe.db.savepoint(SAVEPOINT)
		self.has_committed = False
		frappe.db.after_commit.add(self.note_commit)

	def tearDown(self):
		frappe.set_user("Administrator")
		# a commit ends the savepoint: what came after it is all that can be taken back
		frappe.db.rollback(save_point=None if self.has_committed else SAVEPOINT)
		forget_cached_values()
		frappe.clear_messages()
		super().tearDown()

	def doCleanups(self):
		# comes after a set-up that failed, too, and before what waits for locks
		end_processes()
		return super().doCleanups()

	def note_commit(self):
		self.has_committed = True

	def assert_refused(self, doc, *words: str):
		"""Saving is refused with a message that has all these words; the document can be saved again after."""
		modified = doc.get("modified")
		with self.assertRaises(frappe.ValidationError) as refusal:
			doc.save()
		doc.modified = modified
		for word in words:
			self.assertIn(word, str(refusal.exception))


def end_processes() -> None:
	"""Those that have not ended by themselves, with what they started."""
	while started_processes:
		process = started_processes.pop()
		if process.poll() is None:
			for child in children(process.pid):
				with suppress(ProcessLookupError):
					os.kill(child, signal.SIGKILL)
			process.kill()
			process.communicate()


def children(process: int) -> list[int]:
	"""The processes that a process has started and that still live."""
	return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@contextmanager
def little_work(test: FrappeSiteTestCase, most_statements: int) -> Iterator[None]:
	"""What is done takes so few statements, and little of this thread's own time, whatever machine it is and does."""
	began = thread_time()
	with test.assertQueryCount(most_statements):
		yield
	seconds = thread_time() - began
	if seconds > 1:
		# the machine may have become quieter just now
		additions = max(seconds_of_a_million_additions() for _ in range(5))
		test.assertLess(seconds / additions, MOST_WORK)


def seconds_of_a_million_additions() -> float:
	began = thread_time()
	for number in range(1_000_000):
		number + 1
	return thread_time() - began


def aggregate(function: str, fieldname: str, alias: str) -> str | dict[str, str]:
	"""A field of a list that is a figure over its rows. Version 16 refuses functions written as text."""
	if IS_VERSION_15:
		return f"{function.lower()}({fieldname}) as {alias}"
	return {function.upper(): fieldname, "as": alias}


def forget_cached_values() -> None:
	"""A rollback does not reach what was read into caches before it."""
	frappe.db.value_cache.clear()
	frappe.clear_document_cache("CRM Success Settings", "CRM Success Settings")


def messages() -> str:
	"""All that was shown to the user so far, in one text."""
	return " ".join(str(message) for message in frappe.get_message_log())


def registered(hook: str, *paths: str) -> AbstractContextManager[None]:
	"""As if an app that is installed too had these paths under that hook. In this process only."""
	return answered_as(hook, list(paths))


@contextmanager
def answered_as(hook: str, value: list | dict) -> Iterator[None]:
	"""As if the installed apps had that under the hook, and nothing else. In this process only."""
	get_hooks = frappe.get_hooks

	def with_ours(name=None, *arguments, **named):
		return value if name == hook else get_hooks(name, *arguments, **named)

	with patch.object(frappe, "get_hooks", with_ours):
		yield


def hooks_kept():
	"""Where Frappe keeps the hooks of all apps, for every process of the site."""
	return frappe.cache if IS_VERSION_15 else frappe.client_cache
