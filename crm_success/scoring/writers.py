"""The only writer of scores: Customer Health, its snapshots, and what an override does to them. Computes none.

What Customer shows of them follows at once.

All rows of a batch are written in one transaction, which the caller commits. It locks no range: rows are
inserted or updated one key at a time, so workers on neighbouring ranges do not wait for each other's gaps.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt, getdate, now
from pypika import Case
from pypika import Table as SqlTable
from pypika.terms import Term

from crm_success.batches.messages import EXAMPLES, INFO, Message
from crm_success.database import reading
from crm_success.database.upsert import Choice, Column, take_the_offer, upsert
from crm_success.scoring.bands import band_of
from crm_success.scoring.customer_fields import update_customers
from crm_success.scoring.definition_links import without_dangling
from crm_success.scoring.engine.definitions import Scorecard
from crm_success.scoring.health_rows import Row, ScoredRows
from crm_success.scoring.queries.statements import KeyRange, Statement, within
from crm_success.scoring.stale import BEING_SCORED, FRESH, STALE, mark_again

# a score and its band, as they are shown
Shown = tuple[float | None, str | None]

HEALTH = "Customer Health"
SNAPSHOT = "Customer Health Snapshot"

_SCORED_FIELDS = (
	"customer_name",
	"customer_group",
	"territory",
	"account_manager",
	"score",
	"computed_score",
	"band",
	"trend",
	"change_30",
	"scorecard",
	"cap_reason",
	"recency_score",
	"frequency_score",
	"monetary_score",
	"segment",
	"value_class",
	"activity",
	"stage",
	"currency",
	"revenue",
	"invoices",
	"last_invoice",
	"open_issues",
	"overdue",
	"clv",
	"driver_facts",
	"components",
)
OVERRIDE = ("override_score", "override_until", "override_reason", "override_by")
NO_OVERRIDE = dict.fromkeys(OVERRIDE)
_SNAPSHOT_FIELDS = (
	"score",
	"computed_score",
	"band",
	"recency_score",
	"frequency_score",
	"monetary_score",
	"segment",
	"value_class",
	"stage",
	"revenue",
	"components",
)


@dataclass(frozen=True)
class Writing:
	"""What to write besides the scores: the day, the run, whether a snapshot is kept, and the scorecards' limits."""

	as_of: date
	run: str | None
	snapshot: bool
	scorecards: Mapping[str, Scorecard]
	# whether the day was today when its scoring began: a run that outlives its night keeps what was shown that day
	began_today: bool = True

	@property
	def is_current(self) -> bool:
		"""Whether this is how things stand today, rather than on a day in the past."""
		return self.as_of >= getdate()


@dataclass(frozen=True)
class Written:
	"""How many customers got a score, had nothing to measure, or were deleted meanwhile, and what to say of them."""

	scored: int
	without_score: int
	skipped: int
	messages: tuple[Message, ...]


def write_scores(scored: ScoredRows, keys: KeyRange, writing: Writing) -> Written:
	"""Write the rows of a range, without committing.

	A customer deleted since the rows were read ends up without a row; a row of a later day stays as it is; an
	override that still runs decides the score shown.
	"""
	stamps = _stamps()
	rows, poorer, about_links = without_dangling(scored.rows)
	health = [{**_health_row(row, writing), **stamps} for row in rows]
	upsert(HEALTH, health, ["customer"], _health_choices(writing, scored.read_at))
	exceptions = reading.read_rows(_exceptions(keys, writing.as_of))
	deleted = {row["customer"] for row in exceptions if row["known"] is None}
	later = {row["customer"] for row in exceptions if row["as_of"] and row["as_of"] > writing.as_of}
	overridden = {
		row["customer"]: (
			row["override_score"],
			band_of(row["override_score"], row["scorecard"], writing.scorecards),
		)
		for row in exceptions
		if row["is_overridden"] and row["customer"] not in deleted | later
	}
	for customer, (score, band) in overridden.items():
		_set(customer, {"score": score, "band": band})
	_remove(deleted, (HEALTH, SNAPSHOT))
	# what was kept of a customer before it became internal is history, but not its health any more
	_remove({row["customer"] for row in exceptions if row["is_internal"]}, (HEALTH,))
	if poorer and writing.is_current:
		mark_again(poorer)
	update_customers(keys)
	if writing.snapshot:
		# who overrode a score today said nothing about a day in the past
		shown = overridden if writing.began_today else {}
		_write_snapshots([row for row in rows if row["customer"] not in deleted], shown, writing)
	scores = [row["computed_score"] for row in rows if row["customer"] not in deleted]
	return Written(
		scored=len(scores) - scores.count(None),
		without_score=scores.count(None),
		skipped=len(rows) - len(scores),
		messages=(*scored.messages, *about_links, *_messages(deleted, later)),
	)


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
	_set(customer, {**entered, "score": shown[0], "band": shown[1]})
	update_customers(KeyRange(names=(customer,)))
	return shown


def is_in_force(override_until: date | str | None, today: date) -> bool:
	"""An override holds up to and including its last day."""
	return bool(override_until) and getdate(override_until) >= today


def end_override(customer: str, today: date) -> Row | None:
	"""Give a score its computed value back and clear the override, without committing; what the override was.

	None where it has not ended before today, or not any more: somebody may have set another one.
	"""
	row = _held(customer)
	if not row or not row["override_until"] or row["override_until"] >= today:
		return None
	set_override(customer, NO_OVERRIDE, today)
	return row


