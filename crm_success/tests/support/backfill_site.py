"""Backfills as people start them, done in this process. Judges none of them."""

from typing import Any

import frappe

from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.customer_loyalty.api import backfill_form
from crm_success.record_names import BACKFILL, LEDGER_ENTRY
from crm_success.tests.support.points_site import TODAY, days_ago
from crm_success.tests.support.scoring_site import drop_jobs

OF_DRY_RUN = ("documents_earning", "points", "points_lapsed", "customers")
OF_GIVING = ("documents_earned", "points_given", "points_given_lapsed", "customers_given")
# what the ledger says of an entry that does not depend on when it was written, and by whom
_WRITTEN = (
	*("customer", "kind", "points", "posting_date", "available_from", "expires_on", "idle_days"),
	*("reference_doctype", "reference_name", "rule", "base_amount", "full_points", "is_qualifying"),
	*("entry_number", "event_key", "company"),
)


def make_backfill(rule: str, **values: Any) -> Any:
	"""A backfill of the last year, through its controller."""
	dates = {"from_date": days_ago(365), "to_date": TODAY}
	doc = frappe.get_doc({"doctype": BACKFILL, "earning_rule": rule, **dates, **values}).insert()
	frappe.db.commit()
	return doc


def done(backfill: Any, method: str) -> Any:
	"""Press a button of the form, and let the run end; the backfill as it is then."""
	run = getattr(backfill_form, method)(backfill.name)["run"]
	frappe.db.commit()
	drop_jobs()
	prepare_run(run)
	drain(run)
	return backfill.reload()


def dry_run(backfill: Any) -> Any:
	"""The button of that name."""
	return done(backfill, "dry_run")


def give_points(backfill: Any) -> Any:
	"""The button of that name, after a dry run."""
	return done(backfill, "give_points")


def figures(backfill: Any, names: tuple[str, ...]) -> tuple[int, ...]:
	"""Some numbers of a backfill."""
	return tuple(backfill.get(name) for name in names)


def reasons(backfill: Any) -> dict[str, int]:
	"""Why documents earn nothing."""
	return {row.reason: row.documents for row in backfill.reasons}


def whole_ledger() -> list[tuple[Any, ...]]:
	"""All entries, in any two ledgers that are the same the same."""
	frappe.db.rollback()
	return sorted(
		frappe.get_all(LEDGER_ENTRY, fields=list(_WRITTEN), order_by=None, as_list=True),
		key=lambda row: [str(value) for value in row],
	)
