"""Python source as the rules of the marketplace look at it: its tree, its comments, and what stands around a place. Runs
nothing of it.
"""

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO

ANY_SQL = {"sql", "sql_ddl", "sql_list", "multisql"}
# a comment that is no more than a mark for a tool says nothing
MARKS = re.compile(r"#\s*(nosemgrep\S*|noqa\S*|type:)\s*[\w:, -]*$")


@dataclass(frozen=True)
class Source:
	"""One file: its text, where it stands below the app, its tree and its comments."""

	text: str
	path: str = "scoring/anything.py"

	@cached_property
	def tree(self) -> ast.Module:
		return ast.parse(self.text)

	@cached_property
	def comments(self) -> dict[int, str]:
		tokens = tokenize.generate_tokens(StringIO(self.text).readline)
		return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}

	@cached_property
	def parents(self) -> dict[ast.AST, ast.AST]:
		return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

	def above(self, node: ast.AST) -> Iterator[ast.AST]:
		while node := self.parents.get(node):
			yield node

	def calls(self) -> Iterator[tuple[ast.Call, str]]:
		"""Each call with what is called, such as frappe.db.sql."""
		for node in ast.walk(self.tree):
			if isinstance(node, ast.Call):
				yield node, ast.unparse(node.func)

	def functions(self) -> Iterator[ast.FunctionDef]:
		return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef))

	def whitelisted(self) -> Iterator[ast.FunctionDef]:
		return (node for node in self.functions() if "frappe.whitelist" in decorators(node))

	def has_reason(self, node: ast.AST) -> bool:
		"""Whether a comment beside the statement, or on the line above it, says why."""
		statement = next(each for each in (node, *self.above(node)) if isinstance(each, ast.stmt))
		lines = range(statement.lineno - 1, (node.end_lineno or node.lineno) + 1)
		return any(line in self.comments and not MARKS.match(self.comments[line]) for line in lines)


def decorators(function: ast.FunctionDef) -> set[str]:
	called = (each.func if isinstance(each, ast.Call) else each for each in function.decorator_list)
	return {ast.unparse(each) for each in called}


def is_composed(node: ast.expr) -> bool:
	if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
		return node.func.attr == "format"
	return isinstance(node, ast.JoinedStr | ast.BinOp)


def is_plain_text(node: ast.expr) -> bool:
	if isinstance(node, ast.Constant):
		return isinstance(node.value, str)
	if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
		return is_plain_text(node.func.value)
	if isinstance(node, ast.BinOp):
		return is_plain_text(node.left)
	return isinstance(node, ast.JoinedStr)


def is_translation(node: ast.expr) -> bool:
	return isinstance(node, ast.Call) and ast.unparse(node.func) == "_"


def translated_after_composing(function: ast.FunctionDef) -> Iterator[int]:
	composed = {
		ast.unparse(node.targets[0])
		for node in ast.walk(function)
		if isinstance(node, ast.Assign) and is_composed(node.value) and is_plain_text(node.value)
	}
	for node in ast.walk(function):
		if (
			isinstance(node, ast.Call)
			and is_translation(node)
			and node.args
			and ast.unparse(node.args[0]) in composed
		):
			yield node.lineno


def is_sql(name: str) -> bool:
	return name.startswith("frappe.db.") and name.split(".")[-1] in ANY_SQL


def has_docstring(source: Source, node: ast.AST) -> bool:
	"""Whether the call is all that a function is for: then its docstring is the reason."""
	function = next((each for each in source.above(node) if isinstance(each, ast.FunctionDef)), None)
	return bool(function and ast.get_docstring(function) and len(function.body) == 2)


def sets_own_field(node: ast.AST) -> bool:
	targets = node.targets if isinstance(node, ast.Assign) else []
	return any(ast.unparse(each).startswith("self.") and "." not in ast.unparse(each)[5:] for each in targets)


def imported_by(node: ast.AST) -> Iterator[str]:
	if isinstance(node, ast.ImportFrom):
		yield from (each.asname or each.name for each in node.names)
