"""Counts and names the documents that no score can use. Repairs none of them."""

from collections.abc import Iterable, Iterator
from datetime import date

import frappe
from frappe import _

from crm_success.batches.messages import EXAMPLES, INFO, WARNING, Message
from crm_success.database import reading
from crm_success.scoring.engine.definitions import Metric
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.profile import profile_metrics
from crm_success.scoring.frozen_definitions import Frozen, plan_for
from crm_success.scoring.queries.document_statements import (
	IN_THE_FUTURE,
	UNKNOWN_CUSTOMER,
	WITHOUT_CUSTOMER,
	DataCheck,
	data_checks,
)
from crm_success.scoring.source_tables import CUSTOMER


def about_data(frozen: Frozen, today: date) -> list[Message]:
	"""What is wrong with the documents of each source, each source looked at once."""
	metrics = _readable(frozen, today)
	checks = data_checks(
		metrics, frozen.tables_by_doctype, today, reading.dialect(), frozen.definitions.money
	)
	return [*_findings(checks), *_internal_customers(frozen)]


def _readable(frozen: Frozen, today: date) -> list[Metric]:
	metrics = (*frozen.definitions.metrics, *profile_metrics(frozen.definitions.limits))
	unreadable = {problem.metric for problem in plan_for(metrics, frozen, today).problems}
	return [m for m in metrics if m.measure is not Measure.EXPRESSION and m.key not in unreadable]


def _findings(checks: Iterable[DataCheck]) -> Iterator[Message]:
	texts = {
		WITHOUT_CUSTOMER: _("Documents that name no customer count for nobody. Enter the customer."),
		UNKNOWN_CUSTOMER: _(
			"Documents that name a customer that does not exist (any more) count for nobody."
		),
		IN_THE_FUTURE: _("Documents dated after today do not count yet. Check their dates."),
	}
	for check in checks:
		if check.doubt and not reading.read_rows(check.doubt):
			continue
		found = [row for row in reading.read_rows(check.statement) if row["documents"]]
		if found:
			examples = tuple(str(row["example"]) for row in found[:EXAMPLES])
			documents = sum(int(row["documents"]) for row in found)
			yield Message(_severity(check), texts[check.kind], check.source.doctype, documents, examples)


def _severity(check: DataCheck) -> str:
	"""An issue may well name no customer; a submitted document of a customer field should."""
	meta = frappe.get_meta(check.source.parent_doctype or check.source.doctype)
	return WARNING if meta.is_submittable or check.kind != WITHOUT_CUSTOMER else INFO


def _internal_customers(frozen: Frozen) -> Iterator[Message]:
	if not frozen.tables_by_doctype[CUSTOMER].has("is_internal_customer"):
		return
	internal = frappe.get_all(CUSTOMER, filters={"is_internal_customer": 1}, pluck="name", order_by="name")
	if internal:
		reason = _("Internal customers are not scored.")
		yield Message(INFO, reason, CUSTOMER, len(internal), tuple(internal[:EXAMPLES]))
