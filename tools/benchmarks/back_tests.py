"""What a back-test costs: a date that is replayed against a scoring run, by one worker, and its memory."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.record_names import BACK_TEST
from tools.benchmarks.whole_run import finished

DAYS_AGO = (90, 180)


def measure() -> dict:
	"""Seconds and megabytes of a back-test of so many dates; nothing of it stays."""
	figures = finished(_start, workers=1)
	ended = frappe.db.get_value(BACK_TEST, {"run": figures["run"]}, ["name", "status"], as_dict=True)
	if ended.status != "Completed":
		raise SystemExit(f"{ended.name} is {ended.status}")
	frappe.delete_doc(BACK_TEST, ended.name)
	frappe.db.commit()
	return {**figures, "dates": len(DAYS_AGO)}


def _start() -> str:
	dates = [{"as_of": add_days(getdate(), -days)} for days in DAYS_AGO]
	return frappe.get_doc({"doctype": BACK_TEST, "dates": dates}).insert().run
