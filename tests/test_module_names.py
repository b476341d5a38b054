"""A module's name says what it does, so no two modules have the same one. Reads names only."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Frappe looks for a record's module in a folder of the same name
RECORDS = [ROOT / "crm_success" / module for module in ("crm_success", "customer_loyalty")]
NAMED_BY_PYTHON = {"__init__", "__main__", "conftest"}


def modules() -> Iterator[Path]:
	"""The modules of the repository whose names are ours to choose."""
	for folder in sorted(ROOT.iterdir()):
		if folder.is_dir() and not folder.name.startswith(".") and folder.name not in {"build", "dist"}:
			yield from (path for path in sorted(folder.rglob("*.py")) if is_ours_to_name(path))


def is_ours_to_name(path: Path) -> bool:
	of_a_record = any(map(path.is_relative_to, RECORDS)) and path.stem == path.parent.name
	return not of_a_record and path.stem not in NAMED_BY_PYTHON


def test_no_two_modules_have_the_same_name():
	by_name = defaultdict(list)
	for path in modules():
		by_name[path.name].append(str(path.relative_to(ROOT)))
	assert {name: paths for name, paths in by_name.items() if len(paths) > 1} == {}


def test_there_are_modules_and_records_among_them():
	names = {path.name for path in modules()}
	assert {"hooks.py", "measure_table.py", "test_module_names.py"} <= names
	assert not is_ours_to_name(RECORDS[0] / "report/customer_health/customer_health.py")
