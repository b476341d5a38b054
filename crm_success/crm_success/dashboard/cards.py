"""Numbers of the workspace's cards that Frappe's own cards cannot give. Each counts what the user may see, without
disabled customers; of an audience, where a card is limited to one.

How true the scores are is no count, and told only to those who may see all customers: it is made of all.

Frappe's average of no rows is 0 and its sum knows no reporting currency. Where a card has no number yet it shows
NOTHING; a click on any other opens what was counted.
"""

from typing import Any
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.query_builder.functions import Avg, Sum
from frappe.utils import (
	add_days,
	date_diff,
	escape_html,
	flt,
	get_url_to_form,
	get_url_to_list,
	getdate,
	nowdate,
)

from crm_success.crm_success.report.amounts import currency_of_scores, whole_amount
from crm_success.crm_success.report.score_movers.score_movers import (
	MOST,
	compared_days,
	count_newly_at_risk,
)
from crm_success.crm_success.report.who_counts import filters_of_figure, who_counts
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import BACK_TEST, HEALTH
from crm_success.scoring.api.back_test_form import back_test_words
from crm_success.scoring.backtest.back_test_records import newest_figures, stored_figures
from crm_success.scoring.engine.definitions import HealthBand
from crm_success.visibility import check_reads_health, may_see_all

Card = dict[str, Any]
Asked = str | dict | list | None

NOTHING = "–"
WEEK = 7
# snapshots further apart than this tell nothing about a week
LONGEST_WEEK = 2 * WEEK
# below this, the card writes an amount in full, and cents would only be noise
SHORTENED_FROM = 10_000


@frappe.whitelist()
@of_bounded_size
def average_score(filters: Asked = None) -> Card | str:
	"""The mean health score of the customers who have one."""
	check_reads_health()
	health = frappe.qb.DocType(HEALTH)
	asked = filters_of_figure(filters)
	query = frappe.qb.from_(health).select(Avg(health.score)).where(who_counts(asked))
	average = query.run()[0][0]
	if average is None:
		return NOTHING
	number = {"value": round(flt(average), 1), "fieldtype": "Float", "precision": 1}
	return {**number, "route": ["query-report", "Customer Health"], "route_options": asked}


@frappe.whitelist()
@of_bounded_size
def revenue_at_risk(filters: Asked = None) -> Card | str:
	"""Yearly revenue of the customers in band At Risk, in the reporting currency."""
	check_reads_health()
	health = frappe.qb.DocType(HEALTH)
	asked = filters_of_figure(filters)
	at_risk = who_counts(asked) & (health.band == HealthBand.AT_RISK.value)
	amount = round(flt(frappe.qb.from_(health).select(Sum(health.revenue)).where(at_risk).run()[0][0]))
	currency = currency_of_scores()
	if currency != frappe.db.get_default("currency"):
		return whole_amount(amount, currency)  # the card formats numbers in the site's currency only
	number = {"value": amount, "fieldtype": "Currency", "precision": 0 if abs(amount) < SHORTENED_FROM else 2}
	return {
		**number,
		"route": ["query-report", "Customer Health"],
		"route_options": {"band": HealthBand.AT_RISK.value, **asked},
	}


@frappe.whitelist()
@of_bounded_size
def newly_at_risk(filters: Asked = None) -> Card | str:
	"""Customers At Risk who were not a week ago, as the report Score Movers compares them."""
	check_reads_health()
	asked = filters_of_figure(filters)
	today = getdate(nowdate())
	week_ago = add_days(today, -WEEK)
	days = compared_days(week_ago, today)
	if (
		not days
		or date_diff(today, days[0]) > WEEK + LONGEST_WEEK
		or date_diff(*reversed(days)) > LONGEST_WEEK
	):
		return NOTHING
	return {
		"value": count_newly_at_risk(*days, asked),
		"fieldtype": "Int",
		"route": ["query-report", "Score Movers"],
		"route_options": {
			"from_date": str(week_ago),
			"to_date": str(today),
			"newly_at_risk": 1,
			"how_many": MOST,
			**asked,
		},
	}


@frappe.whitelist()
@of_bounded_size
def how_true(filters: Asked = None) -> str:
	"""In how many of 100 cases the score told who left, by the newest back-test; a link to it, or to where one is started."""
	check_reads_health()
	if not may_see_all():
		return NOTHING
	newest = newest_figures()
	if not newest:
		return _linked(_("Not Checked Yet"), get_url_to_list(BACK_TEST))
	right = back_test_words().right_of_100(stored_figures(newest.figures))
	return _linked(_("Right in {0} of 100").format(right), get_url_to_form(BACK_TEST, newest.name))


def _linked(text: str, url: str) -> str:
	"""A card shows a text as HTML, and opens nothing by itself."""
	words = escape_html(text)
	if not frappe.has_permission(BACK_TEST, "read"):
		return words
	return f'<a href="{escape_html(urlsplit(url).path)}">{words}</a>'
