"""`make soak`: twenty nights of scoring on a site of its own, with servers of its own that are killed meanwhile.

Works on an existing bench, in a folder of its own inside it; the machine's own servers and sites are not touched.

    python soak/run.py [NIGHTS] [SEED]     20 nights without; the same seed gives the same transactions
"""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "scripts")]

from servers import MariaDB, Redis, missing_programs  # noqa: E402
from site_bench import SITE, NoBench, TestBench, find_bench  # noqa: E402
from site_services import Database, SiteTestError  # noqa: E402

NIGHTS, SEED = 20, 1
MINUTES = 60


def main(arguments: list[str]) -> int:
	"""Exit code 0: every value was right, or no bench; 1: differences; 2: cannot run."""
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	nights, seed = [int(argument) for argument in arguments] + [NIGHTS, SEED][len(arguments) :]
	try:
		bench = TestBench(find_bench(), "crm-success-soak", "soak")
		if missing := missing_programs():
			raise NoBench(f"{' and '.join(missing)} not installed, which it starts and kills.")
		return soak(bench, nights, seed)
	except NoBench as reason:
		print(f"soak: skipped, {reason} It needs a Frappe 15 bench with ERPNext; FRAPPE_BENCH names it.")
		return 0
	except SiteTestError as error:
		print(f"soak: cannot run. {error}", file=sys.stderr)
		return 2
	except KeyboardInterrupt:
		return 130


def soak(bench: TestBench, nights: int, seed: int) -> int:
	with bench.only_run(), own_servers(bench) as addresses:
		bench.install_requirements()
		bench.write(addresses)
		bench.borrow_baseline(TestBench(bench.bench))
		bench.prepare_site()
		script = str(FOLDER / "nights.py")
		return bench.python(
			script, SITE, str(bench.root), str(nights), str(seed), minutes=MINUTES, check=False
		)


@contextmanager
def own_servers(bench: TestBench):
	"""Start both, point the bench folder at them and yield their addresses; they end with the block."""
	# the password of the machine's own server
	os.environ.pop("MARIADB_ROOT_PASSWORD", None)
	mariadb, redis = MariaDB(bench.root / "mariadb"), Redis(bench.root / "redis")
	try:
		for server in (mariadb, redis):
			server.stop()
		mariadb.prepare()
		mariadb.start()
		redis.start()
		other = {key: value for key, value in bench.settings.items() if not key.startswith("db_")}
		bench.settings = {**other, **mariadb.settings()}
		bench.database = Database(bench.settings, bench.database.name, bench.root)
		yield redis.addresses() | {"db_host": mariadb.settings()["db_host"], "db_port": mariadb.port}
	finally:
		redis.stop()
		mariadb.stop()


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
