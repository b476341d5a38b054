"""Facts that must be written twice, for Frappe, for the desk or for readers, are the same in both places.

Where a place is Python that needs Frappe, its constants are read from the source.
"""

import ast
import json
import re
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any

import pytest
from test_layers import APP, ROOT, name_of, sources, tree_of

from crm_success import record_names
from crm_success.scoring.engine.definitions import (
	Activity,
	HealthBand,
	LifecycleStage,
	Limits,
	Measure,
	MissingValue,
	ScaleKind,
	Scorecard,
	Trend,
	ValueClass,
)
from crm_success.scoring.queries import issue_rows
from crm_success.setup import log_days

MODULE = APP / "crm_success"
DOCTYPES = sorted(APP.glob("*/doctype/*/*.json"))
BANDS_JS = (APP / "public/js/shared/bands.js").read_text()
REPORT_JS = (MODULE / "report/customer_health/customer_health.js").read_text()
ADMINISTRATORS = (ROOT / "docs/administrators.md").read_text()


@cache
def record(folder: str, name: str) -> dict[str, Any]:
	return json.loads((MODULE / folder / name / f"{name}.json").read_text())


def field(doctype: str, fieldname: str) -> dict[str, Any]:
	return next(row for row in record("doctype", doctype)["fields"] if row["fieldname"] == fieldname)


def options(doctype: str, fieldname: str) -> list[str]:
	return [option for option in field(doctype, fieldname)["options"].split("\n") if option]


def custom_field_options(fieldname: str) -> list[str]:
	rows = constant("setup/custom_fields.py", "CUSTOM_FIELDS")["Customer"]
	return next(row for row in rows if row["fieldname"] == fieldname)["options"].strip().split("\n")


def constant(file: str, name: str) -> Any:
	"""What is assigned to that name at the top of a module."""
	for node in tree_of(APP / file).body:
		if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
			return ast.literal_eval(node.value)
	raise KeyError(name)


def values(kind: type[Enum]) -> list[str]:
	return [member.value for member in kind]


def words_in(text: str, pattern: str) -> list[str]:
	"""The quoted words in what the pattern finds."""
	return re.findall(r'"([^"]*)"', re.search(pattern, text, re.DOTALL)[1])


def table_in_script(name: str) -> dict[str, str]:
	body = re.search(rf"{name}: \{{(.*?)\}}", BANDS_JS)[1]
	return {key.strip('" '): word for key, word in re.findall(r'([^:,]+): "([^"]+)"', body)}


BAND_COLORS = table_in_script("COLORS")


