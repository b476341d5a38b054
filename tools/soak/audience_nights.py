"""Audiences on the soak's site: what people do to them, and what must hold after the passes of a night."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import frappe
from redis.exceptions import RedisError

from crm_success.audiences.evaluation import start_pass
from crm_success.batches.queueing import enqueue_prepare
from crm_success.record_names import AUDIENCE
from crm_success.tests.support import audience_witness
from crm_success.tests.support.audience_arithmetic import (
	Pairs,
	open_pairs,
	wrong_members,
	wrong_texts,
	wrong_visits,
)
from crm_success.tests.support.audience_histories import AudienceHistory


class SoakAudiences(AudienceHistory):
	"""People who change audiences, over all customers of the site."""

	def customers(self) -> list[str]:
		return frappe.get_all("Customer", {"is_internal_customer": 0}, pluck="name", order_by="name")

	def begin(self) -> None:
		"""Those that the app brings, and some more."""
		self.make_tags()
		for name in frappe.get_all(AUDIENCE, pluck="name"):
			frappe.get_doc(AUDIENCE, name).update({"enabled": 1}).save()
		self.make_audiences()
		frappe.db.commit()


def begin_pass() -> str:
	"""As the scheduler does after a scoring. A queue that is gone loses the job, not the run."""
	run = start_pass("Schedule")
	frappe.db.commit()
	with suppress(RedisError):
		enqueue_prepare(run)
		frappe.db.commit()
	return run


def forget_what_was_told() -> Pairs:
	"""A new page for the witness; who is in which audience at that moment."""
	audience_witness.forget_notes()
	return open_pairs()


def contradictions() -> Iterator[str]:
	"""What must hold when a pass has ended in which nobody changed anything."""
	yield from wrong_members()
	yield from wrong_visits()
	yield from wrong_texts()


def wrong_tellings(before: Pairs) -> Iterator[str]:
	"""Each difference was told, once, and nothing else."""
	after = open_pairs()
	expected = Counter(
		[(*pair, True) for pair in after - before] + [(*pair, False) for pair in before - after]
	)
	told = audience_witness.noted()
	for change in {*told, *expected}:
		if told[change] != expected[change]:
			yield f"{change} was told {told[change]} times, not {expected[change]}"
