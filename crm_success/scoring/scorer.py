"""Reads a range of customers, scores it and lays it out as rows. Writes nothing; the engine does the sums."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from frappe.utils import now

from crm_success.database import frames, reading
from crm_success.scoring.earlier_scores import earlier_scores
from crm_success.scoring.engine.definitions import Calibration
from crm_success.scoring.frozen_definitions import Frozen, plan_for
from crm_success.scoring.health_rows import ScoredRows, to_rows
from crm_success.scoring.queries.statements import KeyRange

if TYPE_CHECKING:
	from crm_success.scoring.queries.reader import Reader


@dataclass(frozen=True)
class Scorer:
	"""One set of definitions, one calibration, one day: scores any range of customers, in any order."""

	frozen: Frozen
	calibration: Calibration
	as_of: date

	def score(self, keys: KeyRange) -> ScoredRows:
		"""The rows of Customer Health of the range, without what the writer alone knows."""
		from crm_success.scoring.engine.pipeline import score_customers

		read_at, definitions = now(), self.frozen.definitions
		customers = self._reader.customers(keys)
		aggregates = self._reader.aggregates(self.as_of, keys, customers.index)
		history = earlier_scores(self.as_of, keys)
		scored = score_customers(customers, aggregates, definitions, self.calibration, self.as_of, history)
		return to_rows(scored, definitions, read_at)

	@cached_property
	def _reader(self) -> "Reader":
		from crm_success.scoring.engine.pipeline import all_metrics
		from crm_success.scoring.queries.reader import Reader

		definitions, tables = self.frozen.definitions, self.frozen.tables_by_doctype
		plan = plan_for(all_metrics(definitions), self.frozen, self.as_of)
		return Reader(plan, definitions, tables, reading.dialect(), frames.read_frame)
