"""The values of a metric, saved or not, over the customers of today, for a picture. Judges and stores nothing."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from crm_success.scoring.definition_records import metric_of
from crm_success.scoring.explain.sampling import (
	ValueReader,
	customers_of,
	forecasting_calibration,
	frozen_for,
	keys_of,
	visible,
)
from crm_success.scoring.shared.samples import even_sample

# so many customers are read while somebody waits: shares of an even sample are right to within one or two percent
SAMPLE = 5_000


def distribution(record: Mapping[str, Any], as_of: date) -> dict[str, Any]:
	"""Each value with how many customers have it, and how many have none; ScoringError where it cannot be read.

	`customers` are those that the user may see, `read` those that were looked at: an even sample of many. `silent` are
	values that come of nothing observed, which are none where the scale would make them speak for a customer: the scale
	is drawn while somebody changes it.
	"""
	metric = metric_of(record)
	frozen = frozen_for(metric, as_of)
	definitions = frozen.definitions
	calibration = forecasting_calibration(frozen, as_of)
	reader = ValueReader(definitions.metrics, frozen, as_of, calibration, is_strict=True)
	everybody = customers_of(frozen, as_of).index
	customers = visible(everybody)
	chosen = even_sample(customers, SAMPLE)
	measured = reader.measured(keys_of(chosen, len(everybody)), chosen)
	values, silent = measured.values[metric.key], measured.silent[metric.key]
	return {
		"as_of": as_of,
		"currency": definitions.money.currency,
		"customers": len(customers),
		"read": len(chosen),
		"missing": int(values.isna().sum()),
		"only_readable": any(table.only_names for table in frozen.tables),
		"values": _counted(values[~silent]),
		"silent": _counted(values[silent]),
	}


def _counted(values: pd.Series) -> list[list[float]]:
	counts = values.dropna().value_counts().sort_index()
	return [[float(value), int(count)] for value, count in counts.items()]
