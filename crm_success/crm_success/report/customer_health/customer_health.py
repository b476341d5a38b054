"""Customers with their health, the ones in need first, and why. Shows what scoring left; computes no score."""

from typing import Any

import frappe
from frappe import _
from frappe.query_builder import Case
from frappe.query_builder.functions import Count, Sum
from frappe.utils.nestedset import get_descendants_of
from pypika.terms import Criterion

from crm_success.crm_success.report.amounts import grouped
from crm_success.crm_success.report.who_counts import check_asked_audience, includes_disabled, who_counts
from crm_success.record_checks import asked_filters
from crm_success.record_names import HEALTH, SEGMENT
from crm_success.scoring.bands import BANDS
from crm_success.scoring.engine.definitions import HealthBand
from crm_success.scoring.reader_words import (
	RISK_FIELDS,
	driver_words,
	risk_words,
	stage_words,
	standing_of,
	stored_drivers,
	stored_risk_facts,
)
from crm_success.scoring.shared.driver_words import DriverWords
from crm_success.scoring.shared.risk_words import RiskWords
from crm_success.scoring.shared.stage_words import StageWords

Row = dict[str, Any]

EQUAL = ("band", "segment", "stage", "value_class", "account_manager", "scorecard")
TREES = {"territory": "Territory", "customer_group": "Customer Group"}
# where the words of a field are those of another DocType: the "Potential" of a stage is not that of a value class
CONTEXTS = {"value_class": HEALTH, "stage": "Customer", "segment": SEGMENT}
ARROWS = {"Up": "↑", "Stable": "→", "Down": "↓"}
SHOWN = (
	*("customer", "customer_name", "score", "coverage", "band", "trend", "change_30", "segment"),
	*("value_class", "stage"),
	*("revenue", "overdue", "open_issues", "account_manager", "driver_facts"),
	*("expected_spend", "override_until", "customer_disabled", *RISK_FIELDS),
)
ROWS = 1000
MOST_ROWS = 1_000_000


def execute(filters: dict[str, Any] | None = None) -> tuple:
	"""Columns, rows, message, chart and summary; the last three speak of all that fit, not only of the rows."""
	filters = frappe._dict(filters or {})
	check_asked_audience(filters)
	where = Criterion.all([who_counts(filters), *conditions(filters)])
	bands = by_band(where)
	rows = customers(where, row_limit(filters))
	customers_found = sum(band.customers for band in bands.values())
	return columns(filters), rows, about_limit(len(rows), customers_found), chart(bands), summary(bands, rows)


def row_limit(filters: frappe._dict) -> int:
	"""0 means all."""
	if filters.limit in (None, ""):
		return ROWS
	return asked_filters.number(_("Rows at Most"), filters.limit, MOST_ROWS)


def conditions(filters: frappe._dict) -> list[Criterion]:
	health = frappe.qb.DocType(HEALTH)
	chosen = {name: chosen_in(filters, name) for name in (*EQUAL, *TREES) if filters.get(name)}
	found = [health[name] == chosen[name] for name in EQUAL if name in chosen]
	for name, doctype in TREES.items():
		if name in chosen:
			found.append(health[name].isin(with_all_below(doctype, chosen[name])))
	return found


def chosen_in(filters: frappe._dict, name: str) -> str:
	return asked_filters.text(_(frappe.get_meta(HEALTH).get_label(name), context=HEALTH), filters[name])


def with_all_below(doctype: str, name: str) -> list[str]:
	if not frappe.db.exists(doctype, name):
		return [name]
	# a name tells nothing: what is counted under it is limited to what the user may see
	return [name, *get_descendants_of(doctype, name, ignore_permissions=True)]


def customers(where: Criterion, limit: int) -> list[Row]:
	"""Lowest score first, customers without a score last."""
	health = frappe.qb.DocType(HEALTH)
	query = (
		frappe.qb.from_(health)
		.select(*(health[name] for name in SHOWN))
		.where(where)
		.orderby(Case().when(health.score.isnull(), 1).else_(0))
		.orderby(health.score)
		.orderby(health.name)
	)
	rows = (query.limit(limit) if limit else query).run(as_dict=True)
	words, about_risk, about_stage = driver_words(), risk_words(), stage_words()
	return [in_words(row, words, about_risk, about_stage) for row in rows]


