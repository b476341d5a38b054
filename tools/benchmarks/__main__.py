"""`make bench`: fills sites of its own on an existing bench, measures scoring on them and prints ratios. Builds no bench.

The sites stay for the next call; what they hold depends on `dataset.py` alone. The figures go to standard output and,
as JSON, into the folder of the large site.

    python -m tools.benchmarks [CUSTOMERS]     e.g. 2000, for a quick look; 100,000 without
"""

import hashlib
import json
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path

from tools.bench.folder import SITE, TestBench, carry_out, find_bench
from tools.bench.services import running_redis
from tools.benchmarks.dataset import Size
from tools.benchmarks.ratios import print_report

NEEDS = """It needs a bench of Frappe 15 or 16 with ERPNext and its Python environment; MariaDB and Redis are started if installed.
  Name the bench: FRAPPE_BENCH=/path/to/bench make bench. With none named, ~/frappe-bench is tried."""
DATASET = Path(__file__).with_name("dataset.py")
MINUTES = 60
CUSTOMERS = 100_000


def main(arguments: list[str]) -> int:
	"""Exit code 0: measured, or no bench; 2: cannot run."""
	parser = ArgumentParser(
		"python -m tools.benchmarks", description="Scoring on sites of its own, as ratios."
	)
	parser.add_argument("customers", nargs="?", type=int, default=CUSTOMERS)
	asked = parser.parse_args(arguments)
	return carry_out("bench", lambda: bench(asked.customers), NEEDS)


def bench(customers: int) -> int:
	path = find_bench()
	small = measure(path, Size.of(customers // 10), "small")
	print_report(small, measure(path, Size.of(customers), "large"))
	return 0


def measure(path: Path, size: Size, purpose: str) -> dict:
	"""The figures of one size, as `on_site.py` writes them."""
	bench = TestBench(path, f"crm-success-bench-{size.customers}", f"bench, {size.customers:,} customers")
	results = bench.root / "results.json"
	with bench.only_run():
		bench.database.start()
		bench.install_requirements()
		with running_redis(bench.settings) as redis:
			bench.write(redis)
			prepare(bench, size)
			bench.step("measuring")
			results.unlink(missing_ok=True)
			bench.python("tools.benchmarks.on_site", SITE, purpose, str(results), minutes=MINUTES)
	return json.loads(results.read_text())


def prepare(bench: TestBench, size: Size) -> None:
	"""Bring the site to its rows and to this checkout; both last long, so what is there already stays."""
	state = bench.root / "dataset.json"
	wanted = {"dataset": digest(DATASET), "size": size.customers, **bench.baseline_state()}
	if not (state.exists() and json.loads(state.read_text()) == wanted and bench.database.reachable()):
		state.unlink(missing_ok=True)
		bench.borrow_baseline(TestBench(bench.bench))
		bench.prepare_site()
		bench.step("filling the site, once")
		bench.python("tools.benchmarks.fill", SITE, str(size.customers), minutes=MINUTES)
		state.write_text(json.dumps(wanted))
		return
	shutil.rmtree(bench.sites / SITE / "locks", ignore_errors=True)
	bench.step("bringing the site to this checkout")
	bench.frappe("--site", SITE, "migrate", "--skip-search-index")


def digest(path: Path) -> str:
	return hashlib.sha1(path.read_bytes()).hexdigest()


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
