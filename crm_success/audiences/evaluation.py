"""When audiences are evaluated: after each scoring of today, when a definition changed, and whenever somebody asks."""

from typing import Any

import frappe
from frappe.utils import getdate

from crm_success.audiences.audience_pass import KIND
from crm_success.audiences.audience_rules import LooksAt
from crm_success.batches import queueing
from crm_success.batches.due_work import has_ended_since, start_on_schedule
from crm_success.batches.run_life import RunInProgressError, start_run
from crm_success.batches.scheduled import logged
from crm_success.batches.statuses import COMPLETED, RUN, WITH_WARNINGS
from crm_success.database import clock
from crm_success.record_names import AUDIENCE, CONDITION

SCORING = "Scoring"
_SECONDS = 300


def start_pass(triggered_by: str) -> str:
	"""Make a pass, without committing or queueing; RunInProgressError where another one is not finished."""
	return start_run(KIND, getdate(), triggered_by)


def evaluate_for(audience: str) -> str | None:
	"""Find the members again because somebody asks for it: the name of the pass, without committing.

	Where a pass is not finished it is that one, and another follows it for what has changed since it looked.
	"""
	going_on = _pass_going_on()
	if not going_on:
		try:
			run = start_pass("Desk")
		except RunInProgressError:
			# somebody else was faster by the blink of an eye
			frappe.clear_last_message()
			going_on = _pass_going_on()
		else:
			queueing.enqueue_prepare(run)
			return run
	frappe.db.set_value(AUDIENCE, audience, "wanted_utc", clock.utc_now(), update_modified=False)
	return going_on


def look_again_at(fieldname: str) -> None:
	"""A field of Customer that another part writes has changed, without committing: who filters by it is evaluated again."""
	rows = frappe.get_all(
		CONDITION,
		{"parenttype": AUDIENCE, "looks_at": LooksAt.CUSTOMER.value, "filters": ("like", f'%"{fieldname}"%')},
		pluck="parent",
		distinct=True,
	)
	if names := [name for name in rows if frappe.db.get_value(AUDIENCE, name, "enabled")]:
		frappe.db.set_value(
			AUDIENCE, {"name": ("in", names)}, "wanted_utc", clock.utc_now(), update_modified=False
		)


def evaluate_after(run: str, status: str) -> None:
	"""Hook `crm_success_work_ended`: new scores may move customers, and definitions may have changed during a pass.

	Queued, because this is part of the end of the run.
	"""
	if status in (COMPLETED, WITH_WARNINGS):
		evaluate_soon()


def evaluate_soon() -> None:
	"""Start a pass once the running transaction is saved, if one is due then."""
	with queueing.if_there_is_room():
		frappe.enqueue(
			"crm_success.audiences.evaluation.evaluate_if_due",
			queue="short",
			timeout=_SECONDS,
			enqueue_after_commit=True,
		)


@logged
def evaluate_if_due() -> None:
	"""Every five minutes, and after what makes a pass due: start it, unless another one is not finished."""
	if is_due():
		start_on_schedule(KIND, lambda: start_pass("Schedule"))


def is_due() -> bool:
	"""Whether there is an enabled audience by filters that changed since it was last looked at, or a scoring since then."""
	rows = frappe.get_all(
		AUDIENCE, {"enabled": 1, "how": "By Filters"}, ["wanted_utc", "looked_at_utc"], order_by=None
	)
	if any(is_awaited(row) for row in rows):
		return True
	return bool(rows) and has_ended_since(SCORING, KIND)


def is_awaited(audience: Any) -> bool:
	"""Whether its definition changed since it was last looked at, or nobody has looked at it yet."""
	wanted, looked_at = audience.wanted_utc, audience.looked_at_utc
	return not looked_at or bool(wanted and wanted > looked_at)


def last_pass() -> dict[str, Any] | None:
	"""How the newest pass stands: its status, and how far it is."""
	return frappe.db.get_value(
		RUN, {"kind": KIND}, ["status", "percent_done"], order_by="creation desc", as_dict=True
	)


def _pass_going_on() -> str | None:
	return frappe.db.get_value(RUN, {"active": KIND})
