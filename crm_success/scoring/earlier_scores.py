"""Earlier scores of customers, for the trend. Writes none.

A score of other rules is none to compare with: an update of the app is no movement of a customer.
"""

from datetime import date, timedelta

import pandas as pd
from pypika import Table as SqlTable

from crm_success.database import reading
from crm_success.database.dialects import KeyRange, Statement, within
from crm_success.scoring.engine.definitions import RULES
from crm_success.scoring.shared.reader import as_frame

DAYS_BACK = 30
_TOLERANCE = 15


def earlier_scores(as_of: date, keys: KeyRange) -> pd.Series:
	"""The computed score of each customer in the snapshot nearest 30 days earlier, 15 days more or less."""
	wanted = as_of - timedelta(days=DAYS_BACK)
	frame = as_frame(reading.SITE.execute(_snapshots_around(wanted, keys)))
	days = pd.to_datetime(frame["as_of"]) - pd.Timestamp(wanted)
	frame["distance"] = days.dt.days.abs() if len(frame) else 0
	nearest = frame.sort_values(["distance", "as_of"], kind="stable").drop_duplicates("customer")
	return nearest.set_index("customer")["computed_score"].astype("float64")


def _snapshots_around(wanted: date, keys: KeyRange) -> Statement:
	bindings, snapshot = reading.bindings(), SqlTable("tabCustomer Health Snapshot")
	first, last = wanted - timedelta(days=_TOLERANCE), wanted + timedelta(days=_TOLERANCE)
	query = bindings.dialect.query.from_(snapshot)
	query = query.select(snapshot.customer, snapshot.as_of, snapshot.computed_score)
	query = query.where((snapshot.as_of >= bindings.bind(first)) & (snapshot.as_of <= bindings.bind(last)))
	query = query.where(snapshot.computed_score.notnull() & (snapshot.scoring_rules == bindings.bind(RULES)))
	for condition in within(snapshot.customer, keys, bindings):
		query = query.where(condition)
	return bindings.statement(query)
