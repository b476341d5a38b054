"""The filters of a list as conditions of an audience, and those that cannot be any, by the desk's own script. Needs node."""

import json
from typing import Any

import pytest
from desk_arithmetic import answer, needs_node

from crm_success.scoring.engine.records import MOST_VALUES
from crm_success.scoring.queries.conditions import OPERATORS

pytestmark = needs_node

SCRIPTS = ("audience/audience_names.js", "audience/save_as_audience.js")
ASK = "(...asked) => crm_success.save_as_audience.from_filters(...asked)"
FIELDS = {
	"Customer": ["name", "creation", "territory", "customer_group", "credit_limit_note", "disabled"],
	"Sales Team": ["name", "sales_person", "allocated_percentage"],
	"Customer Health": ["name", "band", "score", "recency_score", "customer_disabled"],
}


def saved(*filters: list, doctype: str = "Customer", tags: tuple = (), names: dict | None = None) -> Any:
	"""What is saved of a list with these filters. `names`: what a filter on a tree stands for."""
	stand_for = {json.dumps(row, separators=(",", ":")): found for row, found in names or ()}
	known = {"fields": FIELDS, "tags": list(tags), "names": stand_for}
	found = answer(SCRIPTS, ASK, doctype, list(filters), known)
	for condition in found["conditions"]:
		if "filters" in condition:
			condition["filters"] = json.loads(condition["filters"])
	return found


def conditions(*filters: list, **asked: Any) -> list[dict[str, Any]]:
	return saved(*filters, **asked)["conditions"]


def left_out(*filters: list, **asked: Any) -> list[str]:
	found = saved(*filters, **asked)
	assert found["conditions"] == []
	return [reason for _row, reason in found["left_out"]]


def test_filters_on_customer_are_one_condition():
	assert conditions(
		["Customer", "territory", "=", "Germany"],
		["Customer", "creation", "Between", ["2026-01-01", "2026-01-31"]],
		["Customer", "customer_group", "in", ["Retail", "Wholesale"]],
	) == [
		{
			"looks_at": "Customer",
			"filters": [
				["territory", "=", "Germany"],
				["creation", "between", ["2026-01-01", "2026-01-31"]],
				["customer_group", "in", ["Retail", "Wholesale"]],
			],
		}
	]


def test_filters_on_a_table_are_a_condition_of_their_own():
	assert conditions(
		["Customer", "territory", "=", "Germany"],
		["Sales Team", "sales_person", "=", "Anna"],
		["Sales Team", "allocated_percentage", ">", 50],
	) == [
		{"looks_at": "Customer", "filters": [["territory", "=", "Germany"]]},
		{
			"looks_at": "Table of Customer",
			"table_doctype": "Sales Team",
			"filters": [["sales_person", "=", "Anna"], ["allocated_percentage", ">", 50]],
		},
	]


@pytest.mark.parametrize(
	("operator", "value"), [("!=", "Anna"), ("not in", ["Anna"]), ("not like", "%A%"), ("is", "not set")]
)
def test_what_also_holds_without_a_row_is_left_out(operator: str, value: Any):
	"""The list joins the table from outside: it also shows customers without any row."""
	assert left_out(["Sales Team", "sales_person", operator, value]) == ["row"]


def test_filters_on_health_look_at_health():
	found = saved(
		["Customer Health", "band", "=", "At Risk"],
		["Customer Health", "customer_disabled", "=", "0"],
		doctype="Customer Health",
	)
	assert found == {
		"include_disabled": 0,
		"conditions": [{"looks_at": "Customer Health", "filters": [["band", "=", "At Risk"]]}],
		"left_out": [],
		"as_of_today": [],
	}


def test_a_list_of_health_with_disabled_customers_saves_them_too():
	assert saved(["Customer Health", "score", "<", 40], doctype="Customer Health")["include_disabled"] == 1


def test_disabled_customers_are_saved_where_the_list_asks_for_them():
	found = saved(["Customer", "disabled", "=", 1])
	assert found["include_disabled"] == 1
	assert found["conditions"] == [{"looks_at": "Customer", "filters": [["disabled", "=", 1]]}]
	found = saved(["Customer", "disabled", "=", 0], ["Customer", "territory", "=", "Germany"])
	assert found["include_disabled"] == 0
	assert found["conditions"] == [{"looks_at": "Customer", "filters": [["territory", "=", "Germany"]]}]
	assert saved(["Customer", "territory", "=", "Germany"])["include_disabled"] == 0


