"""Lists show each band with its word, its colour and its filter, by the scripts that Frappe loads for them, and begin
with the customers whom somebody looks for. Needs node.

The scripts run in Frappe's order: that of the DocType itself, then those that the hooks add.
"""

import ast
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from test_layers import APP, tree_of

# what the scripts ask of the desk while they are loaded, and to show a band
DESK = """
globalThis.frappe = {
	provide(path) {
		path.split(".").reduce((place, name) => (place[name] ??= {}), globalThis);
	},
	listview_settings: {},
	meta: { get_docfield: () => null },
	model: { can_read: () => true },
	utils: { escape_html: (text) => text },
};
globalThis.locals = { DocType: {} };
globalThis.__ = (text) => `«${text}»`;
"""
ASK = """
const { doctype, docs } = JSON.parse(process.argv[1]);
const { get_indicator } = frappe.listview_settings[doctype];
console.log(JSON.stringify(docs.map((doc) => get_indicator(doc) ?? null)));
"""
BEGINS_WITH = "console.log(JSON.stringify(frappe.listview_settings[process.argv[1]].filters));"
WITH_COLORS = [("Healthy", "green"), ("Watch", "orange"), ("At Risk", "red")]

pytestmark = pytest.mark.skipif(
	not shutil.which("node"), reason="install Node.js to check the desk's scripts"
)


def scripts_of(doctype: str) -> list[Path]:
	folder = doctype.lower().replace(" ", "_")
	own = APP / f"crm_success/doctype/{folder}/{folder}_list.js"
	hooks = next(
		ast.literal_eval(node.value)
		for node in tree_of(APP / "hooks.py").body
		if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "doctype_list_js"
	)
	added = hooks[doctype] if isinstance(hooks[doctype], list) else [hooks[doctype]]
	return [*([own] if own.is_file() else []), *(APP / script for script in added)]


def indicators(doctype: str, *docs: dict[str, str]) -> list[list[str] | None]:
	return ask(doctype, ASK, json.dumps({"doctype": doctype, "docs": docs}))


def ask(doctype: str, question: str, asked: str) -> Any:
	source = "\n".join([DESK, *(path.read_text() for path in scripts_of(doctype)), question])
	answer = subprocess.run(["node", "-e", source, asked], capture_output=True, text=True, check=True)
	return json.loads(answer.stdout)


def test_the_list_of_health_begins_without_those_who_have_no_band_or_are_disabled():
	"""Filters like any other: a user takes them out to see everybody."""
	fields = json.loads((APP / "crm_success/doctype/customer_health/customer_health.json").read_text())[
		"fields"
	]
	filters = ask("Customer Health", BEGINS_WITH, "Customer Health")
	assert filters == [["band", "is", "set"], ["customer_disabled", "=", "0"]]
	assert {filter_[0] for filter_ in filters} <= {field["fieldname"] for field in fields}


@pytest.mark.parametrize("doctype", ["Customer Health", "Customer Health Snapshot"])
def test_lists_of_health_show_every_band_and_none(doctype: str):
	expected = [[f"«{band}»", color, f"band,=,{band}"] for band, color in WITH_COLORS]
	shown = indicators(doctype, *({"band": band} for band, _color in WITH_COLORS), {"band": ""})
	assert shown == [*expected, ["«No Score»", "gray", "band,is,not set"]]


def test_the_list_of_customers_shows_the_band_of_those_who_have_one():
	expected = [[f"«{band}»", color, f"health_band,=,{band}"] for band, color in WITH_COLORS]
	docs = [{"health_band": band} for band, _color in WITH_COLORS]
	shown = indicators("Customer", *docs, {"health_band": ""}, {"health_band": "Watch", "disabled": 1})
	assert shown == [*expected, None, None]
