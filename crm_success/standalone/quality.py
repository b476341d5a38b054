"""What is doubtful in the data that was scored: counted and named, never repaired."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pypika import Table as SqlTable
from pypika.functions import Count, Min

from crm_success.database.dialects import Bindings, Dialect, Statement
from crm_success.scoring.engine.definitions import Definitions, Metric
from crm_success.scoring.queries.document_statements import (
	IN_THE_FUTURE,
	UNKNOWN_CUSTOMER,
	WITHOUT_CUSTOMER,
	DataCheck,
	data_checks,
)
from crm_success.scoring.queries.plan import Tables
from crm_success.standalone.connections import Database

EXAMPLES = 5

_TEXTS = {
	WITHOUT_CUSTOMER: "{doctype}: {count} without a customer, counted for nobody.",
	UNKNOWN_CUSTOMER: "{doctype}: {count} of customers that do not exist (any more), counted for nobody.",
	IN_THE_FUTURE: "{doctype}: {count} dated after {as_of}, not counted yet.",
}


@dataclass(frozen=True)
class DataWarning:
	"""What is doubtful, in words; `examples` are a few of the `count` names it is about."""

	text: str
	count: int = 0
	examples: tuple[str, ...] = ()


def data_warnings(
	database: Database, metrics: tuple[Metric, ...], tables: Tables, as_of: date, definitions: Definitions
) -> Iterator[DataWarning]:
	"""Documents that count for nobody or not yet, and issues whose end has to be guessed."""
	for check in data_checks(metrics, tables, as_of, database.dialect, definitions.money):
		if check.doubt and database.execute(check.doubt).empty:
			continue
		found = database.execute(check.statement)
		found = found[found["documents"] > 0]
		if len(found):
			yield _warning(check, found, as_of)
	yield from _issues_without_end(database, as_of)
	if tables["Customer"].has("is_internal_customer"):
		yield from _internal_customers(database)


def metric_warnings(metrics: pd.DataFrame, definitions: Definitions) -> Iterator[DataWarning]:
	"""Metrics that weigh something and that nobody has a value for; `metrics` as in the figures of the report."""
	weighed = {weight.name for card in definitions.scorecards for weight in card.metrics if weight.weight > 0}
	for key, customers in metrics["customers"].items():
		if key in weighed and not customers:
			label = definitions.metric(str(key)).label
			yield DataWarning(
				f"No customer has a value for the metric {label}: there may be no such documents, or ERPNext is not "
				"used for them."
			)


def _warning(check: DataCheck, found: pd.DataFrame, as_of: date) -> DataWarning:
	documents, names = int(found["documents"].sum()), [str(name) for name in found["example"].head(EXAMPLES)]
	counted = f"{documents:,} {'document' if documents == 1 else 'documents'}"
	text = _TEXTS[check.kind].format(count=counted, doctype=check.source.doctype, as_of=as_of)
	# for unknown customers an example is a customer, and there is one for each of them
	count = len(found) if check.kind == UNKNOWN_CUSTOMER else documents
	return DataWarning(text, count, tuple(names))


def _internal_customers(database: Database) -> Iterator[DataWarning]:
	customers = SqlTable("tabCustomer")
	query = (
		database.dialect.query.from_(customers)
		.select(customers["name"])
		.where(customers.is_internal_customer == 1)
	)
	names = database.execute(Statement(query.orderby(customers["name"]).get_sql()))["name"]
	if len(names):
		counted = f"{len(names):,} internal {'customer' if len(names) == 1 else 'customers'}"
		yield DataWarning(
			f"Customer: {counted}, not scored.", len(names), tuple(map(str, names.head(EXAMPLES)))
		)


def _issues_without_end(database: Database, as_of: date) -> Iterator[DataWarning]:
	found = database.execute(_issues_without_end_statement(database.dialect, as_of)).iloc[0]
	if found["documents"]:
		yield DataWarning(
			f"Issue: {int(found['documents']):,} resolved without a resolution date, the day of the last change was taken. "
			"A Service Level Agreement makes ERPNext keep the date.",
			int(found["documents"]),
			(str(found["example"]),),
		)


def _issues_without_end_statement(dialect: Dialect, as_of: date) -> Statement:
	bindings, issues = Bindings(dialect), SqlTable("tabIssue")
	query = dialect.query.from_(issues).select(Count("*").as_("documents"), Min(issues.name).as_("example"))
	query = query.where(issues.status.isin(bindings.bind_all(("Resolved", "Closed"))))
	query = query.where(issues.sla_resolution_date.isnull() & (issues.opening_date <= bindings.bind(as_of)))
	return bindings.statement(query)
