"""What cards, charts and reports of the workspace show, asked for as the desk does. Checks nothing."""

import json
from typing import Any

import frappe
from frappe.desk.doctype.number_card.number_card import get_result
from frappe.desk.query_report import run


def shown_on_card(name: str) -> Any:
	"""What the card shows, asked for as number_card_widget.js does."""
	doc = frappe.get_doc("Number Card", name).as_dict()
	if doc.type == "Document Type":
		return get_result(frappe.as_json(doc), doc.filters_json)
	return frappe.call(doc.method, filters=doc.filters_json)


def drawn_by_chart(name: str, **asked: Any) -> dict[str, Any]:
	"""What the chart draws, asked for as chart_widget.js does."""
	nothing = dict.fromkeys(("time_interval", "timespan", "from_date", "to_date", "heatmap_year"))
	asked = {"chart_name": name, "filters": "{}", "refresh": 1, **nothing, **asked}
	return frappe.call(source_method(name), **asked)


def source_method(chart: str) -> str:
	"""The method that the chart's source names to the desk."""
	config = frappe.call(
		"frappe.desk.doctype.dashboard_chart_source.dashboard_chart_source.get_config",
		name=frappe.db.get_value("Dashboard Chart", chart, "source"),
	)
	return config.split('method: "')[1].split('"')[0]


def told_by_report(name: str, **filters: Any) -> frappe._dict:
	"""What the report answers to these filters."""
	return frappe._dict(run(name, json.dumps(filters)))
