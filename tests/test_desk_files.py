"""The files of the desk fit each other: what the workspace, the sidebar and the onboarding name is there. Runs no Frappe."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).resolve().parent.parent / "crm_success"
MODULE = APP / "crm_success"
# a folder each
MODULES = (MODULE, APP / "customer_loyalty")
# records that are files of this app, by the folder's name
FOLDERS = (
	*("dashboard_chart", "dashboard_chart_source", "doctype", "form_tour", "module_onboarding"),
	*("number_card", "onboarding_step", "print_format", "report", "workspace"),
)
# a path of the desk that only one version knows: /app and /app/..., but not /apps or /application
DESK_PATH = re.compile(r"""["'`(]/app(?![\w-])""")
# version 16 gives the columns of a list the field's name as a CSS class: these are Bootstrap's or the desk's own
CSS_CLASSES = """
	accordion active alert badge blockquote border bottom breadcrumb btn card carousel close col collapse collapsing
	column container disabled dropdown ellipsis fade figure filterable flex float hidden hide icon indicator initialism
	invisible jumbotron label lead level list mark media modal nav navbar pagination pill popover position progress
	result rounded row shadow show small sticky table tag text toast tooltip visible widget
"""


def scrub(name: str) -> str:
	return name.lower().replace(" ", "_").replace("-", "_")


def exists(doctype: str, name: str) -> bool:
	return any(place.is_file() for place in places_of(doctype, name))


def places_of(doctype: str, name: str) -> list[Path]:
	return [module / scrub(doctype) / scrub(name) / f"{scrub(name)}.json" for module in MODULES]


def record(doctype: str, name: str) -> dict[str, Any]:
	(place,) = (place for place in places_of(doctype, name) if place.is_file())
	return json.loads(place.read_text())


def records(folder: str) -> list[dict[str, Any]]:
	return [json.loads(path.read_text()) for path in files_in(folder)]


def files_in(folder: str) -> list[Path]:
	return [path for module in MODULES for path in sorted((module / folder).glob("*/*.json"))]


WORKSPACE = record("Workspace", "CRM Success")
SIDEBAR = json.loads((APP / "workspace_sidebar/crm_success.json").read_text())
ICON = json.loads((APP / "desktop_icon/crm_success.json").read_text())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_record_stands_where_frappe_looks_for_it(folder: str):
	assert records(folder)
	for path in files_in(folder):
		document = json.loads(path.read_text())
		assert path.stem == path.parent.name == scrub(document["name"])
		assert scrub(document["doctype"]) == folder


def test_every_block_of_the_workspace_has_its_row():
	"""A block finds its row by the label, and its record by the row."""
	blocks = json.loads(WORKSPACE["content"])
	named = {
		"number_card": ("number_card_name", {row["label"] for row in WORKSPACE["number_cards"]}),
		"chart": ("chart_name", {row["label"] for row in WORKSPACE["charts"]}),
		"quick_list": ("quick_list_name", {row["label"] for row in WORKSPACE["quick_lists"]}),
		"shortcut": ("shortcut_name", {row["label"] for row in WORKSPACE["shortcuts"]}),
		"card": ("card_name", {row["label"] for row in WORKSPACE["links"] if row["type"] == "Card Break"}),
	}
	for kind, (key, labels) in named.items():
		assert {block["data"][key] for block in blocks if block["type"] == kind} == labels
	assert len({block["id"] for block in blocks}) == len(blocks)
	(onboarding,) = (block["data"]["onboarding_name"] for block in blocks if block["type"] == "onboarding")
	assert exists("Module Onboarding", onboarding)


def test_everything_that_the_workspace_names_is_a_file():
	named = [
		*(("Number Card", row["number_card_name"]) for row in WORKSPACE["number_cards"]),
		*(("Dashboard Chart", row["chart_name"]) for row in WORKSPACE["charts"]),
		*(("DocType", row["document_type"]) for row in WORKSPACE["quick_lists"]),
		*((row["type"], row["link_to"]) for row in WORKSPACE["shortcuts"]),
		*((row["link_type"], row["link_to"]) for row in WORKSPACE["links"] if row["type"] == "Link"),
	]
	assert len(named) > 25
	assert [name for name in named if not exists(*name)] == []


