"""What fifty audiences cost: a pass as every night against the queries that somebody would write by hand for each.

Bare: one plain SELECT an audience of the names of its members, fetched once; the values of metrics are taken out of
their JSON once for all of them. Both sides must find the same members, which is checked.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import Any

import frappe
from frappe.utils import add_days, getdate

from crm_success.audiences.evaluation import start_pass
from crm_success.audiences.hand_picked import add_members
from crm_success.batches.statuses import RUN
from crm_success.record_names import AUDIENCE, CONDITION, HEALTH, MEMBER, METRIC
from tools.benchmarks.whole_run import finished

NIGHTS = 3
PREFIX = "Bench "
TERRITORIES = ("Rest Of The World", "United Kingdom")
GROUPS = ("Commercial", "Individual", "Non Profit")
LIMITS = "Customer Credit Limit"
TAGS = ("bench a", "bench b", "bench c")
# of each metric, what its values are compared with
COMPARED = {
	"net_revenue_365d": (">", 5000),
	"gross_revenue_365d": (">", 3000),
	"tenure_days": (">", 900),
	"billed_365d": (">=", 8000),
	"overdue_amount": (">", 2000),
	"average_days_late": (">", 20),
	"open_issues": (">=", 1),
	"issues_180d": (">", 1),
	"invoices_365d": ("<", 2),
	"days_since_last_invoice": (">", 300),
}
_NUMBER = "CAST(SUBSTRING({name}, 7) AS INTEGER)"


@dataclass(frozen=True)
class Asked:
	"""An audience, and the query for it that somebody would write by hand."""

	name: str
	sql: str
	conditions: tuple[dict[str, Any], ...] = ()
	match: str = "All Conditions"
	how: str = "By Filters"


def measure() -> dict:
	"""Seconds of the first pass, of a pass a night after one per cent changed, and of the bare queries, as medians."""
	forget()
	make_rows()
	asked = list(all_asked())
	for each in asked:
		make(each)
	frappe.db.commit()
	first = _pass()
	nights, bare = [], []
	for night in range(1, NIGHTS + 1):
		change_one_per_cent(night)
		nights.append(_pass())
		bare.append(bare_queries(asked))
	check(asked)
	members = frappe.db.count(MEMBER, {"left_on": ("is", "not set")})
	forget()
	return {
		"first": first["seconds"],
		"night": median(each["seconds"] for each in nights),
		"moved": nights[-1]["moved"],
		"peak_mb": max(each["peak_mb"] for each in (first, *nights)),
		"members": members,
		**{part: median(each[part] for each in bare) for part in bare[0]},
	}


def all_asked() -> Iterator[Asked]:
	"""Fifty audiences, ten of them over the values of as many metrics."""
	yield from _of_customers()
	yield from _of_health()
	yield from _of_metrics()
	yield from _of_tables_and_tags()
	yield from _of_audiences()
	for place in (1, 2):
		sql = (
			f"SELECT customer FROM `tab{MEMBER}` WHERE audience = '{PREFIX}Hand {place}' AND left_on IS NULL"
		)
		yield Asked(f"Hand {place}", sql, how="By Hand")


def _of_customers() -> Iterator[Asked]:
	for place, area in enumerate(TERRITORIES):
		yield _on_customer(f"Area {place}", f"territory = '{area}'", ["territory", "=", area])
	for place, (area, group) in enumerate(product(TERRITORIES, GROUPS)):
		where = f"territory = '{area}' AND customer_group = '{group}'"
		filters = (["territory", "=", area], ["customer_group", "=", group])
		yield _on_customer(f"Part {place}", where, *filters)
	for group in GROUPS[:2]:
		yield _on_customer(f"Not {group}", f"customer_group != '{group}'", ["customer_group", "!=", group])
	for digit in "37":
		yield _on_customer(
			f"With {digit}", f"customer_name LIKE '%{digit}%'", ["customer_name", "like", f"%{digit}%"]
		)
	for place, (area, band) in enumerate(product(TERRITORIES, ("Healthy", "At Risk"))):
		sql = (
			f"SELECT c.name FROM tabCustomer c JOIN `tab{HEALTH}` h ON h.customer = c.name "
			f"WHERE c.disabled = 0 AND c.territory = '{area}' AND h.band = '{band}'"
		)
		conditions = (_on("Customer", ["territory", "=", area]), _on(HEALTH, ["band", "=", band]))
		yield Asked(f"Area and Band {place}", sql, conditions)


def _of_health() -> Iterator[Asked]:
	for band in ("Healthy", "Watch", "At Risk"):
		yield _on_health(f"Band {band}", f"band = '{band}'", ["band", "=", band])
	yield _on_health("Lost", "stage IN ('Silent', 'Lost')", ["stage", "in", ["Silent", "Lost"]])
	yield _on_health("High Value", "value_class = 'High'", ["value_class", "=", "High"])
	for part in ("recency", "frequency", "monetary"):
		yield _on_health(f"Best {part}", f"{part}_score = 5", [f"{part}_score", "=", 5])
	yield _on_health("Revenue", "revenue > 4000", ["revenue", ">", 4000])
	yield _on_health("Invoices", "invoices BETWEEN 3 AND 6", ["invoices", "between", [3, 6]])
	lately = add_days(getdate(), -90)
	yield _on_health("Lately", f"last_invoice > '{lately}'", ["last_invoice", ">", str(lately)])
	where = "overdue > 500 AND band != 'Healthy'"
	yield _on_health("Debtors", where, ["overdue", ">", 500], ["band", "!=", "Healthy"])


def _of_metrics() -> Iterator[Asked]:
	names = dict(frappe.get_all(METRIC, {"enabled": 1}, ["metric_key", "name"], as_list=True))
	for key, (operator, value) in COMPARED.items():
		sql = f"SELECT customer FROM bench_values WHERE {key} {operator} {value}"
		row = {"looks_at": "Metric", "metric": names[key], "operator": operator, "value": value}
		yield Asked(f"Metric {names[key]}", sql, (row,))


def _of_tables_and_tags() -> Iterator[Asked]:
	for least in (10, 40, 70):
		row = {**_on("Table of Customer", ["credit_limit", ">", least]), "table_doctype": LIMITS}
		rows = f"SELECT parent FROM `tab{LIMITS}` WHERE parenttype = 'Customer' AND credit_limit > {least}"
		yield Asked(f"Limit {least}", _among(rows), (row,))
	for tag in TAGS:
		yield Asked(f"Tag {tag}", _among(_tagged(tag)), ({"looks_at": "Tag", "tag": tag},))


def _of_audiences() -> Iterator[Asked]:
	area, tagged = f"territory = '{TERRITORIES[0]}'", f"name IN ({_tagged(TAGS[0])})"
	parts = ("Area 0", f"Tag {TAGS[0]}")
	yield Asked("Both", _customers(f"{area} AND {tagged}"), tuple(map(_in, parts)))
	yield Asked("Either", _customers(f"({area} OR {tagged})"), tuple(map(_in, parts)), "Any Condition")
	without = (_in(parts[0]), {**_in(parts[1]), "is_not": 1})
	yield Asked("One Without", _customers(f"{area} AND NOT {tagged}"), without)
	groups = f"(customer_group = '{GROUPS[0]}' OR customer_group = '{GROUPS[1]}')"
	both = f"({area} AND {tagged})"
	conditions = ({**_in("Both"), "is_not": 1}, _on("Customer", ["customer_group", "in", list(GROUPS[:2])]))
	yield Asked("Neither", _customers(f"NOT {both} AND {groups}"), conditions)


def _on(looks_at: str, *filters: list) -> dict[str, Any]:
	return {"looks_at": looks_at, "filters": json.dumps(filters)}


def _in(audience: str) -> dict[str, Any]:
	return {"looks_at": "Audience", "audience": PREFIX + audience}


def _on_customer(name: str, where: str, *filters: list) -> Asked:
	return Asked(name, _customers(where), (_on("Customer", *filters),))


def _on_health(name: str, where: str, *filters: list) -> Asked:
	sql = f"SELECT customer FROM `tab{HEALTH}` WHERE customer_disabled = 0 AND {where}"
	return Asked(name, sql, (_on(HEALTH, *filters),))


def _customers(where: str) -> str:
	return f"SELECT name FROM tabCustomer WHERE disabled = 0 AND {where}"


def _among(names: str) -> str:
	return _customers(f"name IN ({names})")


def _tagged(tag: str) -> str:
	return f"SELECT document_name FROM `tabTag Link` WHERE document_type = 'Customer' AND tag = '{tag}'"


def make(asked: Asked) -> None:
	"""The record, through its controller."""
	values = {"audience_name": PREFIX + asked.name, "how": asked.how, "match": asked.match}
	frappe.get_doc({"doctype": AUDIENCE, **values, "conditions": list(asked.conditions)}).insert()
	if asked.how == "By Hand":
		place = int(asked.name[-1])
		names = frappe.get_all("Customer", pluck="name", order_by="name")
		add_members(PREFIX + asked.name, names[place::100])


def make_rows() -> None:
	"""Credit limits for a third of the customers and tags for a fifth: the site's other rows have neither."""
	stamps = "'2026-01-01 08:00:00', '2026-01-01 08:00:00', 'Administrator', 'Administrator'"
	company = frappe.get_all("Company", pluck="name")[0]
	number = _NUMBER.format(name="name")
	frappe.db.sql(
		f"""INSERT INTO `tab{LIMITS}` (name, creation, modified, owner, modified_by, parent, parenttype,
			parentfield, idx, company, credit_limit)
		SELECT CONCAT('{PREFIX}', name), {stamps}, name, 'Customer', 'credit_limits', 1, %(company)s, MOD({number}, 100)
		FROM tabCustomer WHERE name LIKE 'BENCH-%%' AND MOD({number}, 3) = 0""",
		{"company": company},
	)
	for place, tag in enumerate(TAGS):
		if not frappe.db.exists("Tag", tag):
			frappe.get_doc({"doctype": "Tag", "name": tag}).insert()
		frappe.db.sql(
			f"""INSERT INTO `tabTag Link` (name, creation, modified, owner, modified_by, document_type,
				document_name, tag)
			SELECT CONCAT('{PREFIX}', name, %(tag)s), {stamps}, 'Customer', name, %(tag)s
			FROM tabCustomer WHERE name LIKE 'BENCH-%%' AND MOD({number}, 15) = %(place)s""",
			{"tag": tag, "place": 5 * place},
		)
	for doctype in (LIMITS, "Tag Link"):
		frappe.db.sql_ddl(f"ANALYZE TABLE `tab{doctype}`")
	frappe.db.commit()


