"""A folder of its own inside an existing bench, with a site that starts from a baseline dump. Builds no bench.

The app is imported from this checkout, whatever stands in the bench's apps folder. Every run starts from the dump of a
site with ERPNext and installs the app again, so an interrupted run leaves nothing that the next one would see.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from importlib.metadata import requires
from pathlib import Path

from tools.bench.packages import Packages
from tools.bench.services import Database, SiteTestError

CHECKOUT = Path(__file__).resolve().parents[2]
SITE = "crm-success-test.localhost"
ADMIN_PASSWORD = "admin"
APPS = ("frappe", "erpnext", "crm_success")
PREPARE_MINUTES = 20


class NoBench(Exception):
	"""There is no bench to use, which is no failure; the text says why."""


def find_bench() -> Path:
	"""The bench to use. Raises NoBench where none is wanted, or none is there."""
	named = os.environ.get("FRAPPE_BENCH")
	if named == "":
		raise NoBench("FRAPPE_BENCH is set to nothing.")
	bench = Path(named or "~/frappe-bench").expanduser().resolve()
	if not named and not bench.exists():
		raise NoBench(f"there is no bench at {bench}.")
	for part in ("apps/frappe", "apps/erpnext", "env/bin/python", "sites/common_site_config.json"):
		if not (bench / part).exists():
			raise SiteTestError(
				f"{bench} is no bench with ERPNext: {part} is missing. FRAPPE_BENCH= skips these tests."
			)
	return bench


def carry_out(purpose: str, work: Callable[[], int], needs: str) -> int:
	"""The exit code of `work`; 0 where there is no bench, with a word on why and on `needs`; 2 where it cannot be done."""
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	try:
		return work()
	except NoBench as reason:
		print(f"{purpose}: skipped, {reason}\n  {needs}")
		return 0
	except SiteTestError as error:
		print(f"{purpose}: cannot run. {error}", file=sys.stderr)
		return 2
	except KeyboardInterrupt:
		return 130


class TestBench:
	"""A folder beside the developer's sites, with a site of its own, `SITE`, in it."""

	def __init__(self, bench: Path, folder: str = "crm-success-tests", purpose: str = "site tests"):
		self.bench = bench
		self.purpose = purpose
		self.root = bench / folder
		self.sites = self.root / "sites"
		self.dump = self.root / "baseline.sql"
		self.test_packages = self.root / "test-packages"
		self.settings = json.loads((bench / "sites/common_site_config.json").read_text())
		name = "crm_test_" + hashlib.sha1(str(self.root).encode()).hexdigest()[:12]
		self.database = Database(self.settings, name, self.root)
		self.processes: list[subprocess.Popen] = []
		self.is_ended = False

	def write(self, settings: dict) -> None:
		"""Write the folder's settings and links; all of it is derived, so it is written anew for every run.

		`settings` are those of this run, such as the addresses of its Redis.
		"""
		for folder in ("sites/assets", "logs", "config", "apps"):
			(self.root / folder).mkdir(parents=True, exist_ok=True)
		(self.sites / "apps.txt").write_text("\n".join(APPS))
		own = {"allow_tests": 1, "bench_id": self.root.name, "mute_emails": 1, "pause_scheduler": 1}
		server = {key: value for key, value in self.settings.items() if key.startswith("db_")}
		(self.sites / "common_site_config.json").write_text(json.dumps(server | own | settings, indent=1))
		for asset in (self.bench / "sites/assets").glob("*"):
			link(self.sites / "assets" / asset.name, asset)
		link(self.sites / "assets/crm_success", CHECKOUT / "crm_success/public")
		for app in APPS:
			link(self.root / "apps" / app, CHECKOUT if app == "crm_success" else self.bench / "apps" / app)

	def install_requirements(self) -> None:
		"""Bring this project's requirements into the bench's environment, and what its tests need beside it."""
		declared = requires("crm_success") or []
		packages = Packages(self.bench / "env/bin/python")
		packages.install([line for line in declared if "extra ==" not in line], self.root / "trial-packages")
		for_tests = [line.split(";")[0] for line in declared if 'extra == "site-tests"' in line]
		packages.complete(self.test_packages, for_tests)

	def prepare_site(self) -> None:
		"""Bring the site to its beginning: ERPNext set up, and this app freshly installed."""
		if not self.make_baseline_if_needed():
			self.step(f"restoring {SITE}")
			self.database.restore(self.dump)
			for folder in ("locks", "private/files", "public/files"):
				shutil.rmtree(self.sites / SITE / folder, ignore_errors=True)
				(self.sites / SITE / folder).mkdir(parents=True)
		self.step("installing crm_success")
		self.frappe("--site", SITE, "install-app", "crm_success")

	def make_baseline_if_needed(self) -> bool:
		"""Whether it was made, which leaves the site as the baseline has it."""
		if self.baseline_is_current():
			return False
		self.make_baseline()
		return True

	def baseline_is_current(self) -> bool:
		state = self.root / "baseline.json"
		made_for = json.loads(state.read_text()) if state.exists() and self.dump.exists() else None
		return made_for == self.baseline_state() and self.database.reachable()

	def baseline_state(self) -> dict[str, str]:
		"""What the baseline depends on; a change of any of it makes a new one."""
		sources = {app: self.bench / "apps" / app / app / "__init__.py" for app in ("frappe", "erpnext")}
		sources["setup"] = CHECKOUT / "tools/bench/setup_wizard.py"
		digests = {name: hashlib.sha1(path.read_bytes()).hexdigest() for name, path in sources.items()}
		return {**digests, "fiscal_year": str(date.today().year), "database": self.database.name}

	def make_baseline(self) -> None:
		self.step(f"making {SITE} with ERPNext, once for this bench; this takes some minutes")
		(self.root / "baseline.json").unlink(missing_ok=True)
		shutil.rmtree(self.sites / SITE, ignore_errors=True)
		password = self.database.create()
		account = ["--no-setup-db", "--db-name", self.database.name, "--db-password", password]
		self.frappe(
			"new-site", SITE, *account, "--admin-password", ADMIN_PASSWORD, "--install-app", "erpnext"
		)
		self.python("tools.bench.setup_wizard", SITE, minutes=PREPARE_MINUTES)
		self.database.dump(self.dump)
		(self.root / "baseline.json").write_text(json.dumps(self.baseline_state()))

	def borrow_baseline(self, lender: "TestBench") -> None:
		"""Take over the baseline of another folder, where that is current and this one's is not."""
		if self.baseline_is_current() or not lender.baseline_is_current():
			return
		self.step(f"taking over the baseline of {lender.root.name}")
		shutil.copyfile(lender.dump, self.dump)
		password = self.database.create()
		# Frappe 16 writes the user down, too
		own = {"db_name": self.database.name, "db_user": self.database.name, "db_password": password}
		config = json.loads((lender.sites / SITE / "site_config.json").read_text())
		(self.sites / SITE / "logs").mkdir(parents=True, exist_ok=True)
		(self.sites / SITE / "site_config.json").write_text(json.dumps(config | own, indent=1))
		(self.root / "baseline.json").write_text(json.dumps(self.baseline_state()))

	def frappe(self, *arguments: str) -> None:
		"""Run a bench command; its output is shown only if it fails."""
		command = [self.bench / "env/bin/python", "-m", "frappe.utils.bench_helper", "frappe", *arguments]
		self.run(command, cwd=self.sites, minutes=PREPARE_MINUTES, log=self.root / "logs/prepare.log")

	def python(self, module: str, *arguments: str, minutes: float, check: bool = True) -> int:
		"""Run a module of this checkout in the bench's environment, from the sites folder."""
		command = [self.bench / "env/bin/python", "-m", module, *arguments]
		return self.run(command, cwd=self.sites, minutes=minutes, check=check)

	def run(
		self, command: list, cwd: Path, minutes: float, log: Path | None = None, check: bool = True
	) -> int:
		"""Run `command` with the app from this checkout. Ends all its processes after `minutes` or on interruption."""
		output = log.open("w") if log else None
		process = subprocess.Popen(
			command, cwd=cwd, env=self.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output and subprocess.STDOUT,
			start_new_session=True,
		)  # fmt: skip
		self.processes.append(process)
		try:
			code = process.wait(timeout=0 if self.is_ended else minutes * 60)
		except subprocess.TimeoutExpired:
			raise SiteTestError(f"{short(command)} took longer than {minutes:.0f} minutes.") from None
		finally:
			end_group(process)
			self.processes.remove(process)
		if code and check:
			print(log.read_text()[-6000:] if log else "", file=sys.stderr)
			raise SiteTestError(f"{short(command)} failed with exit code {code}.")
		return code

	def end_processes(self) -> None:
		"""End what other threads run here, and let them start nothing more."""
		self.is_ended = True
		for process in list(self.processes):
			end_group(process)

	def environment(self, **values: str) -> dict[str, str]:
		"""The environment in which the app and `tools` come from this checkout; nothing in it points to another bench."""
		inherited = {key: value for key, value in os.environ.items() if not key.startswith("FRAPPE_")}
		return {**inherited, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", **values}

	def step(self, text: str) -> None:
		print(f"{self.purpose}: {text}", flush=True)

	@contextmanager
	def only_run(self):
		"""Hold the folder for this run; a second run waits."""
		self.root.mkdir(exist_ok=True)
		with (self.root / "lock").open("w") as lock:
			try:
				fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
			except BlockingIOError:
				self.step("another run uses the site, waiting for it")
				fcntl.flock(lock, fcntl.LOCK_EX)
			yield


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
