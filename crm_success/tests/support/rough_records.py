"""Our records as a careless or a hostile administrator would fill them in: usable ones with a flaw or two, or none."""

import json
from typing import Any

import frappe
from hypothesis import strategies as st

from crm_success.scoring.checks.source_fields import (
	customer_fields,
	date_fields,
	fields_of,
)
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.queries.conditions import OPERATORS

SOURCES = {
	"Sales Invoice": "",
	"Sales Invoice Item": "Sales Invoice",
	"Delivery Note": "",
	"Issue": "",
	"Payment Ledger Entry": "",
	"Customer": "",
}
SCRIPT = "<img src=x onerror=alert(1)>"
ROUGH = (
	*(
		"'",
		'"',
		"`",
		"\\",
		"%",
		"%s",
		"%(p1)s",
		"{0}",
		"{",
		"--",
		";",
		SCRIPT,
		f"{SCRIPT}'\"",
		"' OR 1=1 -- ",
	),
	*(
		"x'); DROP TABLE `tabCustomer`; -- ",
		"🙂",
		"\u202eabc",
		"ß",
		"\uff11",
		"a" * 141,
		"a" * 3000,
		"",
		" ",
		"\n",
	),
	*(
		"\x00",
		"\ud800",
		"NaN",
		"inf",
		"1e400",
		"9" * 400,
		"2024-01-31",
		"0000-00-00",
		"99:99",
		"set",
		"null",
		"[]",
	),
)
TEXTS = st.one_of(st.sampled_from(ROUGH), st.text(max_size=8))
# Frappe looks links up before any check of ours, and no database takes such a text
LINKS = TEXTS.filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text))
NUMBERS = st.one_of(
	st.sampled_from([float("nan"), float("inf"), -1, 0, 1e11, 1e13, -1e15, 1e308, 2**31, 2**63, 10**400]),
	st.integers(-5, 2000),
	st.sampled_from(["", "abc", "1e5", "-0", "nan", "1,5"]),
)
PLAIN = TEXTS | NUMBERS | st.none() | st.booleans() | st.dates().map(str)
VALUES = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(TEXTS, PLAIN, max_size=1)
WRONG_NAMES = (
	"nothing",
	"customer`",
	'name" --',
	"docstatus",
	"_user_tags",
	"parent",
	"amended_from",
	"",
	"1",
)
FITTING = {"number": st.integers(0, 5) | st.floats(-1e9, 1e9), "date": st.dates().map(str), "text": TEXTS}


@st.composite
def metrics(draw: st.DrawFn) -> dict[str, Any]:
	"""The values of a Health Metric."""
	source = draw(st.sampled_from(sorted(SOURCES)))
	fields = {name: field for name, field in fields_of(source, SOURCES[source]).items() if not field.refused}
	addable = sorted(name for name, field in fields.items() if field.is_addable)
	formula = draw(st.booleans()) and draw(st.booleans())
	record = {
		"metric_name": "Fuzzed",
		"measure": "Expression" if formula else draw(st.sampled_from([m.value for m in Measure])),
		"source_doctype": source,
		"customer_field": draw(st.sampled_from(["", *customer_fields(source, SOURCES[source])])),
		"date_field": draw(st.sampled_from(date_fields(source, SOURCES[source])[:3])),
		"value_field": draw(st.sampled_from(addable or [""])),
		"filters": draw(filters(fields)),
		"matching": draw(filters(fields)),
		"window_days": draw(st.integers(60, 1800)),
		"expression": draw(
			st.sampled_from(["net_revenue_365d / 2", "1 if open_issues > 0 else 0", "1 / 0", "fuzzed"])
		),
		"scale": draw(st.sampled_from(["Linear", "Bands", "Percentile"])),
		"worst": draw(st.integers(-9, 9)),
		"best": 10,
		"better": draw(st.sampled_from(["Higher", "Lower"])),
		"missing_treatment": draw(st.sampled_from(["Ignore", "Neutral", "Worst", "Best"])),
		"unit": draw(st.sampled_from(["", "Currency", "Days"])),
		"bands": [{"minimum": 0, "points": 10}, {"minimum": 5, "points": 90}],
	}
	return flawed(draw, record, METRIC_FLAWS)


def filters(fields: dict[str, Any]) -> st.SearchStrategy:
	"""Conditions that fit the fields, mostly, as the JSON that the form keeps."""
	row = st.sampled_from(sorted(fields)).flatmap(lambda name: _condition(fields[name]))
	return st.lists(row, max_size=3).map(json.dumps)


def _condition(field: Any) -> st.SearchStrategy:
	fitting = FITTING["number" if field.is_number else "date" if field.is_date else "text"]
	single = st.sampled_from(["=", "!=", ">", "<=", *([] if field.is_number or field.is_date else ["like"])])
	return st.one_of(
		st.tuples(st.just(field.fieldname), single, fitting),
		st.tuples(st.just(field.fieldname), st.just("in"), st.lists(fitting, min_size=1, max_size=3)),
		st.tuples(st.just(field.fieldname), st.just("is"), st.sampled_from(["set", "not set"])),
	).map(list)


