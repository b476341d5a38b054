"""Clocks and time zones: a clock set back, hours that are missing or come twice, sites far from their server."""

from datetime import datetime, timedelta

import frappe
from frappe.utils import add_days, getdate
from freezegun import freeze_time

from crm_success.batches import leases
from crm_success.batches.queueing import waiting_jobs
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.run_life import cancel_run
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import do_batch, drain
from crm_success.scoring.runs.customer_scoring import dispatch_scoring_run
from crm_success.scoring.runs.scoring_work import ScoringWork
from crm_success.scoring.runs.starting import KIND, start_scoring
from crm_success.tests.support.clocks import clock, database_utc
from crm_success.tests.support.scoring_site import (
	drop_jobs,
	forget_scores,
	health_rows,
	snapshot_rows,
	start_and_prepare,
)
from crm_success.tests.support.worker_processes import DyingWorker, WorkersTestCase, end_leases

SETTINGS = "CRM Success Settings"
LONDON = "Europe/London"
# 01:00 to 02:00 is missing, and comes twice
SPRING, AUTUMN = "2026-03-29", "2026-10-25"


def utc(day: str, time: str) -> datetime:
	return datetime.fromisoformat(f"{day} {time}")


class ClocksTestCase(WorkersTestCase):
	def set_time_zone(self, name: str):
		before = frappe.db.get_single_value("System Settings", "time_zone")
		self.addCleanup(_set_time_zone, before)
		_set_time_zone(name)

	def set_hour(self, hour: int):
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, SETTINGS, "scoring_hour", 2)
		frappe.db.set_single_value(SETTINGS, "scoring_hour", hour)
		frappe.db.commit()

	def claimed_on_another_host(self, run: str) -> frappe._dict:
		"""A batch whose worker cannot be seen from here."""
		batch = leases.claim(run)
		frappe.db.set_value(BATCH, batch.name, "worker", "another-host:1")
		frappe.db.commit()
		return frappe._dict(batch, worker="another-host:1")

	def scheduled_days(self) -> list[str]:
		return [str(day) for day in frappe.get_all(RUN, pluck="as_of", order_by="creation")]

	def undisturbed(self, as_of=None) -> tuple[dict, dict]:
		"""The rows of a quiet run; nothing of it stays."""
		run = start_and_prepare(as_of)
		drain(run)
		rows = (health_rows(), snapshot_rows(as_of or getdate()))
		forget_scores()
		return rows


class TestClockSetBack(ClocksTestCase):
	def setUp(self):
		super().setUp()
		self.yesterday = database_utc() - timedelta(days=1)

	def test_a_dead_workers_batch_waits_no_longer_than_usual(self):
		run = start_and_prepare()
		drop_jobs()
		self.claimed_on_another_host(run)
		with clock(self.yesterday):
			requeue_expired_batches()
			drain(run)
		self.assert_as_expected(run)
		self.assert_attempts(run, 2)

	def test_a_living_worker_whose_batch_was_taken_writes_nothing(self):
		run = start_and_prepare()
		batch, work = leases.claim(run), ScoringWork(run)
		with clock(self.yesterday):
			drain(run)
			rows = health_rows()
			do_batch(batch, work)
			self.assertEqual(health_rows(), rows)
		self.assert_as_expected(run)

	def test_a_preparation_that_died_before_is_done_again(self):
		run = start_scoring(getdate(), "Desk")
		frappe.db.commit()
		DyingWorker(run, "while preparing").die()
		drop_jobs()
		with clock(self.yesterday):
			requeue_expired_batches()
			self.assertEqual(waiting_jobs(run), 1)

	def test_no_second_run_is_started_for_the_day_before(self):
		self.set_hour(0)
		dispatch_scoring_run()
		cancel_run(frappe.db.get_value(RUN, {"active": KIND}))
		with clock(self.yesterday):
			dispatch_scoring_run()
		self.assertEqual(self.scheduled_days(), [str(getdate())])


