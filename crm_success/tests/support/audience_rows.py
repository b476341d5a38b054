"""Audiences with members and healths as passes and scoring leave them, past the controllers. Finds nobody."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import frappe
from frappe.utils import now_datetime

from crm_success.record_names import HEALTH, MEMBER
from crm_success.tests.support.audience_site import make_audience


def store_audience(name: str, *customers: str, **values: Any) -> str:
	"""An audience by hand in which these customers are; its name."""
	make_audience(name, how="By Hand", **values)
	store_visits(name, ((customer, 1, now_datetime(), None) for customer in customers))
	return name


def store_visits(audience: str, visits: Iterable[tuple[str, int, datetime, datetime | None]]) -> None:
	"""Visits as customer, number, when it entered, when it left."""
	fields = ("customer", "visit", "entered_on", "left_on")
	for visit in visits:
		row = frappe.new_doc(MEMBER)
		row.update({"audience": audience, **dict(zip(fields, visit, strict=True))})
		row.db_insert()


def store_healths(scores: dict[str, float], **values: Any) -> None:
	"""A health for each customer, by its score, and nobody else's."""
	frappe.db.delete(HEALTH)
	for customer, score in scores.items():
		row = {"name": customer, "customer": customer, "customer_name": customer, "score": score, **values}
		frappe.new_doc(HEALTH).update(row).db_insert()
