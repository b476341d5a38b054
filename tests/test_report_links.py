"""The cells of the RFM Matrix open the list of just the customers that they count. Needs node."""

import json
import subprocess
from typing import Any

import pytest
from desk_arithmetic import needs_node
from test_layers import APP

# what the scripts ask of the desk while they are loaded, and to link a cell
DESK = """
globalThis.frappe = {
	provide(path) {
		path.split(".").reduce((place, name) => (place[name] ??= {}), globalThis);
	},
	query_reports: {},
	query_report: { get_filter_value: (name) => JSON.parse(process.argv[1])[name] },
	model: { can_read: () => true },
	is_mobile: () => false,
	utils: { generate_route: ({ name, route_options }) => [name, route_options] },
};
globalThis.cint = (value) => Number(value) || 0;
globalThis.__ = (text) => text;
"""
ASK = "console.log(JSON.stringify(crm_success.rfm_matrix.route_to(5, 2)));"
SCRIPTS = (
	"public/js/shared/report_tables.js",
	"public/js/audience/audience_names.js",
	"crm_success/report/rfm_matrix/rfm_matrix.js",
)


@needs_node
@pytest.mark.parametrize(
	("filters", "more"),
	[
		({"include_disabled": 0}, {"customer_disabled": 0}),
		({"include_disabled": 1}, {}),
		({"include_disabled": 1, "audience": "Big"}, {"audiences": '["like","%|Big|%"]'}),
	],
)
def test_a_cell_opens_its_customers(filters: dict[str, Any], more: dict[str, Any]):
	source = "\n".join([DESK, *((APP / script).read_text() for script in SCRIPTS), ASK])
	command = ["node", "-e", source, json.dumps(filters)]
	answer = subprocess.run(command, capture_output=True, text=True, check=True)
	scores = {"recency_score": 5, "frequency_score": 2}
	assert json.loads(answer.stdout) == ["Customer Health", scores | more]


@needs_node
@pytest.mark.parametrize(("may_create", "buttons"), [("true", 1), ("false", 0)])
def test_a_cell_is_saved_as_an_audience_by_whoever_may_make_one(may_create: str, buttons: int):
	desk = f"""
		Object.assign(frappe.utils, {{ escape_html: String }});
		Object.assign(frappe, {{ model: {{ can_create: () => {may_create} }} }});
		globalThis.flt = Number;
		const row = {{ recency_score: 5, f2_lines: ["1 customer", "€ 2"], f2_segments: [], f2_shade: 1 }};
		console.log(crm_success.rfm_matrix.cell(2, row));
	"""
	scripts = [*SCRIPTS[:2], "public/js/audience/save_as_audience.js", *SCRIPTS[2:]]
	source = "\n".join([DESK, *((APP / script).read_text() for script in scripts), desk])
	done = subprocess.run(["node", "-e", source, "0"], capture_output=True, text=True, check=True)
	assert done.stdout.count("<button") == buttons
	assert done.stdout.count('data-recency="5" data-frequency="2"') == buttons
	assert ('aria-label="Save R{0} F{1} as an audience"' in done.stdout) == bool(buttons)