def change_one_per_cent(night: int) -> None:
	"""As scoring and people do: amounts, bands and metrics of one customer in a hundred."""
	metrics = ", ".join(
		f"'$.{key}.raw', COALESCE(JSON_VALUE(components, '$.{key}.raw'), 0) + {value}"
		for key, (_operator, value) in COMPARED.items()
	)
	number = _NUMBER.format(name="customer")
	frappe.db.sql(
		f"""UPDATE `tab{HEALTH}` SET revenue = revenue + 4000, components = JSON_SET(components, {metrics}),
			band = IF(band = 'Healthy', 'At Risk', 'Healthy')
		WHERE customer LIKE 'BENCH-%%' AND MOD({number}, 100) = %(night)s""",
		{"night": night},
	)
	frappe.db.commit()


def bare_queries(asked: list[Asked]) -> dict[str, float]:
	"""Seconds for all the queries, for taking values out of the JSON among them, and for reading who was in."""
	with _values() as extraction:
		seconds = extraction + sum(_seconds(each.sql) for each in asked)
	before = _seconds(f"SELECT customer, audience FROM `tab{MEMBER}` WHERE left_on IS NULL")
	return {"bare": seconds, "extraction": extraction, "before": before}


def check(asked: list[Asked]) -> None:
	"""Both sides found the same members, and some."""
	with _values():
		for each in asked:
			found = {name for (name,) in frappe.db.sql(each.sql)}
			filters = {"audience": PREFIX + each.name, "left_on": ("is", "not set")}
			members = set(frappe.get_all(MEMBER, filters, pluck="customer", order_by=None))
			if found != members or not found:
				raise SystemExit(f"{each.name} has {len(members)} members, its query finds {len(found)}")


