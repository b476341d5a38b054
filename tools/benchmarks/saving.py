"""What hearing of documents costs whoever saves one: the same save with the door for watchers and without it, in turns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from statistics import median

import frappe
from frappe.model.document import Document
from frappe.utils import nowdate

from crm_success.record_names import METRIC
from crm_success.tests.support import factories
from tools.benchmarks.small_jobs import seconds_of

DOOR = "crm_success.watching.watchers.tell_watchers"
PAIRS = 400
WARM_UP = 10
METRIC_NAME = "Watched by the Benchmark"


def nobody_watches() -> dict:
	"""Seconds of saving a ToDo with and without the door: the medians of PAIRS of saves in turns."""
	todo = frappe.get_doc({"doctype": "ToDo", "description": "Benchmark"}).insert()
	return _in_turns(todo, "description")


def a_metric_watches() -> dict:
	"""The same for a Sales Order of one line that is changed after it was submitted, and which a metric measures."""
	frappe.db.commit()
	order = make_order()
	with measured("Sales Order"):
		return _in_turns(order, "po_no")


def make_order() -> Document:
	customer = frappe.get_all("Customer", pluck="name", limit=1)[0]
	company = factories.default_company()
	line = {"item_code": factories.make_item(), "qty": 1, "rate": 10, "delivery_date": nowdate()}
	head = {
		"customer": customer,
		"company": company,
		"transaction_date": nowdate(),
		"delivery_date": nowdate(),
	}
	return frappe.get_doc({"doctype": "Sales Order", **head, "items": [line]}).insert().submit()


@contextmanager
def measured(doctype: str) -> Iterator[None]:
	"""A metric counts the documents of a DocType meanwhile."""
	how = {"measure": "Count", "scale": "Linear", "worst": 0, "best": 10}
	metric = frappe.get_doc(
		{"doctype": METRIC, "metric_name": METRIC_NAME, "source_doctype": doctype, **how}
	).insert()
	frappe.db.commit()
	try:
		yield
	finally:
		metric.delete()
		frappe.db.commit()


def _in_turns(doc: Document, fieldname: str) -> dict:
	"""A document is read, changed, saved and committed, as a request does: once with the door, once without, and the
	other way round.
	"""
	save = _saving(doc, fieldname)
	taken: dict[bool, list[float]] = {True: [], False: []}
	for pair in range(-WARM_UP, PAIRS):
		for is_open in (pair % 2 == 0, pair % 2 == 1):
			with _door(is_open):
				seconds = seconds_of(save)
			if pair >= 0:
				taken[is_open].append(seconds)
	return {"with": median(taken[True]), "without": median(taken[False])}


def _saving(doc: Document, fieldname: str) -> Callable[[], None]:
	numbers = count()

	def save() -> None:
		fresh = frappe.get_doc(doc.doctype, doc.name)
		fresh.update({fieldname: f"Benchmark {next(numbers)}"}).save()
		frappe.db.commit()

	return save


@contextmanager
def _door(is_open: bool) -> Iterator[None]:
	"""Without the hook, as if the app had none."""
	hooks = frappe.get_doc_hooks()["*"]["on_change"]
	if not is_open:
		hooks.remove(DOOR)
	yield
	if not is_open:
		hooks.append(DOOR)