class TestDaylightSaving(ClocksTestCase):
	def setUp(self):
		super().setUp()
		self.set_time_zone(LONDON)

	def test_a_scoring_hour_that_is_missing_does_not_lose_the_night(self):
		self.set_hour(1)
		with clock(utc(SPRING, "00:00")):
			dispatch_scoring_run()
		self.assertEqual(self.scheduled_days(), [])
		with clock(utc(SPRING, "01:00")):
			dispatch_scoring_run()
		self.assertEqual(self.scheduled_days(), [SPRING])

	def test_a_scoring_hour_that_comes_twice_starts_one_run(self):
		self.set_hour(1)
		with clock(utc(AUTUMN, "00:00")):
			dispatch_scoring_run()
		self.assertEqual(self.scheduled_days(), [AUTUMN])
		cancel_run(frappe.db.get_value(RUN, {"active": KIND}))
		with clock(utc(AUTUMN, "01:00")):
			dispatch_scoring_run()
		self.assertEqual(self.scheduled_days(), [AUTUMN])

	def test_a_run_over_the_hour_that_comes_twice(self):
		self.run_over(utc(AUTUMN, "00:55"), utc(AUTUMN, "01:20"))

	def test_a_run_over_the_missing_hour(self):
		self.run_over(utc(SPRING, "00:50"), utc(SPRING, "01:08"))

	def run_over(self, before: datetime, after: datetime):
		with clock(before):
			expected = self.undisturbed()
			run = start_and_prepare()
			drop_jobs()
			self.claimed_on_another_host(run)
		with clock(after):
			requeue_expired_batches()
			drain(run)
			# a warning, because the invoices of now are dated after that day
			self.assertEqual(self.run_values(run, "status", "active"), ("Completed with Warnings", None))
			self.assertEqual((health_rows(), snapshot_rows(getdate())), expected)
		self.assert_attempts(run, 2)


class TestHourThatComesTwice(ClocksTestCase):
	"""From 00:00 to 01:00 UTC it is the first hour of one o'clock, then the second."""

	def setUp(self):
		super().setUp()
		self.set_time_zone(LONDON)
		with clock(utc(AUTUMN, "00:00")):
			self.run_name = start_and_prepare()
			drop_jobs()

	def claim_at(self, time: str) -> None:
		with clock(utc(AUTUMN, time)):
			self.claimed_on_another_host(self.run_name)

	def ended_at(self, time: str) -> int:
		with clock(utc(AUTUMN, time)):
			return leases.end_expired(self.run_name)

	def test_a_lease_from_the_first_hour_does_not_live_in_the_second(self):
		self.claim_at("00:10")
		self.assertEqual(self.ended_at("01:05"), 1)

	def test_a_lease_over_the_change_is_over_after_a_quarter_of_an_hour_and_no_earlier(self):
		self.claim_at("00:50")
		self.assertEqual(self.ended_at("01:04"), 0)
		self.assertEqual(self.ended_at("01:06"), 1)

	def test_another_worker_takes_the_batch_when_the_lease_is_over_and_no_earlier(self):
		self.claim_at("00:50")
		batches = frappe.db.count(BATCH, {"work_run": self.run_name})
		with clock(utc(AUTUMN, "01:04")):
			self.assertEqual(len(self.all_claimed()), batches - 1)
		with clock(utc(AUTUMN, "01:06")):
			self.assertEqual([batch.attempts for batch in self.all_claimed()], [2])

	def all_claimed(self) -> list[frappe._dict]:
		return list(iter(lambda: leases.claim(self.run_name), None))

	def test_a_preparation_over_the_change_is_given_a_quarter_of_an_hour(self):
		cancel_run(self.run_name)
		with clock(utc(AUTUMN, "00:50")):
			run = start_scoring(getdate(), "Desk")
			frappe.db.commit()
		for time, jobs in (("01:04", 0), ("01:06", 1)):
			with clock(utc(AUTUMN, time)):
				requeue_expired_batches()
				self.assertEqual(waiting_jobs(run), jobs, time)

	def test_the_rate_is_that_of_the_time_that_passed(self):
		with clock(utc(AUTUMN, "00:59")):
			drain(self.run_name, until=lambda: True)
		with clock(utc(AUTUMN, "01:00")):
			drain(self.run_name, until=lambda: True)
			done, rate = self.run_values(self.run_name, "customers_done", "rate")
		# version 16 stores the one decimal that is shown
		self.assertAlmostEqual(rate, done / 60, delta=0.051)
		self.assertGreater(rate, 0)


