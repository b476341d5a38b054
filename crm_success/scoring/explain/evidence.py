"""The very documents behind a metric's value of one customer. Decides neither who may see them nor what they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from numbers import Number
from typing import Any

import frappe

from crm_success.database import reading
from crm_success.scoring.definition_records import metric_of
from crm_success.scoring.engine.definitions import Definitions, Metric, Money
from crm_success.scoring.engine.expressions import parse_expression
from crm_success.scoring.engine.profile import revenue_within
from crm_success.scoring.frozen_definitions import FrozenDefinitions, plan_for
from crm_success.scoring.money import money_on
from crm_success.scoring.queries.document_statements import documents_statement
from crm_success.scoring.queries.tables import Table
from crm_success.scoring.source_tables import CUSTOMER, tables_for

DOCUMENTS = 20

# so many are looked at to find those that a user may read
_LOOKED_AT = 500

# instead of a title, where the name alone tells nothing
_TOLD_BY = {"Payment Ledger Entry": "voucher_no"}


def documents_behind(
	metric: Metric,
	tables: Mapping[str, Table],
	money: Money,
	customer: str,
	as_of: date,
	limit: int = DOCUMENTS,
) -> list[dict[str, Any]]:
	"""The newest first, each as doctype, name, date and value; the metric must be readable and no formula.

	Behind a forecast stand the invoices and returns of all time.
	"""
	metric = _of_documents(metric)
	statement = documents_statement(metric, tables, as_of, reading.dialect(), money, customer, limit)
	return [
		{
			"doctype": row.get("document_type") or doctype_of(metric),
			"name": row["document"],
			"date": row["date"],
			"value": row.get("value"),
		}
		for row in reading.read_rows(statement)
	]


def doctype_of(metric: Metric) -> str:
	"""The DocType of a metric's documents: the parent of a child table."""
	return metric.parent_doctype or metric.doctype


def readable_documents(record: Mapping[str, Any], customer: str, as_of: date) -> dict[str, Any]:
	"""Those of a saved metric, at most 20, for whoever may see the customer's health; ScoringError where the metric
	cannot be read.

	Who has the right to read the DocType sees the documents that are within it, and what they are called; `hidden`
	counts those among the newest that were left out. Who has none (`may_read` is false) sees what the score rests on:
	which documents there are, of what day and with what number. `more` tells of documents that are not listed.
	"""
	metric = _of_documents(metric_of(record))
	doctype = doctype_of(metric)
	# a measure with a unit of its own leaves that of a document's value unsaid
	unit = "" if metric.measure.row.unit else metric.unit
	answer = {"doctype": doctype, "unit": unit, "documents": [], "hidden": 0, "more": False}
	found = _newest(metric, customer, as_of)
	if not frappe.has_permission(doctype, "read"):
		bare = [_without_text(row) for row in found[:DOCUMENTS]]
		return {**answer, "may_read": False, "documents": bare, "more": len(found) > DOCUMENTS}
	titles = _titles_of_readable(found, customer)
	readable = [{**row, "title": title} for row in found if (title := titles.get(_identity(row))) is not None]
	return {
		**answer,
		"may_read": True,
		"documents": readable[:DOCUMENTS],
		"hidden": len(found) - len(readable),
		"more": len(readable) > DOCUMENTS or len(found) == _LOOKED_AT,
	}


def _without_text(document: Mapping[str, Any]) -> dict[str, Any]:
	"""What a metric counts different values of is no number: it is the content of the document."""
	value = document["value"]
	return {**document, "title": "", "value": value if isinstance(value, Number) else None}


def _of_documents(metric: Metric) -> Metric:
	return replace(revenue_within(0), unit="Currency") if metric.measure.row.forecast else metric


def keys_in_formula(record: Mapping[str, Any]) -> tuple[str, ...]:
	"""The keys of the metrics that a formula uses; ScoringError where it cannot be parsed."""
	return parse_expression(record["expression"] or "").names


def _newest(metric: Metric, customer: str, as_of: date) -> list[dict[str, Any]]:
	tables, money = tables_for([metric]), money_on(as_of)[0]
	frozen = FrozenDefinitions(Definitions(metrics=(metric,), money=money), tuple(tables.values()))
	problems = plan_for([metric], frozen, as_of).problems
	if problems:
		raise problems[0].error
	return documents_behind(metric, tables, money, customer, as_of, _LOOKED_AT)


def readable_of(documents: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
	"""DocType and name of those that the user may read."""
	return set(_titles_of_readable(documents, ""))


def _titles_of_readable(documents: Iterable[Mapping[str, Any]], customer: str) -> dict[tuple[str, str], str]:
	"""What the documents that the user may read are called; "" where that tells no more than name and customer."""
	names: dict[str, list[str]] = {}
	for document in documents:
		names.setdefault(document["doctype"], []).append(document["name"])
	known = {customer, frappe.db.get_value(CUSTOMER, customer, "customer_name")}
	titles = {}
	for doctype, of_doctype in names.items():
		if not frappe.has_permission(doctype, "read"):
			continue
		told_by = _TOLD_BY.get(doctype) or frappe.get_meta(doctype).get_title_field()
		fields = list(dict.fromkeys(["name", told_by]))
		for row in frappe.get_list(doctype, filters={"name": ("in", of_doctype)}, fields=fields, limit=0):
			title = row.get(told_by) or ""
			titles[doctype, row.name] = "" if title in known | {row.name} else title
	return titles


def _identity(document: Mapping[str, Any]) -> tuple[str, str]:
	return document["doctype"], document["name"]
