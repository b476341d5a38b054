"""Suggested weights on their way into the form of a scorecard. Needs node; skipped without it."""

from typing import Any

from desk_arithmetic import answer, needs_node

SCRIPTS = ("scorecard/entered_weights.js",)
VALUES = {
	"scorecard": "Standard",
	"dimensions": {"Buying": 60},
	"metrics": {"Orders": 100, "Gone": 5},
	"healthy_from": 64,
	"watch_from": 51,
	"sentences": ["Look.", "<b>Edited</b>"],
}
# a form that writes down what is done to it
FORM = """
const done = [];
frappe.model = { set_value: (doctype, name, fieldname, value) => done.push([doctype, name, fieldname, value]) };
frappe.msgprint = (text) => done.push(["message", text]);
frappe.utils = { escape_html: (text) => text.replaceAll("<", "&lt;").replaceAll(">", "&gt;") };
const frm = {
	doc: {
		name,
		dimensions: [{ doctype: "D", name: "d1", dimension: "Buying" }, { doctype: "D", name: "d2", dimension: "Care" }],
		metrics: [{ doctype: "M", name: "m1", metric: "Orders" }],
	},
	is_dirty: () => is_dirty,
	set_value: (values) => done.push(["form", values]),
	refresh_fields: () => {},
	clear_table: (fieldname) => done.push(["clear", fieldname]),
	add_child: (fieldname, row) => done.push(["add", fieldname, row]),
	dirty: () => done.push(["dirty"]),
	set_intro: (text) => done.push(["intro", text]),
};
crm_success.scorecard_changes = { ask: () => done.push(["asked"]) };
crm_success.waiting_weights = values;
"""

pytestmark = needs_node


def done(name: str, is_dirty: bool = False, values: dict[str, Any] = VALUES) -> list[Any]:
	"""What happens to the form of that scorecard when it is shown, and shown again."""
	shown = f"""async (values, name, is_dirty) => {{
		{FORM}
		await crm_success.entered_weights.enter_waiting(frm);
		await crm_success.entered_weights.enter_waiting(frm);
		return done;
	}}"""
	return answer(SCRIPTS, shown, values, name, is_dirty)


def test_what_is_still_there_is_entered_once_told_of_and_looked_at():
	assert done("Standard") == [
		["D", "d1", "weight", 60],
		["M", "m1", "weight", 100],
		["form", {"healthy_from": 64, "watch_from": 51}],
		["intro", "Look.<br>&lt;b&gt;Edited&lt;/b&gt;"],
		["asked"],
	]


def test_whole_tables_take_the_place_of_those_that_are_there():
	cap = {"metric": "Orders", "operator": ">", "value": 5, "cap": 60}
	tables = {"dimensions": [{"dimension": "Care", "weight": 7}], "caps": [cap]}
	proposed = {
		"scorecard": "Standard",
		"tables": tables,
		"healthy_from": 60,
		"watch_from": 30,
		"sentences": [],
	}
	assert done("Standard", values=proposed)[:6] == [
		["clear", "dimensions"],
		["add", "dimensions", {"dimension": "Care", "weight": 7}],
		["clear", "caps"],
		["add", "caps", cap],
		["dirty"],
		["form", {"healthy_from": 60, "watch_from": 30}],
	]


def test_another_scorecard_is_left_alone():
	assert done("Other") == []


def test_changes_that_are_not_saved_are_not_overwritten():
	((kind, text),) = done("Standard", is_dirty=True)
	assert kind == "message"
	assert text.startswith("This scorecard has changes that are not saved.")
