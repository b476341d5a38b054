"""What the dates of an issue mean: until when it is open, and how long it took those who resolve it.

With a Service Level Agreement ERPNext keeps when an issue was resolved, how long that took, and for how long the
customer was waited for. Without one it keeps nothing of that: the moment of closing is then ours, from the day on that
the app is there (doc_events/issue.py), and before that the issue's last change.

Source: ERPNext's service_level_agreement.py (handle_status_change, set_resolution_time), issue.py (split_issue).
"""

from datetime import date, timedelta
from typing import Protocol

from pypika import Case
from pypika import Table as SqlTable
from pypika.functions import Coalesce
from pypika.terms import Criterion, Term

from crm_success.database.dialects import Bindings, hours_between, midnight_of, moment_of, not_below_zero
from crm_success.scoring.queries.scalar import Scalar
from crm_success.scoring.queries.tables import DATETIME

ISSUE = "Issue"

CLOSED = ("Resolved", "Closed")

# the app adds this field: a database may lack it, and an administrator may have changed it
CLOSED_ON = "health_closed_on"

SPLIT_FROM = "issue_split_from"

# the columns that each meaning rests on
CLOSING_COLUMNS = ("status", "service_level_agreement", "sla_resolution_date", "modified")
OPEN_COLUMNS = (*CLOSING_COLUMNS, "opening_date")
HOURS_COLUMNS = (
	*CLOSING_COLUMNS,
	"creation",
	"opening_date",
	"opening_time",
	SPLIT_FROM,
	"service_level_agreement_creation",
	"resolution_time",
	"total_hold_time",
)
AGREEMENT_COLUMNS = (*CLOSING_COLUMNS, "sla_resolution_by", "response_by", "first_responded_on")


class IssueRows(Protocol):
	"""What may be asked of the query that an expression stands in."""

	bindings: Bindings
	as_of: date

	def column(self, fieldname: str) -> Term:
		"""A column of the issue."""

	def has(self, fieldname: str, kind: str) -> bool:
		"""Whether the table has a column of that name and kind."""


def resolved_on(rows: IssueRows) -> Term:
	"""When the issue was resolved; nothing (NULL) where it is not, or no longer."""
	is_closed = rows.column("status").isin(rows.bindings.bind_all(CLOSED))
	return Case().when(is_closed, _closed_on(rows))


def has_unknown_closing(rows: IssueRows) -> Criterion:
	"""Whether nobody kept when the issue was closed, so that its last change has to stand in."""
	return Coalesce(*_kept_closings(rows)).isnull()


def is_there(issue: SqlTable, bindings: Bindings, as_of: date) -> Criterion:
	"""Whether an issue was there on the day: one that was split off later has the opening date of the other one."""
	was_not_split = issue[SPLIT_FROM].isnull() | (issue[SPLIT_FROM] == "")
	return was_not_split | (issue.creation < _after(as_of, bindings))


def is_open(rows: IssueRows) -> Term:
	"""1 while not resolved by the end of the day."""
	return Case().when(_is_resolved(rows), 0).else_(1)


def open_until(rows: IssueRows) -> Term:
	"""When the issue was resolved, or the scoring day while it is not; nothing (NULL) before it is opened."""
	today = midnight_of(rows.bindings.bind(rows.as_of), rows.bindings.dialect)
	is_opened = rows.column("opening_date") < _day_after(rows)
	return Case().when(_is_resolved(rows), _closed_on(rows)).when(is_opened, today)


def hours_to_resolve(rows: IssueRows) -> Term:
	"""Hours from opening to resolution, without those in which the customer was waited for."""
	hours = _hours_taken(rows) - _hold_seconds(rows) / 3600.0
	return Case().when(_is_resolved(rows), Case().when(hours > 0, hours).else_(0))


def is_sla_failed(rows: IssueRows) -> Term:
	"""Resolved (or, without a limit for that, answered) after the limit, or not at all by a day that is over."""
	resolve_by, respond_by = rows.column("sla_resolution_by"), rows.column("response_by")
	responded = rows.column("first_responded_on")
	today = rows.bindings.bind(rows.as_of)
	return (
		Case()
		.when(resolve_by.notnull() & _is_resolved(rows), _flag(resolved_on(rows) > resolve_by))
		.when(resolve_by.notnull(), _flag(resolve_by < today))
		.when(responded < _day_after(rows), _flag(responded > respond_by))
		.when(_is_resolved(rows), 0)
		.else_(_flag(respond_by < today))
	)


def _closed_on(rows: IssueRows) -> Term:
	return Coalesce(*_kept_closings(rows), rows.column("modified"))


def _kept_closings(rows: IssueRows) -> list[Term]:
	"""The best first. Of an issue that lost its agreement, ERPNext's date may be that of an earlier closing."""
	date_of_erpnext = rows.column("sla_resolution_date")
	under_agreement = Case().when(rows.column("service_level_agreement") != "", date_of_erpnext)
	ours = [rows.column(CLOSED_ON)] if rows.has(CLOSED_ON, DATETIME) else []
	return [under_agreement, *ours, date_of_erpnext]


def _is_resolved(rows: IssueRows) -> Criterion:
	return resolved_on(rows) < _day_after(rows)


def _hours_taken(rows: IssueRows) -> Term:
	"""ERPNext's own time where it is that of this closing."""
	closed_on, seconds = _closed_on(rows), rows.column("resolution_time")
	is_of_this_closing = (closed_on == rows.column("sla_resolution_date")) & seconds.notnull()
	by_dates = hours_between(closed_on, _begun_on(rows), rows.bindings.dialect)
	return Case().when(is_of_this_closing, seconds / 3600.0).else_(by_dates)


def _begun_on(rows: IssueRows) -> Term:
	"""From when the time counts: a split issue has the opening date of the one that it was split from."""
	agreed_on = rows.column("service_level_agreement_creation")
	opened = moment_of(rows.column("opening_date"), rows.column("opening_time"), rows.bindings.dialect)
	return (
		Case()
		.when(agreed_on.notnull(), agreed_on)
		.when(_is_split(rows), rows.column("creation"))
		.else_(opened)
	)


def _hold_seconds(rows: IssueRows) -> Term:
	hold = Coalesce(rows.column("total_hold_time"), 0)
	own = not_below_zero(hold - _copied_hold(rows, hold), rows.bindings.dialect)
	return Case().when(_is_split(rows), own).else_(hold)


def _copied_hold(rows: IssueRows, hold: Term) -> Term:
	"""ERPNext copies the time of the issue that one was split from, and does not say how much it was then: at most
	what that one has now.
	"""
	original = SqlTable(f"tab{ISSUE}", alias="original")
	query = rows.bindings.dialect.query.from_(original).select(Coalesce(original.total_hold_time, 0))
	return Coalesce(Scalar(query.where(original.name == rows.column(SPLIT_FROM))), hold)


def _is_split(rows: IssueRows) -> Criterion:
	return rows.column(SPLIT_FROM) != ""


def _flag(criterion: Criterion) -> Term:
	return Case().when(criterion, 1).else_(0)


def _day_after(rows: IssueRows) -> Term:
	return _after(rows.as_of, rows.bindings)


def _after(day: date, bindings: Bindings) -> Term:
	return bindings.bind(day + timedelta(days=1))