@contextmanager
def _values() -> Iterator[float]:
	"""The values of metrics as a table, while the block lasts; the seconds that it took to make it."""
	values = ", ".join(f"JSON_VALUE(components, '$.{key}.raw') + 0e0 AS {key}" for key in COMPARED)
	yield _seconds(
		f"CREATE TEMPORARY TABLE bench_values SELECT customer, {values} FROM `tab{HEALTH}` WHERE customer_disabled = 0"
	)
	frappe.db.sql_ddl("DROP TEMPORARY TABLE bench_values")


def _pass() -> dict:
	figures = finished(lambda: start_pass("Command"), workers=1)
	moved = frappe.db.get_value(RUN, figures["run"], ["customers_entered", "customers_left"])
	return {**figures, "moved": sum(moved)}


def _seconds(sql: str) -> float:
	start = time.perf_counter()
	frappe.db.sql(sql)
	return time.perf_counter() - start


def forget() -> None:
	"""The site as it was: the other figures are those of a site without audiences."""
	for doctype, field in ((MEMBER, "audience"), (AUDIENCE, "name"), (CONDITION, "parent"), (LIMITS, "name")):
		frappe.db.delete(doctype, {field: ("like", f"{PREFIX}%")})
	frappe.db.delete("Tag Link", {"name": ("like", f"{PREFIX}%")})
	frappe.db.delete(RUN, {"kind": "Audiences"})
	for doctype, field in ((HEALTH, "audiences"), ("Customer", "customer_audiences")):
		frappe.db.set_value(doctype, {field: ("is", "set")}, field, None, update_modified=False)
	frappe.db.commit()
