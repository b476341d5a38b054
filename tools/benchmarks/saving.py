"""What hearing of documents costs whoever saves one: the same save with the door for watchers and without it, in turns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from statistics import median

import frappe
from frappe.model.document import Document
from frappe.utils import getdate, nowdate

from crm_success.record_names import METRIC
from crm_success.tests.support import factories
from crm_success.watching.watched_doctypes import ask_again
from tools.benchmarks.small_jobs import seconds_of

DOOR = "crm_success.watching.watchers.tell_watchers"
PAIRS = 400
WARM_UP = 10
METRIC_NAME = "Watched by the Benchmark"


def nobody_watches() -> dict:
	"""Seconds of saving a Quotation of one line with and without the door: the medians of PAIRS of saves in turns."""
	quotation = make_offer("Quotation", quotation_to="Customer", party_name=_customer())
	frappe.db.commit()
	return _in_turns(quotation, "terms")


def a_metric_watches() -> dict:
	"""The same for a Sales Order that is changed after it was submitted, while a metric counts orders."""
	order = make_offer("Sales Order", customer=_customer(), delivery_date=nowdate()).submit()
	with measured("Sales Order"):
		return _in_turns(order, "po_no")


def make_offer(doctype: str, **values: str) -> Document:
	"""A draft of one line, through ERPNext's API."""
	factories.make_fiscal_years(getdate().year)
	line = {"item_code": factories.make_item(), "qty": 1, "rate": 10, "delivery_date": nowdate()}
	head = {"company": factories.default_company(), "transaction_date": nowdate(), "items": [line]}
	return frappe.get_doc({"doctype": doctype, **head, **values}).insert()


def _customer() -> str:
	return frappe.get_all("Customer", pluck="name", limit=1)[0]


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
	# as on any day: right after a migration each transaction asks for itself what is watched
	ask_again()
	frappe.db.commit()
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
