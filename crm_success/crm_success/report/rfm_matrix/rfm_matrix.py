"""Customers, revenue and segments by recency and frequency score, as a five by five matrix. Computes no score."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Sum

from crm_success.crm_success.report.amounts import currency_of_scores, grouped, whole_amount
from crm_success.crm_success.report.who_counts import Filters, check_asked_audience, who_counts
from crm_success.record_names import HEALTH, SEGMENT

Row = dict[str, Any]


@dataclass
class Cell:
	"""The customers of one recency and frequency score; of each segment how many of them it has."""

	customers: int = 0
	revenue: float = 0.0
	segments: dict[str, int] = field(default_factory=dict)

	def add(self, part: frappe._dict) -> None:
		self.customers += part.customers
		self.revenue += part.revenue or 0.0
		if part.segment:
			self.segments[part.segment] = part.customers

	@property
	def segment_names(self) -> list[str]:
		"""In the reader's language, the largest first. Monetary scores and growth may part a cell into several."""
		ordered = sorted(self.segments, key=lambda name: (-self.segments[name], name))
		return [_(name, context=SEGMENT) for name in ordered]


Cells = dict[tuple[int, int], Cell]

SCORES = (1, 2, 3, 4, 5)


def execute(filters: dict[str, Any] | None = None) -> tuple:
	"""Columns, one row a recency score (latest first), no message, no chart, and a summary."""
	check_asked_audience(filters)
	cells = read_cells(filters)
	never = sum(cell.customers for scores, cell in cells.items() if not all(scores))
	bought = {scores: cell for scores, cell in cells.items() if all(scores)}
	currency = currency_of_scores()
	rows = [row(recency, bought, currency) for recency in reversed(SCORES)] if cells else []
	return columns(), rows, None, None, summary(bought, never, currency) if cells else None


def read_cells(filters: Filters) -> Cells:
	health = frappe.qb.DocType(HEALTH)
	rows = (
		frappe.qb.from_(health)
		.select(
			health.recency_score,
			health.frequency_score,
			health.segment,
			Count("*").as_("customers"),
			Sum(health.revenue).as_("revenue"),
		)
		.where(who_counts(filters))
		.groupby(health.recency_score, health.frequency_score, health.segment)
		.run(as_dict=True)
	)
	cells: Cells = defaultdict(Cell)
	for part in rows:
		cells[part.recency_score, part.frequency_score].add(part)
	return dict(cells)


def row(recency: int, cells: Cells, currency: str) -> Row:
	"""Beside the text of each cell its two lines, its segments, its customers, and its shade: 0 for none to 1 for the
	fullest cell.
	"""
	fullest = max((cell.customers for cell in cells.values()), default=0)
	found: Row = {"recency": recency_label(recency), "recency_score": recency}
	for frequency in SCORES:
		cell = cells.get((recency, frequency))
		name, number = f"f{frequency}", cell.customers if cell else 0
		found[f"{name}_lines"] = in_words(number, cell.revenue, currency) if cell else []
		found[name] = " · ".join(found[f"{name}_lines"])
		found[f"{name}_segments"] = cell.segment_names if cell else []
		found[f"{name}_customers"] = number
		found[f"{name}_shade"] = round(number / fullest, 3) if fullest else 0
	return found


def in_words(customers: int, revenue: float | None, currency: str) -> list[str]:
	"""The two lines of a cell."""
	one = _("1 customer")
	counted = one if customers == 1 else _("{0} customers").format(grouped(customers))
	return [counted, whole_amount(revenue, currency)]


def recency_label(score: int) -> str:
	return {5: _("R5, bought lately"), 1: _("R1, long ago")}.get(score, f"R{score}")


def frequency_label(score: int) -> str:
	return {5: _("F5, often"), 1: _("F1, seldom")}.get(score, f"F{score}")


def summary(bought: Cells, never: int, currency: str) -> list[Row]:
	customers = sum(cell.customers for cell in bought.values())
	revenue = sum(cell.revenue for cell in bought.values())
	return [
		{"label": _("Customers Who Bought"), "datatype": "Int", "value": customers},
		{"label": _("Never Bought"), "datatype": "Int", "value": never},
		{"label": _("Revenue"), "datatype": "Currency", "value": revenue, "currency": currency},
	]


def columns() -> list[Row]:
	first = {"fieldname": "recency", "label": _("Recency"), "fieldtype": "Data", "width": 150}
	return [
		first,
		*(
			{"fieldname": f"f{score}", "label": frequency_label(score), "fieldtype": "Data", "width": 190}
			for score in SCORES
		),
	]
