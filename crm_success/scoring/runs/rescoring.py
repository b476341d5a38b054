"""Scores a few customers outside of a run: the stale ones, or one that somebody asks for. Keeps no run row."""

import time
from datetime import date

import frappe
from frappe.utils import getdate
from rq.timeouts import BaseTimeoutException

from crm_success.batches import queueing
from crm_success.batches.messages import Message
from crm_success.database import conflicts, reading
from crm_success.scoring.calibrations import latest_calibration, make_calibration, read_calibration
from crm_success.scoring.engine.definitions import Calibration
from crm_success.scoring.frozen_definitions import Frozen, freeze
from crm_success.scoring.queries.statements import KeyRange
from crm_success.scoring.scorer import Scorer
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.source_tables import CUSTOMER
from crm_success.scoring.stale import begin_scoring, stale_customers
from crm_success.scoring.writers import Writing, Written, write_scores

AT_ONCE = 500
_CALIBRATION_RANGE = 5000


class Rescoring:
	"""The definitions of now and the newest calibration, for any number of small scorings. Commits."""

	def __init__(self, as_of: date | None = None) -> None:
		as_of = as_of or getdate()
		self.frozen = freeze(as_of)
		self._scorer = Scorer(self.frozen, _calibration(self.frozen, as_of), as_of)
		scorecards = {scorecard.name: scorecard for scorecard in self.frozen.definitions.scorecards}
		is_past = as_of < getdate()
		self._writing = Writing(as_of, None, is_past, scorecards, began_today=not is_past)

	@property
	def messages(self) -> tuple[Message, ...]:
		"""What could not be used of the definitions."""
		return self.frozen.messages

	def rescore(self, customers: list[str]) -> Written:
		"""Read, score and write these customers. For a day in the past, only their snapshots change for good."""
		keys = KeyRange(names=tuple(customers))
		if self._writing.is_current:
			begin_scoring(keys)
		scored = self._scorer.score(keys)
		frappe.db.rollback()

		def write() -> Written:
			written = write_scores(scored, keys, self._writing)
			frappe.db.commit()
			return written

		return conflicts.again_after_conflict(write)


def rescore_customers(customers: list[str], as_of: date | None = None) -> Written:
	"""Score these customers now, in this process."""
	return Rescoring(as_of).rescore(customers)


def rescore_stale() -> None:
	"""Background job: score whoever is stale. A group that fails is logged and passed over, not tried for ever."""
	enough, after = time.monotonic() + queueing.RESCORE_SECONDS / 2, ""
	rescoring = Rescoring()
	while time.monotonic() < enough and (customers := stale_customers(AT_ONCE, after)):
		after = customers[-1]
		try:
			rescoring.rescore(customers)
		except BaseTimeoutException:
			raise
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title="Stale customers could not be scored")
			frappe.db.commit()


def _calibration(frozen: Frozen, as_of: date) -> Calibration:
	name = latest_calibration(frozen, as_of)
	if not name:
		ranges = customer_ranges(reading.SITE, frozen.tables_by_doctype[CUSTOMER], _CALIBRATION_RANGE)
		name = make_calibration(frozen, as_of, ranges)
		frappe.db.commit()
	return read_calibration(name)
