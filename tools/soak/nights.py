"""Night after night: a day's documents, a run that is disturbed, and a check of every value; then the same with passes
over audiences, with reviews of tiers and nights of points. `make soak` runs it on the site.

python -m tools.soak.nights SITE FOLDER NIGHTS SEED     (from the sites folder)
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import frappe
from frappe.utils import add_to_date
from redis.exceptions import RedisError

from crm_success.audiences import audience_pass
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.run_life import RunInProgressError, retry_failed
from crm_success.batches.statuses import BATCH, FAILED, RUN
from crm_success.customer_loyalty.points import points_night
from crm_success.customer_loyalty.tiers import tier_review
from crm_success.database import clock, conflicts
from crm_success.scoring.runs import customer_scoring, rescoring
from crm_success.scoring.runs.starting import KIND
from crm_success.scoring.stale import stale_customers
from tools.soak import audience_nights, checks, points_nights, tier_nights
from tools.soak.faults import Faults
from tools.soak.world import BATCH_SIZE, SETTINGS, People, let_a_day_pass, make_world

ACTIONS_A_DAY, ACTIONS_A_NIGHT, FAULTS_A_NIGHT = 5, 4, 6
NIGHT_SECONDS = 300
# a preparation without a sign of life is as old as that after so many seconds here
PATIENCE, QUARTER_OF_AN_HOUR = 15, 15
EXAMPLES = 10


class Soak:
	"""The state of the whole soak, and its figures."""

	def __init__(self, root: Path, seed: int) -> None:
		dice = random.Random(seed)
		self.people, self.faults = People(dice), Faults(root, random.Random(seed + 1))
		self.dice, self.figures, self.wrong = random.Random(seed + 2), Counter(), []

	def night(self, number: int, quiet: bool = False) -> None:
		"""One day, its night, and the morning's check."""
		let_a_day_pass()
		self.people.added_tonight.clear()
		self.people.overrode_tonight.clear()
		for _ in range(ACTIONS_A_DAY):
			self.people.act()
		self.faults.keep_workers()
		run = self.start()
		self.disturb(run, 0 if quiet else FAULTS_A_NIGHT, 0 if quiet else ACTIONS_A_NIGHT)
		self.settle()
		self.check(run, f"night {number}")
		self.evaluate_audiences(f"night {number}", 0 if quiet else FAULTS_A_NIGHT)
		self.review_tiers(f"night {number}", 0 if quiet else FAULTS_A_NIGHT)
		self.keep_points(f"night {number}", 0 if quiet else FAULTS_A_NIGHT)

	def evaluate_audiences(self, when: str, faults: int) -> None:
		"""A pass while things go wrong, one while people work too, and a quiet one after it."""
		self.wait_for(audience_pass.KIND)
		before = audience_nights.forget_what_was_told()
		self.disturb(self.begun(audience_pass.KIND, audience_nights.begin_pass), faults, 0)
		self.note_all(when, (*audience_nights.wrong_tellings(before), *audience_nights.contradictions()))
		if faults:
			self.disturb(self.begun(audience_pass.KIND, audience_nights.begin_pass), faults, ACTIONS_A_NIGHT)
			self.disturb(self.begun(audience_pass.KIND, audience_nights.begin_pass), 0, 0)
			self.note_all(when, audience_nights.contradictions())

	def review_tiers(self, when: str, faults: int) -> None:
		"""A review while things go wrong, and the same one again, which has nothing left to do."""
		self.review(faults)
		self.note_all(when, tier_nights.contradictions())
		after = self.figures["changes of tiers"] = tier_nights.changes()
		self.review(0)
		if tier_nights.changes() != after:
			self.note(f"{when}: the same review again wrote {tier_nights.changes() - after} changes of tiers")

	def review(self, faults: int) -> None:
		self.disturb(self.begun(tier_review.KIND, tier_nights.begin_review), faults, 0)

	def begun(self, kind: str, begin: Callable[[], str]) -> str:
		"""The run that is begun, once none of its kind is left that began by itself."""
		while True:
			self.wait_for(kind)
			with suppress(RunInProgressError):
				return begin()

	def wait_for(self, kind: str) -> None:
		frappe.db.rollback()
		if run := frappe.db.get_value(RUN, {"active": kind}, "name"):
			self.disturb(run, 0, 0)

	def keep_points(self, when: str, faults: int) -> None:
		"""A night of points while things go wrong and people work, a quiet one, and the same again, which has nothing to do."""
		before = points_nights.entries()
		self.disturb(
			self.begun(points_night.KIND, points_nights.begin_night), faults, ACTIONS_A_NIGHT if faults else 0
		)
		self.earn()
		self.disturb(self.begun(points_night.KIND, points_nights.begin_night), 0, 0)
		self.earn()
		self.note_all(when, points_nights.contradictions(self.people.points, self.people.invoices))
		after = points_nights.entries()
		self.figures["entries of points"] += after - before
		self.disturb(self.begun(points_night.KIND, points_nights.begin_night), 0, 0)
		self.earn()
		if points_nights.entries() != after:
			self.note(
				f"{when}: the same night again wrote {points_nights.entries() - after} entries of points"
			)

	def earn(self) -> None:
		"""What is due earns in the queue while it takes it, then here."""
		for _ in range(20):
			if not points_nights.is_something_due():
				return
			in_vain(points_nights.queue_earning)
			time.sleep(0.5)
		points_nights.earn_what_is_left()

	def start(self) -> str:
		"""As the scheduler does."""
		in_vain(customer_scoring.dispatch_scoring_run)
		return frappe.db.get_value(RUN, {"active": KIND}, "name")

	def disturb(self, run: str, faults: int, actions: int) -> None:
		"""Until the run has come to its end: things go wrong, people work, and the scheduler looks after it."""
		started = time.monotonic()
		while self.status(run).active:
			time.sleep(self.dice.uniform(0.05, 0.5))
			if faults and self.dice.random() < 0.7:
				faults -= self.faults.strike()
			if actions and self.dice.random() < 0.3:
				self.people.act()
				actions -= 1
			self.faults.keep_workers()
			self.look_after(run, time.monotonic() - started)
		self.figures["batches"] += frappe.db.count(BATCH, {"work_run": run})
		self.figures["batches tried again"] += frappe.db.count(BATCH, {"work_run": run, "attempts": (">", 1)})

	@conflicts.own_transaction
	def look_after(self, run: str, seconds: float) -> None:
		"""What the scheduler does every five minutes, and a person in the morning."""
		in_vain(requeue_expired_batches)
		row = self.status(run)
		silent = (clock.utc_now() - row.sign_of_life_utc).total_seconds()
		if row.status in ("Queued", "Preparing") and silent > PATIENCE:
			long_ago = add_to_date(row.sign_of_life_utc, minutes=-QUARTER_OF_AN_HOUR)
			frappe.db.set_value(RUN, run, "sign_of_life_utc", long_ago)
			frappe.db.commit()
		if row.status == FAILED:
			if error := frappe.db.get_value(RUN, run, "error"):
				raise SystemExit(f"soak: {run} could not be prepared: {error}")
			retry_failed(run)
			frappe.db.commit()
			self.figures["retried by hand"] += 1
		if seconds > NIGHT_SECONDS:
			raise SystemExit(f"soak: {run} does not come to an end: {row}")

	def status(self, run: str) -> frappe._dict:
		frappe.db.rollback()
		fields = ["status", "active", "sign_of_life_utc", "error"]
		row = frappe.db.get_value(RUN, run, fields, as_dict=True)
		if row.status == FAILED and not row.error:
			row.active = KIND
		return row

	def settle(self) -> None:
		"""The job of every five minutes, in the queue while it takes it, then here."""
		for _ in range(20):
			if not stale_customers(1):
				return
			in_vain(customer_scoring.rescore_stale_customers)
			time.sleep(0.5)
			frappe.db.rollback()
		rescoring.rescore_stale()

	def check(self, run: str, when: str) -> None:
		frappe.db.rollback()
		# a snapshot keeps what was shown when it was written, an override set later that night is not in it
		of = checks.by_run_only(run) - self.people.overrode_tonight
		expected, found = self.compared(run, of)
		self.figures["rows compared"] += len(expected)
		differences = checks.differences(expected, found)
		contradictions = checks.contradictions(run, self.people.added_tonight)
		self.note_all(when, (*differences, *contradictions, *checks.counted_by_hand()))

	@conflicts.own_transaction
	def compared(self, run: str, of: set[str]) -> tuple[checks.Rows, checks.Rows]:
		"""The rows as they should be, and as they are. A worker may still be at the last customers."""
		return checks.recomputed(run, of), checks.stored(of)

	def note_all(self, when: str, findings: Iterable[str]) -> None:
		for finding in findings:
			self.note(f"{when}: {finding}")

	def note(self, finding: str) -> None:
		self.wrong.append(finding)
		if len(self.wrong) <= EXAMPLES:
			print(f"soak: {finding}", flush=True)

	def last_check(self) -> None:
		"""Everything once more, by a run of its own: one process, one batch, nobody around."""
		before = checks.stored()
		frappe.db.set_single_value(SETTINGS, "batch_size", 1_000_000)
		checks.blank()
		frappe.db.commit()
		from crm_success.tests.support.scoring_site import start_and_prepare

		run = start_and_prepare()
		from crm_success.batches.working import drain

		drain(run)
		frappe.db.rollback()
		after = checks.stored()
		self.figures["rows compared"] += len(after)
		for finding in checks.differences(after, before):
			self.note(f"in the end: {finding}")
		frappe.db.set_single_value(SETTINGS, "batch_size", BATCH_SIZE)
		frappe.db.commit()


