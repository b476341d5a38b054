"""This project's requirements beside the pins of Frappe and ERPNext, as pip itself resolves them. Installs nothing.

On a bench pip takes the newest release of what is not there yet, whatever those who are there need: a bound that is too
wide moves their packages. So pip is asked first what it takes, then whether that and all pins hold together.
"""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from frappe_pins import PINS, Pins
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from small_wheels import write_wheel

import crm_success

ROOT = Path(__file__).resolve().parent.parent
BENCH = Path(os.environ.get("FRAPPE_BENCH", "~/frappe-bench") or "/nowhere").expanduser()
EVERY = [pytest.param(pins, python, id=f"{pins.frappe}-{python}") for pins in PINS for python in pins.pythons]
RESOLVER_SECONDS = 300


def declared_requirements() -> list[Requirement]:
	"""From pyproject.toml itself, not from what was installed some time ago."""
	block = (ROOT / "pyproject.toml").read_text().split("\ndependencies = [\n")[1].split("\n]")[0]
	return [Requirement(line) for line in re.findall(r'^\s*"(.+)",$', block, flags=re.M)]


def requirements_on(python: str) -> list[Requirement]:
	"""pip evaluates the markers of what it is given for the Python it runs on, so that is done here."""
	wanted = []
	for requirement in declared_requirements():
		if not requirement.marker or requirement.marker.evaluate({"python_version": python}):
			requirement.marker = None
			wanted.append(requirement)
	return wanted


def name_of(requirement: str) -> str:
	return canonicalize_name(Requirement(requirement).name)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
	"""A folder with empty wheels of releases that have only their source, on some Pythons or on all.

	PyPika 0.48.9 stands for Frappe's fork too. MarkupSafe 2 has no wheels for Python 3.13.
	"""
	folder = tmp_path_factory.mktemp("wheels")
	write_wheel(folder, "PyPika", "0.48.9")
	write_wheel(folder, "MarkupSafe", "2.1.5")
	return folder


@pytest.fixture(scope="module")
def index() -> None:
	"""Skips where no package index answers."""
	answer = pip_resolves("--retries", "0", "--timeout", "20", "--no-deps", "click")
	if answer.returncode:
		pytest.skip("no package index answers, so pip cannot resolve anything (a network, or PIP_INDEX_URL)")


def pip_resolves(*arguments: str) -> subprocess.CompletedProcess:
	command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
	return subprocess.run(
		[*command, "--report", "-", *arguments], capture_output=True, text=True, timeout=RESOLVER_SECONDS
	)


def resolve(wanted: list[str], python: str, wheels: Path) -> dict[str, str]:
	"""The versions that pip takes. Fails with its words where the requirements do not hold together."""
	other_python = ["--python-version", python, "--only-binary=:all:", "--target", str(wheels / "nothing")]
	answer = pip_resolves("--find-links", str(wheels), *other_python, *wanted)
	assert answer.returncode == 0, f"pip on Python {python}: {answer.stderr.strip()[-2000:]}"
	taken = [item["metadata"] for item in json.loads(answer.stdout)["install"]]
	return {canonicalize_name(package["name"]): package["version"] for package in taken}


def versions_on_a_bench(pins: tuple[str, ...], python: str, wheels: Path) -> dict[str, str]:
	"""The versions of a bench with these pins after this project was installed on it."""
	pinned = set(map(name_of, pins))
	wanted = requirements_on(python)
	new = [str(requirement) for requirement in wanted if canonicalize_name(requirement.name) not in pinned]
	taken = resolve(new, python, wheels)
	newest = [f"{name}=={taken[name]}" for name in map(name_of, new)]
	return resolve([*pins, *map(str, wanted), *newest], python, wheels)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(("pins", "python"), EVERY)
def test_what_pip_takes_holds_together_with_all_pins(pins: Pins, python: str, wheels: Path):
	versions = versions_on_a_bench(pins.requirements, python, wheels)
	assert {"click", "jinja2", "numpy", "pandas", "pypika"} <= set(versions)
	for pin in map(Requirement, pins.requirements):
		assert pin.specifier.contains(versions[canonicalize_name(pin.name)], prereleases=True)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("python", ["3.10", "3.14"])
def test_without_a_bench_pip_finds_all_of_it(python: str, wheels: Path):
	versions = resolve([str(requirement) for requirement in requirements_on(python)], python, wheels)
	# below 0.49 PyPika does not import on Python 3.14
	assert versions["pypika"].startswith("0.48.") == (python == "3.10")


@pytest.fixture(scope="module")
def bench_pins() -> dict[str, str]:
	"""What the bench's Frappe and ERPNext pin, by name. A fork has the version that is installed."""
	if not (BENCH / "apps/erpnext/pyproject.toml").exists():
		pytest.skip("no bench is found to compare with (FRAPPE_BENCH)")
	installed = {canonicalize_name(package.name): package for package in bench_distributions()}
	pins = {}
	for app in ("frappe", "erpnext"):
		for requirement in map(Requirement, installed[app].requires or []):
			name = canonicalize_name(requirement.name)
			is_fork = requirement.url and name in installed
			pins[name] = f"{requirement.name}=={installed[name].version}" if is_fork else str(requirement)
	return pins


def bench_distributions() -> list:
	(folder,) = (BENCH / "env/lib").glob("python3*/site-packages")
	return list(distributions(path=[str(folder)]))


def bench_version() -> str:
	return next(package.version for package in bench_distributions() if package.name == "frappe")


def bench_table() -> Pins:
	return next(pins for pins in PINS if pins.frappe.split(".")[0] == bench_version().split(".")[0])


def test_the_table_says_what_the_bench_pins(bench_pins: dict[str, str]):
	table = bench_table()
	if table.frappe != bench_version():
		pytest.skip(f"the table is of Frappe {table.frappe}, the bench has {bench_version()}")
	in_table = {name_of(pin): Requirement(pin) for pin in table.requirements}
	assert {name: Requirement(bench_pins[name]) for name in in_table} == in_table


def test_the_table_names_every_pin_that_ours_meet(bench_pins: dict[str, str]):
	ours = {"click", "jinja2", "markupsafe", "numpy", "pandas", "pypika"}
	ours |= {"python-dateutil", "pytz", "six", "tzdata"}
	in_table = set(map(name_of, bench_table().requirements))
	assert ours & set(bench_pins) <= in_table


@pytest.mark.usefixtures("index")
def test_what_pip_takes_holds_together_with_the_pins_of_another_release(
	bench_pins: dict[str, str], wheels: Path
):
	table = bench_table()
	if table.frappe == bench_version():
		pytest.skip("the bench has the release of the table, which is tested already")
	names = map(name_of, table.requirements)
	pins = tuple(bench_pins[name] for name in names if name in bench_pins)
	for python in table.pythons:
		versions_on_a_bench(pins, python, wheels)


def test_every_requirement_is_bounded_on_both_sides():
	assert len(declared_requirements()) == 6
	for requirement in declared_requirements():
		operators = {specifier.operator for specifier in requirement.specifier}
		assert operators == {">=", "<"}, f"{requirement} of crm_success {crm_success.__version__}"
