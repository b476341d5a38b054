"""Scores customers of whom some cannot be scored: finds the ones, or the metrics, that fail, and leaves them out.

One broken record must not keep its neighbours from being scored. What fails is halved until it stands alone, and is
then named; the others go on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import frappe
from frappe import _
from rq.timeouts import BaseTimeoutException

from crm_success.batches.messages import ERROR, EXAMPLES, WARNING, Message, last_line, merge
from crm_success.database import conflicts
from crm_success.database.dialects import KeyRange
from crm_success.record_names import METRIC
from crm_success.scoring.health_rows import ScoredRows
from crm_success.scoring.scorer import Scorer
from crm_success.scoring.stale import unmark
from crm_success.scoring.writers import Written

# where more fail, something else is wrong than a few customers
MOST_SET_ASIDE = 20

# writes the rows of a range and commits them
Write = Callable[[ScoredRows, KeyRange], Written]


def score_setting_aside(scorer: Scorer, customers: Sequence[str], write: Write) -> Written:
	"""Score and write these customers without those who cannot be scored, who are named in the messages.

	Raises the error where a single metric or a few customers do not explain it. Commits as `write` does.
	"""
	unreadable = scorer.unreadable_metrics(KeyRange(names=tuple(customers)))
	scorer = replace(scorer, left_out=scorer.left_out | unreadable.keys())
	failed: dict[str, str] = {}
	written = list(_in_halves(scorer, customers, write, failed))
	if failed:
		_log(failed)
		unmark(failed)
	labels = {metric.key: metric.label for metric in scorer.frozen.definitions.metrics}
	about = [*about_metrics(unreadable, labels), *_about_customers(failed)]
	return Written(
		scored=sum(part.scored for part in written),
		without_score=sum(part.without_score for part in written),
		skipped=sum(part.skipped for part in written) + len(failed),
		messages=tuple(merge([*(message for part in written for message in part.messages), *about])),
	)


def _in_halves(
	scorer: Scorer, customers: Sequence[str], write: Write, failed: dict[str, str]
) -> Iterator[Written]:
	"""What was written, group by group; `failed` takes the traceback of each customer that fails alone."""
	waiting = [tuple(customers)]
	while waiting:
		group = waiting.pop()
		keys = KeyRange(names=group)
		try:
			yield write(scorer.score(keys), keys)
		except (BaseTimeoutException, KeyboardInterrupt):
			raise
		except Exception:
			traceback = frappe.get_traceback()
			conflicts.start_over()
			half = len(group) // 2
			if half:
				waiting += [group[half:], group[:half]]
			elif len(failed) == MOST_SET_ASIDE:
				raise
			else:
				failed[group[0]] = traceback


def _log(failed: Mapping[str, str]) -> None:
	for customer, traceback in failed.items():
		frappe.log_error(
			title="A customer could not be scored",
			message=traceback,
			reference_doctype="Customer",
			reference_name=customer,
		)
	# the log is kept, whatever becomes of the batch
	frappe.db.commit()  # nosemgrep: frappe-manual-commit


def about_metrics(unreadable: Mapping[str, Exception], labels: Mapping[str, str]) -> Iterator[Message]:
	"""What to say of metrics that cannot be read, by key; `labels` names all."""
	text = _("Health Metric {0} cannot be computed and counts as missing: {1}")
	for key, error in unreadable.items():
		yield Message(WARNING, text.format(labels[key], error), METRIC)


def _about_customers(failed: Mapping[str, str]) -> Iterator[Message]:
	if failed:
		reason = _(
			"Customers could not be scored because of an error and were set aside; the others were scored. Read the Error Log."
		)
		examples = [f"{customer}: {last_line(traceback)}" for customer, traceback in failed.items()]
		yield Message(ERROR, reason, "Customer", len(failed), tuple(examples[:EXAMPLES]))
