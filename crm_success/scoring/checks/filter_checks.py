"""Checks filters that an administrator wrote against the meta. Builds no query."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import date
from math import isfinite
from typing import Any

from frappe import _
from frappe.utils import cstr, escape_html
from pypika import Field

from crm_success.database.dialects import Bindings, Dialect
from crm_success.record_checks.field_errors import Refusal, bold, closest, one_of
from crm_success.scoring.checks.source_fields import SourceField
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.records import check_length, filters_from_record
from crm_success.scoring.queries.conditions import OPERATORS, condition
from crm_success.scoring.queries.tables import kind_of

LISTS = ("in", "not in")
TEXTS = ("like", "not like")
SET_OR_NOT = ("set", "not set")


def check_filters(text: str | None, doctypes: Collection[str], fields: Mapping[str, SourceField]) -> None:
	"""Refusal, in an administrator's words, for the first filter that cannot be used.

	`doctypes` are those that a filter may name, `fields` those that it may look at.
	"""
	rows = parse(text)
	filters_from_record(rows)
	for row in rows:
		_check_doctype(row, doctypes)
		(filter_,) = filters_from_record([row])
		field = known_field(filter_.fieldname, doctypes, fields)
		_check_filter(filter_, field)


def parse(text: str | None) -> list:
	"""The rows of filters in Frappe's format."""
	check_length(text or "")
	try:
		rows = json.loads(text or "[]")
	except (ValueError, RecursionError) as error:
		raise Refusal(
			_(
				"This is not valid JSON ({0}). Use the button to edit filters, or write a list like {1}."
			).format(error, _example())
		) from error
	if isinstance(rows, dict):
		rows = [[name, *(value if isinstance(value, list) else ["=", value])] for name, value in rows.items()]
	if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
		raise Refusal(_("Filters are a list of conditions, like {0}.").format(_example()))
	return rows


def known_field(fieldname: str, doctypes: Collection[str], fields: Mapping[str, SourceField]) -> SourceField:
	"""The field of that name; Refusal where there is none, or where it may not be read."""
	field = fields.get(fieldname)
	if not field:
		by_label = next((field.fieldname for field in fields.values() if field.label == fieldname), None)
		advice = closest(by_label or fieldname, fields)
		source = bold(" / ".join(_(doctype) for doctype in doctypes))
		raise Refusal(_("{0} has no field {1}.").format(source, bold(fieldname)) + advice)
	if field.refused:
		raise Refusal(
			_("The field {0} cannot be used: {1}. Choose another field.").format(
				bold(fieldname), field.refused
			)
		)
	return field


def _example() -> str:
	return '[["is_return", "=", 0]]'


def _check_doctype(row: list, doctypes: Collection[str]) -> None:
	if len(row) in (4, 5) and row[0] not in doctypes:
		raise Refusal(
			_("A filter is on {0}, but it can only be on {1}.").format(
				bold(_(cstr(row[0]))), one_of([_(doctype) for doctype in doctypes])
			)
		)


def _check_filter(filter_: Filter, field: SourceField) -> None:
	if filter_.operator not in OPERATORS:
		raise Refusal(
			_("{0} cannot be used as an operator on {1}. Use one of {2}.").format(
				bold(filter_.operator), bold(field.fieldname), escape_html(", ".join(OPERATORS))
			)
		)
	_CHECK_BY_OPERATOR.get(filter_.operator, _check_single)(filter_, field)
	# whatever else a statement would refuse
	condition(filter_, Field(filter_.fieldname), kind_of(field.fieldtype), Bindings(Dialect.MARIADB))


def _check_single(filter_: Filter, field: SourceField) -> None:
	if isinstance(filter_.value, tuple | dict):
		raise Refusal(
			_("{0} {1} compares with one value, but a list is given. Use {2} for several values.").format(
				bold(field.fieldname), filter_.operator, bold("in")
			)
		)
	_check_value(filter_.value, field)


def _check_list(filter_: Filter, field: SourceField) -> None:
	values = filter_.value if isinstance(filter_.value, tuple) else str(filter_.value or "").split(",")
	if not any(str(value).strip() for value in values):
		raise Refusal(
			_("{0} {1} needs a list with at least one value.").format(bold(field.fieldname), filter_.operator)
		)
	for value in values:
		_check_value(value.strip() if isinstance(value, str) else value, field)


def _check_between(filter_: Filter, field: SourceField) -> None:
	if not isinstance(filter_.value, tuple) or len(filter_.value) != 2:
		raise Refusal(
			_("{0} between needs a list of two values, the first and the last.").format(bold(field.fieldname))
		)
	for value in filter_.value:
		_check_value(value, field)


def _check_is(filter_: Filter, field: SourceField) -> None:
	if filter_.value not in SET_OR_NOT:
		raise Refusal(
			_("{0} is {1} cannot be checked. After {2} comes {3} or {4}.").format(
				bold(field.fieldname), bold(filter_.value), "is", *[bold(word) for word in SET_OR_NOT]
			)
		)


def _check_like(filter_: Filter, field: SourceField) -> None:
	if field.is_number or field.is_date:
		raise Refusal(
			_("{0} is a {1}: {2} works on text only. Compare with {3} or {4} instead.").format(
				bold(field.fieldname), _(field.fieldtype), filter_.operator, "=", "between"
			)
		)
	_check_single(filter_, field)


def _check_value(value: Any, field: SourceField) -> None:
	if field.is_number:
		_check_number(value, field)
	elif field.is_date:
		_check_date(value, field)
	elif field.fieldtype == "Select":
		_check_option(value, field)


def _check_number(value: Any, field: SourceField) -> None:
	try:
		finite = isfinite(float(value or 0))
	except (TypeError, ValueError, OverflowError):
		finite = False
	if not finite:
		raise Refusal(
			_("{0} is a number, but it is compared with {1}. Write a number{2}.").format(
				bold(field.fieldname),
				bold(value),
				_(": 1 for yes, 0 for no") if field.fieldtype == "Check" else "",
			)
		)


def _check_date(value: Any, field: SourceField) -> None:
	try:
		valid = bool(date.fromisoformat(str(value)[:10]))
	except ValueError:
		valid = False
	if not valid:
		raise Refusal(
			_("{0} is a date, but it is compared with {1}. Write a date like {2}.").format(
				bold(field.fieldname), bold(value), "2026-01-31"
			)
		)


def _check_option(value: Any, field: SourceField) -> None:
	options = [option.strip() for option in field.options.split("\n")]
	if value and field.options.strip() and str(value) not in options:
		advice = closest(value, options) or " " + _("It can be {0}.").format(
			", ".join(bold(option) for option in options if option)
		)
		raise Refusal(_("{0} is never {1}.").format(bold(field.fieldname), bold(value)) + advice)


_CHECK_BY_OPERATOR: dict[str, Callable[[Filter, SourceField], None]] = {
	**dict.fromkeys(LISTS, _check_list),
	**dict.fromkeys(TEXTS, _check_like),
	"between": _check_between,
	"is": _check_is,
}
