"""Scores that people set, for a while and with a reason: stored, and ended when their last day is over."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt, getdate
from frappe.utils.formatters import format_value

from crm_success.database import conflicts
from crm_success.database.dialects import KeyRange
from crm_success.record_names import HEALTH
from crm_success.scoring.bands import band_of
from crm_success.scoring.customer_fields import update_customers
from crm_success.scoring.health_rows import Row
from crm_success.scoring.what_changed import HealthChange, tell
from crm_success.scoring.writers import Shown, set_values

OVERRIDE = ("override_score", "override_until", "override_reason", "override_by")
NO_OVERRIDE = dict.fromkeys(OVERRIDE)


def set_override(customer: str, override: Mapping[str, Any], today: date) -> Shown:
	"""Store the score that a person sets, or that they take it back, without committing; what is shown from now on.

	`override` has the fields of `OVERRIDE`, and `modified` and `modified_by` where the caller knows them.
	"""
	row = _held(customer)
	entered = {
		**override,
		"override_score": flt(override["override_score"]),
		"override_until": override["override_until"] or None,
	}
	is_override = is_in_force(entered["override_until"], today)
	score = entered["override_score"] if is_override else row["computed_score"]
	shown = (score, band_of(score, row["scorecard"]))
	set_values(customer, {**entered, "score": shown[0], "band": shown[1]})
	update_customers(KeyRange(names=(customer,)))
	before = (row["score"], row["band"])
	tell(
		HealthChange(customer, fieldname, was, now_is)
		for fieldname, was, now_is in zip(("score", "band"), before, shown, strict=True)
		if was != now_is
	)
	return shown


def end_override(customer: str, today: date) -> Row | None:
	"""Give a score its computed value back and clear the override, without committing; what the override was.

	None where it has not ended before today, or not any more: somebody may have set another one.
	"""
	row = _held(customer)
	if not row or not row["override_until"] or row["override_until"] >= today:
		return None
	set_override(customer, NO_OVERRIDE, today)
	return row


def is_in_force(override_until: date | str | None, today: date) -> bool:
	"""An override holds up to and including its last day."""
	return bool(override_until) and getdate(override_until) >= today


def end_overrides(today: date) -> int:
	"""Give every score whose override has ended its computed value back; how many. Commits one by one."""
	return sum(_end_and_say(customer, today) for customer in overridden_until_before(today))


@conflicts.own_transaction
def _end_and_say(customer: str, today: date) -> bool:
	# ends the read view: what is seen from here on is what is there now
	frappe.db.rollback()
	ended = end_override(customer, today)
	if ended:
		_comment(customer, ended)
	# one by one: what fails for one customer takes no override back for another
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	return bool(ended)


def _comment(customer: str, row: frappe._dict) -> None:
	text = _("The override {0} by {1} ended on {2}: {3}").format(
		f"{flt(row.override_score):g}",
		row.override_by or _("somebody"),
		format_value(row.override_until, "Date"),
		frappe.utils.escape_html(row.override_reason or ""),
	)
	frappe.get_doc(HEALTH, customer).add_comment("Info", text)


def overridden_until_before(today: date) -> list[str]:
	"""The customers whose override ran until a day before today."""
	health = frappe.qb.DocType(HEALTH)
	# get_all would count those without an override as ended long ago
	query = frappe.qb.from_(health).select(health.customer).where(health.override_until < today)
	return query.orderby(health.customer).run(pluck=True)


def _held(customer: str) -> Row | None:
	"""What an override stands on, as it is now and stays until the transaction ends."""
	fields = ["score", "band", "computed_score", "scorecard", *OVERRIDE]
	return frappe.db.get_value(HEALTH, {"customer": customer}, fields, as_dict=True, for_update=True)
