"""What a review of tiers costs against the bare read of what customers spent, and bare upserts of what a review writes.

First review: everybody gets a standing, and three in ten a tier, a change and fields on Customer. A review in which some
move: each amount was lowered by a tenth. Bare: the one grouped statement, fetched once for all customers, and the same
rows of standings and changes written over themselves in plain multi-row statements. Nothing of it stays.
"""

import time
from statistics import quantiles

import frappe
from frappe.utils import getdate

from crm_success.batches.statuses import RUN
from crm_success.customer_loyalty.tiers.tier_evaluation import start_evaluation
from crm_success.customer_loyalty.tiers.tier_records import freeze_tiers
from crm_success.database import reading
from crm_success.record_names import LOYALTY_SETTINGS, STANDING, TIER, TIER_CHANGE
from crm_success.scoring.queries.span_revenue import revenue_statement
from crm_success.tests.support.tier_site import PLAIN
from tools.benchmarks.floor import bare_upsert, seconds_of
from tools.benchmarks.whole_run import finished

# of so many tenths of the customers the highest reach each tier
REACHED = {"Silver": 7, "Gold": 8, "Diamond": 9}
CHEAPER = 0.9


def measure() -> dict:
	"""Seconds and megabytes of the three kinds of reviews, and of their bare statements."""
	forget()
	set_policy()
	first = _review()
	read = bare_read()
	written = bare_upsert(doctype=STANDING) + bare_upsert(doctype=TIER_CHANGE)
	set_amounts(CHEAPER)
	moved = _review()
	names = frappe.get_all(TIER_CHANGE, {"change_number": 2}, pluck="customer", order_by="customer")
	risen = frappe.get_all(
		TIER_CHANGE, {"change_number": 1, "creation": (">", first["ended"])}, pluck="customer"
	)
	touched = sorted({*names, *risen})
	# what the next tier still takes is another amount for everybody
	some = bare_upsert(doctype=STANDING) + bare_upsert(touched, TIER_CHANGE)
	quiet = _review()
	figures = {
		"first": first["seconds"],
		"moved": moved["seconds"],
		"movers": len(touched),
		"quiet": quiet["seconds"],
		"bare_read": read,
		"bare_upserts": written,
		"bare_some": some,
		"peak_mb": max(each["peak_mb"] for each in (first, moved, quiet)),
	}
	forget()
	return figures


def set_policy() -> None:
	frappe.db.set_single_value(LOYALTY_SETTINGS, PLAIN)
	frappe.clear_document_cache(LOYALTY_SETTINGS, LOYALTY_SETTINGS)
	revenue = [row[0] for row in frappe.db.sql("SELECT revenue FROM `tabCustomer Health`")]
	tenths = quantiles([float(amount or 0) for amount in revenue], n=10)
	for name, tenth in REACHED.items():
		frappe.db.set_value("Customer Tier Requirement", {"parent": name}, "at_least", tenths[tenth - 1])
	frappe.db.commit()


def set_amounts(share: float) -> None:
	frappe.db.sql(
		"UPDATE `tabCustomer Tier Requirement` SET at_least = at_least * %(share)s", {"share": share}
	)
	frappe.db.commit()


def bare_read() -> float:
	"""Seconds for what every customer spent in the period, as one statement."""
	frozen = freeze_tiers(getdate())
	reads = frozen.reads
	statement = revenue_statement(frozen.spans, reads.by_doctype, reads.as_of, reads.money, reading.dialect())
	return seconds_of(statement)


def _review() -> dict:
	figures = finished(lambda: start_evaluation("Command", is_review=True), workers=1)
	# changes of the next one are later
	time.sleep(1)
	return {**figures, "ended": frappe.utils.now()}


def forget() -> None:
	"""The site as it was: the other figures are those of a site without tiers."""
	for doctype in (STANDING, TIER_CHANGE):
		frappe.db.delete(doctype)
	frappe.db.delete(RUN, {"kind": "Tier Review"})
	frappe.db.set_single_value(LOYALTY_SETTINGS, {"enabled": 0, "evaluated_on": None, "reviewed_on": None})
	frappe.clear_document_cache(LOYALTY_SETTINGS, LOYALTY_SETTINGS)
	frappe.db.set_value(
		"Customer",
		{"customer_tier": ("is", "set")},
		{"customer_tier": None, "tier_since": None},
		update_modified=False,
	)
	for doc in (frappe.get_doc(TIER, name) for name in REACHED):
		doc.clear_cache()
	frappe.db.commit()
