"""Points for days that return each year, such as birthdays. Asked once a night; a day that was missed is made up for."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import frappe
from frappe.utils import getdate

from crm_success.customer_loyalty.earning import earning_rules
from crm_success.customer_loyalty.earning.earning import details_of, formula_value
from crm_success.customer_loyalty.earning.earning_documents import read_earners
from crm_success.customer_loyalty.earning.earning_records import rules_of_now
from crm_success.customer_loyalty.earning.earning_values import EarningRule, Event
from crm_success.customer_loyalty.earning.given import Caps
from crm_success.customer_loyalty.earning.holding import hold_customers_of
from crm_success.customer_loyalty.points.event_keys import key_of
from crm_success.customer_loyalty.points.ledger import Ledger
from crm_success.database.conflicts import own_transaction
from crm_success.record_names import LEDGER_ENTRY

# so long ago a day may lie that was missed
MOST_DAYS = 31
AT_ONCE = 500


def earn_yearly(since: Any, upto: Any) -> None:
	"""Points for every day after `since`, up to and including `upto`. Commits, piece by piece."""
	first = max(getdate(since) + timedelta(days=1), getdate(upto) - timedelta(days=MOST_DAYS))
	for rule in rules_of_now():
		if rule.event is Event.YEARLY and frappe.db.table_exists(rule.doctype):
			for on, names in _documents_of(rule, first, getdate(upto)):
				_earn_of_day(rule, on, names)


def _documents_of(rule: EarningRule, first: date, last: date) -> Iterator[tuple[date, list[str]]]:
	days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
	filters = {rule.date_field: ("is", "set")}
	rows = frappe.get_all(rule.doctype, filters, ["name", rule.date_field], order_by="name")
	for on in days:
		names = [row.name for row in rows if earning_rules.is_yearly_day(getdate(row[rule.date_field]), on)]
		for start in range(0, len(names), AT_ONCE):
			yield on, names[start : start + AT_ONCE]


@own_transaction
def _earn_of_day(rule: EarningRule, on: date, names: list[str]) -> None:
	hold_customers_of(rule.doctype, names, [rule])
	earners = read_earners(rule.doctype, names, [rule], on)
	ledger = Ledger({earner.customer for earner in earners.values()} - {""}, getdate())
	caps = Caps([rule], ledger.known)
	keys = {
		name: key_of("year", rule.name, rule.created, rule.doctype, name, earner.created, on.year)
		for name, earner in earners.items()
	}
	filters = {"event_key": ("in", sorted(keys.values()))}
	there = set(frappe.get_all(LEDGER_ENTRY, filters, pluck="event_key", order_by=None))
	for name, earner in sorted(earners.items()):
		earned = earning_rules.judged_by(rule, earner, formula_value, caps.before)
		if keys[name] in there or not earned.full or earner.customer not in ledger.known:
			continue
		ledger.earn(earner.customer, earned.full, details_of(rule, earner, on, earned.full, keys[name]))
		caps.add(rule.name, earner.customer, on, earned.full)
	ledger.write()
	# each day is kept as it is done
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
