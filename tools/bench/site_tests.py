"""Runs the site tests of this checkout on an existing bench, and leaves the bench as it is.

Folders of its own inside the bench, `crm-success-tests` and `crm-success-tests-2`, hold sites, logs and database dumps;
`folder.py` makes them. A process for each site takes modules from one queue, those that take longest first.

    python -m tools.bench.site_tests [MODULE ...]     e.g. crm_success.tests.scoring.test_scoring_run
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path

from tools.bench.folder import CHECKOUT, SITE, TestBench, carry_out, find_bench
from tools.bench.module_queue import ModuleQueue, Outcome, longest_first
from tools.bench.modules import module_names
from tools.bench.services import SiteTestError, running_redis

SUITE_MINUTES = float(os.environ.get("SITE_TEST_MINUTES", "75"))
PROCESSES = int(os.environ.get("SITE_TEST_PROCESSES") or min(2, os.cpu_count() or 1))
FOLDER = "crm-success-tests"
NEEDS = """They need a bench of Frappe 15 or 16 with ERPNext and its Python environment; MariaDB and Redis are started if installed.
  Name it: FRAPPE_BENCH=/path/to/bench make test. With none named, ~/frappe-bench is tried."""


def main(modules: list[str]) -> int:
	"""Run the suite, or only `modules`. Exit code 0: all passed, or no bench; 1: failures; 2: cannot run."""
	return carry_out(
		"site tests",
		lambda: run_on(find_bench(), modules or module_names(CHECKOUT / "crm_success")),
		NEEDS,
	)


def run_on(path: Path, modules: list[str]) -> int:
	benches = [TestBench(path, FOLDER)]
	for number in range(2, min(PROCESSES, len(set(modules))) + 1):
		benches.append(TestBench(path, f"{FOLDER}-{number}", f"site tests ({number})"))
	with ExitStack() as locks:
		for bench in benches:
			locks.enter_context(bench.only_run())
		return Suite(benches).run(modules)


class Suite:
	"""One run on the sites of `benches`, whose folders are held."""

	def __init__(self, benches: list[TestBench]):
		self.benches = benches
		self.first = benches[0]
		self.queue = self.first.root / "queue"
		self.durations = self.first.root / "durations.json"
		self.deadline = time.monotonic() + SUITE_MINUTES * 60

	def run(self, modules: list[str]) -> int:
		known = json.loads(self.durations.read_text()) if self.durations.exists() else {}
		ModuleQueue(self.queue).fill(longest_first(modules, known))
		self.first.database.start()
		self.first.install_requirements()
		try:
			self.run_all_sites()
		finally:
			outcomes = ModuleQueue(self.queue).outcomes()
			known |= {outcome.module: outcome.seconds for outcome in outcomes if outcome.seconds}
			self.durations.write_text(json.dumps(known, indent=1))
			code = report(outcomes)
		return code

	def run_all_sites(self) -> None:
		with ExitStack() as services, ThreadPoolExecutor(len(self.benches)) as threads:
			for bench in self.benches:
				bench.write(services.enter_context(running_redis(bench.settings)))
			self.first.make_baseline_if_needed()
			for bench in self.benches[1:]:
				bench.borrow_baseline(self.first)
			# a baseline that had to be made does not count
			self.deadline = time.monotonic() + SUITE_MINUTES * 60
			try:
				sites = [threads.submit(self.run_site, bench) for bench in self.benches]
				wait(sites)
				for site in sites:
					site.result()
			finally:
				# on an interruption, too: the threads wait for these processes
				for bench in self.benches:
					bench.end_processes()

	def run_site(self, bench: TestBench) -> None:
		"""Prepare one site and run modules on it until none is left."""
		queue = ModuleQueue(self.queue, bench.root.name)
		bench.prepare_site()
		bench.step("running the tests")
		while queue.has_waiting():
			arguments = [SITE, str(CHECKOUT), str(self.first.test_packages), str(self.queue), queue.taker]
			minutes = (self.deadline - time.monotonic()) / 60
			code, ended = None, "its time was up"
			try:
				code = bench.python("tools.bench.suite", *arguments, minutes=minutes, check=False)
				ended = f"its process ended with exit code {code}"
			finally:
				if at_hand := queue.at_hand():
					queue.finish(Outcome(at_hand[1], failed=1, remarks=[f"failed: {at_hand[1]}: {ended}"]))
			if code and not at_hand:
				raise SiteTestError(f"tools.bench.suite ended with exit code {code}, at no module.")


def report(outcomes: list[Outcome]) -> int:
	for outcome in outcomes:
		for remark in outcome.remarks:
			print(f"site tests: {remark}")
	passed, failed, skipped = (
		sum(getattr(outcome, kind) for outcome in outcomes) for kind in ("passed", "failed", "skipped")
	)
	print(f"site tests: {passed} passed, {failed} failed, {skipped} skipped")
	if not passed and not failed:
		print("site tests: nothing ran, which counts as a failure")
	return 0 if passed and not failed else 1


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
