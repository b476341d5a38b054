"""Runs from before there were kinds are scoring runs. What is not finished goes on: its leases count as ended."""

import frappe
from frappe.query_builder.functions import Coalesce

RUN, KIND = "Work Run", "Scoring"


def execute() -> None:
	run = frappe.qb.DocType(RUN)
	without = Coalesce(run.kind, "") == ""
	done = run.customers_scored + run.customers_without_score + run.customers_skipped
	frappe.qb.update(run).set(run.active, KIND).where(without & run.active.isnotnull()).run()
	frappe.qb.update(run).set(run.kind, KIND).set(run.customers_done, done).where(without).run()
