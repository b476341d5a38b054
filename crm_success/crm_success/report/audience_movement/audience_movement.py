"""Two audiences and a period: how they overlap, and where customers were at its beginning against its end.

A customer is in neither of them, only in the first, only in the second, or in both. Finds no members: it reads when
customers entered and left.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count
from frappe.utils import add_days, formatdate, getdate
from pypika import Case
from pypika.terms import Criterion, Term

from crm_success.audiences.membership_history import kept_since, was_in
from crm_success.audiences.visible_members import check_readable_audience
from crm_success.crm_success.report.amounts import grouped
from crm_success.crm_success.report.customer_health.customer_health import row_limit
from crm_success.crm_success.report.who_counts import INCLUDE_DISABLED, who_counts
from crm_success.record_checks import asked_filters
from crm_success.record_checks.field_errors import bold
from crm_success.record_checks.markup import without_markup
from crm_success.record_names import AUDIENCE, HEALTH
from crm_success.scoring.scoring_day import check_order, parse_asked_day

Row = dict[str, Any]
# customers by where they were at the beginning and where at the end, as places of PLACES
Moves = Mapping[tuple[int, int], int]

DAYS = 30
# the number of a place: 1 for the first audience, 2 for the second, together 3
PLACES = ("neither", "first", "second", "both")
NEITHER, FIRST, SECOND, BOTH = range(4)
SHOWN = ("customer", "customer_name", "score", "band", "revenue", "account_manager", "currency")


@dataclass(frozen=True)
class Asked:
	"""What the report is asked about. `was`, `is_now`: the places of the customers to list; None for any."""

	audiences: tuple[str, str]
	first_day: date
	last_day: date
	was: int | None = None
	is_now: int | None = None

	@property
	def lists_customers(self) -> bool:
		return self.was is not None or self.is_now is not None

	@property
	def moments(self) -> tuple[datetime, datetime]:
		"""The beginning of the first day and the end of the last one."""
		return datetime.combine(self.first_day, time.min), datetime.combine(self.last_day, time.max)


def execute(filters: dict[str, Any] | None = None) -> tuple:
	"""Columns, and rows: a matrix, or where a place is asked for the customers there; what to know, a chart, figures."""
	filters = frappe._dict(filters or {})
	if not (filters.first_audience and filters.second_audience):
		return [], [], _("Choose two audiences.")
	asked = read_filters(filters)
	who = who_counts({INCLUDE_DISABLED: filters.include_disabled})
	moves = count_moves(asked, who)
	if asked.lists_customers:
		rows = customers(asked, who, row_limit(filters))
		message = " ".join([about_list(asked, moves, len(rows)), *about_history(asked)])
		return customer_columns(), rows, message, None, summary(asked, moves)
	message = " ".join(about_history(asked)) or None
	return matrix_columns(asked), matrix(asked, moves), message, chart(asked, moves), summary(asked, moves)


def read_filters(filters: frappe._dict) -> Asked:
	names = [
		check_readable_audience(asked_filters.text(label, filters[name]))
		for name, label in (
			("first_audience", _("First Audience")),
			("second_audience", _("Second Audience")),
		)
	]
	if names[0] == names[1]:
		frappe.throw(_("Both audiences are {0}. Choose another second one.").format(bold(names[0])))
	last = min(parse_asked_day(filters.to_date) if filters.to_date else getdate(), getdate())
	first = parse_asked_day(filters.from_date) if filters.from_date else add_days(last, -DAYS)
	check_order(first, last)
	was = place(_("At the Beginning"), filters.was)
	return Asked((names[0], names[1]), first, last, was, place(_("At the End"), filters.is_now))


def place(label: str, value: Any) -> int | None:
	return PLACES.index(asked_filters.choice(label, value, PLACES)) if value else None


def count_moves(asked: Asked, who: Criterion) -> Moves:
	health = frappe.qb.DocType(HEALTH)
	was, is_now = places(asked, health.customer)
	query = frappe.qb.from_(health).select(was.as_("was"), is_now.as_("is_now"), Count("*")).where(who)
	rows = query.groupby(was, is_now).run()
	return Counter({(int(then), int(now)): number for then, now, number in rows})


def places(asked: Asked, customer: Term) -> list[Term]:
	"""The number of the customer's place at the beginning, and at the end."""
	first, second = asked.audiences
	return [
		Case().when(was_in(customer, first, moment), FIRST).else_(NEITHER)
		+ Case().when(was_in(customer, second, moment), SECOND).else_(NEITHER)
		for moment in asked.moments
	]


def customers(asked: Asked, who: Criterion, limit: int) -> list[Row]:
	"""Those at the places that are asked for, by name."""
	health = frappe.qb.DocType(HEALTH)
	was, is_now = places(asked, health.customer)
	wanted = [term == at for term, at in ((was, asked.was), (is_now, asked.is_now)) if at is not None]
	query = frappe.qb.from_(health).where(Criterion.all([who, *wanted])).orderby(health.name)
	query = query.select(*(health[name] for name in SHOWN), was.as_("was"), is_now.as_("is_now"))
	rows = (query.limit(limit) if limit else query).run(as_dict=True)
	return [in_words(row, asked) for row in rows]


