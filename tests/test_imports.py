"""What a file imports of the app and of `tools` is there, and what is started by name: much of it runs on a bench only."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from test_layers import APP, ROOT, imported_names, name_of, tree_of

PACKAGES = (APP.name, "tools")
ROOMS = (*PACKAGES, "tests")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_is_imported_of_ours_is_there(path: Path):
	names = imported_names(path, ast.walk(tree_of(path)))
	missing = [name for name in names if name.split(".")[0] in PACKAGES and not is_there(name)]
	assert missing == []


def test_what_is_started_by_name_can_be_started():
	names = {*names_started_by_tools(), *re.findall(r"-m (tools[\w.]*)", (ROOT / "Makefile").read_text())}
	assert {"tools.bench.suite", "tools.soak", "tools.soak.worker"} <= names
	assert [name for name in sorted(names) if not can_be_started(name)] == []


def test_what_is_not_there_is_found():
	assert is_there("crm_success.scoring.engine.health.bands")
	assert not is_there("crm_success.scoring.engine.health.stripes")
	assert not is_there("crm_success.scoring.engine.wealth")
	assert not can_be_started("tools.bench")
	assert not can_be_started("tools.bench.folder")


def names_started_by_tools() -> Iterator[str]:
	"""Texts that are a module's dotted name and nothing else."""
	for path in (ROOT / "tools").rglob("*.py"):
		texts = (node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant))
		yield from (text for text in texts if re.fullmatch(r"tools(\.\w+)+", str(text)))


def can_be_started(dotted: str) -> bool:
	"""Whether `python -m` would run something: a module with a main part, or a package with `__main__`."""
	path = module_at(f"{dotted}.__main__") or module_at(dotted)
	return bool(path) and 'if __name__ == "__main__":' in path.read_text()


def is_there(dotted: str) -> bool:
	if module_at(dotted):
		return True
	module, _, name = dotted.rpartition(".")
	path = module_at(module)
	return bool(path) and name in names_of(path)


def module_at(dotted: str) -> Path | None:
	path = ROOT.joinpath(*dotted.split("."))
	found = (path / "__init__.py", path.with_suffix(".py"))
	return next((file for file in found if file.exists()), None)


@cache
def names_of(path: Path) -> set[str]:
	return set(names_bound_by(tree_of(path).body))


def names_bound_by(statements: list[ast.stmt]) -> Iterator[str]:
	"""At the top of a module, blocks of `if` and `try` included."""
	for statement in statements:
		if isinstance(statement, ast.FunctionDef | ast.ClassDef):
			yield statement.name
		elif isinstance(statement, ast.Import | ast.ImportFrom):
			yield from ((alias.asname or alias.name) for alias in statement.names)
		else:
			stored = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
			yield from (node.id for node in stored if isinstance(node.ctx, ast.Store))
