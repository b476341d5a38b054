"""Data of the charts of the workspace: customers by score, segment and band, now, of those whom the user may see and
who are not disabled; of an audience, where a chart is limited to one.

They are methods of their own, without Frappe's cache_source, whose key knows no user: a chart that was kept
there would show one user's counts to another.
"""

from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Sum
from frappe.utils import cint, flt
from pypika.functions import Floor

from crm_success.crm_success.report.amounts import currency_of_scores
from crm_success.crm_success.report.who_counts import filters_of_figure, who_counts
from crm_success.record_checks.markup import without_markup
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import HEALTH
from crm_success.scoring.bands import BANDS
from crm_success.scoring.engine.definitions import LifecycleStage
from crm_success.visibility import check_reads_health

Chart = dict[str, Any]
Asked = str | dict | list | None

POINTS = 10
STEPS = 100 // POINTS
LOWEST = 10


@frappe.whitelist()
@of_bounded_size
def lowest_scores(filters: Asked = None, **asked: Any) -> Chart:
	"""The customers who need somebody first, by name, with their scores; those who are lost are not among them."""
	check_reads_health()
	health = frappe.qb.DocType(HEALTH)
	query = frappe.qb.from_(health).select(health.customer_name, health.customer, health.score)
	not_lost = health.stage.isnull() | (health.stage != LifecycleStage.LOST.value)
	query = query.where(who_counts(filters_of_figure(filters)) & health.score.notnull() & not_lost)
	rows = query.orderby(health.score).orderby(health.name).limit(LOWEST).run()
	if not rows:
		return {}
	labels = [_label(name or customer) for name, customer, _score in rows]
	scores = [round(flt(score), 1) for _name, _customer, score in rows]
	return {"labels": labels, "datasets": [{"name": _("Health Score"), "values": scores}]}


@frappe.whitelist()
@of_bounded_size
def score_distribution(filters: Asked = None, **asked: Any) -> Chart:
	"""Customers by ten points of the score; 100 belongs to the highest ten."""
	check_reads_health()
	health = frappe.qb.DocType(HEALTH)
	step = Floor(health.score / POINTS)
	where = who_counts(filters_of_figure(filters)) & health.score.notnull()
	rows = frappe.qb.from_(health).select(step, Count("*")).where(where).groupby(step).run()
	if not rows:
		return {}
	counts = [0] * STEPS
	for found, customers in rows:
		counts[min(cint(found), STEPS - 1)] += customers
	lowest = [number * POINTS for number in range(STEPS)]
	labels = [f"{score}–{score + POINTS - 1}" for score in lowest[:-1]] + [f"{lowest[-1]}+"]
	return {"labels": labels, "datasets": [{"name": _("Customers"), "values": counts}]}


@frappe.whitelist()
@of_bounded_size
def segment_sizes(filters: Asked = None, **asked: Any) -> Chart:
	"""Customers by segment, the largest first; those in none at the end."""
	check_reads_health()
	health = frappe.qb.DocType(HEALTH)
	where = who_counts(filters_of_figure(filters))
	query = frappe.qb.from_(health).select(health.segment, Count("*")).where(where)
	rows = sorted(query.groupby(health.segment).run(), key=lambda row: (not row[0], -row[1], row[0] or ""))
	if not rows:
		return {}
	names = [_(segment, context=HEALTH) if segment else _("No Segment") for segment, _customers in rows]
	values = [customers for _segment, customers in rows]
	return {
		"labels": [_label(name) for name in names],
		"datasets": [{"name": _("Customers"), "values": values}],
	}


@frappe.whitelist()
@of_bounded_size
def revenue_by_band(filters: Asked = None, **asked: Any) -> Chart:
	"""Yearly revenue by band, in the reporting currency. A dataset a band, so that each keeps its colour."""
	check_reads_health()
	health = frappe.qb.DocType(HEALTH)
	where = who_counts(filters_of_figure(filters)) & health.band.isin(BANDS)
	rows = frappe.qb.from_(health).select(health.band, Sum(health.revenue)).where(where).groupby(health.band)
	revenue = dict(rows.run())
	if not revenue:
		return {}
	currency = currency_of_scores()
	names = [_(band, context=HEALTH) for band in BANDS]
	in_currency = [_("{0} ({1})").format(name, currency) if currency else name for name in names]
	return {
		"labels": names,
		"datasets": [
			{
				"name": name,
				"values": [round(flt(revenue.get(band))) if other == band else 0 for other in BANDS],
			}
			for name, band in zip(in_currency, BANDS, strict=True)
		],
	}


def _label(name: str) -> str:
	"""It is put on the page as HTML, and cut to the room it has: escaped, it could be cut in the middle of a sign."""
	return without_markup(name)
