"""Checks a Health Metric before it is saved: its key, what it measures, how that is judged. Measures nothing.

Every refusal names the field that is wrong and what would be right.
"""

import re

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from crm_success.record_checks.field_errors import bold, one_of, refuse, refusing
from crm_success.record_names import METRIC
from crm_success.scoring import door
from crm_success.scoring.checks.expression_checks import check_expression
from crm_success.scoring.checks.source_checks import check_source
from crm_success.scoring.engine.measure_table import Measure, ValueField, check_window
from crm_success.scoring.engine.records import METRIC_KEY, scale_from_record

KEY_LENGTH = 60
# words that mean something else in an expression
RESERVED = frozenset(
	{"min", "max", "abs", "round", "if", "else", "and", "or", "not", "in", "is", "for", "lambda"}
)

SOURCE_FIELDS = (
	"source_doctype",
	"parent_doctype",
	"customer_field",
	"date_field",
	"value_field",
	"filters",
	"matching",
)
# what a change of the value rests on
MEASURED = ("measure", "window_days", *SOURCE_FIELDS)


def validate_metric(doc: Document) -> None:
	"""Refuses the first thing that is wrong, in the order of the form."""
	check_key(doc)
	check_measure(doc)
	clear_unused_fields(doc)
	if doc.measure == Measure.EXPRESSION:
		check_expression(doc)
	elif Measure(doc.measure).reads_documents:
		check_source(doc)
		with refusing(doc, "window_days"):
			check_window(Measure(doc.measure), cint(doc.window_days))
	check_scale(doc)


def check_key(doc: Document) -> None:
	"""Keys are the names in expressions, so they look like names of variables, and each names one metric."""
	doc.metric_key = doc.metric_key or free_key(doc)
	if not is_key(doc.metric_key):
		message = _(
			"{0} cannot be a key. Use at most {1} small letters, digits and underscores, beginning with a letter, like {2}."
		)
		refuse(doc, "metric_key", message.format(bold(doc.metric_key), KEY_LENGTH, bold(free_key(doc))))
	if owner := key_owner(doc, doc.metric_key):
		message = _("{0} is the key of the metric {1} already. Choose another, or leave it empty.")
		refuse(doc, "metric_key", message.format(bold(doc.metric_key), bold(owner)))


def is_key(text: str) -> bool:
	return bool(METRIC_KEY.fullmatch(text)) and len(text) <= KEY_LENGTH and text not in RESERVED


def free_key(doc: Document) -> str:
	"""The key that the name suggests, with a number where another metric has it."""
	key, number = key_from_name(doc.metric_name), 1
	while key_owner(doc, candidate := key if number == 1 else f"{key[: KEY_LENGTH - 4]}_{number}"):
		number += 1
	return candidate


def key_owner(doc: Document, key: str) -> str | None:
	"""The other metric that has the key."""
	return frappe.db.get_value(METRIC, {"metric_key": key, "name": ("!=", doc.name or "")})


def key_from_name(metric_name: str) -> str:
	"""The key that a name suggests: 'Net Revenue (365 d)' becomes net_revenue_365_d."""
	key = re.sub(r"[^a-z0-9]+", "_", (metric_name or "").lower()).strip("_")
	if not key[:1].isalpha():
		key = f"metric_{key}".rstrip("_")
	return f"{key}_value" if key in RESERVED else key[:KEY_LENGTH].rstrip("_")


def check_measure(doc: Document) -> None:
	"""Everything below asks the row of the measure, so it must have one."""
	measures = [measure.value for measure in Measure]
	if doc.measure not in measures:
		choice = one_of([_(measure) for measure in measures], most=len(measures))
		refuse(doc, "measure", _("Choose how documents become one number: {0}.").format(choice))


def clear_unused_fields(doc: Document) -> None:
	"""Fields that the measure hides must not keep what they held for another measure."""
	measure = Measure(doc.measure)
	row = measure.row
	unused = {
		*(() if measure.reads_documents else SOURCE_FIELDS),
		*(() if measure is Measure.EXPRESSION else ("expression",)),
		*(("value_field",) if row.value_field is ValueField.NONE else ()),
		*(() if row.matching else ("matching",)),
	}
	for fieldname in unused:
		doc.set(fieldname, None)
	if row.forecast:
		doc.unit = row.unit


def check_scale(doc: Document) -> None:
	with refusing(doc, "bands" if doc.scale == "Bands" else "scale"):
		door.check_scale(scale_from_record(doc.as_dict()))
