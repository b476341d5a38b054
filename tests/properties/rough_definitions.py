"""Records of a Health Metric as a careless or a hostile administrator would fill them in, some of them usable.

Texts and numbers to compare with carry a mark, so that a test can look for it in a statement.
"""

import json
from typing import Any

from erpnext_tables import TABLES
from hypothesis import strategies as st

from crm_success.scoring.engine.definitions import MissingValue, ScaleKind
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.queries.computed import COMPUTED_FIELDS
from crm_success.scoring.queries.conditions import OPERATORS
from crm_success.scoring.queries.tables import DATE, DATETIME, NUMERIC_KINDS, TEXT, TIME, kind_of

TEXT_MARK = "zqx"
NUMBER_MARK = 7041776

ROUGH = (
	*(
		"'",
		'"',
		"`",
		"\\",
		"\\'",
		"%",
		"%s",
		"%(p1)s",
		"%%",
		":p1",
		"?",
		"{0}",
		"{",
		"$1",
		"--",
		"/*",
		";",
		"\n",
	),
	*("' OR 1=1 -- ", "'); DROP TABLE `tabCustomer`; -- ", "x') UNION SELECT 1, 2 -- ", "/**/", "_%_%_%"),
	*("\x00", "\ud800", "\u202e", "🙂", "ß", "\uff11", "\ufeff", "<b>", "&lt;", "a" * 2000, "%" * 300, ""),
	*(
		"2024-01-31",
		"2024-01-31 10:00:00",
		"0001-01-01",
		"9999-12-31",
		"13:30:00",
		"set",
		"not set",
		"NaN",
		"1e400",
	),
)
TEXTS = st.one_of(st.sampled_from(ROUGH), st.text(max_size=12))
# what no database takes comes with the flaws
STORABLE = TEXTS.filter(lambda text: "\x00" not in text and text.isprintable() and len(text) < 500)
MARKED = STORABLE.map(lambda text: f"{text}{TEXT_MARK}{text}")
FINITE = st.one_of(
	st.integers(-9, 999).map(lambda number: NUMBER_MARK * 1000 + number),
	st.sampled_from([0, 1, True, -0.0, 0.5, 1e308, -1e300, 2**63, 1 << 70, "5", "1_0", ""]),
	st.floats(allow_nan=False, allow_infinity=False),
)
NUMBERS = st.one_of(FINITE, st.sampled_from([float("nan"), float("inf"), 10**400, -(10**400)]), st.floats())
DATES = st.dates().map(str) | st.datetimes().map(str)
PLAIN = st.one_of(MARKED, TEXTS, NUMBERS, DATES, st.none())
VALUES = st.one_of(
	PLAIN,
	st.lists(PLAIN, max_size=4),
	st.recursive(PLAIN, lambda part: st.lists(part, max_size=2) | st.dictionaries(TEXTS, part, max_size=2)),
)
FITTING = {
	TEXT: MARKED,
	DATE: DATES,
	DATETIME: DATES,
	TIME: st.times().map(str) | st.just("9:30"),
	**dict.fromkeys(NUMERIC_KINDS, FINITE),
}
WRONG_OPERATORS = ("", "Timespan", "descendants of", "==", "; DROP", "is not", "LIKE ", "<>", "regexp")
WRONG_NAMES = (
	"nothing",
	'customer"',
	"name`; --",
	"customer AS x",
	"1",
	"",
	"*",
	"a0",
	"customer.name",
	"zqx%s",
)
USUAL = {
	"Customer": ("name", "creation"),
	"Sales Invoice": ("customer", "posting_date"),
	"Delivery Note": ("customer", "posting_date"),
	"Issue": ("customer", "opening_date"),
	"Payment Ledger Entry": ("party", "posting_date"),
	"Service Visit": ("party", "visited_on"),
	"Sales Invoice Item": ("customer", "posting_date"),
	"Journal Entry Account": ("party", "posting_date"),
}
PARENTS = {"Sales Invoice Item": "Sales Invoice", "Journal Entry Account": "Journal Entry"}
MEASURES = [each.value for each in Measure if each is not Measure.EXPRESSION]


@st.composite
def metric_records(draw: st.DrawFn) -> dict[str, Any]:
	"""The values of a Health Metric by field name: a usable record with no flaw, one or two."""
	doctype = draw(st.sampled_from(sorted(USUAL)))
	parent = PARENTS.get(doctype, "")
	kinds = kinds_of(doctype, parent)
	customer_field, date_field = USUAL[doctype]
	numbers = [name for name, kind in kinds.items() if kind in NUMERIC_KINDS]
	record = {
		"metric_key": "m",
		"metric_name": "M",
		"measure": draw(st.sampled_from(MEASURES)),
		"source_doctype": doctype,
		"parent_doctype": parent,
		"customer_field": customer_field,
		"date_field": date_field,
		"value_field": draw(st.sampled_from(numbers)),
		"filters": draw(conditions(doctype, kinds)),
		"matching": draw(conditions(doctype, kinds)),
		"window_days": draw(st.integers(1, 1800)),
		**draw(SCALES),
	}
	for name, rough in draw(st.lists(st.sampled_from(sorted(FLAWS)), max_size=2)):
		record[name] = draw(ROUGHLY[rough])
	for fieldname in ("filters", "matching"):
		if draw(st.booleans()):
			record[fieldname] = as_json(record[fieldname])
	return record


