"""What is installed is complete: a wheel holds every file that Frappe and the report read, and says what it needs."""

import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import crm_success

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "crm_success"
SAMPLES = (
	"crm_success/doctype/sample/sample.json",
	"public/js/sample.js",
	"templates/sample.html",
	"translations/sample.csv",
)
READ_AT_RUN_TIME = {".csv", ".css", ".html", ".jinja", ".js", ".json", ".md", ".svg", ".txt"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
	"""A wheel built from a copy of the sources, so that nothing is left in the checkout."""
	folder = tmp_path_factory.mktemp("wheel")
	copy_sources(folder / "source")
	for sample in SAMPLES:
		path = folder / "source/crm_success" / sample
		path.parent.mkdir(parents=True, exist_ok=True)
		path.touch()
	command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
	subprocess.run([*command, "--wheel-dir", str(folder), str(folder / "source")], check=True)
	(path,) = folder.glob("*.whl")
	return zipfile.ZipFile(path)


def copy_sources(target: Path) -> None:
	"""Packages that are not to be installed are among them."""
	for path in [*ROOT.glob("*.*"), *APP.rglob("*"), *(ROOT / "tools").rglob("*.py")]:
		if path.is_file():
			copy = target / path.relative_to(ROOT)
			copy.parent.mkdir(parents=True, exist_ok=True)
			copy.write_bytes(path.read_bytes())


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
	(name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
	return Parser().parsestr(wheel.read(name).decode())


def test_wheel_holds_every_file_of_the_app(wheel: zipfile.ZipFile):
	files = {
		str(path.relative_to(ROOT))
		for path in APP.rglob("*")
		if path.suffix in READ_AT_RUN_TIME | {".py"} and path.name != ".gitkeep"
	}
	assert files - set(wheel.namelist()) == set()


def test_wheel_holds_files_of_folders_that_are_no_packages(wheel: zipfile.ZipFile):
	assert {f"crm_success/{sample}" for sample in SAMPLES} <= set(wheel.namelist())


def test_wheel_holds_the_templates_of_the_report(wheel: zipfile.ZipFile):
	folder = "crm_success/standalone/report/templates"
	assert {f"{folder}/report.html.jinja", f"{folder}/page.css"} <= set(wheel.namelist())


def test_wheel_holds_nothing_but_the_app(wheel: zipfile.ZipFile):
	assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"crm_success"}
	assert not [name for name in wheel.namelist() if "__pycache__" in name or name.endswith("ruff.toml")]


def test_every_folder_with_python_files_is_a_package():
	folders = {path.parent for path in APP.rglob("*.py")}
	assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_metadata_names_version_licence_and_python(metadata: Message):
	assert metadata["Version"] == crm_success.__version__
	assert metadata["License-Expression"] == "GPL-3.0-only"
	assert metadata["Requires-Python"] == ">=3.10"


def test_wheel_holds_the_licence(wheel: zipfile.ZipFile):
	(name,) = (name for name in wheel.namelist() if name.endswith("license.txt"))
	assert b"GNU GENERAL PUBLIC LICENSE" in wheel.read(name)


def test_requirements_are_bounded_and_leave_frappe_to_the_bench(metadata: Message):
	wanted = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
	assert {line.lower().replace("<", ">").split(">")[0] for line in wanted} == {
		"click",
		"jinja2",
		"numpy",
		"pandas",
		"pypika",
	}
	assert all("<" in line for line in wanted)


def test_console_script_is_declared(wheel: zipfile.ZipFile):
	(name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
	assert "crm-success = crm_success.standalone.cli:main" in wheel.read(name).decode()


def test_bench_is_told_which_versions_fit():
	text = (ROOT / "pyproject.toml").read_text()
	section = text.split("[tool.bench.frappe-dependencies]")[1].split("\n[")[0].split("\n")
	assert [line for line in section if line] == [
		'frappe = ">=15.0.0,<17.0.0"',
		'erpnext = ">=15.0.0,<17.0.0"',
	]
