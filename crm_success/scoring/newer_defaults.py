"""What the newest default records say otherwise than the site's own ones, and taking them over. Decides for nobody.

A site that was installed with older defaults keeps them: it is told once what is new, and a person takes it or not.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt

from crm_success.record_names import DIMENSION, METRIC, SCORECARD, SETTINGS
from crm_success.setup.defaults import METRICS
from crm_success.setup.older_defaults import METRICS_BEFORE, NEWEST_DEFAULTS
from crm_success.setup.scorecard_defaults import SCORECARDS
from crm_success.setup.seed import JSON_FIELDS, desk_values

SEEN = "defaults_seen"
_NEW = {record["metric_key"]: record for record in METRICS}
_CARD = next(card for card in SCORECARDS if card["is_default"])
_KEY_OF = {record["metric_name"]: record["metric_key"] for record in METRICS}
_LIMITS = ("healthy_from", "watch_from")
_CAP_FIELDS = ("metric", "operator", "value", "cap", "reason")


def offer() -> dict[str, Any] | None:
	"""The metrics that differ, and the name and the new weights of the default scorecard; None where nothing is new."""
	if is_settled():
		return None
	metrics, card = list(_metrics_that_differ()), _scorecard_that_differs()
	return {"metrics": metrics, "scorecard": card} if metrics or card else None


def is_settled() -> bool:
	"""Whether the site has or has refused the newest defaults."""
	return cint(frappe.db.get_single_value(SETTINGS, SEEN)) >= NEWEST_DEFAULTS


def settle() -> None:
	"""Offer these defaults no more."""
	# a form of the settings that somebody has open can still be saved
	frappe.db.set_single_value(SETTINGS, SEEN, NEWEST_DEFAULTS, update_modified=False)


def settle_if_taken() -> None:
	"""Nothing that differs any more is taken: what somebody edits after that is no reason to offer it again."""
	if not is_settled() and offer() is None:
		settle()


def take_over(keys: Collection[str]) -> None:
	"""Give the metrics with these keys what is new of them, as the user; make those that are not there."""
	for key, before in _changes().items():
		if key in keys:
			_take_over(_NEW[key], before, _stored(key))
	settle_if_taken()


def _changes() -> dict[str, Mapping[str, Any]]:
	"""The metrics whose default changed, or that the new weights need, with the fields that changed."""
	weighed = {_KEY_OF[row["metric"]] for row in _CARD["metrics"]}
	return {key: METRICS_BEFORE.get(key, {}) for key in _NEW if key in METRICS_BEFORE or key in weighed}


def _stored(key: str) -> Document | None:
	name = frappe.db.get_value(METRIC, {"metric_key": key})
	return frappe.get_doc(METRIC, name) if name else None


def _take_over(record: Mapping[str, Any], before: Mapping[str, Any], doc: Document | None) -> None:
	new = desk_values(record)
	if doc is None:
		frappe.get_doc({"doctype": METRIC, **new}).insert()
		return
	doc.update({fieldname: new.get(fieldname) for fieldname in before})
	doc.save()


def _metrics_that_differ() -> Iterator[dict[str, Any]]:
	for key, before in _changes().items():
		doc = _stored(key)
		if doc is None:
			yield {"key": key, "metric": _NEW[key]["metric_name"], "is_missing": True, "fields": []}
			continue
		fields = list(_fields_that_differ(doc, key, before))
		if fields:
			is_edited = not all(_same(doc, name, before[name]) for name in before)
			yield {
				"key": key,
				"metric": doc.name,
				"is_missing": False,
				"is_edited": is_edited,
				"fields": fields,
			}


def _fields_that_differ(doc: Document, key: str, before: Mapping[str, Any]) -> Iterator[dict[str, str]]:
	"""Label, what the site has, and what is new, in words."""
	for name in before:
		new = _NEW[key].get(name)
		if not _same(doc, name, new):
			label = _(doc.meta.get_label(name))
			yield {
				"label": label,
				"now": _in_words(doc, name, doc.get(name)),
				"new": _in_words(doc, name, new),
			}


def _same(doc: Document, fieldname: str, value: Any) -> bool:
	return _plain(doc, fieldname, doc.get(fieldname)) == _plain(doc, fieldname, value)


def _plain(doc: Document, fieldname: str, value: Any) -> Any:
	"""A value as any of its ways of being kept would be compared."""
	field = doc.meta.get_field(fieldname)
	if field.fieldtype == "Table":
		return sorted((flt(row.get("minimum")), flt(row.get("points"))) for row in value or [])
	if fieldname in JSON_FIELDS:
		return frappe.parse_json(value) if isinstance(value, str) and value else value or []
	return flt(value) if field.fieldtype in ("Float", "Int") else value or ""


def _in_words(doc: Document, fieldname: str, value: Any) -> str:
	plain = _plain(doc, fieldname, value)
	if isinstance(plain, float):
		return f"{plain:g}"
	if doc.meta.get_field(fieldname).fieldtype == "Table":
		return " · ".join(
			_("from {0}: {1} points").format(f"{minimum:g}", f"{points:g}") for minimum, points in plain
		)
	return frappe.as_json(plain, indent=None) if isinstance(plain, list) else _(plain)


def _scorecard_that_differs() -> dict[str, Any] | None:
	"""The default scorecard's name and its tables and limits as they would be; None where they are so already."""
	name = frappe.db.get_value(SCORECARD, {"is_default": 1})
	if not name:
		return None
	doc = frappe.get_doc(SCORECARD, name)
	proposed = _proposed(doc)
	return None if _weights_of(doc.as_dict()) == _weights_of(proposed) else {"name": name, **proposed}


