"""An audience that is as old as the walk's scores: who was at risk when is told from the snapshots."""

from itertools import groupby

import frappe
from frappe.utils import add_years, getdate

from crm_success.record_names import AUDIENCE, MEMBER, SNAPSHOT
from tools.walk.walk_audiences import AT_RISK, BY_HAND, PICKED


def make_audiences() -> None:
	conditions = [{"looks_at": "Customer Health", "filters": '[["band", "=", "At Risk"]]'}]
	description = "Everybody whose health is At Risk, whatever the value"
	values = {"audience_name": AT_RISK, "description": description, "conditions": conditions}
	frappe.get_doc({"doctype": AUDIENCE, **values}).insert()
	frappe.db.set_value(AUDIENCE, AT_RISK, "creation", add_years(getdate(), -2))
	write_visits()
	pick_some()
	frappe.db.commit()
	evaluate()


def write_visits() -> None:
	"""As if the audience had been evaluated after each scoring."""
	rows = frappe.get_all(SNAPSHOT, fields=["customer", "as_of", "band"], order_by="customer, as_of")
	visits = []
	for customer, snapshots in groupby(rows, key=lambda row: row.customer):
		for visit, (entered, left) in enumerate(visits_of(snapshots), 1):
			name = frappe.generate_hash(length=20)
			visits.append((name, entered, entered, AT_RISK, customer, visit, entered, left))
	fields = ["name", "creation", "modified", "audience", "customer", "visit", "entered_on", "left_on"]
	frappe.db.bulk_insert(MEMBER, fields, visits)


def visits_of(snapshots):
	"""Pairs of when the customer became at risk and when it was no more, None for not yet."""
	entered = None
	for snapshot in snapshots:
		is_at_risk = snapshot.band == "At Risk"
		if is_at_risk and not entered:
			entered = snapshot.as_of
		elif entered and not is_at_risk:
			yield entered, snapshot.as_of
			entered = None
	if entered:
		yield entered, None


def pick_some() -> None:
	from crm_success.audiences.hand_picked import add_members

	frappe.get_doc({"doctype": AUDIENCE, "audience_name": BY_HAND, "how": "By Hand"}).insert()
	add_members(BY_HAND, frappe.get_all("Customer", pluck="name", order_by="name", limit=PICKED))


def evaluate() -> None:
	from crm_success.audiences.evaluation import start_pass
	from crm_success.batches.preparing import prepare_run
	from crm_success.batches.working import drain

	run = start_pass("Command")
	frappe.db.commit()
	prepare_run(run)
	drain(run)
	frappe.db.commit()
