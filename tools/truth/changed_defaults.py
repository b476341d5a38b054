"""The default definitions with some of them changed, as somebody who edits records would change them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crm_success.scoring.engine.definitions import Definitions, Money
from crm_success.scoring.engine.records import metric_from_record, scorecards_from_records
from crm_success.setup.defaults import METRICS
from crm_success.setup.scorecard_defaults import SCORECARDS
from crm_success.standalone.default_definitions import default_definitions


def changed_defaults(
	metrics: Mapping[str, Mapping[str, Any]] | None = None,
	dimensions: Mapping[str, float] | None = None,
	weights: Mapping[str, float] | None = None,
	**scorecard: Any,
) -> Definitions:
	"""`metrics`: fields of Health Metrics by their names; `dimensions` and `weights`: all weights of the default scorecard
	by name, as they are without; `scorecard`: its other fields.
	"""
	edited = [record | (metrics or {}).get(record["metric_name"], {}) for record in METRICS]
	card = SCORECARDS[0] | scorecard
	if dimensions is not None:
		card["dimensions"] = [{"dimension": name, "weight": weight} for name, weight in dimensions.items()]
	if weights is not None:
		card["metrics"] = [{"metric": name, "weight": weight} for name, weight in weights.items()]
	keys = {record["metric_name"]: record["metric_key"] for record in METRICS}
	return replace(
		default_definitions(Money()),
		metrics=tuple(metric_from_record(record) for record in edited),
		scorecards=scorecards_from_records([card], keys),
	)
