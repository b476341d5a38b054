"""What goes wrong in a night: workers, their jobs, Redis and MariaDB are killed. Knows nothing of scores."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import frappe

from crm_success.batches.statuses import BATCH
from tools.bench.services import wait_until
from tools.soak.servers import MariaDB, Redis

WORKERS = 2
# how many seconds to look for a job that is at it
PATIENCE = 3


class Faults:
	"""The workers and servers of a soak, and a seeded hand that kills them; counts what it did."""

	def __init__(self, root: Path, dice: random.Random) -> None:
		self.root, self.dice, self.done = root, dice, Counter()
		self.conflicts = root / "conflicts"
		self.conflicts.unlink(missing_ok=True)
		self._mariadb, self._redis = MariaDB(root / "mariadb"), Redis(root / "redis")
		self._workers: list[subprocess.Popen] = []
		self._orphans: set[int] = set()
		self._menu = {
			self.kill_job: 8,
			self.kill_worker_and_job: 3,
			self.kill_worker_alone: 2,
			self.drop_connections: 3,
			self.flush_redis: 2,
			self.restart_redis: 2,
			self.restart_mariadb: 2,
		}

	def keep_workers(self) -> None:
		"""Start what is missing, as a supervisor does."""
		self._workers = [worker for worker in self._workers if worker.poll() is None]
		while len(self._workers) < WORKERS:
			command = [sys.executable, "-m", "tools.soak.worker", str(self.conflicts)]
			with (self.root / "logs/soak-workers.log").open("a") as log:
				worker = subprocess.Popen(command, stdout=log, stderr=log)
			self._workers.append(worker)

	def strike(self) -> bool:
		"""One thing goes wrong; whether there was anything that could."""
		(fault,) = self.dice.choices(list(self._menu), list(self._menu.values()))
		before = self.done.total()
		fault()
		return self.done.total() > before

	def kill_job(self) -> None:
		"""A process at work on a batch; its parent lives on."""
		enough = time.monotonic() + PATIENCE
		while time.monotonic() < enough:
			frappe.db.rollback()
			named = frappe.get_all(BATCH, filters={"status": "Running"}, pluck="worker")
			# no other process is ours to kill, whatever number it has
			at_work = {int(worker.rpartition(":")[2]) for worker in named} & set(self._jobs())
			if at_work:
				# somewhere between claiming and the end
				time.sleep(self.dice.uniform(0, 0.05))
				self._kill(self.dice.choice(sorted(at_work)), "jobs killed")
				return

	def kill_worker_and_job(self) -> None:
		worker = self.dice.choice(self._workers)
		for job in _children(worker.pid):
			self._kill(job, "jobs killed")
		self._kill(worker.pid, "workers killed")
		worker.wait()

	def kill_worker_alone(self) -> None:
		"""Its job goes on, without anybody who watches it."""
		worker = self.dice.choice(self._workers)
		self._orphans.update(_children(worker.pid))
		self._kill(worker.pid, "workers killed")
		worker.wait()

	def drop_connections(self) -> None:
		"""As a failover or a firewall does."""
		own = frappe.db.sql("SELECT CONNECTION_ID()")[0][0]
		for (number,) in frappe.db.sql("SELECT id FROM information_schema.processlist"):
			if number != own:
				_kill_connection(number)
		self.done["connections dropped"] += 1

	def flush_redis(self) -> None:
		frappe.cache.flushall()
		self.done["Redis flushed"] += 1

	def restart_redis(self) -> None:
		self._redis.restart()
		self.done["Redis restarted"] += 1

	def restart_mariadb(self) -> None:
		self._mariadb.stop(signal.SIGKILL)
		# long enough for a worker to give up
		time.sleep(self.dice.uniform(0, 3))
		self._mariadb.start()
		wait_until(_is_connected, "MariaDB was started again and takes no connection.")
		self.done["MariaDB restarted"] += 1

	def conflicts_retried(self) -> int:
		return self.conflicts.stat().st_size if self.conflicts.exists() else 0

	def stop_workers(self) -> None:
		"""All of them, and what they left behind."""
		for worker in self._workers:
			for process in (*_children(worker.pid), worker.pid):
				_kill(process)
			worker.wait()
		for process in self._living_orphans():
			_kill(process)
		self._workers = []

	def _kill(self, process: int, what: str) -> None:
		if _kill(process):
			self.done[what] += 1

	def _jobs(self) -> list[int]:
		return [job for worker in self._workers for job in _children(worker.pid)] + self._living_orphans()

	def _living_orphans(self) -> list[int]:
		self._orphans = {process for process in self._orphans if Path(f"/proc/{process}").exists()}
		return sorted(self._orphans)


def _kill(process: int) -> bool:
	try:
		os.kill(process, signal.SIGKILL)
	except ProcessLookupError:
		return False
	return True


def _is_connected() -> bool:
	"""The port answers a little before the server does."""
	try:
		frappe.db.connect()
	except frappe.db.OperationalError:
		return False
	return True


def _kill_connection(number: int) -> None:
	try:
		frappe.db.sql(f"KILL {int(number)}")
	except frappe.db.OperationalError as error:
		if error.args[0] != 1094:  # it has ended meanwhile
			raise


def _children(process: int) -> list[int]:
	try:
		return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
	except OSError:
		return []