def test_cards_of_links_count_their_links():
	links = WORKSPACE["links"]
	breaks = [place for place, row in enumerate(links) if row["type"] == "Card Break"] + [len(links)]
	for start, end in pairwise(breaks):
		assert links[start]["link_count"] == end - start - 1, links[start]["label"]


def test_everything_that_the_sidebar_names_is_a_file():
	links = [item for item in SIDEBAR["items"] if item["type"] == "Link"]
	assert len(links) > 10
	assert [item["link_to"] for item in links if not exists(item["link_type"], item["link_to"])] == []
	assert exists("Module Onboarding", SIDEBAR["module_onboarding"])
	assert [item["idx"] for item in SIDEBAR["items"]] == list(range(1, len(SIDEBAR["items"]) + 1))


def test_the_icon_has_its_picture_and_opens_the_workspace():
	assert (APP / "public" / ICON["logo_url"].removeprefix("/assets/crm_success/")).is_file()
	# the desk opens the first link of the sidebar; an external link would open another tab of the browser
	assert (ICON["link_type"], ICON["link_to"]) == ("Workspace Sidebar", SIDEBAR["name"])
	first = next(item for item in SIDEBAR["items"] if item["type"] == "Link")
	assert (first["link_type"], first["link_to"]) == ("Workspace", WORKSPACE["name"])


def test_every_filter_names_a_field_and_one_of_its_options():
	filters = [json.loads(card["filters_json"]) for card in records("number_card")]
	filters += [json.loads(row["quick_list_filter"]) for row in WORKSPACE["quick_lists"]]
	conditions = [condition for several in filters for condition in several]
	filters = [json.loads(row["stats_filter"]) for row in WORKSPACE["shortcuts"] if row.get("stats_filter")]
	conditions += [
		("Customer Health", name, "=", value) for several in filters for name, value in several.items()
	]
	assert len(conditions) == 11
	for doctype, fieldname, operator, value in conditions:
		(field,) = (row for row in record("DocType", doctype)["fields"] if row["fieldname"] == fieldname)
		if (operator, value) == ("is", "set"):
			continue
		assert operator == "="
		assert value in ((0, 1) if field["fieldtype"] == "Check" else field["options"].split("\n"))


def test_what_the_workspace_counts_leaves_disabled_customers_out():
	cards = [
		json.loads(card["filters_json"])
		for card in records("number_card")
		if (card["type"], card["document_type"]) == ("Document Type", "Customer Health")
	]
	assert len(cards) == 3
	assert all(["Customer Health", "customer_disabled", "=", 0] in conditions for conditions in cards)
	(at_risk,) = (row for row in WORKSPACE["shortcuts"] if row.get("stats_filter"))
	assert json.loads(at_risk["stats_filter"])["customer_disabled"] == 0


@pytest.mark.parametrize("chart", records("dashboard_chart"), ids=lambda chart: chart["name"])
def test_every_chart_has_a_source_whose_method_is_there(chart: dict[str, Any]):
	source = scrub(record("Dashboard Chart Source", chart["source"])["name"])
	script = (MODULE / "dashboard_chart_source" / source / f"{source}.js").read_text()
	assert f'chart_sources["{chart["source"]}"]' in script
	(method,) = re.findall(r'method: "([^"]+)"', script)
	assert is_whitelisted(method)
	assert json.loads(chart["custom_options"])["colors"]


def test_every_card_with_a_method_has_it():
	methods = [card["method"] for card in records("number_card") if card["type"] == "Custom"]
	assert len(methods) == 4
	assert all(is_whitelisted(method) for method in methods)


