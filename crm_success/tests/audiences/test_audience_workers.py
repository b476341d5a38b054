"""Passes that are killed, lose their connection, are done by several workers or twice: members and what is told stay right."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from unittest.mock import patch

import frappe

from crm_success.audiences import audience_pass
from crm_success.audiences.audience_pass import AudiencePass
from crm_success.audiences.evaluation import start_pass
from crm_success.batches.queueing import enqueue_workers
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.database import clock
from crm_success.record_names import HEALTH, MEMBER
from crm_success.tests.support import audience_witness, factories
from crm_success.tests.support.audience_arithmetic import wrong_members, wrong_texts, wrong_visits
from crm_success.tests.support.audience_site import (
	AudienceTestCase,
	forget_audiences,
	make_audience,
	on,
	start_and_prepare_pass,
)
from crm_success.tests.support.disturbed_runs import DisturbedRuns
from crm_success.tests.support.scoring_site import drop_jobs
from crm_success.tests.support.worker_processes import (
	DyingWorker,
	end_leases,
	finish_with_workers,
)

CUSTOMERS = [f"Night {number:02}" for number in range(8)]
OURS = ["name", "like", "Night %"]


def rows() -> set[tuple[str, str, int, bool]]:
	"""Audience, customer, visit, and whether it is over."""
	fields = ["audience", "customer", "visit", "left_on"]
	return {(*row[:3], bool(row[3])) for row in frappe.get_all(MEMBER, fields=fields, as_list=True)}


def _expected() -> tuple[set[tuple[str, str, int, bool]], set[tuple[str, str, bool]]]:
	"""By hand: high were 4 to 7 and are 0 to 3; buyers are those not divisible by three; others the rest of them."""
	high, low = CUSTOMERS[4:], CUSTOMERS[:4]
	buyers = [name for number, name in enumerate(CUSTOMERS) if number % 3]
	found = {("Night Buyers", name, 1, False) for name in buyers}
	told = set()
	for audience, before, after in (
		("Night High", high, low),
		("Night Others", [name for name in low if name in buyers], [name for name in high if name in buyers]),
	):
		found |= {(audience, name, 1, True) for name in before} | {
			(audience, name, 1, False) for name in after
		}
		told |= {(audience, name, False) for name in before} | {(audience, name, True) for name in after}
	return found, told


EXPECTED_ROWS, EXPECTED_TOLD = _expected()


class TestDisturbedPasses(DisturbedRuns, AudienceTestCase):
	"""Everybody is in some audience; by day some came and some went; then comes the pass of the night, in small batches."""

	work = AudiencePass
	customers_a_batch = 3
	counters = ("customers_entered", "customers_left")

	@classmethod
	def make_documents(cls):
		for number, name in enumerate(CUSTOMERS):
			factories.make_customer(name)
			factories.make_health(name, score=10 * number, revenue=number % 3)
		frappe.db.commit()

	def setUp(self):
		self.addCleanup(audience_witness.forget)
		super().setUp()

	def begin(self):
		audience_witness.forget()
		forget_audiences()
		make_audience("Night High", on("Customer", OURS), on(HEALTH, ["score", ">=", 40]))
		make_audience("Night Buyers", on("Customer", OURS), on(HEALTH, ["revenue", ">", 0]))
		make_audience(
			"Night Others",
			on("Customer", OURS),
			on("Audience", audience="Night High", is_not=True),
			on("Audience", audience="Night Buyers"),
		)
		self.set_scores(lambda number: 10 * number)
		self.evaluate()
		self.set_scores(lambda number: 70 - 10 * number)
		audience_witness.register()

	def set_scores(self, score_of):
		for number, name in enumerate(CUSTOMERS):
			frappe.db.set_value(HEALTH, name, "score", score_of(number), update_modified=False)
		frappe.db.commit()

	def start(self, triggered_by: str) -> str:
		return start_pass(triggered_by)

	def prepared(self) -> str:
		return start_and_prepare_pass()

	def done_again(self):
		return self.evaluate()

	def assert_as_undisturbed(self, run: str):
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value(RUN, run, ["status", "active"]), ("Completed", None))
		self.assertEqual(rows(), EXPECTED_ROWS)
		self.assertEqual(dict(audience_witness.noted()), dict.fromkeys(EXPECTED_TOLD, 1))
		counted = frappe.db.get_value(RUN, run, ["customers_entered", "customers_left"])
		self.assertEqual(counted, (sum(entered for *_, entered in EXPECTED_TOLD), 6), "each is counted once")
		for findings in (wrong_members(), wrong_visits(), wrong_texts()):
			self.assertEqual(list(findings), [])

	def test_killed_before_committing_leaves_nothing_half_written_and_nothing_told(self):
		before, run = rows(), self.without_jobs()
		DyingWorker(run, "before committing").die()
		self.assertEqual((rows(), dict(audience_witness.noted())), (before, {}))

	def test_killed_while_preparing_it_is_prepared_again(self):
		run = start_pass("Command")
		frappe.db.commit()
		DyingWorker(run, "at the first sign of life").die()
		long_ago = clock.utc_now() - timedelta(minutes=16)
		frappe.db.set_value(RUN, run, "sign_of_life_utc", long_ago)
		frappe.db.commit()
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_as_undisturbed(run)

	def test_three_workers_killed_one_after_the_other(self):
		run = self.without_jobs()
		for checkpoint in ("before committing", "after committing", "half-way through the members"):
			DyingWorker(run, checkpoint).die()
			end_leases(run)
			requeue_expired_batches()
		drain(run)
		self.assert_as_undisturbed(run)

	def test_a_connection_that_is_lost_while_rows_are_written(self):
		run = self.without_jobs()
		with connection_lost_once():
			drain(run)
		self.assert_as_undisturbed(run)

	def test_jobs_and_caches_that_are_gone(self):
		run = self.without_jobs()
		worker = DyingWorker(run, "after reading")
		worker.wait()
		enqueue_workers(run, 1)
		frappe.db.commit()
		drop_jobs()
		frappe.clear_cache()
		audience_witness.register()
		worker.go_on()
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_as_undisturbed(run)


@contextmanager
def connection_lost_once() -> Iterator[None]:
	"""The server ends the connection when the rows of the first batch are written, before the names."""
	write_names, lost = audience_pass.write_names, []

	def losing(*arguments):
		if not lost:
			lost.append(frappe.db.sql("SELECT CONNECTION_ID()")[0][0])
			with suppress(frappe.db.OperationalError):
				frappe.db.sql(f"KILL {int(lost[0])}")
		return write_names(*arguments)

	with patch.object(audience_pass, "write_names", losing):
		yield
	if not lost:
		raise AssertionError("no connection was lost")
