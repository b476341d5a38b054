"""Who may see which customer is asked in visibility.py, and nowhere else. Reads the source as text."""

import ast
from pathlib import Path

import pytest
from test_layers import APP, imported_names, name_of, sources, tree_of

VISIBILITY = APP / "visibility.py"
# what Frappe answers the question with
ASKED_OF_FRAPPE = {"build_match_conditions", "get_permission_query_conditions", "DatabaseQuery"}
HEALTH_NAMES = {"HEALTH", "SNAPSHOT", "'Customer Health'", "'Customer Health Snapshot'"}


def questions(path: Path) -> list[str]:
	"""What a file asks of Frappe about whom a user may see."""
	tree = tree_of(path)
	imported = (name.rpartition(".")[2] for name in imported_names(path, ast.walk(tree)))
	calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
	return [
		*(name for name in imported if name in ASKED_OF_FRAPPE),
		*(ast.unparse(call) for call in calls if is_question(call)),
	]


def is_question(call: ast.Call) -> bool:
	function = ast.unparse(call.func)
	if function.rpartition(".")[2] in ASKED_OF_FRAPPE:
		return True
	asked = call.args and ast.unparse(call.args[0]) in HEALTH_NAMES
	return bool(asked) and function in {"frappe.has_permission", "frappe.get_list"}


def test_who_may_see_a_customer_is_asked_in_one_place():
	others = [path for path in sources("**/*.py") if path != VISIBILITY]
	assert {name_of(path): questions(path) for path in others if questions(path)} == {}


def test_it_is_asked_there():
	assert "build_match_conditions" in questions(VISIBILITY)
	assert len(questions(VISIBILITY)) > 4


@pytest.mark.parametrize(
	"text",
	[
		"from frappe.desk.reportview import build_match_conditions",
		"reportview.build_match_conditions(doctype)",
		"frappe.get_list('Customer Health', pluck='name')",
		"frappe.has_permission(HEALTH, 'read', throw=True)",
	],
)
def test_a_question_elsewhere_is_found(text: str, monkeypatch: pytest.MonkeyPatch):
	monkeypatch.setattr("test_visibility.tree_of", lambda path: ast.parse(text))
	assert questions(APP / "commands.py")
