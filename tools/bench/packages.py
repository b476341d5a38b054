"""The Python packages of a bench: what is missing for this project and its site tests, added without moving the rest.

The project's requirements go into the bench's environment, as `bench get-app` does it, but only if `pip check` says no
more with them than before. What the tests alone need goes into a folder beside it. Knows nothing of Frappe.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from tools.bench.services import SiteTestError

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
ABSENT = """
import sys
from importlib.metadata import PackageNotFoundError, version

sys.path.append(sys.argv[1])
for name in sys.argv[2:]:
	try:
		version(name)
	except PackageNotFoundError:
		print(name)
"""


class Packages:
	"""What the interpreter of a bench finds installed."""

	def __init__(self, python: Path):
		self.python = python

	def install(self, wanted: list[str], trial: Path) -> None:
		"""Install `wanted`. Raises SiteTestError, with nothing changed, where that breaks what others require.

		`trial` is a folder for looking first: what stands in it hides what is installed.
		"""
		missing = self.missing(wanted)
		if not missing:
			return
		before = self.complaints()
		self.install_beside(missing, trial)
		worse = self.complaints(trial) - before
		shutil.rmtree(trial)
		if worse:
			raise SiteTestError(
				f"Installing {', '.join(missing)} would break the bench's environment, so it was left as it is: "
				f"{' '.join(sorted(worse))} Bounds in pyproject.toml should keep that out."
			)
		self.pip("install", "--quiet", *wanted)

	def missing(self, wanted: list[str]) -> list[str]:
		"""What pip would install for `wanted`, as NAME==VERSION; empty if all of it is there and fits."""
		report = json.loads(self.pip("install", "--quiet", "--dry-run", "--report", "-", *wanted).stdout)
		packages = [item["metadata"] for item in report["install"]]
		return [f"{package['name']}=={package['version']}" for package in packages]

	def complaints(self, *first: Path) -> set[str]:
		"""The lines of `pip check`, with the folders `first` before what is installed."""
		result = self.execute([*PIP, "check"], PYTHONPATH=os.pathsep.join(map(str, first)))
		return set(result.stdout.splitlines()) if result.returncode else set()

	def complete(self, folder: Path, wanted: list[str]) -> None:
		"""Bring into `folder` what of `wanted` is neither there nor installed. It is meant for the end of the path."""
		absent = self.execute(["-c", ABSENT, str(folder), *map(name_of, wanted)]).stdout
		if absent:
			self.install_beside(self.missing(wanted), folder)

	def install_beside(self, packages: list[str], folder: Path) -> None:
		shutil.rmtree(folder, ignore_errors=True)
		self.pip("install", "--quiet", "--no-deps", "--target", str(folder), *packages)

	def pip(self, *arguments: str) -> subprocess.CompletedProcess:
		result = self.execute([*PIP, *arguments])
		if result.returncode:
			raise SiteTestError(
				f"pip {arguments[0]} failed in {self.python}: {result.stderr.strip()[-1000:]}"
			)
		return result

	def execute(self, arguments: list[str], **environment: str) -> subprocess.CompletedProcess:
		own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
		command = [str(self.python), *arguments]
		return subprocess.run(
			command, cwd="/", env=own | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
		)


def name_of(requirement: str) -> str:
	return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
