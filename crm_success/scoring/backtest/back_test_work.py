"""A back-test as a kind of leased work: what it freezes, how a batch is replayed and kept, the figures at its end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import frappe
import pandas as pd
from frappe.utils import getdate

from crm_success.batches.kinds import Done, Plan, Range, Work
from crm_success.batches.leases import MOST_ATTEMPTS
from crm_success.batches.messages import WARNING, Message
from crm_success.batches.statuses import CANCELLED, COMPLETED, FAILED, RUN, RUNNING
from crm_success.database import clock, conflicts, reading
from crm_success.database.dialects import KeyRange
from crm_success.record_checks.phrases import in_words
from crm_success.record_names import BACK_TEST, BACK_TEST_DATE
from crm_success.scoring.backtest.back_test_parts import keep_part, kept_frame, pack
from crm_success.scoring.backtest.back_test_records import (
	REFUSED,
	as_text,
	back_test_of,
	end_back_test,
	keep_dates,
	set_found,
)
from crm_success.scoring.backtest.past_scorer import PastScorer
from crm_success.scoring.backtest.suggestion_records import keep_suggestions
from crm_success.scoring.calibrations import calibrated_as_of
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Definitions, from_json, to_json
from crm_success.scoring.engine.errors import Phrase, ScoringError
from crm_success.scoring.engine.measures import raw_values
from crm_success.scoring.frozen_definitions import FrozenDefinitions, freeze, plan_for
from crm_success.scoring.runs.scoring_work import batch_size, keys_of
from crm_success.scoring.setting_aside import about_metrics
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.shared.kept_suggestions import CardSuggestion
from crm_success.scoring.shared.past_comparison import (
	figures_of,
	history_metrics,
	history_of,
	replayed,
)
from crm_success.scoring.shared.past_dates import History, dates_to_replay
from crm_success.scoring.shared.past_figures import AllFigures, PastFigures
from crm_success.scoring.shared.past_suggestions import (
	MOST_DATES,
	PastCustomers,
	past_customers,
	suggestions_of,
)
from crm_success.scoring.shared.reader import Reader
from crm_success.scoring.source_tables import CUSTOMER

Ranges = list[tuple[KeyRange, int]]


@dataclass(frozen=True)
class PastDate:
	"""A date to replay, and what was frozen for it; its cut points, once they are taken."""

	as_of: date
	frozen: FrozenDefinitions
	calibration: Calibration | None = None


@dataclass(frozen=True)
class Prepared:
	"""What a run began with: kept with it, and taken up again where the preparation was killed."""

	horizon: int
	dates: tuple[PastDate, ...] = ()
	# of the definitions before the horizon of the back-test took the place of that of the settings
	version: str = ""
	refusal: Phrase | None = None


@dataclass(frozen=True)
class Kept:
	"""What a batch found, packed, and what there is to say."""

	packed: str
	messages: tuple[Message, ...] = ()


class BackTestWork(Work):
	"""Replays all customers on past dates, by the definitions that the run began with and the cut points of those days."""

	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		"""Choose the dates, freeze the definitions, take each date's cut points, cut ranges of customers."""
		set_found(self.back_test, RUNNING)
		sign_of_life()
		prepared = self._stored() or self._begin(sign_of_life)
		if prepared.refusal:
			return Plan([])
		ranges = _ranges(prepared.dates[0].frozen)
		for place, each in enumerate(prepared.dates):
			if each.calibration is None:
				taken = calibrated_as_of(each.frozen, each.as_of, ranges, sign_of_life)
				dates = (
					*prepared.dates[:place],
					replace(each, calibration=taken),
					*prepared.dates[place + 1 :],
				)
				prepared = replace(prepared, dates=dates)
				self._store(prepared)
				sign_of_life()
		return Plan([Range(keys.after, keys.upto, count) for keys, count in ranges])

	def compute(self, batch: frappe._dict) -> Kept:
		"""Replay the customers of the batch on every date. The last attempt leaves out metrics that cannot be read."""
		keys, scorers, messages = keys_of(batch), self.scorers, []
		if batch.attempts >= MOST_ATTEMPTS:
			unreadable = scorers[0].unreadable_metrics(keys)
			scorers = [scorer.without(frozenset(unreadable)) for scorer in scorers]
			labels = {metric.key: metric.label for metric in scorers[0].frozen.definitions.metrics}
			messages = list(about_metrics(unreadable, labels))
		return Kept(pack([_replay(scorer, keys) for scorer in scorers]), tuple(messages))

	def write(self, batch: frappe._dict, computed: Kept) -> Done:
		"""Keep what was found; nothing where somebody has stopped the back-test meanwhile."""
		status = frappe.db.get_value(BACK_TEST, self.back_test, "status", for_update=True)
		if status == FAILED:
			# its failed batches are tried again
			set_found(self.back_test, RUNNING)
		if status != CANCELLED:
			keep_part(self.back_test, batch.batch_no, computed.packed)
		return Done(messages=computed.messages)

	def found(self) -> Iterable[Message]:
		"""What was wrong with the definitions, and why there are no figures."""
		prepared = self._stored()
		if prepared is None:
			return
		if prepared.refusal:
			yield Message(WARNING, in_words(prepared.refusal), BACK_TEST, examples=(self.back_test,))
		# the definitions are the same for all dates
		yield from prepared.dates[-1].frozen.messages if prepared.dates else ()

	def ended(self, status: str) -> None:
		"""Make the figures of all that the batches kept. What they kept stays where some failed: these can be retried."""
		prepared = self._stored()
		if status == FAILED or prepared is None:
			set_found(self.back_test, FAILED, finished_at=clock.now())
		elif prepared.refusal:
			self._refuse(AllFigures(refusal=prepared.refusal))
		else:
			self._make_figures(prepared)

	@cached_property
	def back_test(self) -> str:
		"""The name of the back-test."""
		return back_test_of(self.run)

	@cached_property
	def scorers(self) -> list[PastScorer]:
		"""One for each date."""
		prepared = self._stored()
		return [
			PastScorer(each.frozen, each.calibration, each.as_of, prepared.horizon) for each in prepared.dates
		]

	def _begin(self, sign_of_life: Callable[[], None]) -> Prepared:
		horizon = frappe.db.get_value(BACK_TEST, self.back_test, "horizon")
		wanted = frappe.get_all(BACK_TEST_DATE, {"parent": self.back_test}, pluck="as_of")
		today = getdate()
		try:
			days = dates_to_replay(wanted, _history(today, sign_of_life), horizon, today)
		except ScoringError as error:
			prepared = Prepared(horizon, refusal=error.phrase)
		else:
			# read in one transaction, so that the definitions of all dates are the same
			frozen = [freeze(day) for day in days]
			dates = zip(days, (_for_horizon(each, horizon) for each in frozen), strict=True)
			prepared = Prepared(horizon, tuple(PastDate(*each) for each in dates), frozen[-1].version)
			keep_dates(self.back_test, days)
		self._store(prepared)
		sign_of_life()
		return prepared

	def _store(self, prepared: Prepared) -> None:
		frappe.db.set_value(RUN, self.run, "definitions", to_json(prepared), update_modified=False)

	def _stored(self) -> Prepared | None:
		text = frappe.db.get_value(RUN, self.run, "definitions")
		return from_json(Prepared, text) if text else None

	def _refuse(self, figures: AllFigures) -> None:
		end_back_test(self.back_test, REFUSED, figures=as_text(figures))

	def _make_figures(self, prepared: Prepared) -> None:
		try:
			figures = self._figures(prepared)
		except Exception as error:
			conflicts.raise_if_out_of_time(error)
			if conflicts.is_passing(error):
				raise
			# the run ends in any case, and so must the back-test
			title = f"The figures of {self.back_test} could not be made"
			frappe.log_error(title=title, reference_doctype=BACK_TEST, reference_name=self.back_test)
			end_back_test(self.back_test, FAILED)
			return
		if figures.told:
			keep_suggestions(self.back_test, self._suggestions(prepared))
			self._complete(figures, prepared.version)
		else:
			self._refuse(figures)

	def _complete(self, figures: AllFigures, version: str) -> None:
		values = {"figures": as_text(figures), "right_of_100": _right_of_100(figures)}
		end_back_test(self.back_test, COMPLETED, definitions_version=version, **values)

	def _suggestions(self, prepared: Prepared) -> tuple[CardSuggestion, ...]:
		"""Weights that would have told better; none where that fails, which takes the figures from nobody."""
		newest = list(enumerate(prepared.dates))[-MOST_DATES:]
		definitions = newest[-1][1].frozen.definitions
		try:
			# a date at a time: what is not needed of it is let go
			past = [self._past_points(place, each, definitions) for place, each in newest]
			return suggestions_of(past, definitions, prepared.horizon)
		except Exception as error:
			conflicts.raise_if_out_of_time(error)
			if conflicts.is_passing(error):
				raise
			title = f"No weights could be suggested by {self.back_test}"
			frappe.log_error(title=title, reference_doctype=BACK_TEST, reference_name=self.back_test)
			return ()

	def _past_points(self, place: int, past: PastDate, definitions: Definitions) -> PastCustomers:
		customers = kept_frame(self.back_test, place)
		return past_customers(past.as_of, customers.set_index("customer"), definitions)

	def _figures(self, prepared: Prepared) -> AllFigures:
		dates = enumerate(prepared.dates)
		return AllFigures(tuple(self._figures_of(place, each, prepared.horizon) for place, each in dates))

	def _figures_of(self, place: int, past: PastDate, horizon: int) -> PastFigures:
		customers = kept_frame(self.back_test, place)
		currency = past.frozen.definitions.money.currency
		return figures_of(replayed(customers, past.as_of, horizon, currency, past.calibration.risk.reasons))


