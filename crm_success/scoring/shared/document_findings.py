"""Counts and names the documents that no score can use, and the metrics that none gives a value. Repairs nothing."""

from collections.abc import Iterable, Iterator
from datetime import date

from crm_success.database.port import DatabasePort
from crm_success.scoring.engine.definitions import Definitions, Metric
from crm_success.scoring.engine.measures import needed_metrics, needs_window
from crm_success.scoring.queries.document_statements import (
	UNKNOWN_CUSTOMER,
	WITHOUT_CUSTOMER,
	WITHOUT_RESOLUTION,
	DataCheck,
	data_checks,
	value_statement,
	without_till,
)
from crm_success.scoring.queries.ledger_rows import INVOICE
from crm_success.scoring.queries.plan import Tables
from crm_success.scoring.queries.read_statements import internal_customers_statement
from crm_success.scoring.shared.findings import (
	EXAMPLES,
	INTERNAL_CUSTOMER,
	WITHOUT_VALUE,
	Finding,
	finding_of,
)


def document_findings(
	database: DatabasePort, metrics: Iterable[Metric], definitions: Definitions, tables: Tables, today: date
) -> Iterator[Finding]:
	"""What is doubtful about the documents that the metrics read, each source looked at once.

	The metrics must be readable (`plan.check_readable`).
	"""
	metrics = tuple(metrics)
	for check in data_checks(metrics, tables, today, database.dialect, definitions.money):
		yield from _found(database, check, tables)
	yield from _metrics_without_value(database, metrics, definitions, tables, today)
	yield from _internal_customers(database, tables)


def _found(database: DatabasePort, check: DataCheck, tables: Tables) -> Iterator[Finding]:
	if check.doubt and not database.execute(check.doubt).rows:
		return
	rows = database.execute(check.statement).records()
	found = [(int(row["documents"]), str(row["example"])) for row in rows if row["documents"]]
	if not found:
		return
	documents, names = sum(number for number, _ in found), [name for _, name in found]
	# of unknown customers each is named, of documents one for them all
	named = len(names) if check.kind == UNKNOWN_CUSTOMER else documents
	examples = tuple(names[:EXAMPLES])
	yield Finding(
		check.kind,
		check.source.doctype,
		documents,
		examples,
		named - len(examples),
		harmless=_is_harmless(check, tables),
	)


def _is_harmless(check: DataCheck, tables: Tables) -> bool:
	"""An issue may well name no customer; a submitted document of a customer field should."""
	document = tables[check.source.parent_doctype or check.source.doctype]
	return check.kind == WITHOUT_RESOLUTION or (check.kind == WITHOUT_CUSTOMER and not document.submittable)


def _metrics_without_value(
	database: DatabasePort, metrics: Iterable[Metric], definitions: Definitions, tables: Tables, today: date
) -> Iterator[Finding]:
	"""Metrics that weigh something, or that formulas of such metrics need, by what they read."""
	weighed = [weight.name for card in definitions.scorecards for weight in card.metrics if weight.weight > 0]
	needed = {metric.key for metric in needed_metrics(definitions.metrics, weighed)}
	labels: dict[str, list[str]] = {}
	for metric in metrics:
		is_read = metric.key in needed and metric.measure.reads_documents
		if is_read and not _gives_value(database, metric, definitions, tables, today):
			labels.setdefault(metric.doctype, []).append(metric.label)
	for doctype, names in labels.items():
		yield finding_of(WITHOUT_VALUE, doctype, names, harmless=True)


def _gives_value(
	database: DatabasePort, metric: Metric, definitions: Definitions, tables: Tables, today: date
) -> bool:
	# without the till first, which is answered by the first row that fits
	for known in (without_till(tables), tables) if metric.doctype == INVOICE else (tables,):
		statement = value_statement(
			metric, known, today, database.dialect, definitions.money, needs_window(metric)
		)
		if database.execute(statement).rows:
			return True
	return False


def _internal_customers(database: DatabasePort, tables: Tables) -> Iterator[Finding]:
	customer = tables["Customer"]
	if customer.has("is_internal_customer"):
		rows = database.execute(internal_customers_statement(customer, database.dialect)).rows
		if rows:
			names = [str(name) for (name,) in rows]
			yield finding_of(INTERNAL_CUSTOMER, customer.doctype, names, harmless=True)
