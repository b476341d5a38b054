"""What the form of a Customer Health draws, and the documents behind one of its values."""

from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, getdate

from crm_success.record_checks.phrases import in_words
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import HEALTH, METRIC
from crm_success.scoring import door
from crm_success.scoring.api.health_picture import picture_of, values_by_metric
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.measure_table import Measure
from crm_success.visibility import check_may_see


@frappe.whitelist()
@of_bounded_size
def picture(customer: str) -> dict[str, Any]:
	"""The score with its thresholds, what it is made of, and the newest snapshots that the user may see."""
	check_may_see(customer)
	return picture_of(frappe.get_doc(HEALTH, customer))


@frappe.whitelist()
@of_bounded_size
def metric_documents(customer: str, metric: str) -> dict[str, Any]:
	"""What made the value of a metric, by its key: documents that the user may read, or a formula's metrics."""
	check_may_see(customer)
	health = frappe.get_doc(HEALTH, customer)
	record = _metric_record(metric)
	try:
		if record["measure"] == Measure.EXPRESSION.value:
			return {"metrics": values_by_metric(door.keys_in_formula(record), health.components)}
		return door.readable_documents(record, health.customer, getdate(health.as_of))
	except ScoringError as error:
		frappe.throw(escape_html(in_words(error)), title=_("This Metric Cannot Be Measured"))


def _metric_record(key: str) -> dict[str, Any]:
	name = frappe.db.get_value(METRIC, {"metric_key": key})
	if not name:
		frappe.throw(_("This metric no longer exists."), frappe.DoesNotExistError)
	return frappe.get_doc(METRIC, name).as_dict()
