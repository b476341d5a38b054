"""Takes calibrations: cut points from all customers, lapse risk and expected spend from what some of them did before.

Their mathematics is the engine's. Reads range by range, and of earlier dates a sample of customers by their names.
"""

from collections.abc import Callable, Iterable
from datetime import date

import pandas as pd

from crm_success.database.dialects import KeyRange
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.calibration import calibrate, calibration_metrics, calibration_values
from crm_success.scoring.engine.definitions import Definitions, Metric
from crm_success.scoring.engine.forecast.expected_spend import NO_SPEND_LEARNED, LearnedSpend, learn_spend
from crm_success.scoring.engine.forecast.lapse_facts import facts_of
from crm_success.scoring.engine.forecast.lapse_risk import NOTHING_LEARNED, LearnedRisk, learn_risk
from crm_success.scoring.engine.forecast.past_windows import Measured, past_windows
from crm_success.scoring.engine.measures import measured_values
from crm_success.scoring.shared.reader import Reader
from crm_success.scoring.shared.samples import even_sample

# so many tell as much of a company's habits as all of them
LEARNED_FROM = 20_000
# how often a customer is read at most: as of today, and for all earlier windows together
READS = 2
_AT_ONCE = 2_000

ReaderOf = Callable[[tuple[Metric, ...]], Reader]
AfterEach = Callable[[int], None]


def take_calibration(
	reader_of: ReaderOf,
	definitions: Definitions,
	as_of: date,
	ranges: Iterable[tuple[KeyRange, int]],
	after_each: AfterEach,
	is_risk_needed: bool = True,
) -> Calibration:
	"""The calibration of a day, from the customers of all ranges; `reader_of` reads the metrics it is given.

	`after_each` is told how many customers were read, after each statement or few. Without `is_risk_needed` risk
	and spend are left unlearned.
	"""
	reader = reader_of(calibration_metrics(definitions))
	values = []
	for keys, number in ranges:
		# documents of deleted and internal customers must not move the cut points
		customers = reader.customers(keys).index
		aggregates = reader.aggregates(as_of, keys, customers).reindex(customers)
		values.append(calibration_values(aggregates, definitions, as_of))
		after_each(number)
	everybody = pd.concat(values) if values else calibration_values(pd.DataFrame(), definitions, as_of)
	risk, spend = NOTHING_LEARNED, NO_SPEND_LEARNED
	if is_risk_needed:
		risk, spend = _learn(reader_of, everybody, definitions, as_of, after_each)
	return calibrate(everybody, definitions, as_of, risk, spend)


def _learn(
	reader_of: ReaderOf, everybody: pd.DataFrame, definitions: Definitions, as_of: date, after_each: AfterEach
) -> tuple[LearnedRisk, LearnedSpend]:
	"""From an even sample of those who have bought, the same ones whatever database or range they were read from."""
	facts, limits = facts_of(everybody).sort_index(), definitions.limits
	facts = facts.loc[even_sample(facts.index, LEARNED_FROM)]
	past = past_windows(
		_measured_of(facts.index, reader_of, as_of, after_each), facts, limits, limits.horizon_days
	)
	risk = learn_risk(facts, past, limits.horizon_days)
	return risk, learn_spend(risk, facts, past)


def _measured_of(customers: pd.Index, reader_of: ReaderOf, as_of: date, after_each: AfterEach) -> Measured:
	def measured(metrics: tuple[Metric, ...]) -> pd.DataFrame:
		reader, parts = reader_of(metrics), []
		for start in range(0, len(customers), _AT_ONCE):
			some = customers[start : start + _AT_ONCE]
			aggregates = reader.aggregates(as_of, KeyRange(names=tuple(some)), some)
			parts.append(measured_values(metrics, aggregates, some, as_of).values)
			after_each(len(some))
		return pd.concat(parts)

	return measured
