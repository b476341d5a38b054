"""Scores a few customers outside of a run: the stale ones, or one that somebody asks for. Keeps no run row."""

import time
from datetime import date

import frappe
from frappe.utils import getdate
from rq.timeouts import BaseTimeoutException

from crm_success.batches.messages import Message
from crm_success.database import conflicts, reading
from crm_success.database.dialects import KeyRange
from crm_success.scoring.calibrations import latest_calibration, make_calibration, read_calibration
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.frozen_definitions import FrozenDefinitions, freeze
from crm_success.scoring.health_rows import ScoredRows
from crm_success.scoring.runs.customer_scoring import RESCORE_SECONDS
from crm_success.scoring.scorer import Scorer
from crm_success.scoring.setting_aside import score_setting_aside
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.source_tables import CUSTOMER
from crm_success.scoring.stale import stale_customers
from crm_success.scoring.writers import Writing, Written, write_and_commit

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
		self._writing = Writing(as_of, None, is_past, scorecards, not is_past, self.frozen.version)

	@property
	def messages(self) -> tuple[Message, ...]:
		"""What could not be used of the definitions."""
		return self.frozen.messages

	def rescore(self, customers: list[str]) -> Written:
		"""Read, score and write these customers. For a day in the past, only their snapshots change for good."""
		keys = KeyRange(names=tuple(customers))
		return self._write(self._scorer.score(keys), keys)

	def rescore_setting_aside(self, customers: list[str]) -> Written:
		"""The same where some of them cannot be scored: those are logged, and no longer marked."""
		return score_setting_aside(self._scorer, customers, self._write)

	def _write(self, scored: ScoredRows, keys: KeyRange) -> Written:
		return write_and_commit(scored, keys, self._writing)


def rescore_customers(customers: list[str], as_of: date | None = None) -> Written:
	"""Score these customers now, in this process."""
	return Rescoring(as_of).rescore(customers)


def rescore_stale() -> None:
	"""Background job: score whoever is stale, without those who cannot be scored."""
	enough, after = time.monotonic() + RESCORE_SECONDS / 2, ""
	rescoring = Rescoring()
	while time.monotonic() < enough and (customers := stale_customers(AT_ONCE, after)):
		after = customers[-1]
		try:
			_rescore_group(rescoring, customers)
		except BaseTimeoutException:
			raise
		except Exception:
			# more than a few of them fail: the next group may not
			conflicts.start_over()
			frappe.log_error(title="Stale customers could not be scored")
			# the group after this one may fail and roll the log back
			frappe.db.commit()


def _rescore_group(rescoring: Rescoring, customers: list[str]) -> None:
	try:
		rescoring.rescore(customers)
	except BaseTimeoutException:
		raise
	except Exception:
		conflicts.start_over()
		rescoring.rescore_setting_aside(customers)


def _calibration(frozen: FrozenDefinitions, as_of: date) -> Calibration:
	name = latest_calibration(frozen, as_of)
	if not name:
		ranges = customer_ranges(reading.SITE, frozen.tables_by_doctype[CUSTOMER], _CALIBRATION_RANGE)
		name = make_calibration(frozen, as_of, ranges)
		# others need not measure everybody again while this one goes on
		frappe.db.commit()  # nosemgrep: frappe-manual-commit
	return read_calibration(name)