@st.composite
def scorecards(draw: st.DrawFn) -> dict[str, Any]:
	"""The values of a Health Scorecard."""
	fields = {name: field for name, field in fields_of("Customer").items() if not field.refused}
	record = {
		"scorecard_name": "Fuzzed",
		"enabled": 1,
		"is_default": 0,
		"priority": draw(st.integers(-3, 3)),
		"customer_filters": draw(filters(fields)),
		"dimensions": [{"dimension": "Value", "weight": 1}, {"dimension": "Payment", "weight": 3}],
		"metrics": [{"metric": "Return Rate", "weight": 1}],
		"healthy_from": 70,
		"watch_from": 40,
		"caps": [{"metric": "Overdue Amount", "operator": ">", "value": 5, "cap": 50, "reason": "Owes"}],
	}
	for table, fieldname in (
		("dimensions", "weight"),
		("metrics", "weight"),
		("caps", "value"),
		("caps", "cap"),
	):
		if draw(st.integers(0, 9)) == 9:
			record[table][0][fieldname] = draw(NUMBERS)
	return flawed(draw, record, SCORECARD_FLAWS)


@st.composite
def segments(draw: st.DrawFn) -> dict[str, Any]:
	"""The values of a Customer Segment."""
	ranges = {}
	for letter in "rfm":
		ranges[f"{letter}_min"], ranges[f"{letter}_max"] = sorted(draw(st.tuples(*[st.integers(1, 5)] * 2)))
	return flawed(draw, {"segment_name": "Fuzzed", "priority": 1, **ranges}, SEGMENT_FLAWS)


@st.composite
def settings_values(draw: st.DrawFn) -> dict[str, Any]:
	"""Some values of CRM Success Settings."""
	fields = frappe.get_meta("CRM Success Settings").fields
	names = sorted(
		df.fieldname for df in fields if df.fieldtype in ("Int", "Float", "Percent", "Currency", "Select")
	)
	usual = st.integers(1, 20)
	return {
		name: draw(usual | usual | NUMBERS | TEXTS)
		for name in draw(st.lists(st.sampled_from(names), max_size=2))
	}


def flawed(draw: st.DrawFn, record: dict[str, Any], flaws: dict[str, st.SearchStrategy]) -> dict[str, Any]:
	for name in draw(st.lists(st.sampled_from(sorted(flaws)), max_size=2)):
		record[name] = draw(flaws[name])
	return record


_NAMES = st.sampled_from(WRONG_NAMES) | TEXTS
_ROUGH_ROW = st.tuples(
	_NAMES | st.sampled_from(["customer", "name"]),
	st.sampled_from([*OPERATORS, "Timespan", "", "=="]),
	VALUES,
)
_ROUGH_FILTERS = st.one_of(
	st.lists(_ROUGH_ROW.map(list), max_size=3),
	st.lists(_ROUGH_ROW.map(list), max_size=3).map(json.dumps),
	_ROUGH_ROW.map(lambda row: json.dumps([list(row)] * 1200)),
	st.dictionaries(_NAMES, VALUES, max_size=2).map(json.dumps),
	st.just("[" * 5000),
	VALUES,
)
METRIC_FLAWS = {
	"metric_name": TEXTS,
	"metric_key": VALUES,
	"measure": VALUES,
	"source_doctype": st.sampled_from(["User", "DocType", "Selling Settings", "BOM Item", "Contact"]) | LINKS,
	"parent_doctype": st.sampled_from(["Sales Order", "User", "Customer"]) | LINKS,
	"customer_field": _NAMES,
	"date_field": _NAMES | VALUES,
	"value_field": _NAMES | VALUES,
	"filters": _ROUGH_FILTERS,
	"matching": _ROUGH_FILTERS,
	"window_days": NUMBERS | VALUES,
	"expression": VALUES,
	"scale": VALUES,
	"worst": NUMBERS | VALUES,
	"best": NUMBERS | VALUES,
	"better": VALUES,
	"missing_treatment": VALUES,
	"unit": VALUES,
	"description": VALUES,
	"bands": st.lists(st.fixed_dictionaries({"minimum": NUMBERS, "points": NUMBERS | VALUES}), max_size=3),
}
SCORECARD_FLAWS = {
	"scorecard_name": TEXTS,
	"priority": NUMBERS | VALUES,
	"customer_filters": _ROUGH_FILTERS,
	"healthy_from": NUMBERS | VALUES,
	"watch_from": NUMBERS | VALUES,
	"caps": st.lists(
		st.fixed_dictionaries(
			{
				"metric": st.just("Overdue Amount"),
				"operator": st.sampled_from(["=", "<"]) | TEXTS,
				"value": NUMBERS | VALUES,
				"cap": NUMBERS | VALUES,
				"reason": VALUES,
			}
		),
		max_size=2,
	),
}
SEGMENT_FLAWS = {
	"segment_name": TEXTS,
	"priority": NUMBERS | VALUES,
	"color": TEXTS,
	"strategy": VALUES,
	**{f"{letter}_{end}": NUMBERS | VALUES for letter in "rfm" for end in ("min", "max")},
}
