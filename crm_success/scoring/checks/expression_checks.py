"""Checks the expression of a Health Metric, and whether others need the metric. Evaluates nothing."""

import re
from collections.abc import Iterable
from contextlib import suppress

import frappe
from frappe import _
from frappe.model.document import Document

from crm_success.record_checks.field_errors import bold, one_of, refuse, refusing
from crm_success.record_names import METRIC
from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.expressions import check_names, evaluation_order, parse_expression
from crm_success.scoring.engine.measure_table import Measure


def check_expression(doc: Document) -> None:
	"""The formula is allowed, names metrics that exist and depends in no way on itself."""
	others = other_metrics(doc)
	with refusing(doc, "expression"):
		expression = parse_expression(doc.expression or "")
		check_names(expression, {doc.metric_key, *(other.metric_key for other in others)})
		evaluation_order({doc.metric_key: expression, **readable_expressions(others)})


def readable_expressions(metrics: Iterable) -> dict:
	"""Parsed expressions by key; one that cannot be parsed is not this metric's fault."""
	parsed = {}
	for metric in metrics:
		if metric.measure == Measure.EXPRESSION:
			with suppress(DefinitionError):
				parsed[metric.metric_key] = parse_expression(metric.expression or "")
	return parsed


def other_metrics(doc: Document) -> list:
	"""The other enabled metrics."""
	return frappe.get_all(
		METRIC,
		filters={"enabled": 1, "name": ("!=", doc.name or "")},
		fields=["name", "metric_key", "measure", "expression"],
		order_by="name",
	)


def check_not_used(doc: Document) -> None:
	"""A metric that an expression uses can be neither disabled nor deleted."""
	users = expressions_that_use(doc)
	if users:
		refuse(
			doc,
			"metric_key",
			_("The expression of {0} uses {1}. Change that expression first.").format(
				one_of(users), bold(doc.metric_key)
			),
		)


def expressions_that_use(doc: Document) -> list[str]:
	"""The names of the enabled metrics whose expression names this one."""
	uses = re.compile(rf"\b{re.escape(doc.metric_key)}\b")
	others = [other for other in other_metrics(doc) if other.measure == Measure.EXPRESSION]
	return [other.name for other in others if uses.search(other.expression or "")]
