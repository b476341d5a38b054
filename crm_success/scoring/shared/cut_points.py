"""Takes the cut points that scores are measured by, range by range of customers. Their mathematics is the engine's."""

from collections.abc import Callable, Iterable
from datetime import date

import pandas as pd

from crm_success.database.dialects import KeyRange
from crm_success.scoring.engine.calibration import calibrate, calibration_values
from crm_success.scoring.engine.definitions import Calibration, Definitions
from crm_success.scoring.shared.reader import Reader


def take_cut_points(
	reader: Reader,
	definitions: Definitions,
	as_of: date,
	ranges: Iterable[tuple[KeyRange, int]],
	after_each: Callable[[int], None],
) -> Calibration:
	"""Cut points from the customers of all ranges; `reader` reads the metrics of `calibration_metrics`.

	`after_each` is told how many customers each range has, once it is read.
	"""
	values = []
	for keys, number in ranges:
		# documents of deleted and internal customers must not move the cut points
		customers = reader.customers(keys).index
		aggregates = reader.aggregates(as_of, keys, customers).reindex(customers)
		values.append(calibration_values(aggregates, definitions, as_of))
		after_each(number)
	everybody = pd.concat(values) if values else calibration_values(pd.DataFrame(), definitions, as_of)
	return calibrate(everybody, definitions, as_of)