def main(site: str, root: Path, nights: int, seed: int) -> int:
	started = time.monotonic()
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	make_world()
	soak = Soak(root, seed)
	soak.people.audiences.begin()
	tier_nights.begin()
	points_nights.begin()
	try:
		for number in range(1, nights + 1):
			soak.night(number, quiet=number == nights)
			tell(number, soak)
		soak.faults.stop_workers()
		soak.last_check()
	finally:
		soak.faults.stop_workers()
	print(line(nights, seed, soak, time.monotonic() - started))
	return 1 if soak.wrong else 0


def in_vain(scheduled: Callable[[], None]) -> None:
	"""What the scheduler could not do because Redis went away, it does the next time."""
	with suppress(RedisError):
		scheduled()


def tell(number: int, soak: Soak) -> None:
	for refusal in soak.people.refused:
		print(f"soak: refused, {refusal}")
	soak.people.refused.clear()
	print(f"soak: night {number} is over, {len(soak.wrong)} differences so far", flush=True)


def line(nights: int, seed: int, soak: Soak, seconds: float) -> str:
	done, figures = soak.faults.done, soak.figures
	kills = done["jobs killed"] + done["workers killed"]
	restarts = (
		done["Redis restarted"]
		+ done["MariaDB restarted"]
		+ done["Redis flushed"]
		+ done["connections dropped"]
	)
	actions = sum(soak.people.done.values()) - soak.people.done["conflicts met by people"]
	return (
		f"soak: {nights} nights, seed {seed}, {actions} actions, {kills} kills, {restarts} restarts and flushes, "
		f"{soak.faults.conflicts_retried()} conflicts retried, {figures['batches']} batches, "
		f"{figures['batches tried again']} of them tried again, {figures['rows compared']} rows compared, "
		f"{figures['changes of tiers']} changes of tiers, {figures['entries of points']} entries of points, "
		f"{len(soak.wrong)} differences, {seconds:.0f} seconds"
	)


if __name__ == "__main__":
	sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
