"""When tiers are evaluated: after each scoring of all customers, once audiences are up to date, and when somebody asks."""

from typing import Any

import frappe
from frappe.utils import getdate

from crm_success.audiences import evaluation as audience_evaluation
from crm_success.batches import queueing
from crm_success.batches.due_work import has_ended_since, start_on_schedule
from crm_success.batches.run_life import start_run
from crm_success.batches.scheduled import logged
from crm_success.batches.statuses import COMPLETED, RUN, WITH_WARNINGS
from crm_success.customer_loyalty.tiers.tier_review import KIND, REVIEW_ASKED
from crm_success.customer_loyalty.tiers.tier_values import Asked
from crm_success.record_names import LOYALTY_SETTINGS, REQUIREMENT

SCORING, AUDIENCES = "Scoring", "Audiences"
_SECONDS = 300


def start_evaluation(triggered_by: str, is_review: bool = False) -> str:
	"""Make a run, without committing or queueing; RunInProgressError where another one is not finished.

	A review that is due is one in any case; `is_review`: it is one today.
	"""
	run = start_run(KIND, getdate(), triggered_by)
	if is_review:
		frappe.db.set_value(RUN, run, "definitions", REVIEW_ASKED, update_modified=False)
	return run


def evaluate_after(run: str, status: str) -> None:
	"""Hook `crm_success_work_ended`: queued, because this is part of the end of the run."""
	if status not in (COMPLETED, WITH_WARNINGS):
		return
	with queueing.if_there_is_room():
		frappe.enqueue(
			"crm_success.customer_loyalty.tiers.tier_evaluation.evaluate_tiers_if_due",
			queue="short",
			timeout=_SECONDS,
			enqueue_after_commit=True,
		)


@logged
def evaluate_tiers_if_due() -> None:
	"""Every five minutes, and after what makes an evaluation due: start it, unless another one is not finished."""
	if is_due():
		start_on_schedule(KIND, lambda: start_evaluation("Schedule"))


def is_due() -> bool:
	"""Whether tiers are kept, there was a scoring since they were last evaluated, and no audience that a tier asks for is
	about to be evaluated.
	"""
	if not frappe.db.get_single_value(LOYALTY_SETTINGS, "enabled") or not has_ended_since(SCORING, KIND):
		return False
	return not (_asks_audiences() and (audience_evaluation.is_due() or _is_active(AUDIENCES)))


def last_evaluation() -> dict[str, Any] | None:
	"""How the newest run stands: its status, and how far it is."""
	fields = ["name", "status", "percent_done", "as_of"]
	return frappe.db.get_value(RUN, {"kind": KIND}, fields, order_by="creation desc", as_dict=True)


def _asks_audiences() -> bool:
	return bool(frappe.db.exists(REQUIREMENT, {"measure": Asked.AUDIENCE.value}))


def _is_active(kind: str) -> bool:
	return bool(frappe.db.exists(RUN, {"active": kind}))