@pytest.mark.parametrize(("operator", "is_not"), [("like", 0), ("not like", 1)])
@pytest.mark.parametrize(
	("doctype", "fieldname"), [("Customer", "customer_audiences"), ("Customer Health", "audiences")]
)
def test_an_audience_is_a_condition(doctype: str, fieldname: str, operator: str, is_not: int):
	pattern = "%|Big & Late|%"
	assert conditions([doctype, fieldname, operator, pattern], doctype=doctype) == [
		{"looks_at": "Audience", "audience": "Big & Late", "is_not": is_not}
	]


@pytest.mark.parametrize("value", ["%Big%", "%|Big%", "%|A|B|%", "set"])
def test_a_pattern_of_no_single_audience_is_left_out(value: str):
	assert left_out(["Customer", "customer_audiences", "like", value]) == ["audience"]


@pytest.mark.parametrize(("operator", "is_not"), [("like", 0), ("=", 0), ("not like", 1), ("!=", 1)])
def test_a_tag_is_a_condition(operator: str, is_not: int):
	assert conditions(["Customer", "_user_tags", operator, "%VIP%"], tags=("VIP",)) == [
		{"looks_at": "Tag", "tag": "VIP", "is_not": is_not}
	]


@pytest.mark.parametrize(
	("source", "operator", "value"),
	[
		("Customer", "like", "%VI%"),
		("Customer", "is", "set"),
		("Customer", "in", ["VIP"]),
		# tags of the health, not of the customer
		("Customer Health", "like", "%VIP%"),
	],
)
def test_tags_that_are_no_tag_of_the_customer_are_left_out(source: str, operator: str, value: Any):
	assert left_out([source, "_user_tags", operator, value], doctype=source, tags=("VIP",)) == ["tag"]


@pytest.mark.parametrize("fieldname", ["_assign", "_liked_by", "_comments", "_seen"])
def test_what_is_about_the_people_who_work_is_left_out(fieldname: str):
	assert left_out(["Customer", fieldname, "like", "%anna@example.com%"]) == ["people"]


def test_fields_that_cannot_be_used_are_left_out():
	assert left_out(["Customer", "secret", "=", "x"], ["Unknown", "name", "=", "x"]) == ["field", "field"]


def test_days_that_move_are_left_out():
	assert left_out(["Customer", "creation", "Timespan", "last 30 days"]) == ["moving"]


def test_operators_of_other_apps_are_left_out():
	assert left_out(["Customer", "creation", "fiscal year", "2026"]) == ["operator"]


@pytest.mark.parametrize(
	("operator", "word"), [("descendants of (inclusive)", "in"), ("not descendants of", "not in")]
)
def test_a_tree_is_saved_as_what_it_stands_for_today(operator: str, word: str):
	row = ["Customer", "territory", operator, "Europe"]
	found = saved(row, names=[(row, ["Europe", "Germany"])])
	assert found["conditions"] == [
		{"looks_at": "Customer", "filters": [["territory", word, ["Europe", "Germany"]]]}
	]
	assert found["as_of_today"] == [row]


def test_a_tree_that_stands_for_nothing_or_too_much_is_left_out():
	row = ["Customer", "territory", "descendants of", "Europe"]
	assert left_out(row) == ["tree"]
	assert left_out(row, names=[(row, [f"T{number}" for number in range(MOST_VALUES + 1)])]) == ["tree"]


def test_a_list_without_filters_has_no_conditions():
	assert saved() == {"include_disabled": 0, "conditions": [], "left_out": [], "as_of_today": []}


def test_the_operators_are_those_of_conditions():
	words = answer(SCRIPTS, "() => crm_success.save_as_audience.OPERATORS")
	assert set(words) == set(OPERATORS)
	assert answer(SCRIPTS, "() => crm_success.save_as_audience.MOST_VALUES") == MOST_VALUES


def test_each_reason_has_words():
	reasons = answer(SCRIPTS, "() => Object.keys(crm_success.save_as_audience.REASONS)")
	assert set(reasons) == {"people", "field", "tag", "audience", "moving", "tree", "operator", "row"}
	sentences = answer(
		SCRIPTS, "() => Object.values(crm_success.save_as_audience.REASONS).map((say) => say())"
	)
	assert all(sentences)


@pytest.mark.parametrize(
	("limits", "include_disabled", "more"),
	[
		({}, 0, []),
		({"include_disabled": 1}, 1, []),
		({"audience": "VIP"}, 0, [{"looks_at": "Audience", "audience": "VIP"}]),
	],
)
def test_a_cell_of_the_matrix_is_a_condition_on_its_scores(limits: dict, include_disabled: int, more: list):
	cell = answer(SCRIPTS, "(...asked) => crm_success.save_as_audience.from_scores(...asked)", 5, 2, limits)
	scores = '[["recency_score","=",5],["frequency_score","=",2]]'
	assert cell == {
		"include_disabled": include_disabled,
		"conditions": [{"looks_at": "Customer Health", "filters": scores}, *more],
	}