def conditions(doctype: str, kinds: dict[str, str]) -> st.SearchStrategy:
	"""Usable filters in each of the shapes that Frappe knows."""
	row = st.sampled_from(sorted(kinds)).flatmap(lambda name: condition(name, kinds[name]))
	shaped = st.one_of(
		row,
		row.map(lambda each: [doctype, *each]),
		row.map(lambda each: [doctype, *each, False]),
	)
	by_name = st.lists(row, max_size=2).map(
		lambda rows: {name: [operator, value] for name, operator, value in rows}
	)
	return st.one_of(st.lists(shaped, max_size=3), st.lists(shaped, max_size=3), by_name)


def condition(name: str, kind: str) -> st.SearchStrategy:
	fitting = FITTING[kind]
	single = ["=", "!=", "<", "<=", ">", ">=", "Like", "not like"]
	operators = st.sampled_from(single if kind == TEXT else single[:-2])
	return st.one_of(
		st.tuples(st.just(name), operators, fitting),
		st.tuples(
			st.just(name), st.sampled_from(["in", "NOT IN"]), st.lists(fitting, min_size=1, max_size=4)
		),
		st.tuples(st.just(name), st.just("between"), st.lists(fitting, min_size=2, max_size=2)),
		st.tuples(st.just(name), st.just("is"), st.sampled_from(["set", "not set"])),
	).map(list)


def as_json(value: Any) -> str:
	return json.dumps(value)


def kinds_of(doctype: str, parent: str) -> dict[str, str]:
	"""The kind of each field, real or computed, that a metric on the DocType may name."""
	computed = {name: kind_of(fieldtype) for name, (_, fieldtype) in COMPUTED_FIELDS.get(doctype, {}).items()}
	return {**(TABLES[parent].kinds if parent else {}), **TABLES[doctype].kinds, **computed}


SCALES = st.fixed_dictionaries(
	{
		"scale": st.sampled_from([each.value for each in ScaleKind]),
		"worst": st.floats(-1e6, 1e6),
		"best": st.floats(-1e6, 1e6),
		"better": st.sampled_from(["Higher", "Lower", ""]),
		"bands": st.lists(
			st.fixed_dictionaries({"minimum": st.floats(-1e6, 1e6), "points": st.integers(0, 100)}),
			min_size=1,
			max_size=4,
		),
		"missing_treatment": st.sampled_from([each.value for each in MissingValue]),
	}
)
NAMES = st.sampled_from(WRONG_NAMES) | st.sampled_from(
	["name", "customer", "creation", "docstatus", "company"]
)
ROUGH_ROW = st.tuples(NAMES | TEXTS, st.sampled_from([*OPERATORS, *WRONG_OPERATORS]), VALUES).map(list)
ROUGHLY = {
	"text": TEXTS,
	"value": VALUES,
	"name": NAMES,
	"number": NUMBERS | st.integers(-5, 1800),
	"doctype": st.sampled_from([*sorted(TABLES), "Nothing", ""]),
	"gone": st.sampled_from(["gone", "no_such_field"]),
	"filters": st.one_of(
		st.lists(ROUGH_ROW, max_size=3),
		st.lists(ROUGH_ROW, max_size=3).map(as_json),
		st.dictionaries(NAMES, VALUES, max_size=2),
		ROUGH_ROW.map(lambda row: [row] * 1500),
		st.just("[" * 5000),
	),
	"bands": st.lists(
		st.fixed_dictionaries({"minimum": NUMBERS | TEXTS, "points": NUMBERS | TEXTS}), max_size=4
	),
}
FLAWS = {
	*(
		(name, kind)
		for name in ("metric_key", "metric_name", "measure", "expression")
		for kind in ("text", "value")
	),
	*((name, "doctype") for name in ("source_doctype", "parent_doctype")),
	*((name, "gone") for name in ("customer_field", "date_field", "value_field")),
	*((name, "name") for name in ("customer_field", "date_field", "value_field", "value_field")),
	*(
		(name, kind)
		for name in ("customer_field", "value_field", "missing_treatment")
		for kind in ("text", "value")
	),
	*((name, kind) for name in ("worst", "best", "window_days") for kind in ("number", "number", "value")),
	*((name, kind) for name in ("filters", "matching") for kind in ("filters", "filters", "text", "value")),
	("bands", "bands"),
	("scale", "text"),
}