def _replay(scorer: PastScorer, keys: KeyRange) -> pd.DataFrame:
	# only reads came before: a new read view for each date, so that none grows old
	frappe.db.rollback()
	return scorer.replay(keys)


def _for_horizon(frozen: FrozenDefinitions, horizon: int) -> FrozenDefinitions:
	"""The lapse risk is told for the days that are waited."""
	limits = replace(frozen.definitions.limits, horizon_days=horizon)
	return replace(frozen, definitions=replace(frozen.definitions, limits=limits))


def _ranges(frozen: FrozenDefinitions) -> Ranges:
	return customer_ranges(reading.SITE, frozen.tables_by_doctype[CUSTOMER], batch_size())


def _history(today: date, sign_of_life: Callable[[], None]) -> History | None:
	"""From when to when there are purchases of customers that are scored."""
	frozen, metrics = freeze(today), history_metrics()
	reader = Reader(
		plan_for(metrics, frozen, today), frozen.definitions, frozen.tables_by_doctype, reading.SITE
	)
	measured = []
	for keys, _count in _ranges(frozen):
		customers = reader.customers(keys).index
		measured.append(raw_values(metrics, reader.aggregates(today, keys, customers), customers, today))
		# only reads came before: a new read view after each range, so that none grows old
		frappe.db.rollback()
		sign_of_life()
	return history_of(pd.concat(measured), today)


def _right_of_100(figures: AllFigures) -> str:
	"""For lists, in any language: 74, or 72–78 over several dates."""
	cases = [round(100 * each.found.score_area.value) for each in figures.told]
	return "–".join(str(number) for number in dict.fromkeys([min(cases), max(cases)]))
