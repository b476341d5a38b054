"""The points of customers that count toward a tier, by day. Judges nobody."""

from datetime import date

from pypika import Table as SqlTable
from pypika import functions as fn

from crm_success.customer_loyalty.points.point_values import OF_TIERS
from crm_success.database import reading
from crm_success.database.dialects import KeyRange, within
from crm_success.record_names import LEDGER_ENTRY


def qualifying_points(keys: KeyRange) -> dict[str, list[tuple[date, int]]]:
	"""The days of each customer of the range, with what was earned, or taken back, on it."""
	bindings, rows = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}")
	query = bindings.dialect.query.from_(rows).select(rows.customer, rows.posting_date, fn.Sum(rows.points))
	for condition in (
		*within(rows.customer, keys, bindings),
		rows.is_qualifying == 1,
		rows.kind.isin(bindings.bind_all(sorted(kind.value for kind in OF_TIERS))),
	):
		query = query.where(condition)
	statement = bindings.statement(query.groupby(rows.customer, rows.posting_date))
	found: dict[str, list[tuple[date, int]]] = {}
	for customer, day, points in reading.run(statement.sql, statement.parameters):
		found.setdefault(customer, []).append((day, int(points)))
	return found