def in_words(row: frappe._dict, asked: Asked) -> Row:
	names = place_names(asked)
	row.was, row.is_now = names[int(row.was)], names[int(row.is_now)]
	row.stored_band = row.band
	row.band = _(row.band, context=HEALTH) if row.band else _("No Score")
	return row


def matrix(asked: Asked, moves: Moves) -> list[Row]:
	"""One row a place at the beginning, with a number for each at the end, and all together below."""
	names = place_names(asked)
	rows = [
		{
			"place": names[was],
			"was": PLACES[was],
			**counted({now: moves[was, now] for now in range(len(names))}),
		}
		for was in range(len(names))
	]
	everybody = {now: sum(moves[was, now] for was in range(len(names))) for now in range(len(names))}
	return [*rows, {"place": _("All at the End"), "was": "", **counted(everybody)}]


def counted(numbers: Mapping[int, int]) -> Row:
	return {**{PLACES[at]: number for at, number in numbers.items()}, "all": sum(numbers.values())}


def place_names(asked: Asked) -> list[str]:
	first, second = audience_names(asked)
	only = _("Only in {0}")
	return [_("In Neither"), only.format(first), only.format(second), _("In Both")]


def audience_names(asked: Asked) -> list[str]:
	"""They stand in a heading and above a chart, where they are put on the page as they are."""
	return [without_markup(_(name, context=AUDIENCE)) for name in asked.audiences]


def at_beginning(moves: Moves, at: int) -> int:
	return sum(number for (was, _now), number in moves.items() if was == at)


def at_end(moves: Moves, at: int) -> int:
	return sum(number for (_was, now), number in moves.items() if now == at)


def summary(asked: Asked, moves: Moves) -> list[Row]:
	"""How large both are at the end, and how they overlap."""
	first, second = audience_names(asked)
	in_both = at_end(moves, BOTH)
	sizes = [at_end(moves, FIRST) + in_both, at_end(moves, SECOND) + in_both]
	figures = [(first, sizes[0]), (second, sizes[1]), (_("In Both"), in_both)]
	names = place_names(asked)
	figures += [(names[at], at_end(moves, at)) for at in (FIRST, SECOND)]
	return [{"label": label, "datatype": "Int", "value": value} for label, value in figures]


def chart(asked: Asked, moves: Moves) -> Row:
	names, order = place_names(asked), (FIRST, BOTH, SECOND)
	datasets = [
		{"name": formatdate(day), "values": [count(moves, at) for at in order]}
		for day, count in ((asked.first_day, at_beginning), (asked.last_day, at_end))
	]
	return {
		"data": {"labels": [names[at] for at in order], "datasets": datasets},
		"type": "bar",
		"colors": ["#a6b1b9", "#2490ef"],
		"fieldtype": "Int",
	}


def about_list(asked: Asked, moves: Moves, shown: int) -> str:
	found = sum(
		number
		for (was, now), number in moves.items()
		if asked.was in (None, was) and asked.is_now in (None, now)
	)
	back = _("Empty At the Beginning and At the End to see all movements.")
	if shown >= found:
		return back
	limited = _("The first {0} of {1} customers. Set Rows at Most to 0 to see or export all.")
	return " ".join([limited.format(grouped(shown), grouped(found)), back])


def about_history(asked: Asked) -> list[str]:
	"""What is not known of the beginning."""
	found = []
	if asked.first_day < (kept := kept_since()):
		message = _("Who left an audience before {0} is not known any more, as Log Settings say.")
		found.append(message.format(formatdate(kept)))
	for name, shown in zip(asked.audiences, audience_names(asked), strict=True):
		made = getdate(frappe.db.get_value(AUDIENCE, name, "creation"))
		if asked.first_day < made:
			message = _("{0} was made on {1}: nobody was in it before.")
			found.append(message.format(bold(shown), formatdate(made)))
	return found


def column(fieldname: str, label: str, fieldtype: str, width: int, **more: Any) -> Row:
	return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}


def matrix_columns(asked: Asked) -> list[Row]:
	return [
		column("place", _("At the Beginning"), "Data", 240),
		*(column(name, label, "Int", 190) for name, label in zip(PLACES, place_names(asked), strict=True)),
		column("all", _("All at the Beginning"), "Int", 180),
	]


def customer_columns() -> list[Row]:
	return [
		column("customer", _("Customer"), "Link", 140, options=HEALTH),
		column("customer_name", _("Customer Name"), "Data", 200),
		column("was", _("At the Beginning"), "Data", 200),
		column("is_now", _("At the End"), "Data", 200),
		column("score", _("Health Score"), "Float", 125, precision=1),
		column("band", _("Band", context=HEALTH), "Data", 110),
		column("revenue", _("Revenue"), "Currency", 120, options="currency"),
		column("account_manager", _("Account Manager"), "Data", 150),
	]
