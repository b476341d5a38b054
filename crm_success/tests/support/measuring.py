"""The raw value of every metric and every fact of the profile, by the road that a run takes."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from crm_success.database import reading
from crm_success.database.dialects import KeyRange
from crm_success.scoring.engine import measures
from crm_success.scoring.engine.pipeline import all_metrics
from crm_success.scoring.frozen_definitions import freeze, plan_for
from crm_success.scoring.shared.reader import Reader


def raw_values(as_of: date, customers: Sequence[str]) -> pd.DataFrame:
	"""A row for each customer, a column for each key; the profile's begin with an underscore."""
	frozen = freeze(as_of)
	metrics = all_metrics(frozen.definitions)
	reader = Reader(
		plan_for(metrics, frozen, as_of), frozen.definitions, frozen.tables_by_doctype, reading.SITE
	)
	aggregates = reader.aggregates(as_of, KeyRange(names=tuple(customers)))
	return measures.raw_values(metrics, aggregates, pd.Index(customers), as_of)
