"""Makes the columns of the lapse risk empty: a sync would fill them with zeros, a risk that nobody was told."""

import frappe

from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.setup.table_columns import add_empty_number

COLUMNS = {HEALTH: ("lapse_risk", "usual_gap"), SNAPSHOT: ("lapse_risk",)}


def execute() -> None:
	for doctype, fieldnames in COLUMNS.items():
		if frappe.db.table_exists(doctype):
			for fieldname in fieldnames:
				add_empty_number(doctype, fieldname)