def in_words(row: frappe._dict, words: DriverWords, about_risk: RiskWords, about_stage: StageWords) -> Row:
	"""Words in the reader's language, so that an export has them too. Why stage and band differ comes first."""
	stage_reason = about_stage.sentence(standing_of(row))
	row.stored_band = row.band
	row.band = _(row.band, context=HEALTH) if row.band else _("No Score")
	row.trend = f"{ARROWS[row.trend]} {_(row.trend, context=HEALTH)}" if row.trend else ""
	for name, context in CONTEXTS.items():
		row[name] = _(row[name], context=context) if row[name] else ""
	drivers = words.lines(stored_drivers(row.pop("driver_facts")), row.currency)
	row.drivers = "\n".join(text for text in (stage_reason, drivers) if text)
	row.risk_drivers = about_risk.lines(stored_risk_facts(row.pop("risk_facts")), row.currency)
	return row


def by_band(where: Criterion) -> dict[str, frappe._dict]:
	health = frappe.qb.DocType(HEALTH)
	rows = (
		frappe.qb.from_(health)
		.select(
			health.band,
			Count("*").as_("customers"),
			Count(health.score).as_("scored"),
			Sum(health.score).as_("score"),
			Sum(health.revenue).as_("revenue"),
		)
		.where(where)
		.groupby(health.band)
		.run(as_dict=True)
	)
	return {row.band or "": row for row in rows}


def about_limit(shown: int, found: int) -> str | None:
	if shown >= found:
		return None
	return _("The {0} lowest of {1} customers. Set Rows at Most to 0 to see or export all.").format(
		grouped(shown), grouped(found)
	)


def chart(bands: dict[str, frappe._dict]) -> Row | None:
	if not bands:
		return None
	names = [*BANDS, *([""] if "" in bands else [])]
	labels = [_(name, context=HEALTH) if name else _("No Score") for name in names]
	counts = [bands[name].customers if name in bands else 0 for name in names]
	return {
		"data": {"labels": labels, "datasets": [{"name": _("Customers"), "values": counts}]},
		"type": "bar",
		"colors": ["#2490ef"],
		"fieldtype": "Int",
	}


def summary(bands: dict[str, frappe._dict], rows: list[Row]) -> list[Row] | None:
	if not bands:
		return None
	scored = sum(band.scored for band in bands.values())
	average = sum(band.score or 0 for band in bands.values()) / scored if scored else None
	at_risk = bands.get(HealthBand.AT_RISK.value)
	currency = rows[0].currency if rows else None
	figures = [
		(_("Customers"), "Int", sum(band.customers for band in bands.values())),
		(_("Average Score"), "Data", None if average is None else grouped(average, 1)),
		(_("Revenue at Risk"), "Currency", at_risk.revenue or 0 if at_risk else 0),
	]
	return [
		{"label": label, "datatype": kind, "value": value, "currency": currency}
		for label, kind, value in figures
		if value is not None
	]


def columns(filters: frappe._dict) -> list[Row]:
	def column(fieldname: str, label: str, fieldtype: str, width: int, **more: Any) -> Row:
		return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}

	disabled = column("customer_disabled", _("Customer Disabled"), "Check", 140)
	return [
		column("customer", _("Customer"), "Link", 140, options=HEALTH),
		column("customer_name", _("Customer Name"), "Data", 180),
		column("score", _("Health Score"), "Float", 125, precision=1),
		column("coverage", _("Coverage"), "Percent", 100),
		column("band", _("Band", context=HEALTH), "Data", 110),
		column("trend", _("Trend"), "Data", 90),
		column("change_30", _("Change in 30 Days"), "Float", 160, precision=1),
		column("segment", _("Segment"), "Data", 180),
		column("value_class", _("Value Class"), "Data", 120),
		column("stage", _("Lifecycle Stage"), "Data", 140),
		column("lapse_risk", _("Lapse Risk"), "Percent", 110, precision=0),
		column("usual_gap", _("Usual Gap (Days)"), "Float", 140, precision=0),
		column("expected_spend", _("Expected Spend"), "Currency", 140, options="currency"),
		column("revenue", _("Revenue"), "Currency", 120, options="currency"),
		column("overdue", _("Overdue Amount"), "Currency", 140, options="currency"),
		column("open_issues", _("Open Issues"), "Int", 115),
		column("last_invoice", _("Last Invoice"), "Date", 110),
		column("account_manager", _("Account Manager"), "Data", 150),
		*([disabled] if includes_disabled(filters) else []),
		column("drivers", _("Why"), "Small Text", 600),
		column("risk_drivers", _("What Moves the Risk"), "Small Text", 600),
	]
