"""Rooms of the app import in one direction, parts know nothing of each other, and no two scheduled functions meet."""

import ast
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from test_layers import APP, imported_names, is_test, tree_of

# the parts that act on scores, each a folder of its own; design of the app: they come one after the other
PARTS = ("customer_loyalty", "success_plans", "customer_voice")
MAY_BE_USED_BY_PARTS = (
	*("audiences", "batches", "customer_copies", "customer_views", "database", "printed_texts"),
	*(
		"record_checks",
		"record_names",
		"scoring.checks",
		"scoring.reads",
		"scoring.scoring_day",
		"scoring.what_changed",
		"setup",
		"visibility",
	),
	"watching",
)
# read by anybody: no room of their own
ROOT_FILES = ("__init__", "hooks")


def imports_of(app: Path) -> Iterator[tuple[str, str, str]]:
	"""(file, its room, dotted name below the app that it imports), site tests left out."""
	for path in sorted(app.rglob("*.py")):
		if app == APP and is_test(path):
			continue
		for name in imported_names(path, ast.walk(tree_of(path)), app.parent):
			head, _, rest = name.partition(".")
			if head == app.name and rest:
				yield str(path.relative_to(app)), room_of(path.relative_to(app)), rest


def room_of(path: Path) -> str:
	return path.parts[0].removesuffix(".py")


def circle_between_rooms(app: Path) -> list[str]:
	"""The rooms of a circle, in order; empty where there is none."""
	graph: dict[str, set[str]] = {}
	for _, room, name in imports_of(app):
		other = name.split(".")[0]
		if other != room and is_room(app, other):
			graph.setdefault(room, set()).add(other)
	try:
		TopologicalSorter(graph).prepare()
	except CycleError as error:
		return error.args[1]
	return []


def is_room(app: Path, name: str) -> bool:
	return name not in ROOT_FILES and ((app / name).is_dir() or (app / f"{name}.py").is_file())


def forbidden_to_parts(app: Path) -> list[str]:
	"""What parts import of each other, or of rooms that are none of their business."""
	return [
		f"{file} imports {name}"
		for file, room, name in imports_of(app)
		if room in PARTS and name.split(".")[0] != room and not _may(name)
	]


def _may(name: str) -> bool:
	return any(f"{name}.".startswith(f"{allowed}.") for allowed in MAY_BE_USED_BY_PARTS)


def scheduled_names(hooks: str) -> list[str]:
	"""The names that Frappe 15 gives the jobs of `scheduler_events`: the last two segments of each path."""
	assigned = [node for node in ast.parse(hooks).body if isinstance(node, ast.Assign)]
	events = next(node.value for node in assigned if node.targets[0].id == "scheduler_events")
	texts = (node.value for node in ast.walk(events) if isinstance(node, ast.Constant))
	paths = [text for text in texts if isinstance(text, str) and text.startswith("crm_success.")]
	return [".".join(path.split(".")[-2:]) for path in paths]


def alike(names: Iterable[str]) -> set[str]:
	names = list(names)
	return {name for name in names if names.count(name) > 1}


def made_up_app(folder: Path, **files: str) -> Path:
	"""An app with these files, by their dotted names with `__` for the dot."""
	for name, text in files.items():
		path = folder.joinpath("made_up", *name.split("__")).with_suffix(".py")
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_text(text)
	return folder / "made_up"


def test_no_room_imports_one_that_imports_it():
	assert circle_between_rooms(APP) == []


def test_parts_import_neither_each_other_nor_the_inside_of_scoring():
	assert forbidden_to_parts(APP) == []


def test_audiences_stand_above_scoring_and_know_no_part():
	imported = {name.split(".")[0] for _, room, name in imports_of(APP) if room == "audiences"}
	assert "scoring" in imported
	assert imported.isdisjoint(PARTS)


def test_no_two_scheduled_functions_have_the_same_last_two_names():
	names = scheduled_names((APP / "hooks.py").read_text())
	assert names
	assert alike(names) == set()


def test_a_circle_is_found_wherever_the_import_stands(tmp_path: Path):
	app = made_up_app(
		tmp_path,
		upper__one="from made_up.lower import two",
		lower__two="def later():\n\tfrom made_up.upper import one",
		lower__alone="from made_up.lower import two",
	)
	assert set(circle_between_rooms(app)) == {"upper", "lower"}


@pytest.mark.parametrize(
	("line", "is_forbidden"),
	[
		("from made_up.success_plans import plans", True),
		("from made_up.scoring.writers import write_scores", True),
		("from made_up.scoring.what_changed import HealthChange", False),
		("from made_up.batches import leases", False),
		("from made_up.customer_loyalty import rules", False),
		("from made_up.audiences import membership", False),
	],
)
def test_what_a_part_may_import(tmp_path: Path, line: str, is_forbidden: bool):
	app = made_up_app(tmp_path, customer_loyalty__tiers=line)
	assert bool(forbidden_to_parts(app)) == is_forbidden


def test_scheduled_functions_that_meet_are_found():
	hooks = 'scheduler_events = {"daily": ["crm_success.a.jobs.run"], "hourly": ["crm_success.b.jobs.run"]}'
	assert alike(scheduled_names(hooks)) == {"jobs.run"}
