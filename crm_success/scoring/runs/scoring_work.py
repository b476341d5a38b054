"""Scoring as a kind of leased work: what a run of it freezes, how a batch is scored and written, what it found."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property
from typing import ClassVar

import frappe
from frappe.utils import add_days, add_months, cint, getdate

from crm_success.batches.kinds import Done, Plan, Range, Work
from crm_success.batches.leases import MOST_ATTEMPTS
from crm_success.batches.messages import Message
from crm_success.batches.statuses import COMPLETED, RUN, WITH_WARNINGS
from crm_success.database import reading
from crm_success.database.dialects import KeyRange
from crm_success.record_names import SETTINGS
from crm_success.scoring.calibrations import make_calibration, read_calibration, usable_calibration
from crm_success.scoring.data_quality import about_data
from crm_success.scoring.frozen_definitions import freeze, frozen_of
from crm_success.scoring.health_rows import ScoredRows
from crm_success.scoring.runs.starting import KIND
from crm_success.scoring.scorer import Scorer
from crm_success.scoring.setting_aside import score_setting_aside
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.source_tables import CUSTOMER
from crm_success.scoring.writers import Writing, Written, write_and_commit, write_scores

_DEFAULT_BATCH_SIZE = 2000


class ScoringWork(Work):
	"""Scores all customers as of the run's day, by the definitions and cut points that the run began with."""

	counters: ClassVar[dict[str, str]] = {
		"scored": "customers_scored",
		"without_score": "customers_without_score",
		"skipped": "customers_skipped",
	}

	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		"""Freeze the definitions, check the data, take cut points if they are due, cut ranges of customers."""
		as_of = self._row.as_of
		frozen = freeze(as_of)
		frozen = frozen.saying(about_data(frozen, getdate()))
		sign_of_life()
		ranges = customer_ranges(reading.SITE, frozen.tables_by_doctype[CUSTOMER], batch_size())
		customers = sum(count for _, count in ranges)
		calibration = usable_calibration(customers, frozen, as_of) or make_calibration(
			frozen, as_of, ranges, self.run, after_each=sign_of_life
		)
		values = {
			"definitions": frozen.as_text(),
			"calibration": calibration,
			"snapshot": cint(is_snapshot_due(as_of)),
		}
		return Plan([Range(keys.after, keys.upto, count) for keys, count in ranges], values)

	def compute(self, batch: frappe._dict) -> ScoredRows | Written:
		"""Read the customers of the batch and score them.

		The last attempt finds out who or what fails, and writes the others at once, in transactions of their own.
		"""
		keys = keys_of(batch)
		if batch.attempts < MOST_ATTEMPTS:
			return self.scorer.score(keys)
		return score_setting_aside(self.scorer, self.scorer.names(keys), self._write_at_once)

	def write(self, batch: frappe._dict, computed: ScoredRows | Written) -> Done:
		"""Scores and snapshots, and how many of which."""
		written = (
			computed
			if isinstance(computed, Written)
			else write_scores(computed, keys_of(batch), self.writing)
		)
		counted = {
			"scored": written.scored,
			"without_score": written.without_score,
			"skipped": written.skipped,
		}
		return Done(counted, written.messages)

	def found(self) -> Iterable[Message]:
		"""What was wrong with the definitions and the data."""
		return frozen_of(self.run).messages

	def _write_at_once(self, scored: ScoredRows, keys: KeyRange) -> Written:
		return write_and_commit(scored, keys, self.writing)

	@cached_property
	def scorer(self) -> Scorer:
		"""Scores any range by the run's own definitions and cut points."""
		return Scorer(frozen_of(self.run), read_calibration(self._row.calibration), self._row.as_of)

	@cached_property
	def writing(self) -> Writing:
		"""How the run's scores are written."""
		row = self._row
		scorecards = {card.name: card for card in self.scorer.frozen.definitions.scorecards}
		began_today = row.as_of >= getdate(row.creation)
		version = self.scorer.frozen.version
		return Writing(row.as_of, self.run, bool(row.snapshot), scorecards, began_today, version)

	@property
	def _row(self) -> frappe._dict:
		fields = ["as_of", "calibration", "snapshot", "creation"]
		return frappe.db.get_value(RUN, self.run, fields, as_dict=True)


def keys_of(batch: frappe._dict) -> KeyRange:
	"""The customers of a batch."""
	return KeyRange(batch.after_customer, batch.upto_customer)


def is_snapshot_due(as_of: date) -> bool:
	"""Whether a run for that day keeps snapshots: always for the past and the first time, then by the settings."""
	if as_of < getdate():
		return True
	ended = {"kind": KIND, "status": ("in", (COMPLETED, WITH_WARNINGS))}
	last = frappe.db.get_value(
		RUN, {**ended, "snapshot": 1, "as_of": ("<=", as_of)}, "as_of", order_by="as_of desc"
	)
	if not last or last == as_of:
		return True
	frequency = frappe.db.get_single_value(SETTINGS, "snapshot_frequency")
	due = {"Daily": add_days(last, 1), "Monthly": add_months(last, 1)}.get(frequency, add_days(last, 7))
	return as_of >= getdate(due)


def batch_size() -> int:
	"""How many customers a batch has, by the settings."""
	return cint(frappe.db.get_single_value(SETTINGS, "batch_size")) or _DEFAULT_BATCH_SIZE
