"""Runs the site tests of this checkout on an existing bench, and leaves the bench as it is.

A folder of its own inside the bench, `crm-success-tests`, holds sites, logs and a database dump; `site_bench.py` makes it.

    python scripts/site_tests.py [MODULE ...]     e.g. crm_success.tests.test_permissions
"""

import os
import signal
import sys

from site_bench import CHECKOUT, SITE, NoBench, TestBench, find_bench
from site_services import SiteTestError, running_redis

SUITE_MINUTES = float(os.environ.get("SITE_TEST_MINUTES", "40"))
SKIPPED = """site tests: skipped, {reason}
  They need a bench of Frappe 15 or 16 with ERPNext and its Python environment; MariaDB and Redis are started if installed.
  Name it: FRAPPE_BENCH=/path/to/bench make test. With none named, ~/frappe-bench is tried."""


def main(modules: list[str]) -> int:
	"""Run the suite, or only `modules`. Exit code 0: all passed, or no bench; 1: failures; 2: cannot run."""
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	try:
		return run_on(TestBench(find_bench()), modules)
	except NoBench as reason:
		print(SKIPPED.format(reason=reason))
		return 0
	except SiteTestError as error:
		print(f"site tests: cannot run. {error}", file=sys.stderr)
		return 2
	except KeyboardInterrupt:
		return 130


def run_on(bench: TestBench, modules: list[str]) -> int:
	with bench.only_run():
		bench.database.start()
		bench.install_requirements()
		with running_redis(bench.settings) as redis:
			bench.write(redis)
			bench.prepare_site()
			bench.step("running the tests")
			arguments = [SITE, str(CHECKOUT), str(bench.test_packages), *modules]
			return bench.python("site_suite.py", *arguments, minutes=SUITE_MINUTES, check=False)


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
