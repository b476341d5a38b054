"""Recomputes what is stored, undisturbed, and says what differs. Leaves everything as it was.

Rows are compared as the database returns them, byte for byte; only stamps and the names of records may differ.
"""

from collections.abc import Iterator
from typing import Any

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.statuses import BATCH, RUN
from crm_success.database.dialects import KeyRange
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.scoring.calibrations import latest_calibration, read_calibration
from crm_success.scoring.customer_fields import SOURCES, update_customers
from crm_success.scoring.frozen_definitions import freeze, frozen_of
from crm_success.scoring.health_rows import ScoredRows
from crm_success.scoring.scorer import Scorer
from crm_success.scoring.writers import _SCORED_FIELDS, Writing, write_scores
from crm_success.tests.support.scoring_site import CHANGING

# (record, customer): its values
Rows = dict[tuple[str, str], dict[str, Any]]


def stored(of: set[str] | None = None) -> Rows:
	"""Health, the snapshots of today and the fields of Customer; snapshots of these customers only."""
	rows: Rows = {}
	for row in frappe.get_all(HEALTH, fields=["*"]):
		rows["health", row.customer] = _lasting(row)
	for row in frappe.get_all(SNAPSHOT, filters={"as_of": getdate()}, fields=["*"]):
		if of is None or row.customer in of:
			rows["snapshot", row.customer] = _lasting(row)
	for row in frappe.get_all("Customer", fields=["name", *SOURCES]):
		rows["customer", row.name] = dict(row)
	return rows


def recomputed(run: str, of: set[str]) -> Rows:
	"""The same rows, scored again in one piece and written over nothing; taken back before this returns.

	Who was scored by the run, by what the run began with; who was scored again since, by the definitions of now.
	"""
	rows = frappe.get_all(HEALTH, fields=["customer", "scoring_run"])
	by_run = {row.customer for row in rows if row.scoring_run == run}
	later = {row.customer for row in rows} - by_run
	values = frappe.db.get_value(RUN, run, ["as_of", "calibration"], as_dict=True)
	began_with = Scorer(frozen_of(run), read_calibration(values.calibration), values.as_of)
	today = freeze(getdate())
	of_now = Scorer(today, read_calibration(latest_calibration(today, getdate())), getdate())
	parts = [(began_with, by_run, True), (of_now, later, False)]
	scored = [(scorer, names, snapshot, scorer.score(KeyRange())) for scorer, names, snapshot in parts]
	blank()
	for scorer, names, snapshot, everybody in scored:
		if names:
			_write(scorer, names, snapshot, everybody, run)
	# those without health too: their fields are empty
	update_customers(KeyRange())
	written = stored(of)
	frappe.db.rollback()
	return written


def by_run_only(run: str) -> set[str]:
	return set(frappe.get_all(HEALTH, filters={"scoring_run": run}, pluck="customer"))


def differences(expected: Rows, found: Rows) -> Iterator[str]:
	"""What is missing, what is there without a reason, and what has another value."""
	# health first: what Customer shows follows from it
	for key in sorted(expected.keys() | found.keys(), key=lambda key: (key[0] != "health", key)):
		wanted, there = expected.get(key), found.get(key)
		if wanted is None or there is None:
			yield f"{key}: {'should not be there' if wanted is None else 'is missing'}"
		elif wanted != there:
			fields = [name for name in wanted if wanted[name] != there.get(name)]
			yield f"{key} as of {there.get('as_of')}: " + "; ".join(
				f"{name} {there.get(name)!r}, not {wanted[name]!r}" for name in fields
			)


def contradictions(run: str, added: set[str]) -> Iterator[str]:
	"""What must hold of a finished run and of the site after it, whatever the scores are."""
	doc = frappe.get_doc(RUN, run)
	batches = frappe.get_all(BATCH, {"work_run": run}, ["batch_no", "status", "scored", "without_score"])
	yield from (f"batch {row.batch_no} is {row.status}" for row in batches if row.status != "Done")
	if doc.active or not doc.status.startswith("Completed") or doc.percent_done != 100:
		yield f"{run} is {doc.status} at {doc.percent_done} %, active {doc.active!r}"
	if doc.customers_scored + doc.customers_without_score != sum(
		row.scored + row.without_score for row in batches
	):
		yield f"{run} counts other customers than its batches"
	customers = set(frappe.get_all("Customer", {"is_internal_customer": 0}, pluck="name"))
	healthy = frappe.get_all(HEALTH, pluck="customer")
	yield from (f"{name} is there twice" for name in {name for name in healthy if healthy.count(name) > 1})
	yield from (f"{name} has no health" for name in sorted(customers - set(healthy) - added))
	yield from (f"{name} is no customer, but has health" for name in sorted(set(healthy) - customers))
	orphans = set(frappe.get_all(SNAPSHOT, pluck="customer", distinct=True)) - set(
		frappe.get_all("Customer", pluck="name")
	)
	yield from (f"{name} is no customer, but has snapshots" for name in sorted(orphans))
	yield from (
		f"{name} is still stale" for name in frappe.get_all(HEALTH, {"stale": (">", 0)}, pluck="customer")
	)


def counted_by_hand() -> Iterator[str]:
	"""Invoices and last invoice of every customer by a plain loop over the documents, without our queries."""
	earliest = getdate(add_days(getdate(), -365))
	filters = {"docstatus": 1, "is_return": 0, "posting_date": ("<=", getdate())}
	fields = ["customer", "posting_date", "is_opening"]
	invoices: dict[str, list] = {}
	for row in frappe.get_all("Sales Invoice", filters=filters, fields=fields):
		if row.is_opening != "Yes":
			invoices.setdefault(row.customer, []).append(row.posting_date)
	for row in frappe.get_all(HEALTH, fields=["customer", "invoices", "last_invoice"]):
		dates = invoices.get(row.customer, [])
		counted = (sum(day > earliest for day in dates), max(dates, default=None))
		if counted != (row.invoices, row.last_invoice):
			yield f"{row.customer}: {row.invoices} invoices until {row.last_invoice}, counted {counted}"


def blank() -> None:
	"""So that nothing which is not written again can look right. Overrides stay: they are people's."""
	health = {"as_of": None, "stale": 1, "read_at_utc": None, **dict.fromkeys(_SCORED_FIELDS)}
	for doctype, values in ((HEALTH, health), ("Customer", dict.fromkeys(SOURCES))):
		meta, table = frappe.get_meta(doctype), frappe.qb.DocType(doctype)
		query = frappe.qb.update(table)
		for name, value in values.items():
			is_number = meta.get_field(name).fieldtype in frappe.model.numeric_fieldtypes
			# no value that any of them could have: -1 stands for none in some comparisons
			query = query.set(table[name], -7 if is_number and value is None else value)
		query.run()
	frappe.db.delete(SNAPSHOT, {"as_of": getdate()})


def _write(scorer: Scorer, names: set[str], snapshot: bool, everybody: ScoredRows, run: str) -> None:
	frozen = scorer.frozen
	scorecards = {card.name: card for card in frozen.definitions.scorecards}
	rows = tuple(row for row in everybody.rows if row["customer"] in names)
	write_scores(
		ScoredRows(rows, everybody.read_at),
		KeyRange(names=tuple(sorted(names))),
		Writing(scorer.as_of, run, snapshot, scorecards, definitions_version=frozen.version),
	)


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
	return {name: value for name, value in row.items() if name not in CHANGING}
