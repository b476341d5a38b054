"""Walks through the desk in a real browser, as everybody who works with scores, and takes the pictures of the guides.

It makes a site of its own on an existing bench, in the folder `crm-success-walk`, with a made-up company's customers
and a year of scores, starts a web server, a socket server and a worker for it, and ends all of them. Any error in the
browser's console, any failed request and whatever `Window.look` objects to fails the walk.

    python -m tools.walk [KEY ...]     e.g. sales manager (see walkers.py); without any: everybody, and the pictures
"""

import importlib.util
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tools.bench.folder import PREPARE_MINUTES, SITE, NoBench, TestBench, carry_out, find_bench
from tools.bench.services import running_redis
from tools.walk.desk import Desk, free_ports, running_desk

FOLDER = "crm-success-walk"
NEEDS = """It needs a bench of Frappe 15 or 16 with ERPNext, built (bench build), Chromium, Node.js and the library playwright.
  Name the bench: FRAPPE_BENCH=/path/to/bench make walk. With none named, ~/frappe-bench is tried."""


def main(people: list[str]) -> int:
	"""Exit code 0: nothing to complain about, or nothing to walk with; 1: complaints; 2: cannot walk."""
	return carry_out(
		"walk", lambda: walk_on(TestBench(find_bench(), FOLDER, "walk"), people, find_chromium()), NEEDS
	)


def find_chromium() -> str:
	"""The path of Chromium. Raises NoBench where it, or something else that the walk stands on, is missing."""
	for library in ("playwright", "PIL"):
		if not importlib.util.find_spec(library):
			raise NoBench(f"the Python library {library} is missing (pip install -e '.[walk]').")
	if not shutil.which("node"):
		raise NoBench("Node.js is missing, which runs the bench's socket server.")
	for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
		if path := shutil.which(name):
			return path
	raise NoBench("Chromium is not installed (Debian and Ubuntu: apt install chromium).")


def walk_on(bench: TestBench, people: list[str], chromium: str) -> int:
	if not (bench.bench / "sites/assets/assets.json").exists():
		raise NoBench(f"the desk of {bench.bench} is not built (bench build).")
	# only now: both need the library
	from tools.walk.everybody import walk_everybody
	from tools.walk.screenshots import take_pictures

	password = secrets.token_urlsafe(12)
	with running_site(bench, password) as desk:
		problems = walk_everybody(desk, password, chromium, people)
		if not people:
			problems += take_pictures(desk, password, chromium)
	return report(problems)


@contextmanager
def running_site(bench: TestBench, password: str) -> Iterator[Desk]:
	"""Yield the walk's desk, with its data in it; all that is started ends with the block."""
	with bench.only_run():
		bench.database.start()
		bench.install_requirements()
		ports = free_ports()
		with running_redis(bench.settings) as redis:
			bench.write({**redis, **ports, "default_site": SITE})
			bench.borrow_baseline(TestBench(bench.bench))
			bench.prepare_site()
			bench.step("making customers, documents and a year of scores")
			bench.python("tools.walk.site_data", SITE, password, minutes=PREPARE_MINUTES)
			with running_desk(bench, ports) as desk:
				yield desk


def report(problems: list[str]) -> int:
	for problem in problems:
		print(f"walk: {problem}")
	print(f"walk: {len(problems) or 'no'} problems")
	return 1 if problems else 0


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