@pytest.mark.parametrize(
	("kind", "doctypes"),
	[
		("number_card", {"Customer Health", "Customer Tier Change", "Customer Tier Standing"}),
		("dashboard_chart", {"Customer Health"}),
	],
)
def test_cards_and_charts_are_for_whoever_reads_what_they_count(kind: str, doctypes: set[str]):
	"""Frappe asks for this DocType when it decides who gets them."""
	assert {document["document_type"] for document in records(kind)} == doctypes


def test_every_step_of_the_onboarding_has_what_it_opens():
	steps = [row["step"] for row in record("Module Onboarding", "CRM Success")["steps"]]
	assert sorted(steps) == sorted(step["name"] for step in records("onboarding_step"))
	for step in (record("Onboarding Step", name) for name in steps):
		for key, doctype in (
			("reference_document", "DocType"),
			("reference_report", "Report"),
			("form_tour", "Form Tour"),
		):
			assert not step.get(key) or exists(doctype, step[key])
		if step.get("form_tour"):
			assert record("Form Tour", step["form_tour"])["reference_doctype"] == step["reference_document"]


@pytest.mark.parametrize("tour", records("form_tour"), ids=lambda tour: tour["name"])
def test_tours_point_at_fields_with_their_labels(tour: dict[str, Any]):
	fields = {field["fieldname"]: field for field in record("DocType", tour["reference_doctype"])["fields"]}
	for step in tour["steps"]:
		field = fields[step["fieldname"]]
		assert (step["label"], step["fieldtype"]) == (field["label"], field["fieldtype"])
		assert not field.get("hidden")


@pytest.mark.parametrize("doctype", records("doctype"), ids=lambda doctype: doctype["name"])
def test_no_column_of_a_list_has_the_name_of_a_css_class(doctype: dict[str, Any]):
	# the grid of a child table gives its columns no classes
	fields = [] if doctype.get("istable") else doctype["fields"]
	shown = {field["fieldname"] for field in fields if not field.get("hidden")}
	assert shown.isdisjoint(CSS_CLASSES.split())


def test_lists_ask_for_fields_that_are_there():
	scripts = [path for module in MODULES for path in sorted((module / "doctype").glob("*/*_list.js"))]
	asked = {script: re.findall(r"add_fields: \[([^\]]*)\]", script.read_text()) for script in scripts}
	named = [(script, name) for script, lists in asked.items() for name in re.findall(r'"(\w+)"', str(lists))]
	assert len(named) > 10
	for script, fieldname in named:
		fields = json.loads((script.parent / f"{script.parent.name}.json").read_text())["fields"]
		assert fieldname in {field["fieldname"] for field in fields}, script.name


@pytest.mark.parametrize("script", sorted(APP.rglob("*_list.js")), ids=lambda script: script.name)
def test_lists_show_elements(script: Path):
	"""Version 16 measures what a formatter returns by jQuery, to which text without a tag is a selector."""
	formatters = re.findall(r"^(\t+)formatters: \{\n(.*?)^\1\}", script.read_text(), re.DOTALL | re.MULTILINE)
	for _, body in formatters:
		# the name is the row's title, which is not measured
		for returned in re.findall(r"return (.+);|^\t+(?!name:)\w+: \(\w+\) => (.+),$", body, re.MULTILINE):
			text = "".join(returned)
			assert text == '""' or "`<" in text, text


def test_no_path_of_the_desk_is_written_out():
	"""Version 16 serves the desk elsewhere."""
	scripts = [path for kind in ("py", "js", "html", "json") for path in APP.rglob(f"*.{kind}")]
	assert [path for path in scripts if DESK_PATH.search(path.read_text())] == []


def test_a_written_out_path_of_the_desk_would_be_found():
	assert DESK_PATH.search('link = "/app/customer"')
	assert not DESK_PATH.search('link = "/apps/x"') and not DESK_PATH.search('"/desk/app/x"')


def is_whitelisted(method: str) -> bool:
	module, name = method.rsplit(".", 1)
	path = APP.parent / (module.replace(".", "/") + ".py")
	functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
	(function,) = (function for function in functions if function.name == name)
	return any(ast.unparse(decorator) == "frappe.whitelist()" for decorator in function.decorator_list)