def _held(customer: str) -> Row | None:
	"""What an override stands on, as it is now and stays until the transaction ends."""
	fields = ["computed_score", "scorecard", *OVERRIDE]
	return frappe.db.get_value(HEALTH, {"customer": customer}, fields, as_dict=True, for_update=True)


def overridden_until_before(today: date) -> list[str]:
	"""The customers whose override ran until a day before today."""
	health = frappe.qb.DocType(HEALTH)
	# get_all would count those without an override as ended long ago
	query = frappe.qb.from_(health).select(health.customer).where(health.override_until < today)
	return query.orderby(health.customer).run(pluck=True)


def _health_row(row: Row, writing: Writing) -> Row:
	return {
		"name": row["customer"],
		"customer": row["customer"],
		**{name: row[name] for name in _SCORED_FIELDS},
		"scoring_run": writing.run,
		"stale": FRESH,
		"as_of": writing.as_of,
	}


def _stamps() -> Row:
	user, moment = frappe.session.user, now()
	return {"creation": moment, "owner": user, "modified": moment, "modified_by": user}


def _health_choices(writing: Writing, read_at: str) -> dict[str, Choice]:
	"""Override columns are not among them: those belong to people."""
	choices = dict.fromkeys((*_SCORED_FIELDS, "scoring_run", "modified", "modified_by"), _unless_later)
	# last, because MariaDB assigns in this order and the others look at the day that is there
	choices["as_of"] = _unless_later
	# and this one first: it looks at when the row was written
	return {"stale": partial(_fresh_unless_overtaken, read_at), **choices} if writing.is_current else choices


def _unless_later(current: Column, offered: Column, name: str) -> Term:
	return Case().when(current("as_of") > offered("as_of"), current(name)).else_(offered(name))


def _fresh_unless_overtaken(read_at: str, current: Column, offered: Column, name: str) -> Term:
	"""Stale again where a document has marked the customer meanwhile, or where somebody wrote the row after these
	values were read: they may have read a later document, which these values would hide.
	"""
	overtaken = current("modified") > read_at
	return Case().when(overtaken, STALE).when(current(name) == BEING_SCORED, FRESH).else_(current(name))


def _exceptions(keys: KeyRange, as_of: date) -> Statement:
	"""The rows of a range that need a second look: nobody's, an internal customer's, of a later day, overridden."""
	bindings = reading.bindings()
	health, customer = SqlTable(f"tab{HEALTH}"), SqlTable("tabCustomer")
	query = bindings.dialect.query.from_(health).left_join(customer).on(customer.name == health.customer)
	overridden = health.override_until >= bindings.bind(as_of)
	query = query.select(health.customer, customer.name.as_("known"), health.as_of, health.scorecard)
	query = query.select(health.override_score, Case().when(overridden, 1).else_(0).as_("is_overridden"))
	query = query.select(customer.is_internal_customer.as_("is_internal"))
	unscored = customer.name.isnull() | (customer.is_internal_customer == 1)
	query = query.where(unscored | (health.as_of > bindings.bind(as_of)) | overridden)
	for condition in within(health.customer, keys, bindings):
		query = query.where(condition)
	return bindings.statement(query)


def _set(customer: str, values: Mapping[str, Any]) -> None:
	health = frappe.qb.DocType(HEALTH)
	query = frappe.qb.update(health).where(health.customer == customer)
	for name, value in {"modified": now(), "modified_by": frappe.session.user, **values}.items():
		query = query.set(health[name], value)
	query.run()


def _remove(customers: Iterable[str], doctypes: Iterable[str]) -> None:
	for doctype in doctypes:
		for customer in customers:
			frappe.db.delete(doctype, {"customer": customer})


def _write_snapshots(rows: Iterable[Row], overridden: Mapping[str, Shown], writing: Writing) -> None:
	names = (*_SNAPSHOT_FIELDS, "scoring_run", "modified", "modified_by")
	stamps = _stamps()
	snapshots = [{**_snapshot_row(row, overridden, writing), **stamps} for row in rows]
	upsert(SNAPSHOT, snapshots, ["customer", "as_of"], dict.fromkeys(names, take_the_offer))


def _snapshot_row(row: Row, overridden: Mapping[str, Shown], writing: Writing) -> Row:
	score, band = overridden.get(row["customer"], (row["score"], row["band"]))
	return {
		"name": frappe.generate_hash(length=20),
		"customer": row["customer"],
		**{name: row[name] for name in _SNAPSHOT_FIELDS},
		"score": score,
		"band": band,
		"as_of": writing.as_of,
		"scoring_run": writing.run,
	}


def _messages(deleted: Collection[str], later: Collection[str]) -> Iterator[Message]:
	if deleted:
		reason = _("Scores of customers that do not exist any more were removed.")
		yield Message(INFO, reason, HEALTH, len(deleted), _examples(deleted))
	if later:
		reason = _("The score of a later date stays as it is; only the snapshot of this date was written.")
		yield Message(INFO, reason, HEALTH, len(later), _examples(later))


def _examples(customers: Iterable[str]) -> tuple[str, ...]:
	return tuple(sorted(customers)[:EXAMPLES])
