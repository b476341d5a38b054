"""Sets the horizon of the lapse risk, and adds the field for it to Customer and the metric that shows it."""

import frappe

from crm_success.database.dialects import EVERYBODY
from crm_success.record_names import DIMENSION, METRIC, SETTINGS
from crm_success.scoring.customer_fields import RISK, update_customers
from crm_success.scoring.engine.definitions import Limits
from crm_success.setup.custom_fields import make_custom_fields
from crm_success.setup.defaults import METRICS
from crm_success.setup.seed import insert_missing

METRIC_KEY = "lapse_risk"


def execute() -> None:
	set_horizon()
	# a field that an administrator deleted does not come back
	make_custom_fields(only=(RISK,))
	update_customers(EVERYBODY)
	add_metric()


def set_horizon() -> None:
	"""A setting that is not there yet is 0, which the settings refuse."""
	if not frappe.db.get_single_value(SETTINGS, "horizon_days"):
		frappe.db.set_single_value(SETTINGS, "horizon_days", Limits.horizon_days)


def add_metric() -> None:
	"""Unless an administrator has one of that name or key already."""
	if frappe.db.exists(METRIC, {"metric_key": METRIC_KEY}):
		return
	record = next(metric for metric in METRICS if metric["metric_key"] == METRIC_KEY)
	if not frappe.db.exists(DIMENSION, record["dimension"]):
		record = {**record, "dimension": None}
	insert_missing(METRIC, "metric_name", [record])