@pytest.mark.parametrize(
	("kind", "written"),
	[
		(HealthBand, options("customer_health", "band")),
		(HealthBand, options("customer_health_snapshot", "band")),
		(HealthBand, custom_field_options("health_band")),
		(HealthBand, words_in(BANDS_JS, r"NAMES: \[(.*?)\]")),
		(Trend, options("customer_health", "trend")),
		(Trend, list(table_in_script("TREND_ARROWS"))),
		(ValueClass, options("customer_health", "value_class")),
		(ValueClass, options("customer_health_snapshot", "value_class")),
		(ValueClass, words_in(REPORT_JS, r'options: (\["", "High.*?\])')),
		(Activity, options("customer_health", "activity")),
		(LifecycleStage, options("customer_health", "stage")),
		(LifecycleStage, options("customer_health_snapshot", "stage")),
		(LifecycleStage, custom_field_options("lifecycle_stage")),
		(LifecycleStage, words_in(REPORT_JS, r'options: (\["", "Potential.*?\])')),
		(Measure, options("health_metric", "measure")),
		(ScaleKind, options("health_metric", "scale")),
		(MissingValue, options("health_metric", "missing_treatment")),
	],
	ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_what_a_field_may_hold_is_what_the_engine_knows(kind: type[Enum], written: list[str]):
	assert [word for word in written if word] == values(kind)


def test_the_moment_of_closing_is_the_field_that_installing_adds():
	fields = constant("setup/custom_fields.py", "CUSTOM_FIELDS")[issue_rows.ISSUE]
	assert issue_rows.CLOSED_ON in [row["fieldname"] for row in fields]


RUN, BATCH = (constant("batches/statuses.py", name) for name in ("RUN", "BATCH"))


def folder_of(doctype: str) -> str:
	return doctype.lower().replace(" ", "_")


def test_the_form_of_a_run_shows_all_the_progress_that_it_is_told():
	assigned = [node for node in tree_of(APP / "batches/progress.py").body if isinstance(node, ast.Assign)]
	told = next(ast.literal_eval(node.value) for node in assigned if node.targets[0].id == "_TOLD")
	script = (MODULE / "doctype/work_run/work_run.js").read_text()
	(shown,) = re.findall(r"LIVE_FIELDS = \[(.*?)\]", script, re.DOTALL)
	assert re.findall(r'"(\w+)"', shown) == list(told)


def test_every_status_of_runs_and_batches_is_an_option():
	statuses = {
		constant("batches/statuses.py", name)
		for name in (
			*("QUEUED", "PREPARING", "RUNNING", "DONE", "FAILED"),
			*("COMPLETED", "WITH_WARNINGS", "CANCELLED"),
		)
	}
	assert {*options(folder_of(RUN), "status"), *options(folder_of(BATCH), "status")} == statuses


@pytest.mark.parametrize("doctype", [folder_of(RUN), folder_of(BATCH)])
def test_every_status_has_a_color_in_its_list(doctype: str):
	script = (MODULE / f"doctype/{doctype}/{doctype}_list.js").read_text()
	table = re.search(r"colors = \{(.*?)\}", script, re.DOTALL)[1]
	assert {name.strip('" ') for name in re.findall(r'([\w" ]+):', table)} == set(options(doctype, "status"))


def test_every_severity_is_an_option():
	severities = {constant("batches/messages.py", name) for name in ("INFO", "WARNING", "ERROR")}
	assert set(options(folder_of(f"{RUN} Message"), "severity")) == severities


def test_every_calibration_frequency_has_its_days():
	assert options("crm_success_settings", "calibration_frequency") == list(
		constant("scoring/calibrations.py", "_VALID_DAYS")
	)


def test_every_band_has_one_color():
	assert list(BAND_COLORS) == values(HealthBand)
	assert len(set(BAND_COLORS.values())) == len(BAND_COLORS)


def gauge_colors() -> dict[str, tuple[str, str]]:
	"""The colour of each band's arc by its name and, where a theme has no such name, by its code."""
	styles = (MODULE / "doctype/customer_health/customer_health.css").read_text()
	pattern = r"\.health-gauge-arc\.([\w-]+) \{ stroke: var\(--(\w+)-500, (#\w+)\)"
	return {name: (color, code) for name, color, code in re.findall(pattern, styles)}


def test_the_gauge_has_the_color_of_each_band():
	named = {band.lower().replace(" ", "-"): color for band, color in BAND_COLORS.items()}
	assert {name: color for name, (color, _code) in gauge_colors().items()} == named


def codes() -> dict[str, str]:
	return {band: gauge_colors()[band.lower().replace(" ", "-")][1] for band in values(HealthBand)}


@pytest.mark.parametrize("chart", ["bands_over_time", "revenue_by_band"])
def test_charts_have_the_colors_of_the_bands_in_order(chart: str):
	assert json.loads(record("dashboard_chart", chart)["custom_options"])["colors"] == list(codes().values())


@pytest.mark.parametrize(
	("card", "band"),
	[
		("healthy_customers", HealthBand.HEALTHY),
		("customers_to_watch", HealthBand.WATCH),
		("customers_at_risk", HealthBand.AT_RISK),
		("newly_at_risk_this_week", HealthBand.AT_RISK),
		("revenue_at_risk", HealthBand.AT_RISK),
	],
)
def test_cards_have_the_color_of_their_band(card: str, band: HealthBand):
	assert record("number_card", card)["color"] == codes()[band.value]


def test_bands_and_trends_are_drawn_by_one_table():
	"""No other script pairs a band with a colour, or a trend with an arrow."""
	pairs = re.compile(r'(Healthy|Watch|"At Risk"): "|(Up|Stable|Down): "')
	scripts = [path for path in APP.rglob("*.js") if pairs.search(path.read_text())]
	assert [name_of(path) for path in scripts] == ["crm_success/public/js/shared/bands.js"]


def test_the_report_writes_the_arrows_that_the_desk_draws():
	arrows = constant("crm_success/report/customer_health/customer_health.py", "ARROWS")
	assert arrows == table_in_script("TREND_ARROWS")


def test_logs_are_kept_as_long_as_the_settings_and_the_documentation_say():
	assert field("crm_success_settings", "snapshot_retention_days")["default"] == str(log_days.SNAPSHOT_DAYS)
	assert log_days.LOG_DAYS == {
		record_names.SNAPSHOT: log_days.SNAPSHOT_DAYS,
		RUN: log_days.RUN_DAYS,
		record_names.MEMBER: log_days.MEMBER_DAYS,
		record_names.BACK_TEST: log_days.BACK_TEST_DAYS,
	}
	for doctype, days in log_days.LOG_DAYS.items():
		assert f"| {doctype} | {days} days |" in ADMINISTRATORS
	row = next(line for line in ADMINISTRATORS.splitlines() if line.startswith("| Keep Snapshots (Days)"))
	assert row.endswith(f"| {log_days.SNAPSHOT_DAYS} |")


@pytest.mark.parametrize("limit", fields(Limits), ids=lambda limit: limit.name)
def test_settings_begin_with_the_limits_of_the_engine(limit: Any):
	default = field("crm_success_settings", limit.name)["default"]
	assert default == limit.default or float(default) == limit.default


@pytest.mark.parametrize("fieldname", ["healthy_from", "watch_from"])
def test_scorecards_begin_with_the_bands_of_the_engine(fieldname: str):
	assert float(field("health_scorecard", fieldname)["default"]) == getattr(Scorecard, fieldname)


RANGES = constant("crm_success/doctype/crm_success_settings/crm_success_settings.py", "RANGES")


@pytest.mark.parametrize("fieldname", RANGES)
def test_settings_begin_within_their_ranges(fieldname: str):
	lowest, highest = RANGES[fieldname]
	row = field("crm_success_settings", fieldname)
	assert lowest <= float(row["default"]) <= (float("inf") if highest is None else highest)
	# the form refuses a negative number by itself; of percents it cannot
	assert row["fieldtype"] == "Percent" or row.get("non_negative")


def test_every_number_of_the_settings_has_a_range():
	numbers = {
		row["fieldname"]
		for row in record("doctype", "crm_success_settings")["fields"]
		# nobody enters what only the app writes
		if row["fieldtype"] in {"Int", "Float", "Percent", "Currency"} and not row.get("read_only")
	}
	assert numbers == set(RANGES)


def test_the_documentation_tells_the_range_of_a_batch():
	lowest, highest = RANGES["batch_size"]
	assert f"customers scored in one job, {lowest} to {highest:,}" in ADMINISTRATORS


def names_of_doctypes() -> set[str]:
	return {json.loads(path.read_text())["name"] for path in DOCTYPES}


def test_every_name_is_that_of_a_doctype():
	named = {value for name, value in vars(record_names).items() if isinstance(value, str) and name.isupper()}
	assert len(named) == 32
	assert named <= names_of_doctypes()


def test_every_module_is_named_where_modules_are():
	named = list(record_names.MODULES)
	assert (APP / "modules.txt").read_text().split("\n") == [*named, ""]
	assert {json.loads(path.read_text())["module"] for path in DOCTYPES} == set(named)
	texts = (APP / "public/js/shared/plain_texts.js").read_text()
	assert words_in(texts, r"MODULES: (\[.*?\])") == named


def test_no_doctype_is_named_by_a_second_constant():
	allowed = {"crm_success/record_names.py", "crm_success/batches/statuses.py"}
	wrong = [
		f"{name_of(path)}: {ast.unparse(node)}"
		for path in sources("**/*.py")
		for node in tree_of(path).body
		if isinstance(node, ast.Assign) and "/patches/" not in str(path) and name_of(path) not in allowed
		if isinstance(node.value, ast.Constant) and node.value.value in names_of_doctypes()
	]
	assert wrong == []


def test_doctypes_are_for_the_roles_that_the_app_makes():
	roles = {row["role"] for path in DOCTYPES for row in json.loads(path.read_text()).get("permissions", [])}
	assert set(record_names.ROLES) <= roles
	assert {role for role in roles if role.startswith("Customer Success")} == set(record_names.ROLES)


def test_the_button_is_shown_to_those_who_may_score_again():
	script = (MODULE / "doctype/customer_health/customer_health.js").read_text()
	assert sorted(words_in(script, r"RESCORING_ROLES = (\[.*?\])")) == sorted(record_names.RESCORING_ROLES)
