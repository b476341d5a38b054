"""Finds the texts that the app shows to people, where Frappe looks for them. Reads sources, runs no Frappe.

The standalone command speaks English only and is left out. What the translations say is not judged here.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from crm_success.scoring.queries.computed import COMPUTED_FIELDS
from crm_success.setup import audience_defaults, defaults, loyalty_defaults, scorecard_defaults

APP = Path(__file__).resolve().parent.parent / "crm_success"
# of records that come as files: what the desk shows of them, and of the rows of their tables
FIELDS_BY_DOCTYPE = {
	"Dashboard": ("dashboard_name",),
	"Dashboard Chart": ("chart_name", "x_field_label"),
	"Desktop Icon": ("label",),
	"Module Onboarding": ("title", "subtitle", "success_message"),
	"Number Card": ("label",),
	"Onboarding Step": (
		*("title", "action_label", "description", "report_description"),
		*("callback_title", "callback_message"),
	),
	"Page": ("title",),
	"Report": ("report_name",),
	"Workspace Sidebar": ("title",),
}
ROWS_BY_DOCTYPE = {
	"Form Tour": {"steps": ("title", "description")},
	"Report": {"columns": ("label",), "filters": ("label",)},
	"Workspace Sidebar": {"items": ("label",)},
}
RECORDS_BY_DOCTYPE = {
	"Health Dimension": (defaults.DIMENSIONS, ("dimension_name", "description")),
	"Health Metric": (defaults.METRICS, ("metric_name", "description")),
	"Health Scorecard": (scorecard_defaults.SCORECARDS, ("scorecard_name",)),
	"Health Scorecard Cap": (
		[cap for card in scorecard_defaults.SCORECARDS for cap in card["caps"]],
		("reason",),
	),
	"Customer Audience": (audience_defaults.AUDIENCES, ("audience_name", "description")),
	"Customer Segment": (defaults.SEGMENTS, ("segment_name", "strategy", "service_promise")),
	"Customer Tier": (loyalty_defaults.TIERS, ("tier_name", "description")),
}
# constants that are translated where they are shown, not where they stand
CONSTANTS = {
	"crm_success/doctype/customer_segment/customer_segment.py": "LETTERS",
	"record_names.py": "ROLES",
}
_JS_TEXT = r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\$])*`)"""
JS_CALL = re.compile(
	rf"(?<![\w.$])__?\(\s*(?P<text>{_JS_TEXT})(?:\s*,\s*(?:null|\[[^\]]*\])\s*,\s*(?P<context>{_JS_TEXT}))?"
)
PLACEHOLDER = re.compile(r"\{\w*\}")


class Text(NamedTuple):
	"""A text that is shown to people, and the DocType that Frappe may pass as its context."""

	source: str
	context: str = ""


def all_texts() -> set[Text]:
	texts = {*texts_of_records(), *texts_of_code(), *texts_of_json(), *texts_of_hooks()}
	return {text for text in texts if re.search("[A-Za-z]", text.source)}


# ---- files that Frappe imports -----------------------------------------------------------------------------


def texts_of_json() -> Iterator[Text]:
	for path in sources("json"):
		document = json.loads(path.read_text())
		if isinstance(document, dict):
			yield from texts_of_document(document)


def texts_of_document(document: Mapping[str, Any]) -> Iterator[Text]:
	doctype = document.get("doctype", "")
	if doctype == "DocType":
		yield from texts_of_doctype(document)
	elif doctype == "Workspace":
		yield from map(Text, texts_of_workspace(document))
	else:
		yield from map(Text, texts_of_record(document))


def texts_of_record(document: Mapping[str, Any]) -> Iterator[str]:
	yield from found(document, FIELDS_BY_DOCTYPE.get(document.get("doctype", ""), ()))
	for table, fieldnames in ROWS_BY_DOCTYPE.get(document.get("doctype", ""), {}).items():
		for row in document.get(table) or ():
			yield from found(row, fieldnames)


def texts_of_doctype(document: Mapping[str, Any]) -> Iterator[Text]:
	yield from map(Text, found(document, ("name", "module", "description")))
	yield from map(Text, (row["role"] for row in document.get("permissions", ())))
	for field in document["fields"]:
		yield from (Text(text, document["name"]) for text in texts_of_field(field))
	for table, fieldname in (("links", "group"), ("actions", "label"), ("states", "title")):
		for row in document.get(table, ()):
			yield from (Text(text, document["name"]) for text in found(row, (fieldname,)))


def texts_of_field(field: Mapping[str, Any]) -> Iterator[str]:
	yield from found(field, ("label", "description", "placeholder"))
	if field["fieldtype"] == "Select":
		yield from (option for option in field.get("options", "").split("\n") if option)
	if field["fieldtype"] == "HTML":
		yield from found(field, ("options",))


