"""Servers that go away while a run is under way: Redis flushed and restarted, connections to the database ended."""

import os
import subprocess
from unittest.mock import patch

import frappe
from frappe.utils import getdate
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from crm_success.batches.preparing import prepare_run
from crm_success.batches.queueing import waiting_jobs
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.statuses import BATCH
from crm_success.batches.working import drain
from crm_success.scoring.runs.starting import start_scoring
from crm_success.tests.support.scoring_site import drop_jobs, start_and_prepare
from crm_success.tests.support.worker_processes import (
	DyingWorker,
	Helper,
	WorkersTestCase,
	finish_with_workers,
	hold_health,
	wait_for,
	waiting_writers,
)


class OwnRedis:
	"""A Redis that keeps nothing, on a port of its own, to be killed and started again."""

	def __init__(self) -> None:
		import socket

		with socket.socket() as probe:
			probe.bind(("127.0.0.1", 0))
			self._port = probe.getsockname()[1]
		self.address = f"redis://127.0.0.1:{self._port}"
		self._process: subprocess.Popen | None = None

	def start(self) -> None:
		options = f"--port {self._port} --bind 127.0.0.1 --appendonly no --save".split()
		streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
		self._process = subprocess.Popen(["redis-server", *options, ""], cwd="/", **streams)
		wait_for(self._answers, "Redis answers")

	def kill(self) -> None:
		if self._process:
			self._process.kill()
			self._process.wait()

	def _answers(self) -> bool:
		try:
			return Redis(port=self._port).ping()
		except RedisConnectionError:
			return False


class TestRedisGone(WorkersTestCase):
	"""The queue of these tests is their own, so that nobody else's is lost."""

	def setUp(self):
		super().setUp()
		self.redis = OwnRedis()
		self.redis.start()
		self.addCleanup(self.redis.kill)
		self.addCleanup(frappe.conf.update, redis_queue=frappe.conf.redis_queue)
		self.addCleanup(_forget_connection)
		frappe.conf.redis_queue = self.redis.address
		# version 16 reads the site's settings, and this, for each new connection; worker processes inherit it
		environment = patch.dict(os.environ, FRAPPE_REDIS_QUEUE=self.redis.address)
		environment.start()
		self.addCleanup(environment.stop)
		_forget_connection()

	def test_redis_flushed_while_a_worker_is_at_it(self):
		run = start_and_prepare()
		worker = DyingWorker(run, "after reading")
		worker.wait()
		Redis.from_url(self.redis.address).flushall()
		worker.die()
		self.assertEqual(waiting_jobs(run), 0)
		requeue_expired_batches()
		self.assertGreater(waiting_jobs(run), 0)
		finish_with_workers(run)
		self.assert_as_expected(run)
		self.assert_attempts(run, 2)

	def test_redis_restarted_in_the_middle_of_a_run(self):
		run = start_and_prepare()
		DyingWorker(run, "after committing").die()
		self.redis.kill()
		# a worker that is there already goes on without the queue, and tells nobody how far it is
		drain(run, until=lambda: frappe.db.count(BATCH, {"work_run": run, "status": "Done"}) >= 3)
		self.assertEqual(self.run_values(run, "status")[0], "Running")
		self.redis.start()
		_forget_connection()
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_as_expected(run)

	def test_a_run_whose_preparation_ends_without_redis_waits_for_workers(self):
		run = start_scoring(getdate(), "Desk")
		frappe.db.commit()
		self.redis.kill()
		prepare_run(run)
		self.assertEqual(self.run_values(run, "status", "error"), ("Running", None))
		self.redis.start()
		_forget_connection()
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_as_expected(run)


class TestDatabaseGone(WorkersTestCase):
	def end_connections(self, *but: int):
		"""As a restarted server does to everybody, and a firewall or failover to some."""
		own = frappe.db.sql("SELECT CONNECTION_ID()")[0][0]
		for (number,) in frappe.db.sql("SELECT id FROM information_schema.processlist"):
			if number not in (own, *but):
				frappe.db.sql(f"KILL {int(number)}")

	def test_a_worker_whose_connection_ends_half_way_writes_on_a_new_one(self):
		run = start_and_prepare()
		drop_jobs()
		before = {number for (number,) in frappe.db.sql("SELECT id FROM information_schema.processlist")}
		holder = hold_health(sorted(self.expected[0])[1])
		worker = Helper(_DRAIN.format(run=run))
		wait_for(waiting_writers, "the worker waits for the lock")
		(number,) = waiting_writers()
		self.assertNotIn(number, before)
		frappe.db.sql(f"KILL {int(number)}")
		holder.go()
		holder.output()
		worker.output()
		self.assert_as_expected(run)
		self.assert_attempts(run)

	def test_a_worker_whose_connection_ends_while_it_reads_gives_its_batch_back_and_says_why(self):
		run = start_and_prepare()
		drop_jobs()
		worker = Helper(_DRAIN_AFTER_A_WORD.format(run=run))
		worker.wait_until_ready()
		self.end_connections()
		worker.go()
		worker.output()
		self.assert_as_expected(run)
		self.assert_attempts(run, 2)
		logged = frappe.get_all("Error Log", {"reference_doctype": BATCH}, pluck="error")
		self.assertTrue(any("OperationalError" in error for error in logged), logged)


def _forget_connection() -> None:
	"""Frappe keeps the connection of the queue in the module."""
	from frappe.utils import background_jobs

	background_jobs._redis_queue_conn = None


_DRAIN = """
from crm_success.batches.working import drain
drain({run!r})
"""
_DRAIN_AFTER_A_WORD = """
from crm_success.batches.working import drain
from crm_success.scoring.scorer import Scorer
score, asked = Scorer.score, []
def once_asked(*arguments):
	if not asked:
		asked.append(True)
		print("reading", flush=True)
		input()
	return score(*arguments)
Scorer.score = once_asked
drain({run!r})
"""
