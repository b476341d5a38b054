"""What must repeat the table of measures says the same, and nothing else asks which measure it is.

A DocType's JSON and the guides cannot import the table.
"""

import ast
import json
import re
from pathlib import Path
from typing import TypeGuard

import pytest

from crm_success.scoring.engine.measure_table import Measure, ValueField

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "crm_success"
FORM = json.loads((APP / "crm_success/doctype/health_metric/health_metric.json").read_text())
FIELDS = {field["fieldname"]: field for field in FORM["fields"]}
# the table itself, and metrics that are written in code
MAY_NAME_MEASURES = {"scoring/engine/measure_table.py", "scoring/engine/profile.py"}
DOCUMENTS = {measure.value for measure in Measure if measure.reads_documents}
WITH_VALUE = {measure.value for measure in Measure if measure.row.value_field is not ValueField.NONE}
VALUE_NEEDED = {measure.value for measure in Measure if measure.row.value_field is ValueField.NEEDED}
WITH_MATCHING = {measure.value for measure in Measure if measure.row.matching}


def shown_for(condition: str) -> set[str]:
	"""The measures that a condition of the form holds for; it is one of three kinds."""
	tests = re.findall(r'(!?)(\[[^\]]*\])\.includes\(doc\.measure\)|doc\.measure == ("[^"]*")', condition)
	((negated, listed, name),) = tests
	named = set(json.loads(listed or f"[{name}]"))
	return {measure.value for measure in Measure} - named if negated else named


def test_the_form_offers_the_measures_of_the_table_in_its_order() -> None:
	assert FIELDS["measure"]["options"].split("\n") == [measure.value for measure in Measure]


@pytest.mark.parametrize(
	("fieldname", "condition", "measures"),
	[
		("value_field", "depends_on", WITH_VALUE),
		("value_field", "mandatory_depends_on", VALUE_NEEDED),
		("matching", "depends_on", WITH_MATCHING),
		("matching", "mandatory_depends_on", WITH_MATCHING),
		("edit_matching", "depends_on", WITH_MATCHING),
		("source_doctype", "depends_on", DOCUMENTS),
		("source_doctype", "mandatory_depends_on", DOCUMENTS),
		("window_days", "depends_on", DOCUMENTS),
		("customer_field", "depends_on", DOCUMENTS),
		("date_field", "depends_on", DOCUMENTS),
		("filters_section", "depends_on", DOCUMENTS),
		("expression", "mandatory_depends_on", {Measure.EXPRESSION.value}),
	],
)
def test_the_form_shows_a_field_for_the_measures_that_use_it(
	fieldname: str, condition: str, measures: set[str]
) -> None:
	assert shown_for(FIELDS[fieldname][condition]) == measures


def test_the_form_offers_the_unit_of_every_measure() -> None:
	assert {measure.row.unit for measure in Measure} <= set(FIELDS["unit"]["options"].split("\n"))


@pytest.mark.parametrize("guide", ["docs/scoring.md", "docs/administrators.md"])
def test_a_guide_has_every_measure_in_its_table(guide: str) -> None:
	(table,) = re.findall(r"^\| measure \|.*\n((?:\|.*\n)+)", (ROOT / guide).read_text(), re.MULTILINE)
	listed = [name for row in table.splitlines()[1:] for name in row.split("|")[1].strip().split(", ")]
	assert sorted(listed) == sorted(measure.value for measure in Measure)


def test_no_other_module_asks_which_measure_it_is() -> None:
	"""But for Expression, which is no reading of documents, and the names of measures in the default records."""
	wrong = []
	for path in APP.rglob("*.py"):
		name = str(path.relative_to(APP))
		if name in MAY_NAME_MEASURES or name.startswith("tests/"):
			continue
		for node in ast.walk(ast.parse(path.read_text())):
			if is_measure(node) and node.attr != Measure.EXPRESSION.name:
				wrong.append(f"{name}:{node.lineno} Measure.{node.attr}")
	assert wrong == []


def is_measure(node: ast.AST) -> TypeGuard[ast.Attribute]:
	return isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1] == "Measure"


def test_no_script_of_the_desk_names_a_measure_of_documents() -> None:
	quoted = re.compile("|".join(f'"{name}"' for name in sorted(DOCUMENTS - {"Count"})))
	wrong = [
		f"{path.name}: {name}" for path in APP.rglob("*.js") for name in quoted.findall(path.read_text())
	]
	assert wrong == []
