"""The rooms of the app keep to their layers. Reads the source as text; runs nothing of it."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "crm_success"
ALLOWED = {
	"scoring/engine": {"crm_success.scoring.engine"},
	"scoring/queries": {
		"crm_success.database.dialects",
		"crm_success.scoring.engine",
		"crm_success.scoring.queries",
	},
	"scoring/shared": {
		"crm_success.database.port",
		"crm_success.database.dialects",
		"crm_success.scoring.engine",
		"crm_success.scoring.queries",
		"crm_success.scoring.shared",
	},
	"audiences/audience_names.py": set(),
	"audiences/audience_rules.py": {"crm_success.scoring.engine"},
	"audiences/audience_facts.py": {
		"crm_success.audiences.audience_rules",
		"crm_success.database.dialects",
		"crm_success.record_names",
		"crm_success.scoring.engine",
		"crm_success.scoring.queries",
	},
	"customer_loyalty/earning/earning_rules.py": {
		"crm_success.customer_loyalty.earning.earning_values",
		"crm_success.customer_loyalty.points.point_rules",
	},
	"customer_loyalty/earning/earning_values.py": set(),
	"customer_loyalty/points/point_rules.py": {"crm_success.customer_loyalty.points.point_values"},
	"customer_loyalty/points/point_values.py": set(),
	"customer_loyalty/referrals/referral_values.py": set(),
	"customer_loyalty/points/event_keys.py": set(),
	"customer_loyalty/switching/native_rules.py": {"crm_success.customer_loyalty.switching.native_values"},
	"customer_loyalty/switching/native_values.py": set(),
	"customer_loyalty/tiers/tier_periods.py": set(),
	"customer_loyalty/tiers/tier_values.py": {"crm_success.customer_loyalty.tiers.tier_periods"},
	"customer_loyalty/tiers/rules.py": {
		"crm_success.customer_loyalty.tiers.tier_periods",
		"crm_success.customer_loyalty.tiers.tier_values",
	},
	"record_names.py": set(),
	"database/dialects.py": set(),
	"database/port.py": {"crm_success.database.dialects"},
}
# what else these rooms may import besides Python's own
LIBRARIES = {"numpy", "pandas", "pypika"}
HEAVY = {"numpy", "pandas"}
# what carries a statement out for the rest of the app
OUR_WAYS = {"change_table", "reading.run"}
LOADED_BY_WEB_WORKERS = (
	"hooks.py",
	"permissions.py",
	"visibility.py",
	"record_names.py",
	"install.py",
	"uninstall.py",
	"commands.py",
	"commands/**/*.py",
	"scoring/api/**/*.py",
	"scoring/engine/expressions.py",
	"scoring/reads.py",
	"audiences/**/*.py",
	"customer_loyalty/**/*.py",
	"batches/**/*.py",
	"record_checks/**/*.py",
	"doc_events/**/*.py",
	"watching/**/*.py",
	"www/**/*.py",
	"crm_success/**/*.py",
)


def sources(*patterns: str) -> list[Path]:
	"""Source files of the app that match, site tests left out."""
	found = {path for pattern in patterns for path in APP.glob(pattern)}
	return sorted(path for path in found if not is_test(path))


def files_in(room: str) -> list[Path]:
	"""Those of a folder, or the one file."""
	return sources(room if room.endswith(".py") else f"{room}/**/*.py")


def is_test(path: Path) -> bool:
	return path.name.startswith("test_") or "tests" in path.relative_to(APP).parts


def name_of(path: Path) -> str:
	return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
	return ast.parse(path.read_text(), filename=str(path))


def imported_names(path: Path, nodes: Iterator[ast.AST], root: Path = ROOT) -> Iterator[str]:
	"""Dotted names that the import statements among `nodes` bring in, relative ones resolved."""
	package = list(path.relative_to(root).with_suffix("").parts[:-1])
	for node in nodes:
		if isinstance(node, ast.Import):
			yield from (alias.name for alias in node.names)
		elif isinstance(node, ast.ImportFrom):
			base = package[: len(package) - node.level + 1] if node.level else []
			module = ".".join([*base, *([node.module] if node.module else [])])
			yield from (f"{module}.{alias.name}" for alias in node.names)


def nodes_run_on_import(node: ast.AST) -> Iterator[ast.AST]:
	"""Nodes outside of function bodies and of `if TYPE_CHECKING`."""
	for child in ast.iter_child_nodes(node):
		if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
			continue
		if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
			continue
		yield child
		yield from nodes_run_on_import(child)


def files_of(name: str) -> list[Path]:
	"""The files of the app that importing `name` runs: each package on the way, then the module."""
	files, place = [], ROOT
	for part in name.split("."):
		place = place / part
		for candidate in (place / "__init__.py", place.with_suffix(".py")):
			if candidate.is_file():
				files.append(candidate)
	return files


def way_to_heavy_module(start: Path) -> list[str]:
	"""Names of the files from `start` to a top-level import of numpy or pandas; empty if there is none."""
	waiting, seen = [[path] for path in [*files_of(module_name(start)), start]], set()
	while waiting:
		way = waiting.pop()
		if way[-1] in seen:
			continue
		seen.add(way[-1])
		for name in imported_names(way[-1], nodes_run_on_import(tree_of(way[-1]))):
			if name.split(".")[0] in HEAVY:
				return [*map(name_of, way), name]
			waiting += [[*way, path] for path in files_of(name)]
	return []


def module_name(path: Path) -> str:
	return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_pure_rooms_import_nothing_of_the_framework_or_of_other_rooms():
	wrong = []
	for room, allowed in ALLOWED.items():
		for path in files_in(room):
			for name in imported_names(path, ast.walk(tree_of(path))):
				own = any(f"{name}.".startswith(f"{prefix}.") for prefix in allowed)
				if name.split(".")[0] not in LIBRARIES | sys.stdlib_module_names and not own:
					wrong.append(f"{name_of(path)} imports {name}")
	assert wrong == []


def test_queries_execute_nothing():
	calls = [
		f"{name_of(path)}:{node.lineno}"
		for path in sources("scoring/queries/**/*.py")
		for node in ast.walk(tree_of(path))
		if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1].strip("_") == "execute"
	]
	assert calls == []


def test_leased_batches_know_no_part_that_works_in_them():
	names = [
		name for path in sources("batches/**/*.py") for name in imported_names(path, ast.walk(tree_of(path)))
	]
	own = {".".join(name.split(".")[:2]) for name in names if name.startswith("crm_success.")}
	assert own == {"crm_success.batches", "crm_success.database", "crm_success.record_checks"}


def test_nothing_that_a_web_worker_loads_brings_pandas_with_it():
	ways = [way_to_heavy_module(path) for path in sources(*LOADED_BY_WEB_WORKERS)]
	assert [" -> ".join(way) for way in ways if way] == []


# drivers of databases that not everybody has
MAY_IMPORT_LATE = {"crm_success/standalone/connections.py"}


def test_nothing_is_imported_inside_of_a_function():
	"""What is heavy stands in modules of its own; the one way there is scoring/door.py."""
	late = [
		f"{name_of(path)}:{node.lineno}"
		for path in sources("**/*.py")
		for function in ast.walk(tree_of(path))
		if isinstance(function, ast.FunctionDef)
		for node in ast.walk(function)
		if isinstance(node, ast.Import | ast.ImportFrom) and name_of(path) not in MAY_IMPORT_LATE
	]
	assert late == []


def test_what_stands_behind_the_door_is_there_and_heavy():
	assigned = [node for node in tree_of(APP / "scoring/door.py").body if isinstance(node, ast.Assign)]
	behind = next(ast.literal_eval(node.value) for node in assigned if node.targets[0].id == "_BEHIND")
	modules = {name: [path for path in files_of(module)][-1] for name, module in behind.items()}
	assert [name for name, path in modules.items() if not defines(path, name)] == []
	assert [name for name, path in modules.items() if not way_to_heavy_module(path)] == []


def test_nobody_takes_a_name_through_the_door_while_importing():
	wrong = [
		f"{name_of(path)} imports {name}"
		for path in sources("**/*.py")
		for name in imported_names(path, ast.walk(tree_of(path)))
		if name.startswith("crm_success.scoring.door.")
	]
	assert wrong == []


def defines(path: Path, name: str) -> bool:
	return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree_of(path).body)


def test_there_is_something_to_check():
	assert len(sources(*LOADED_BY_WEB_WORKERS)) > 10
	assert all(files_in(room) for room in ALLOWED)


def test_the_way_to_a_heavy_module_is_found():
	assert way_to_heavy_module(APP / "scoring/engine/pipeline.py")[-1].split(".")[0] in HEAVY


def test_no_sql_is_put_together_from_strings():
	wrong = []
	for path in sources("**/*.py"):
		for node in ast.walk(tree_of(path)):
			if is_database_call(node) and node.args and is_composed(node.args[0]):
				wrong.append(f"{name_of(path)}:{node.lineno}")
	assert wrong == []


def is_database_call(node: ast.AST) -> bool:
	called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
	return called.split(".")[-1] in {"sql", "sql_ddl", "sql_list", "multisql"} or called in OUR_WAYS


def is_composed(argument: ast.expr) -> bool:
	"""Whether it is an f-string, a concatenation, a % or a format() of a text."""
	if isinstance(argument, ast.Call):
		return isinstance(argument.func, ast.Attribute) and argument.func.attr == "format"
	return isinstance(argument, ast.JoinedStr | ast.BinOp)


@pytest.mark.parametrize(
	"text", ['f"SELECT {x}"', '"SELECT " + x', '"SELECT %s" % x', '"SELECT {}".format(x)']
)
def test_composed_statements_are_recognised(text: str):
	assert is_composed(ast.parse(text, mode="eval").body)


def test_no_address_of_the_desk_is_written_out():
	"""Frappe 16 moved the desk away from /app: links come from get_url_to_form, set_route and their like."""
	files = [path for end in ("py", "js", "html", "json") for path in APP.rglob(f"*.{end}")]
	wrong = [name_of(path) for path in files if re.search(r"(?<![\w.-])/app/", path.read_text())]
	assert wrong == []
