"""A condition of an audience in the words of whoever reads it. Decides nothing."""

from collections.abc import Callable, Mapping
from datetime import date
from math import isfinite
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, cstr, flt, fmt_money, formatdate

from crm_success.audiences.audience_checks import fields_for
from crm_success.audiences.audience_rules import LooksAt
from crm_success.record_names import AUDIENCE, METRIC
from crm_success.scoring.checks.source_fields import SourceField
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.records import filters_from_record

_MOST_VALUES = 5
_SENTENCES: dict[str, Callable[[], str]] = {
	"=": lambda: _("{0} is {1}"),
	"!=": lambda: _("{0} is not {1}"),
	"in": lambda: _("{0} is one of {1}"),
	"not in": lambda: _("{0} is none of {1}"),
	"like": lambda: _("{0} is like {1}"),
	"not like": lambda: _("{0} is not like {1}"),
	"between": lambda: _("{0} is from {1} to {2}"),
	"set": lambda: _("{0} is set"),
	"not set": lambda: _("{0} is not set"),
}


def condition_in_words(row: Any) -> str:
	"""What a row of a Customer Audience says."""
	words = "; ".join(filters_in_words(row))
	if words and row.get("looks_at") == LooksAt.TABLE.value:
		words = f"{_(row.get('table_doctype'))}: {words}"
	return _("not: {0}").format(words) if words and cint(row.get("is_not")) else words


def filters_in_words(row: Any) -> list[str]:
	"""The same for each of its filters alone, without the "not"; of what has no filters, one text."""
	kind = row.get("looks_at")
	if kind == LooksAt.METRIC.value:
		words = [_of_metric(row)] if row.get("metric") else []
	elif kind == LooksAt.TAG.value:
		words = [cstr(row.get("tag"))]
	elif kind == LooksAt.AUDIENCE.value:
		words = [_(cstr(row.get("audience")), context=AUDIENCE)]
	else:
		words = _of_filters(row, kind)
	return [each for each in words if each]


def _of_metric(row: Any) -> str:
	label, operator = _(row.get("metric"), context=METRIC), cstr(row.get("operator"))
	values = [_number(row.get(name)) for name in ("value", "value_to")]
	return _sentence(label, operator.removeprefix("is "), values if operator == "between" else values[:1])


def _of_filters(row: Any, kind: str) -> list[str]:
	doctype = row.get("table_doctype") if kind == LooksAt.TABLE.value else kind
	if not doctype or kind not in list(LooksAt) or not frappe.db.exists("DocType", doctype):
		return []
	try:
		filters = filters_from_record(row.get("filters"))
	except ScoringError:
		return [cstr(row.get("filters"))]
	fields = fields_for(LooksAt(kind), doctype)
	return [_of_filter(filter_, fields, doctype) for filter_ in filters]


def _of_filter(filter_: Filter, fields: Mapping[str, SourceField], doctype: str) -> str:
	field = fields.get(filter_.fieldname) or SourceField(filter_.fieldname, filter_.fieldname, "Data")
	if filter_.operator == "is":
		return _sentence(field.label, cstr(filter_.value), [])
	values = filter_.value if isinstance(filter_.value, tuple) else (filter_.value,)
	return _sentence(field.label, filter_.operator, [_value(each, field, doctype) for each in values])


def _sentence(label: str, operator: str, values: list[str]) -> str:
	if operator not in _SENTENCES:
		return f"{label} {operator} {', '.join(values)}"
	if operator == "between" and len(values) == 2:
		return _SENTENCES[operator]().format(label, *values)
	shown = ", ".join(values[:_MOST_VALUES]) + (" …" if len(values) > _MOST_VALUES else "")
	return _SENTENCES[operator]().format(label, shown, "")


def _value(value: Any, field: SourceField, doctype: str) -> str:
	if field.fieldtype == "Check":
		return _("Yes") if cint(value) else _("No")
	if field.is_number:
		return _number(value)
	text = cstr(value)
	if field.is_date:
		return _day(text)
	if field.fieldtype == "Select":
		return _(text, context=doctype) if text else _("empty")
	if field.fieldtype == "Link" and field.options and frappe.get_meta(field.options).translated_doctype:
		return _(text, context=field.options)
	return text or _("empty")


def _day(text: str) -> str:
	try:
		return formatdate(date.fromisoformat(text))
	except ValueError:
		return text


def _number(value: Any) -> str:
	number = flt(value)
	if not isfinite(number):
		return cstr(value)
	return fmt_money(number, precision=0 if number == round(number) else 2)