def texts_of_workspace(document: Mapping[str, Any]) -> Iterator[str]:
	yield from found(document, ("label", "title"))
	for table in ("charts", "links", "number_cards", "quick_lists", "shortcuts"):
		for row in document.get(table, ()):
			yield from found(row, ("label", "description", "format"))
	for block in json.loads(document.get("content") or "[]"):
		yield from found(block["data"], ("text",))


def texts_of_hooks() -> Iterator[Text]:
	yield from (Text(line.strip()) for line in (APP / "modules.txt").read_text().splitlines())


# ---- code --------------------------------------------------------------------------------------------------


def texts_of_code() -> Iterator[Text]:
	for path in sources("py"):
		yield from texts_of_python(path.read_text())
	for path in sources("js", "html", "vue"):
		yield from texts_of_javascript(path.read_text())
	for name, constant in CONSTANTS.items():
		yield from map(Text, strings_of_constant(APP / name, constant))
	for doctype, fields in value_of_constant(APP / "setup/custom_fields.py", "CUSTOM_FIELDS").items():
		yield from (Text(text, doctype) for field in fields for text in texts_of_field(field))
	yield from map(Text, texts_of_field(value_of_constant(APP / "setup/custom_fields.py", "TIER_OF_SALE")))
	for fields in COMPUTED_FIELDS.values():
		yield from (Text(label) for label, _fieldtype in fields.values())


def texts_of_python(code: str) -> Iterator[Text]:
	"""What `_` is called with, under whatever name it was imported, and what errors of the core are made of.

	Frappe strips a text before it looks it up.
	"""
	tree = ast.parse(code)
	names = {"_", "_lt", *imported_as(tree), *classes_of("Phrase")}
	for node in ast.walk(tree):
		if isinstance(node, ast.Call) and node.args and name_of_call(node) in names:
			first = node.args[0]
			if isinstance(first, ast.Constant) and isinstance(first.value, str):
				yield Text(first.value.strip(), context_of(node))


def imported_as(tree: ast.AST) -> Iterator[str]:
	for node in ast.walk(tree):
		if isinstance(node, ast.ImportFrom) and node.module == "frappe":
			yield from (alias.asname for alias in node.names if alias.name in ("_", "_lt") and alias.asname)


@cache
def classes_of(name: str) -> frozenset[str]:
	"""The class of that name and all that inherit from it, in any file."""
	trees = [ast.parse(path.read_text()) for path in sources("py")]
	defined = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
	bases = {node.name: {ast.unparse(base) for base in node.bases} for node in defined}
	family, more = set(), {name}
	while more:
		family |= more
		more = {child for child, parents in bases.items() if parents & family} - family
	return frozenset(family)


def phrases_of_core(name: str) -> Iterator[ast.Call]:
	"""Where engine and queries make a phrase of that class or of one that inherits from it."""
	for path in (*APP.glob("scoring/engine/**/*.py"), *APP.glob("scoring/queries/*.py")):
		for node in ast.walk(ast.parse(path.read_text())):
			if isinstance(node, ast.Call) and name_of_call(node) in classes_of(name):
				yield node


def name_of_call(node: ast.Call) -> str:
	"""`_` for both `_(…)` and `frappe._(…)`."""
	function = node.func
	return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def context_of(node: ast.Call) -> str:
	values = [word.value for word in node.keywords if word.arg == "context"]
	return values[0].value if values and isinstance(values[0], ast.Constant) else ""


def texts_of_javascript(code: str) -> Iterator[Text]:
	"""What `__` is called with in a script, or `_` in a template."""
	for call in JS_CALL.finditer(code):
		yield Text(unquoted(call["text"]), unquoted(call["context"] or "''"))


def unquoted(literal: str) -> str:
	"""The escapes of JavaScript that texts use are those of Python."""
	return ast.literal_eval(f'"""{literal[1:-1]}"""' if literal[0] == "`" else literal)


def strings_of_constant(path: Path, name: str) -> list[str]:
	"""The values of a tuple, list or dict that the module assigns to the name."""
	value = value_of_constant(path, name)
	return list(value.values() if isinstance(value, dict) else value)


def value_of_constant(path: Path, name: str) -> Any:
	"""What the module assigns to the name, without running it."""
	for node in ast.parse(path.read_text()).body:
		if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
			return ast.literal_eval(node.value)
	raise LookupError(f"{path} has no constant {name}")


# ---- default records ---------------------------------------------------------------------------------------


def texts_of_records() -> Iterator[Text]:
	for doctype, (records, fieldnames) in RECORDS_BY_DOCTYPE.items():
		for record in records:
			yield from (Text(text, doctype) for text in found(record, fieldnames))


# ---- helpers -----------------------------------------------------------------------------------------------


def sources(*ends: str) -> list[Path]:
	paths = [path for end in ends for path in APP.rglob(f"*.{end}")]
	return sorted(path for path in paths if not {"standalone", "tests"} & {*path.relative_to(APP).parts})


def found(record: Mapping[str, Any], fieldnames: Iterable[str]) -> Iterator[str]:
	yield from (record[fieldname] for fieldname in fieldnames if record.get(fieldname))
