"""The definitions that the command scores with: the default records, as they are seeded on a site."""

from crm_success.scoring.engine.definitions import Definitions, Limits, Money
from crm_success.scoring.engine.records import (
	metric_from_record,
	scorecards_from_records,
	segments_from_records,
)
from crm_success.setup.defaults import DIMENSIONS, METRICS, SEGMENTS
from crm_success.setup.scorecard_defaults import SCORECARDS


def default_definitions(money: Money, horizon_days: int | None = None) -> Definitions:
	"""All enabled default records as definitions, with the currency, companies and rates of `money`, and the horizon of
	the lapse risk, where it is another one.
	"""
	metrics = [record for record in METRICS if record["enabled"]]
	key_by_metric = {record["metric_name"]: record["metric_key"] for record in metrics}
	return Definitions(
		metrics=tuple(metric_from_record(record) for record in metrics),
		dimensions=tuple(record["dimension_name"] for record in DIMENSIONS),
		scorecards=scorecards_from_records(SCORECARDS, key_by_metric),
		segments=segments_from_records(SEGMENTS),
		limits=Limits(horizon_days=horizon_days or Limits.horizon_days),
		money=money,
	)


def segment_strategies() -> dict[str, str]:
	"""What to do for the customers of each default segment."""
	return {record["segment_name"]: record["strategy"] for record in SEGMENTS}
