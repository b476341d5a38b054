"""What hooks.py names is there, and a search for a function's name finds its hook. Runs no Frappe."""

import ast
import json
import re
from collections.abc import Iterator

import pytest
from test_imports import is_there, module_at
from test_layers import APP, tree_of

HOOKS = tree_of(APP / "hooks.py")
DOTTED = re.compile(r"crm_success(\.\w+)+")
SCRIPT = re.compile(r"public/.+\.js")
# part of a dotted path, to be put together with others
PART = re.compile(r"\.\w|\.$")


def texts_of(tree: ast.AST) -> Iterator[str]:
	for node in ast.walk(tree):
		if isinstance(node, ast.Constant) and isinstance(node.value, str):
			yield node.value


def composed_paths(tree: ast.AST) -> list[str]:
	"""Expressions that put a dotted path together: a search for the function would not find them."""
	composed = (
		node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.BinOp) or is_joining(node)
	)
	return [ast.unparse(node) for node in composed if any(map(PART.search, texts_of(node)))]


def is_joining(node: ast.AST) -> bool:
	function = node.func if isinstance(node, ast.Call) else None
	return isinstance(function, ast.Attribute) and function.attr in {"format", "join"}


def is_defined(dotted: str) -> bool:
	"""Whether the path is that of a function or a class, in the very module that defines it."""
	module, _, name = dotted.rpartition(".")
	path = module_at(module)
	defined = (
		[node for node in tree_of(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
		if path
		else []
	)
	return is_there(dotted) and name in {node.name for node in defined}


def test_every_path_in_the_hooks_is_that_of_a_function_or_a_class():
	paths = {text for text in texts_of(HOOKS) if DOTTED.fullmatch(text)}
	assert len(paths) > 15
	assert [path for path in sorted(paths) if not is_defined(path)] == []


def test_every_path_in_the_hooks_is_written_out():
	assert composed_paths(HOOKS) == []


def test_every_script_in_the_hooks_is_a_file():
	scripts = {text for text in texts_of(HOOKS) if SCRIPT.fullmatch(text)}
	assert len(scripts) > 15
	assert [script for script in sorted(scripts) if not (APP / script).is_file()] == []


def test_deleting_the_transactions_of_a_company_leaves_every_record_of_ours():
	"""ERPNext deletes what has a link to it, past controllers; tables go with their parents."""
	records = [json.loads(path.read_text()) for path in sorted(APP.glob("*/doctype/*/*.json"))]
	of_companies = {
		record["name"]
		for record in records
		if not record.get("istable") and any(field.get("options") == "Company" for field in record["fields"])
	}
	kept = next(
		ast.literal_eval(node.value)
		for node in HOOKS.body
		if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "company_data_to_be_ignored"
	)
	assert set(kept) == of_companies != set()


@pytest.mark.parametrize(
	"text",
	['f"{_API}.search_names"', '"crm_success.scoring." + name', '"{}.mark".format(x)', '".".join(parts)'],
)
def test_a_path_that_is_put_together_is_found(text: str):
	assert composed_paths(ast.parse(text))


@pytest.mark.parametrize("path", ["permissions", "permissions.may_open_door", "record_names.HEALTH"])
def test_what_is_no_function_is_found(path: str):
	assert not is_defined(f"crm_success.{path}")
