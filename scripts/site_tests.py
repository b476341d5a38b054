"""Runs the site tests of this checkout on an existing bench, and leaves the bench as it is.

A folder of its own inside the bench, `crm-success-tests`, holds sites, logs and a database dump. The app is imported
from this checkout, whatever stands in the bench's apps folder. Every run starts from the dump of a site with ERPNext
and installs the app again, so an interrupted run leaves nothing that the next one would see. Builds no bench.

    python scripts/site_tests.py [MODULE ...]     e.g. crm_success.tests.test_permissions
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from importlib.metadata import requires
from pathlib import Path

from site_services import Database, SiteTestError, running_redis

CHECKOUT = Path(__file__).resolve().parent.parent
SITE = "crm-success-test.localhost"
ADMIN_PASSWORD = "admin"
APPS = ("frappe", "erpnext", "crm_success")
SUITE_MINUTES = float(os.environ.get("SITE_TEST_MINUTES", "40"))
PREPARE_MINUTES = 20
SKIPPED = """site tests: skipped, {reason}
  They need a Frappe 15 bench with ERPNext and its Python environment; MariaDB and Redis are started if installed.
  Name it: FRAPPE_BENCH=/path/to/bench make test. With none named, ~/frappe-bench is tried."""


def main(modules: list[str]) -> int:
	"""Run the suite, or only `modules`. Exit code 0: all passed, or no bench; 1: failures; 2: cannot run."""
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	try:
		bench = find_bench()
		if not bench:
			return 0
		return run_on(TestBench(bench), modules)
	except SiteTestError as error:
		print(f"site tests: cannot run. {error}", file=sys.stderr)
		return 2
	except KeyboardInterrupt:
		return 130


def find_bench() -> Path | None:
	"""The bench to use; None, with a word on why, where there is none."""
	named = os.environ.get("FRAPPE_BENCH")
	if named == "":
		print(SKIPPED.format(reason="FRAPPE_BENCH is set to nothing."))
		return None
	bench = Path(named or "~/frappe-bench").expanduser().resolve()
	if not named and not bench.exists():
		print(SKIPPED.format(reason=f"there is no bench at {bench}."))
		return None
	for part in ("apps/frappe", "apps/erpnext", "env/bin/python", "sites/common_site_config.json"):
		if not (bench / part).exists():
			raise SiteTestError(
				f"{bench} is no bench with ERPNext: {part} is missing. FRAPPE_BENCH= skips these tests."
			)
	return bench


def run_on(bench: "TestBench", modules: list[str]) -> int:
	bench.root.mkdir(exist_ok=True)
	with only_run(bench.root / "lock"):
		bench.database.start()
		bench.install_requirements()
		with running_redis(bench.settings) as redis:
			bench.write(redis)
			bench.prepare_site()
			step("running the tests")
			return bench.python(
				"site_suite.py", SITE, str(CHECKOUT), *modules, minutes=SUITE_MINUTES, check=False
			)


@contextmanager
def only_run(path: Path):
	"""Hold the folder for this run; a second run waits."""
	with path.open("w") as lock:
		try:
			fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			step("another run uses the test site, waiting for it")
			fcntl.flock(lock, fcntl.LOCK_EX)
		yield


def step(text: str) -> None:
	print(f"site tests: {text}", flush=True)


class TestBench:
	"""The folder beside the developer's sites in which the test site lives."""

	def __init__(self, bench: Path):
		self.bench = bench
		self.root = bench / "crm-success-tests"
		self.sites = self.root / "sites"
		self.dump = self.root / "baseline.sql"
		self.settings = json.loads((bench / "sites/common_site_config.json").read_text())
		name = "crm_test_" + hashlib.sha1(str(self.root).encode()).hexdigest()[:12]
		self.database = Database(self.settings, name, self.root)

	def write(self, redis: dict[str, str]) -> None:
		"""Write the folder's settings and links; all of it is derived, so it is written anew for every run."""
		for folder in ("sites/assets", "logs", "config", "apps"):
			(self.root / folder).mkdir(parents=True, exist_ok=True)
		(self.sites / "apps.txt").write_text("\n".join(APPS))
		own = {"allow_tests": 1, "bench_id": "crm-success-tests", "mute_emails": 1, "pause_scheduler": 1}
		server = {key: value for key, value in self.settings.items() if key.startswith("db_")}
		(self.sites / "common_site_config.json").write_text(json.dumps(server | own | redis, indent=1))
		for asset in (self.bench / "sites/assets").glob("*"):
			link(self.sites / "assets" / asset.name, asset)
		link(self.sites / "assets/crm_success", CHECKOUT / "crm_success/public")
		for app in APPS:
			link(self.root / "apps" / app, CHECKOUT if app == "crm_success" else self.bench / "apps" / app)

	def install_requirements(self) -> None:
		"""Bring this project's requirements into the bench's environment; what is there already stays as it is."""
		wanted = [line for line in requires("crm_success") or [] if "extra ==" not in line]
		pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
		self.run([self.bench / "env/bin/python", *pip], cwd=self.root, minutes=PREPARE_MINUTES)

	def prepare_site(self) -> None:
		"""Bring the site to its beginning: ERPNext set up, and this app freshly installed."""
		if self.baseline_is_current():
			step(f"restoring {SITE}")
			self.database.restore(self.dump)
			for folder in ("locks", "private/files", "public/files"):
				shutil.rmtree(self.sites / SITE / folder, ignore_errors=True)
				(self.sites / SITE / folder).mkdir(parents=True)
		else:
			self.make_baseline()
		step("installing crm_success")
		self.frappe("--site", SITE, "install-app", "crm_success")

	def baseline_is_current(self) -> bool:
		state = self.root / "baseline.json"
		made_for = json.loads(state.read_text()) if state.exists() and self.dump.exists() else None
		return made_for == self.baseline_state() and self.database.reachable()

	def baseline_state(self) -> dict[str, str]:
		"""What the baseline depends on; a change of any of it makes a new one."""
		sources = {app: self.bench / "apps" / app / app / "__init__.py" for app in ("frappe", "erpnext")}
		sources["setup"] = CHECKOUT / "scripts/site_setup.py"
		digests = {name: hashlib.sha1(path.read_bytes()).hexdigest() for name, path in sources.items()}
		return {**digests, "fiscal_year": str(date.today().year), "database": self.database.name}

	def make_baseline(self) -> None:
		step(f"making {SITE} with ERPNext, once for this bench; this takes some minutes")
		(self.root / "baseline.json").unlink(missing_ok=True)
		shutil.rmtree(self.sites / SITE, ignore_errors=True)
		password = self.database.create()
		account = ["--no-setup-db", "--db-name", self.database.name, "--db-password", password]
		self.frappe(
			"new-site", SITE, *account, "--admin-password", ADMIN_PASSWORD, "--install-app", "erpnext"
		)
		self.python("site_setup.py", SITE, minutes=PREPARE_MINUTES)
		self.database.dump(self.dump)
		(self.root / "baseline.json").write_text(json.dumps(self.baseline_state()))

	def frappe(self, *arguments: str) -> None:
		"""Run a bench command; its output is shown only if it fails."""
		command = [self.bench / "env/bin/python", "-m", "frappe.utils.bench_helper", "frappe", *arguments]
		self.run(command, cwd=self.sites, minutes=PREPARE_MINUTES, log=self.root / "logs/prepare.log")

	def python(self, script: str, *arguments: str, minutes: float, check: bool = True) -> int:
		command = [self.bench / "env/bin/python", CHECKOUT / "scripts" / script, *arguments]
		return self.run(command, cwd=self.sites, minutes=minutes, check=check)

	def run(
		self, command: list, cwd: Path, minutes: float, log: Path | None = None, check: bool = True
	) -> int:
		"""Run `command` with the app from this checkout. Ends all its processes after `minutes` or on interruption."""
		environment = {key: value for key, value in os.environ.items() if not key.startswith("FRAPPE_")}
		environment |= {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"}
		output = log.open("w") if log else None
		process = subprocess.Popen(
			command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output and subprocess.STDOUT,
			start_new_session=True,
		)  # fmt: skip
		try:
			code = process.wait(timeout=minutes * 60)
		except subprocess.TimeoutExpired:
			raise SiteTestError(f"{short(command)} took longer than {minutes:g} minutes.") from None
		finally:
			end_group(process)
		if code and check:
			print(log.read_text()[-6000:] if log else "", file=sys.stderr)
			raise SiteTestError(f"{short(command)} failed with exit code {code}.")
		return code


def end_group(process: subprocess.Popen) -> None:
	"""End what `process` left behind, such as workers that a failed test started."""
	try:
		os.killpg(process.pid, signal.SIGKILL)
	except ProcessLookupError:
		return
	process.wait()


def short(command: list) -> str:
	return " ".join(Path(part).name for part in map(str, command[:6]))


def link(path: Path, target: Path) -> None:
	if path.is_symlink():
		path.unlink()
	path.symlink_to(target)


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
