"""What the desk's scripts put on a page as HTML has no markup of a record in it: lists, forms, reports. Needs node."""

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from desk_arithmetic import needs_node
from test_layers import tree_of

APP = Path(__file__).resolve().parent.parent / "crm_success"
DOCTYPES = {
	document["name"]: document
	for document in (json.loads(path.read_text()) for path in APP.glob("*/doctype/*/*.json"))
}
TEXTS = ("Data", "Small Text", "Text", "Long Text", "Autocomplete", "Read Only", "Link")
REPORTS = sorted(APP.glob("*/report/*/*.js"))
LISTS = sorted(APP.glob("*/doctype/*/*_list.js"))
SHARED = [
	APP / "public/js/shared" / f"{name}.js" for name in ("bands", "coverage", "report_tables", "plain_texts")
]
NAMES, SAVE = (APP / "public/js/audience" / f"{name}.js" for name in ("audience_names", "save_as_audience"))
TIERS = APP / "public/js/tier/tier_names.js"
POISON = """x" onmouseover="alert(1)"><img src=x onerror=alert(1)>"""
# ways past the escaping: what the desk's scripts show is set as text, or put together with escaped values
RAW = re.compile(r"\.html\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")

DESK = """
const [doctypes, poison, readable] = JSON.parse(require("fs").readFileSync(0));
const escaped = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
globalThis.locals = { DocType: doctypes };
globalThis.__ = (text) => text;
globalThis.cint = globalThis.flt = Number;
globalThis.format_number = (value) => String(Number(value));
const docfield = (doctype, fieldname) => doctypes[doctype]?.fields.find((field) => field.fieldname === fieldname);
globalThis.frappe = {
	provide: (path) => path.split(".").reduce((place, name) => (place[name] ??= {}), globalThis),
	query_reports: {},
	listview_settings: {},
	query_report: { get_filter_value: () => 0 },
	get_meta: (doctype) => doctypes[doctype],
	meta: { get_docfield: docfield, get_docfields: (doctype) => doctypes[doctype].fields },
	model: { can_read: () => readable, can_select: () => false, can_create: () => true },
	form: { formatters: { Link: (value) => (readable ? "<a href='/of-frappe'></a>" : value) }, link_formatters: {} },
	datetime: { get_today: () => "2026-01-01", add_days: (day) => day },
	boot: { user: { in_create: [] } },
	defaults: { get_user_default: () => "", get_user_permissions: () => ({}) },
	is_mobile: () => false,
	utils: {
		escape_html: (text) => String(text).replace(/[&<>"']/g, (character) => escaped[character]),
		replace_newlines: (text) => text.replaceAll("\\n", "<br>"),
		get_form_link: (doctype, name) => `/${doctype}/${name}`,
		generate_route: ({ name }) => `/${name}`,
	},
};
"""

LIST = """
const shown = {};
for (const [doctype, { fields, title_field }] of Object.entries(doctypes)) {
	const row = new Proxy({}, { get: () => poison });
	const formatters = frappe.listview_settings[doctype]?.formatters || {};
	for (const field of fields) {
		if (field.formatter) shown[`${doctype}: ${field.fieldname}`] = field.formatter(poison, field, {}, row);
		if (formatters[field.fieldname]) {
			shown[`list of ${doctype}: ${field.fieldname}`] = formatters[field.fieldname](poison, field, row);
		}
	}
}
console.log(JSON.stringify(shown));
"""

REPORT = """
const shown = {};
const row = new Proxy({}, { get: (values, name) => (/_(lines|segments)$/.test(name) ? [poison] : poison) });
const fieldtypes = { customer: "Link", segment: "Link", direction: "Data", drivers: "Small Text", reasons: "Small Text" };
for (const [report, { formatter }] of Object.entries(frappe.query_reports)) {
	for (const fieldname of ["customer", "customer_name", "band", "segment", "drivers", "reasons", "direction", "title", "f1"]) {
		const column = { fieldname, fieldtype: fieldtypes[fieldname] || "Data", options: "Customer" };
		shown[`${report}: ${fieldname}`] = formatter(poison, {}, column, row, () => frappe.form.formatters.Link(poison));
	}
}
console.log(JSON.stringify(shown));
"""


def shown_by(scripts: list[Path], ask: str, readable: bool) -> dict[str, str]:
	program = "\n".join([DESK, *(f"{{\n{script.read_text()}\n}}" for script in scripts), ask])
	question = json.dumps([DOCTYPES, POISON, readable])
	done = subprocess.run(
		["node", "-e", program], input=question, capture_output=True, text=True, check=False
	)
	assert not done.returncode, done.stderr
	return json.loads(done.stdout)


def harmful(shown: dict[str, str]) -> dict[str, str]:
	"""What has markup or ends an attribute too early."""
	return {
		place: html for place, html in shown.items() if "<img" in html or re.search(r"<[^>]*x\" on", html)
	}


@needs_node
@pytest.mark.parametrize("readable", [True, False])
def test_forms_tables_and_lists_show_texts_as_texts(readable: bool):
	shown = shown_by([*SHARED[:2], NAMES, *LISTS, TIERS, SHARED[3]], LIST, readable)
	fields = {
		f"{name}: {field['fieldname']}"
		for name, document in DOCTYPES.items()
		for field in document["fields"]
		if field["fieldtype"] in TEXTS
	}
	assert fields - shown.keys() == set()
	assert harmful(shown) == {}


@needs_node
@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.stem)
def test_reports_show_texts_as_texts(report: Path, readable: bool):
	shown = shown_by([*SHARED[:3], SAVE, TIERS, report], REPORT, readable)
	assert len(shown) == 9
	assert harmful(shown) == {}


def test_every_doctype_with_texts_has_them_shown_as_texts():
	hooks = [node for node in tree_of(APP / "hooks.py").body if isinstance(node, ast.Assign)]
	(scripts,) = (node.value for node in hooks if ast.unparse(node.targets[0]) == "doctype_list_js")
	shown = {ast.literal_eval(key) for key, value in zip(scripts.keys, scripts.values, strict=True)
		if "public/js/shared/plain_texts.js" in ast.unparse(value)}  # fmt: skip
	# the tables of a DocType are shown with it
	assert {name for name, document in DOCTYPES.items() if has_texts(document)} - shown == set()


def has_texts(document: dict[str, Any]) -> bool:
	tables = [DOCTYPES[field["options"]] for field in document["fields"] if field["fieldtype"] == "Table"]
	fields = [field for each in (document, *tables) for field in each["fields"]]
	return not document.get("istable") and any(field["fieldtype"] in TEXTS for field in fields)


@pytest.mark.parametrize("script", sorted(APP.rglob("*.js")), ids=lambda script: script.name)
def test_no_script_sets_html_past_the_escaping(script: Path):
	assert RAW.findall(script.read_text()) == []
