"""`make soak`: twenty nights of scoring on a site of its own, with servers of its own that are killed meanwhile.

Works on an existing bench, in a folder of its own inside it; the machine's own servers and sites are not touched.

    python -m tools.soak [NIGHTS] [SEED]     20 nights without; the same seed gives the same transactions
"""

import os
import sys
from argparse import ArgumentParser
from contextlib import contextmanager

from tools.bench.folder import SITE, NoBench, TestBench, carry_out, find_bench
from tools.bench.services import Database
from tools.soak.servers import MariaDB, Redis, missing_programs

NEEDS = """It needs a bench of Frappe 15 or 16 with ERPNext, and mariadbd and redis-server to start its own.
  Name the bench: FRAPPE_BENCH=/path/to/bench make soak. With none named, ~/frappe-bench is tried."""
NIGHTS, SEED = 20, 1
MINUTES = 60


def main(arguments: list[str]) -> int:
	"""Exit code 0: every value was right, or no bench; 1: differences; 2: cannot run."""
	parser = ArgumentParser(
		"python -m tools.soak", description="Nights of scoring while workers and servers are killed."
	)
	parser.add_argument("nights", nargs="?", type=int, default=NIGHTS)
	parser.add_argument("seed", nargs="?", type=int, default=SEED)
	asked = parser.parse_args(arguments)
	return carry_out("soak", lambda: soak(asked.nights, asked.seed), NEEDS)


def soak(nights: int, seed: int) -> int:
	bench = TestBench(find_bench(), "crm-success-soak", "soak")
	if missing := missing_programs():
		raise NoBench(f"{' and '.join(missing)} not installed, which it starts and kills.")
	with bench.only_run(), own_servers(bench) as addresses:
		bench.install_requirements()
		bench.write(addresses)
		bench.borrow_baseline(TestBench(bench.bench))
		bench.prepare_site()
		arguments = [SITE, str(bench.root), str(nights), str(seed)]
		return bench.python("tools.soak.nights", *arguments, minutes=MINUTES, check=False)


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
