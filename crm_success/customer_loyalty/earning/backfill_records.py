"""The records of backfills: what one may be, how a dry run and the giving of points begin, and what is kept of them.

Gives no points itself.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate
from pypika import Table as SqlTable

from crm_success.batches import queueing
from crm_success.batches.run_life import refuse_if_active, start_run
from crm_success.batches.statuses import BATCH, DONE, RUN
from crm_success.customer_loyalty.earning.backfill_documents import OldDocuments
from crm_success.customer_loyalty.earning.earning import Earning
from crm_success.customer_loyalty.earning.earning_documents import doctypes_of, rules_for
from crm_success.customer_loyalty.earning.earning_records import rule_of, rules_of_now
from crm_success.customer_loyalty.earning.earning_values import EarningRule, Event
from crm_success.customer_loyalty.earning.earning_words import IN_GENERAL
from crm_success.customer_loyalty.points.event_keys import key_of
from crm_success.database import clock, reading
from crm_success.record_checks.field_errors import bold, refuse
from crm_success.record_names import BACKFILL, BACKFILL_REASON, EARNING_RULE
from crm_success.scoring.reads import as_text, from_text
from crm_success.scoring.scoring_day import parse_asked_day

# how hooks.py registers the work
KIND = "Points Backfill"
NEW, RUNNING, DRY_RUN_DONE, GIVEN = "New", "Running", "Dry Run Done", "Points Given"
FAILED, CANCELLED = "Failed", "Cancelled"
_OF_DRY_RUN = ("documents", "documents_earning", "points", "points_lapsed", "customers")
_OF_GIVING = ("documents_earned", "points_given", "points_given_lapsed", "customers_given")
# what only the work writes, as it is before
_NOTHING: Mapping[str, Any] = {
	**dict.fromkeys((*_OF_DRY_RUN, *_OF_GIVING), 0),
	**dict.fromkeys(("run", "rule_version", "dry_run_on", "given_on")),
	"status": NEW,
}


@dataclass(frozen=True)
class Backfill:
	"""What a run began with. `rules` are that of the backfill, and those before it that may keep it from giving."""

	name: str
	rule: str
	rules: tuple[EarningRule, ...]
	from_date: date
	to_date: date
	is_dry: bool

	@property
	def documents(self) -> OldDocuments:
		"""The documents that it looks at."""
		rule = next(each for each in self.rules if each.name == self.rule)
		return OldDocuments(rule, self.from_date, self.to_date)


@dataclass(frozen=True)
class Figures:
	"""What was found in some documents."""

	looked_at: int = 0
	documents: int = 0
	points: int = 0
	lapsed: int = 0
	customers: int = 0
	why: Mapping[str, int] = field(default_factory=dict)

	@classmethod
	def of(cls, done: Earning) -> "Figures":
		"""The same as numbers."""
		numbers = (done.looked_at, done.documents, done.points, done.lapsed, len(done.customers))
		return cls(*numbers, dict(done.why))

	def __add__(self, other: "Figures") -> "Figures":
		names = ("looked_at", "documents", "points", "lapsed", "customers")
		sums = {name: getattr(self, name) + getattr(other, name) for name in names}
		return Figures(**sums, why=Counter(self.why) + Counter(other.why))

	def as_text(self) -> str:
		"""For a batch."""
		return json.dumps(asdict(self))


def check_backfill(doc: Document) -> None:
	"""Refuse what gives no points, on its field."""
	if not (doc.earning_rule and doc.from_date and doc.to_date):
		# Frappe names the field that is empty
		return
	for fieldname in ("from_date", "to_date"):
		doc.set(fieldname, parse_asked_day(doc.get(fieldname)))
	if getdate(doc.to_date) > getdate():
		refuse(doc, "to_date", _("Enter today, or a day before."))
	if getdate(doc.from_date) > getdate(doc.to_date):
		refuse(
			doc, "to_date", _("Enter a day that is not before {0}.").format(_("From Date", context=BACKFILL))
		)
	rule = rule_of(frappe.get_doc(EARNING_RULE, doc.earning_rule).as_dict())
	if rule.event is Event.YEARLY:
		refuse(doc, "earning_rule", _("A yearly date earns when its day comes. Choose another rule."))
	if not rule.enabled:
		refuse(
			doc,
			"earning_rule",
			_("{0} is disabled, and gives nothing. Enable it first.").format(bold(rule.name)),
		)


def forget_what_was_found(doc: Document) -> None:
	"""Nothing is known of it yet, whatever a request says."""
	doc.update(_NOTHING)
	doc.set("reasons", [])


def keep_what_was_found(doc: Document, before: Document) -> None:
	"""What only the work writes stays as it is stored; figures of other documents are of no use."""
	if any(str(doc.get(name)) != str(before.get(name)) for name in ("earning_rule", "from_date", "to_date")):
		if before.run:
			check_is_finished(before)
		forget_what_was_found(doc)
		return
	doc.update({name: before.get(name) for name in _NOTHING})
	doc.set("reasons", before.reasons)


def check_is_finished(doc: Document) -> None:
	"""Refuse while somebody works on it."""
	if doc.run and frappe.db.get_value(RUN, doc.run, "active"):
		frappe.throw(
			_("{0} is being worked on. Wait until its run is finished, or cancel the run.").format(
				bold(doc.name)
			),
			title=_("Run Not Finished"),
		)


def start_backfill(name: str, is_dry: bool) -> str:
	"""Start a dry run, or the giving of points, which asks for a dry run of the same; the name of its run. Does not commit."""
	frappe.has_permission(RUN, "create", throw=True)
	# two who press the button at once
	doc = frappe.get_doc(BACKFILL, name, for_update=True)
	check_backfill(doc)
	if not queueing.is_queue_up():
		frappe.throw(_("The background workers cannot be reached. Ask your administrator to start Redis."))
	refuse_if_active(KIND)
	rules = _rules_that_matter(doc.earning_rule)
	if not is_dry:
		_check_dry_run(doc, _version(rules))
	began = Backfill(
		doc.name, doc.earning_rule, tuple(rules), getdate(doc.from_date), getdate(doc.to_date), is_dry
	)
	run = start_run(KIND, getdate(), "Desk")
	frappe.db.set_value(RUN, run, "definitions", as_text(began), update_modified=False)
	_set_found(doc.name, status=RUNNING, run=run)
	return run


def has_current_dry_run(doc: Document) -> bool:
	"""Whether points may be given: there is a dry run of the rule, and of those before it, as they are now."""
	return bool(doc.rule_version) and doc.rule_version == version_of(doc.earning_rule)


def version_of(rule: str) -> str:
	"""Another one whenever the rule, or one that may keep it from giving, was changed."""
	return _version(_rules_that_matter(rule))


def began_with(run: str) -> Backfill:
	"""What a run began with."""
	return from_text(Backfill, frappe.db.get_value(RUN, run, "definitions"))


def keep_figures(run: str, status: str) -> None:
	"""Write what the batches of a run that are done have found, without committing."""
	began = began_with(run)
	if frappe.db.get_value(BACKFILL, began.name, "run") != run:
		# deleted, or started anew
		return
	figures = sum(_found_by(run), Figures())
	if began.is_dry:
		_keep_dry_run(began, figures, status)
	else:
		given = (figures.documents, figures.points, figures.lapsed, figures.customers)
		# what it found holds no more
		_set_found(
			began.name,
			**dict(zip(_OF_GIVING, given, strict=True)),
			status=status,
			given_on=clock.now(),
			rule_version=None,
		)


def cancel_backfill(run: str) -> None:
	"""Somebody stopped its run: what it has given stays. Waits for batches that are being written."""
	keep_figures(run, CANCELLED)


def holds_on(began: Backfill, run: str) -> bool:
	"""Whether its rule is there, and nobody stopped it, or started another run of it; nobody does before the transaction
	ends. Reads nothing that the transaction would go on seeing.
	"""
	bindings, rows = reading.bindings(), SqlTable(f"tab{BACKFILL}")
	query = bindings.dialect.query.from_(rows).select(rows.status, rows.run)
	query = query.where(rows.name == bindings.bind(began.name))
	found = reading.read_rows(bindings.holding(query))
	is_going_on = any(row["run"] == run and row["status"] != CANCELLED for row in found)
	return is_going_on and bool(reading.hold(EARNING_RULE, [began.rule]))


def _check_dry_run(doc: Document, version: str) -> None:
	if not doc.rule_version:
		frappe.throw(_("Press Dry Run first: it says what would be given."), title=_("No Dry Run"))
	if doc.rule_version != version:
		frappe.throw(
			_("The rule, or one that comes before it, was changed after the dry run. Run it again."),
			title=_("No Dry Run"),
		)


def _rules_that_matter(name: str) -> list[EarningRule]:
	"""The rule, after those that come before it and let no other one earn; none where it is gone or disabled."""
	rules = rules_of_now()
	rule = next((each for each in rules if each.name == name), None)
	if not rule:
		return []
	groups = rules_for(doctypes_of(rule)[0], rules)
	group = next((each for each in groups if rule in each), [])
	before = [each for each in group if each.stops and each.order < rule.order]
	return [*before, rule]


def _version(rules: Iterable[EarningRule]) -> str:
	return key_of(*(as_text(rule) for rule in rules))


def _found_by(run: str) -> Iterable[Figures]:
	texts = frappe.get_all(BATCH, {"work_run": run, "status": DONE}, pluck="found", order_by="batch_no")
	return (Figures(**json.loads(text)) for text in texts if text)


def _keep_dry_run(began: Backfill, figures: Figures, status: str) -> None:
	found = (figures.looked_at, figures.documents, figures.points, figures.lapsed, figures.customers)
	is_done = status == DRY_RUN_DONE
	_set_found(
		began.name,
		**dict(zip(_OF_DRY_RUN, found, strict=True)),
		**{name: _NOTHING[name] for name in (*_OF_GIVING, "given_on")},
		status=status,
		dry_run_on=clock.now(),
		rule_version=_version(began.rules) if is_done else None,
	)
	frappe.db.delete(BACKFILL_REASON, {"parent": began.name})
	for number, (why, documents) in enumerate(Counter(figures.why).most_common(), start=1):
		row = frappe.new_doc(BACKFILL_REASON)
		row.update({"parenttype": BACKFILL, "parent": began.name, "parentfield": "reasons", "idx": number})
		row.update({"reason": IN_GENERAL[why], "documents": documents})
		row.db_insert()


def _set_found(name: str, **values: Any) -> None:
	frappe.db.set_value(BACKFILL, name, values, update_modified=False)
	frappe.clear_document_cache(BACKFILL, name)
