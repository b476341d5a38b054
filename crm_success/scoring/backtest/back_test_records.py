"""The records of back-tests: who may start one, how it begins and ends, and what is kept of it. Compares nothing."""

from collections.abc import Iterable
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from crm_success.batches import queueing
from crm_success.batches.run_life import start_run
from crm_success.batches.statuses import CANCELLED, QUEUED, RUN
from crm_success.database import clock
from crm_success.record_names import BACK_TEST, BACK_TEST_DATE, BACK_TEST_PART
from crm_success.scoring.engine.definitions import from_json, to_json
from crm_success.scoring.shared.past_figures import AllFigures

# how hooks.py registers the work
KIND = "Back-test"
REFUSED = "Refused"
# what only the work writes
FOUND = ("status", "run", "finished_at", "right_of_100", "figures", "definitions_version")


def check_may_start() -> None:
	"""Who may start scoring may start a back-test, if no customer is hidden from them (permissions.py)."""
	frappe.has_permission(RUN, "create", throw=True)
	if not queueing.is_queue_up():
		frappe.throw(_("The background workers cannot be reached. Ask your administrator to start Redis."))


def start_back_test(doc: Document) -> None:
	"""Start the run of a back-test that was just inserted; RunInProgressError where another one is not finished."""
	run = start_run(KIND, getdate(), "Desk")
	doc.db_set({"run": run, "status": QUEUED}, update_modified=False)
	queueing.enqueue_prepare(run)


def forget_what_was_found(doc: Document) -> None:
	"""Whatever a request says of it."""
	doc.update(dict.fromkeys(FOUND))
	doc.set("suggestions", [])
	doc.status = QUEUED


def back_test_of(run: str) -> str:
	"""The back-test that a run is for."""
	name = frappe.db.get_value(BACK_TEST, {"run": run})
	if not name:
		frappe.throw(_("The back-test of {0} is gone.").format(run), frappe.DoesNotExistError)
	return name


def set_found(name: str, status: str, **values: Any) -> None:
	"""Write what the work found, without committing. Ended ones have the moment of their end."""
	frappe.db.set_value(BACK_TEST, name, {"status": status, **values}, update_modified=False)
	frappe.clear_document_cache(BACK_TEST, name)


def end_back_test(name: str, status: str, **values: Any) -> None:
	"""The same for its end; what its batches kept is deleted."""
	set_found(name, status, finished_at=clock.now(), **values)
	delete_parts([name])


def cancel_back_test(run: str) -> None:
	"""There will be no figures."""
	end_back_test(back_test_of(run), CANCELLED)


def keep_dates(name: str, days: Iterable[Any]) -> None:
	"""The dates that are replayed, where nobody named any."""
	if frappe.db.exists(BACK_TEST_DATE, {"parent": name}):
		return
	for number, day in enumerate(days, start=1):
		row = frappe.new_doc(BACK_TEST_DATE)
		row.update(
			{"parenttype": BACK_TEST, "parent": name, "parentfield": "dates", "idx": number, "as_of": day}
		)
		row.db_insert()


def delete_parts(names: Iterable[str]) -> None:
	"""What the batches of these back-tests kept."""
	frappe.db.delete(BACK_TEST_PART, {"back_test": ("in", list(names))})


def as_text(figures: AllFigures) -> str:
	"""Figures as JSON in which the desk finds no HTML."""
	return to_json(figures).replace("<", "\\u003c")


def stored_figures(text: str | None) -> AllFigures:
	"""The figures that `as_text` wrote; none where nothing is stored."""
	return from_json(AllFigures, text) if text else AllFigures()


def newest_figures() -> frappe._dict | None:
	"""The newest back-test with figures: name, figures, definitions_version. Checks no permission."""
	found = frappe.get_all(
		BACK_TEST,
		{"status": "Completed"},
		["name", "figures", "definitions_version"],
		order_by="creation desc",
		limit=1,
	)
	return found[0] if found else None
