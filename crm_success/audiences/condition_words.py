"""A condition of an audience in the words of whoever reads it. Decides nothing."""

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt

from crm_success.audiences.audience_checks import fields_for
from crm_success.audiences.audience_rules import LooksAt
from crm_success.record_names import AUDIENCE, METRIC
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.records import filters_from_record

_MOST_VALUES = 5


def condition_in_words(row: Any) -> str:
	"""What a row of a Customer Audience says, without the "not" before it."""
	try:
		looks_at = LooksAt(row.looks_at)
	except ValueError:
		return ""
	if looks_at is LooksAt.METRIC:
		return _metric(row)
	if looks_at is LooksAt.TAG:
		return row.tag or ""
	if looks_at is LooksAt.AUDIENCE:
		return _(row.audience or "", context=AUDIENCE)
	return _filters(row, looks_at)


def _metric(row: Any) -> str:
	parts = [_(row.metric or "", context=METRIC), _(row.operator or "")]
	if not (row.operator or "").startswith("is"):
		parts.append(_number(row.value))
	if row.operator == "between":
		parts.append(_number(row.value_to))
	return " ".join(parts)


def _filters(row: Any, looks_at: LooksAt) -> str:
	try:
		filters = filters_from_record(row.filters)
	except ScoringError:
		return row.filters or ""
	doctype = row.table_doctype if looks_at is LooksAt.TABLE else looks_at.value
	labels = _labels(looks_at, doctype or "")
	words = "; ".join(_filter(filter_, labels, doctype) for filter_ in filters)
	return f"{_(doctype)}: {words}" if looks_at is LooksAt.TABLE and words else words


def _labels(looks_at: LooksAt, doctype: str) -> dict[str, str]:
	"""Of fields, by name; of none where the DocType is gone: its audience must still open."""
	if not frappe.db.exists("DocType", doctype, cache=True):
		return {}
	return {name: field.label for name, field in fields_for(looks_at, doctype).items()}


def _filter(filter_: Filter, labels: Mapping[str, str], doctype: str) -> str:
	label = labels.get(filter_.fieldname, filter_.fieldname)
	values = filter_.value if isinstance(filter_.value, tuple) else (filter_.value,)
	shown = ", ".join(_(str(value), context=doctype) for value in values[:_MOST_VALUES])
	return f"{label} {_(filter_.operator)} {shown}" + ("…" if len(values) > _MOST_VALUES else "")


def _number(value: Any) -> str:
	return f"{flt(value):g}"
