"""What a kind of leased work consists of, and where the kinds are found. Does none of the work.

    crm_success_work_kinds = {"Scoring": "crm_success.scoring.runs.scoring_work.ScoringWork"}

The hook holds paths, so that only a process that works on a run imports what the work needs.

What follows a run of a kind, whosever it is, is named by its kind too:

    crm_success_work_ended = {"Scoring": "crm_success.audiences.evaluation.evaluate_after"}

It is called as `evaluate_after(run, status)`, as `Work.ended` is. Who is to know that somebody has stopped a run is named
the same way, and called as `forget(run)` in the transaction of the stop; a batch may still be worked on, and be written:

    crm_success_work_cancelled = {"Back-test": "crm_success.scoring.backtest.back_test_records.cancel_back_test"}
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import frappe
from frappe import _

from crm_success.batches.messages import Message
from crm_success.batches.statuses import RUN

HOOK = "crm_success_work_kinds"
ENDED_HOOK = "crm_success_work_ended"
CANCELLED_HOOK = "crm_success_work_cancelled"


@dataclass(frozen=True)
class Range:
	"""The customers after `after` up to and including `upto` (None: no bound), and how many they are."""

	after: str | None
	upto: str | None
	customers: int


@dataclass(frozen=True)
class Plan:
	"""What a preparation came to: a batch for each range, and values for fields of the run. Without ranges the run ends."""

	ranges: Sequence[Range]
	values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
	"""What became of a batch: a number for each counter, by its field of Work Batch, what there is to say, and what the end of
	the run is to know of it.
	"""

	counted: Mapping[str, int] = field(default_factory=dict)
	messages: tuple[Message, ...] = ()
	found: str = ""


class Work(ABC):
	"""The work of one run. Each process that works on the run makes one, and keeps in it what its batches share."""

	# the counters of the kind: a field of Work Batch, and the field of Work Run that holds its sum
	counters: ClassVar[Mapping[str, str]] = {}

	def __init__(self, run: str) -> None:
		self.run = run

	@abstractmethod
	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		"""Find out what there is to do, once a run. May commit; a long one calls `sign_of_life`, which commits too."""

	@abstractmethod
	def compute(self, batch: frappe._dict) -> Any:
		"""Read and compute all that one batch needs. Nothing that it leaves uncommitted is kept."""

	@abstractmethod
	def write(self, batch: frappe._dict, computed: Any) -> Done:
		"""Write what was computed, in the transaction in which the batch ends, without committing.

		Called again with the same values after a conflict.
		"""

	def found(self) -> Iterable[Message]:
		"""What the preparation had to say. The run tells it at its end, with what its batches found."""
		return ()

	def ended(self, status: str) -> None:  # noqa: B027 - most kinds have nothing to do
		"""Called in the transaction in which the run ends, cancelled ones left out. Queue what takes long.

		An error is rolled back and named on the run, which ends all the same.
		"""


def kinds() -> dict[str, str]:
	"""The path of each kind; of two with one name, that of the app installed last."""
	return {kind: paths[-1] for kind, paths in frappe.get_hooks(HOOK, default={}).items()}


def followers_of(kind: str) -> list[str]:
	"""The paths of the functions that are called when a run of the kind ends."""
	return frappe.get_hooks(ENDED_HOOK, default={}).get(kind, [])


def told_of_cancelled(kind: str) -> list[str]:
	"""The paths of the functions that are called when somebody stops a run of the kind."""
	return frappe.get_hooks(CANCELLED_HOOK, default={}).get(kind, [])


def check_kind(kind: str) -> None:
	"""Refuse a kind that no installed app registers."""
	if kind not in kinds():
		frappe.throw(_("No installed app does {0}. Install the app that this work belongs to.").format(kind))


def work_of(run: str) -> Work:
	"""What does the work of a run."""
	kind = frappe.db.get_value(RUN, run, "kind")
	check_kind(kind)
	return frappe.get_attr(kinds()[kind])(run)


def series_of(kind: str) -> str:
	"""The naming series of a kind's runs: SCORING-RUN-.YYYY.-.#####"""
	return f"{kind.upper().replace(' ', '-')}-RUN-.YYYY.-.#####"
