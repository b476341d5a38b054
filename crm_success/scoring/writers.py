"""The only writer of scores: Customer Health and its snapshots. Computes none. What a person sets is in overrides.py.

What Customer shows of them follows at once.

All rows of a batch are written in one transaction, which the caller commits. It locks no range: rows are
inserted or updated one key at a time, so workers on neighbouring ranges do not wait for each other's gaps.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate, now
from pypika import Case
from pypika import Table as SqlTable
from pypika.terms import Term

from crm_success.batches.messages import EXAMPLES, INFO, Message
from crm_success.database import conflicts, reading
from crm_success.database.dialects import EVERYBODY, KeyRange, Statement, within
from crm_success.database.upsert import Choice, Column, take_the_offer, upsert
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.scoring.bands import band_of
from crm_success.scoring.customer_fields import update_customers
from crm_success.scoring.definition_links import without_dangling
from crm_success.scoring.engine.definitions import RULES, Scorecard
from crm_success.scoring.health_rows import Row, ScoredRows
from crm_success.scoring.queries.repeated_fields import REPEATED_FIELDS
from crm_success.scoring.stale import FRESH, STALE, mark_again
from crm_success.scoring.what_changed import HealthChange, Watch, is_anybody_listening, tell

# a score and its band, as they are shown
Shown = tuple[float | None, str | None]

_SCORED_FIELDS = (
	*REPEATED_FIELDS,
	"score",
	"computed_score",
	"coverage",
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
	"expected_spend",
	"clv",
	"lapse_risk",
	"usual_gap",
	"driver_facts",
	"risk_facts",
	"components",
)
_SNAPSHOT_FIELDS = (
	"score",
	"computed_score",
	"coverage",
	"band",
	"recency_score",
	"frequency_score",
	"monetary_score",
	"segment",
	"value_class",
	"stage",
	"lapse_risk",
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
	# of the definitions behind the scores, to tell a change of the customer from one of theirs
	definitions_version: str | None = None

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
	watch = Watch(keys) if writing.is_current else None
	rows, poorer, about_links = without_dangling(scored.rows)
	health = [{**_health_row(row, writing, scored.read_at), **stamps} for row in rows]
	upsert(HEALTH, health, ["customer"], _health_choices(writing))
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
		set_values(customer, {"score": score, "band": band})
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
	about_told = watch.tell() if watch else []
	scores = [row["computed_score"] for row in rows if row["customer"] not in deleted]
	return Written(
		scored=len(scores) - scores.count(None),
		without_score=scores.count(None),
		skipped=len(rows) - len(scores),
		messages=(*scored.messages, *about_links, *_messages(deleted, later), *about_told),
	)


def _health_row(row: Row, writing: Writing, read_at: datetime) -> Row:
	return {
		"name": row["customer"],
		"customer": row["customer"],
		**{name: row[name] for name in _SCORED_FIELDS},
		"scoring_run": writing.run,
		"stale": FRESH,
		"read_at_utc": read_at,
		"definitions_version": writing.definitions_version,
		"as_of": writing.as_of,
	}


def _stamps() -> Row:
	user, moment = frappe.session.user, now()
	return {"creation": moment, "owner": user, "modified": moment, "modified_by": user}


def _health_choices(writing: Writing) -> dict[str, Choice]:
	"""Override columns are not among them: those belong to people."""
	names = (*_SCORED_FIELDS, "scoring_run", "read_at_utc", "definitions_version", "modified", "modified_by")
	choices = dict.fromkeys(names, _unless_later)
	# last, because MariaDB assigns in this order and the others look at the day that is there
	choices["as_of"] = _unless_later
	# and this one first: it looks at when the values that are there were read
	return {"stale": _fresh_unless_overtaken, **choices} if writing.is_current else choices


def _unless_later(current: Column, offered: Column, name: str) -> Term:
	return Case().when(current("as_of") > offered("as_of"), current(name)).else_(offered(name))


def _fresh_unless_overtaken(current: Column, offered: Column, name: str) -> Term:
	"""Stale where a document has marked the customer since these values were read, or where the values that are there
	were read later: they may know a later document, which these values hide.
	"""
	marked_since = current("stale_since_utc") >= offered("read_at_utc")
	overtaken = current("read_at_utc") > offered("read_at_utc")
	return Case().when(overtaken, STALE).when(marked_since, current(name)).else_(FRESH)


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


def set_values(customer: str, values: Mapping[str, Any]) -> None:
	"""Write these fields of one customer's health, without committing."""
	health = frappe.qb.DocType(HEALTH)
	query = frappe.qb.update(health).where(health.customer == customer)
	for name, value in {"modified": now(), "modified_by": frappe.session.user, **values}.items():
		query = query.set(health[name], value)
	query.run()


def write_and_commit(scored: ScoredRows, keys: KeyRange, writing: Writing) -> Written:
	"""Write the rows of a range in a transaction of their own, again after a conflict."""
	# ends the read view: what is written must meet the rows of now
	frappe.db.rollback()

	def write() -> Written:
		written = write_scores(scored, keys, writing)
		# range by range: a run that is killed goes on after the last one
		frappe.db.commit()  # nosemgrep: frappe-manual-commit
		return written

	return conflicts.again_after_conflict(write)


def take_away_segment(segment: str) -> None:
	"""Empty a segment that is being deleted, without committing; scores and Customer forget it."""
	held_by = (
		frappe.get_all(HEALTH, filters={"segment": segment}, pluck="customer")
		if is_anybody_listening()
		else ()
	)
	frappe.db.set_value(HEALTH, {"segment": segment}, "segment", None, update_modified=False)
	update_customers(EVERYBODY)
	tell(HealthChange(customer, "segment", segment, None, by_definitions=True) for customer in held_by)


def _remove(customers: Iterable[str], doctypes: Iterable[str]) -> None:
	for doctype in doctypes:
		for customer in customers:
			frappe.db.delete(doctype, {"customer": customer})


def _write_snapshots(rows: Iterable[Row], overridden: Mapping[str, Shown], writing: Writing) -> None:
	names = (*_SNAPSHOT_FIELDS, "scoring_rules", "scoring_run", "modified", "modified_by")
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
		"scoring_rules": RULES,
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
