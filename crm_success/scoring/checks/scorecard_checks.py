"""Checks a Health Scorecard: weights that can be weighed, bands in order, one default. Scores nobody."""

from math import isfinite
from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

from crm_success.record_checks.field_errors import bold, one_of, refuse, refusing
from crm_success.record_names import METRIC, SCORECARD
from crm_success.scoring.checks.filter_checks import check_filters, parse
from crm_success.scoring.checks.source_fields import CUSTOMER, fields_of
from crm_success.scoring.engine.records import filters_from_record
from crm_success.scoring.queries.repeated_fields import REPEATED_FIELDS
from crm_success.visibility import reads_by_role

# whoever reads a health reads these of its customer
READABLE_ON_HEALTH = frozenset({"name", *REPEATED_FIELDS.values()})


def check_dimensions(doc: Document) -> None:
	_check_weights(doc, "dimensions", "dimension")
	if not any(flt(row.weight) > 0 for row in doc.dimensions):
		refuse(doc, "dimensions", _("No dimension has a weight. Give at least one a weight above 0."))


def check_metrics(doc: Document) -> None:
	"""Each metric is weighed inside its dimension, so that dimension must be among the weighted ones."""
	_check_weights(doc, "metrics", "metric")
	names = [row.metric for row in doc.metrics]
	dimensions = dict(
		frappe.get_all(METRIC, {"name": ("in", names)}, ["name", "dimension"], as_list=True, order_by="name")
	)
	listed = {row.dimension for row in doc.dimensions}
	for row in doc.metrics:
		row.dimension = dimensions.get(row.metric)
		if not row.dimension:
			_refuse_row(
				doc,
				"metrics",
				row,
				_("{0} has no dimension. Choose one on the metric.").format(bold(row.metric)),
			)
		if row.dimension not in listed:
			message = _(
				"{0} belongs to the dimension {1}, which has no weight here. Add it to the dimensions, or remove the metric."
			)
			_refuse_row(doc, "metrics", row, message.format(bold(row.metric), bold(row.dimension)))


def check_bands(doc: Document) -> None:
	if 0 <= flt(doc.watch_from) < flt(doc.healthy_from) <= 100:
		return
	refuse(
		doc,
		"healthy_from",
		_(
			"The bands begin at {0} and {1}. Watch must begin at 0 or higher and Healthy above it, at 100 at most."
		).format(f"{flt(doc.watch_from):g}", f"{flt(doc.healthy_from):g}"),
	)


def check_caps(doc: Document) -> None:
	for row in doc.caps:
		if not isfinite(flt(row.value)):
			_refuse_row(doc, "caps", row, _("The value must be a number."))
		if not 0 <= flt(row.cap) <= 100:
			_refuse_row(
				doc,
				"caps",
				row,
				_("The cap is {0}. Enter a score from 0 to 100.").format(f"{flt(row.cap):g}"),
			)


def check_customer_filters(doc: Document) -> None:
	with refusing(doc, "customer_filters"):
		check_filters(doc.customer_filters, [CUSTOMER], fields_of(CUSTOMER))
	if not doc.flags.ignore_permissions and doc.has_value_changed("customer_filters"):
		_check_fields_are_readable(doc)


def check_default(doc: Document) -> None:
	"""Customers that no other scorecard takes need one that does."""
	if doc.is_default and not doc.enabled:
		refuse(
			doc,
			"enabled",
			_("This is the default scorecard. Make another one the default before disabling it."),
		)
	if not doc.is_default and not other_defaults(doc):
		refuse(
			doc,
			"is_default",
			_(
				"No other scorecard is the default, and customers that no other takes need one. Make another one the default first."
			)
			if _was_default(doc)
			else _("There is no default scorecard yet. Make this one the default."),
		)


def check_not_last_default(doc: Document) -> None:
	if doc.is_default and not other_defaults(doc):
		refuse(
			doc,
			"is_default",
			_("This is the default scorecard. Make another one the default before deleting it."),
		)


def end_other_defaults(doc: Document) -> None:
	"""A new default takes over from the one before."""
	others = other_defaults(doc) if doc.is_default else []
	for name in others:
		frappe.db.set_value(SCORECARD, name, "is_default", 0)
	if others:
		frappe.msgprint(
			_("{0} is the default scorecard now, in place of {1}.").format(
				bold(doc.name), ", ".join(bold(other) for other in others)
			),
			alert=True,
		)


def other_defaults(doc: Document) -> list[str]:
	filters = {"is_default": 1, "enabled": 1, "name": ("!=", doc.name or "")}
	return frappe.get_all(SCORECARD, filters=filters, pluck="name", order_by="name")


def _was_default(doc: Document) -> bool:
	before = doc.get_doc_before_save()
	return bool(before and before.is_default)


def _check_fields_are_readable(doc: Document) -> None:
	"""Which scorecard takes a customer tells what its fields hold: those of a health, or what the user may read."""
	# one customer that was shared opens no field of all the others
	if reads_by_role(CUSTOMER):
		return
	names = [filter_.fieldname for filter_ in filters_from_record(parse(doc.customer_filters))]
	hidden = [name for name in names if name not in READABLE_ON_HEALTH]
	if hidden:
		message = _(
			"You are not allowed to read the field {0} of a customer. Use {1}, or ask a System Manager for the right to read Customer."
		)
		choice = one_of(sorted(READABLE_ON_HEALTH))
		refuse(doc, "customer_filters", message.format(bold(hidden[0]), choice), frappe.PermissionError)


def _check_weights(doc: Document, table: str, link: str) -> None:
	seen = set()
	for row in doc.get(table):
		if row.get(link) in seen:
			_refuse_row(doc, table, row, _("{0} is listed twice. Keep one row.").format(bold(row.get(link))))
		seen.add(row.get(link))
		if not isfinite(flt(row.weight)) or flt(row.weight) < 0:
			_refuse_row(
				doc, table, row, _("The weight of {0} must be 0 or more.").format(bold(row.get(link)))
			)


def _refuse_row(doc: Document, table: str, row: Document, message: str) -> NoReturn:
	refuse(doc, table, _("Row {0}: {1}").format(row.idx, message))