class TestHostsOff(ClocksTestCase):
	"""Hosts whose clocks differ by two hours share one database."""

	def test_a_lease_is_as_long_on_every_host(self):
		run = start_and_prepare()
		drop_jobs()
		two_hours = timedelta(hours=2)
		for claims, looks in ((0, 1), (1, 0), (0, -1), (-1, 0)):
			with self.subTest(claims=claims, looks=looks):
				with freeze_time(datetime.utcnow() + claims * two_hours):
					batch = self.claimed_on_another_host(run)
				with freeze_time(datetime.utcnow() + looks * two_hours):
					self.assertEqual(leases.end_expired(run), 0)
					end_leases(run)
					self.assertEqual(leases.end_expired(run), 1)
				frappe.db.set_value(BATCH, batch.name, "attempts", 0)
				frappe.db.commit()

	def test_a_preparation_is_left_in_peace_by_a_host_that_is_two_hours_ahead(self):
		run = start_scoring(getdate(), "Desk")
		frappe.db.commit()
		with freeze_time(datetime.utcnow() + timedelta(hours=2)):
			requeue_expired_batches()
		self.assertEqual(waiting_jobs(run), 0)


class TestFarAway(ClocksTestCase):
	def test_a_site_on_the_other_side_of_the_date_line_scores_its_own_day(self):
		for zone, hours in (("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)):
			with self.subTest(zone):
				self.set_time_zone(zone)
				forget_scores()
				day = (database_utc() + timedelta(hours=hours)).date()
				self.assertEqual(getdate(), day)
				expected = self.undisturbed()
				run = start_and_prepare()
				drop_jobs()
				self.assertEqual(frappe.db.get_value(RUN, run, "as_of"), day)
				DyingWorker(run, "before committing").die()
				self.claimed_on_another_host(run)
				# the dead process of this host is seen, the lease of the other is respected
				self.assertEqual(leases.end_expired(run), 1)
				drain(run)
				self.assertEqual(self.run_values(run, "status")[0], "Running")
				end_leases(run)
				drain(run)
				self.assertEqual(self.run_values(run, "status", "active"), ("Completed", None))
				self.assertEqual((health_rows(), snapshot_rows(day)), expected)


class TestLongNights(ClocksTestCase):
	"""A run that is not finished when the next one is due."""

	def setUp(self):
		super().setUp()
		self.set_hour(2)
		self.tomorrow = datetime.combine(add_days(getdate(), 1), datetime.min.time()) + timedelta(hours=3)

	def test_the_next_run_starts_after_the_one_that_is_late(self):
		today = getdate()
		run = start_and_prepare()
		drain(run, until=lambda: True)
		with clock(self.tomorrow):
			dispatch_scoring_run()
			self.assertEqual(frappe.db.count(RUN), 1)
			drain(run)
			self.assertEqual(self.run_values(run, "status", "active"), ("Completed", None))
			self.assertEqual((health_rows(), snapshot_rows(today)), self.expected)
			dispatch_scoring_run()
			self.assertEqual(self.scheduled_days(), [str(today), str(add_days(today, 1))])

	def test_overrides_are_kept_in_its_snapshots_to_the_end(self):
		today = getdate()
		for customer in self.expected[0]:
			values = {"name": customer, "customer": customer, "override_score": 42, "override_until": today}
			frappe.get_doc({"doctype": "Customer Health", **values, "override_reason": "x"}).db_insert()
		frappe.db.commit()
		run = start_and_prepare()
		drain(run, until=lambda: True)
		with clock(self.tomorrow):
			drain(run)
		self.assertEqual({row["score"] for row in snapshot_rows(today).values()}, {42})

	def test_a_document_of_the_next_day_is_not_forgotten(self):
		run = start_and_prepare()
		drain(run)
		run = start_and_prepare()
		customer = sorted(self.expected[0])[0]
		with clock(self.tomorrow):
			frappe.db.set_value("Customer Health", customer, "stale", 1)
			frappe.db.commit()
			drain(run)
			self.assertEqual(frappe.db.get_value("Customer Health", customer, "stale"), 1)


def _set_time_zone(name: str) -> None:
	frappe.db.set_single_value("System Settings", "time_zone", name)
	frappe.db.commit()
	frappe.clear_document_cache("System Settings", "System Settings")
	frappe.cache.delete_value("time_zone")
	if hasattr(frappe.local, "system_settings"):
		del frappe.local.system_settings
