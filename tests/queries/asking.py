"""Short ways to ask a database of the tests for metrics."""

from datetime import date
from typing import Any

import pandas as pd
from databases import Database
from erpnext_tables import TABLES

from crm_success.database.dialects import EVERYBODY, KeyRange
from crm_success.scoring.engine.definitions import Definitions, Filter, Metric, Money
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.measures import raw_values
from crm_success.scoring.queries.plan import Tables, plan_reads
from crm_success.scoring.shared.reader import Reader

AS_OF = date(2024, 6, 30)
NO_MONEY = Money()

_CUSTOMER_AND_DATE = {
	"Customer": ("name", "creation"),
	"Payment Ledger Entry": ("party", "posting_date"),
	"Issue": ("customer", "opening_date"),
	"Service Visit": ("party", "visited_on"),
	"Journal Entry Account": ("party", "posting_date"),
	"GL Entry": ("party", "posting_date"),
}


def metric(measure: Measure = Measure.COUNT, doctype: str = "Sales Invoice", **fields: Any) -> Metric:
	"""A metric with the usual customer and date fields of its DocType; filters may be plain tuples."""
	customer_field, date_field = _CUSTOMER_AND_DATE.get(doctype, ("customer", "posting_date"))
	usual = {"key": "m", "label": "M", "customer_field": customer_field, "date_field": date_field}
	for name in ("filters", "matching"):
		fields[name] = tuple(Filter(*row) for row in fields.get(name, ()))
	return Metric(**usual | {"measure": measure, "doctype": doctype} | fields)


def reader(database: Database, *metrics: Metric, money: Money = NO_MONEY, tables: Tables = TABLES) -> Reader:
	"""A reader for metrics that can all be read."""
	plan = plan_reads(metrics, tables)
	assert not plan.problems
	return Reader(plan, Definitions(metrics=metrics, money=money), tables, database)


def values(
	database: Database,
	*metrics: Metric,
	as_of: date = AS_OF,
	money: Money = NO_MONEY,
	keys: KeyRange = EVERYBODY,
	tables: Tables = TABLES,
) -> pd.DataFrame:
	"""Raw values, one row a customer that any document names, by name."""
	aggregates = reader(database, *metrics, money=money, tables=tables).aggregates(as_of, keys).sort_index()
	return raw_values(metrics, aggregates, aggregates.index, as_of)


def value_of(database: Database, asked: Metric, customer: str = "A", **options: Any) -> float | None:
	"""One customer's value of one metric; None where it is missing or no document names the customer."""
	found = values(database, asked, **options)[asked.key].get(customer)
	return None if found is None or pd.isna(found) else float(found)