def _proposed(doc: Document) -> dict[str, Any]:
	"""New weights for what there is on the site; what the site added keeps its own."""
	names = _names_on_site()
	dimensions = set(frappe.get_all(DIMENSION, pluck="name"))
	metrics = [
		{**row, "metric": names[_KEY_OF[row["metric"]]]}
		for row in _CARD["metrics"]
		if _KEY_OF[row["metric"]] in names
	]
	ours = set(names.values())
	caps = [
		{**row, "metric": names[_KEY_OF[row["metric"]]]}
		for row in _CARD["caps"]
		if _KEY_OF[row["metric"]] in names
	]
	known = {row["dimension"] for row in _CARD["dimensions"]}
	return {
		"dimensions": [
			*(row for row in _CARD["dimensions"] if row["dimension"] in dimensions),
			*_rows_of(doc, "dimensions", "dimension", ("dimension", "weight"), known),
		],
		"metrics": _with_dimension(
			[*metrics, *_rows_of(doc, "metrics", "metric", ("metric", "weight"), ours)]
		),
		"caps": [*caps, *_rows_of(doc, "caps", "metric", _CAP_FIELDS, ours)],
		**{name: _CARD[name] for name in _LIMITS},
	}


def _names_on_site() -> dict[str, str]:
	"""The names of the default metrics that are there and enabled, by key."""
	filters = {"metric_key": ("in", list(_NEW)), "enabled": 1}
	return dict(frappe.get_all(METRIC, filters, ["metric_key", "name"], as_list=True))


def _with_dimension(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
	"""As a form shows it beside a metric, which it fetches only of one that a person enters."""
	dimensions = dict(frappe.get_all(METRIC, fields=["name", "dimension"], as_list=True))
	return [{**row, "dimension": dimensions.get(row["metric"])} for row in rows]


def _rows_of(
	doc: Document, table: str, link: str, fieldnames: Iterable[str], without: Collection[str]
) -> list[dict[str, Any]]:
	rows = (row for row in doc.get(table) if row.get(link) not in without)
	return [{name: row.get(name) for name in fieldnames} for row in rows]


def _weights_of(card: Mapping[str, Any]) -> dict[str, Any]:
	"""What decides a score, in a form that can be compared."""
	return {
		"dimensions": {
			row["dimension"]: flt(row["weight"]) for row in card["dimensions"] if flt(row["weight"])
		},
		"metrics": {row["metric"]: flt(row["weight"]) for row in card["metrics"] if flt(row["weight"])},
		"caps": sorted(
			(row["metric"], row["operator"], flt(row["value"]), flt(row["cap"])) for row in card["caps"]
		),
		**{name: flt(card[name]) for name in _LIMITS},
	}
