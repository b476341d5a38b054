"""What one batch of a back-test found, until all are done. Written by back-tests only, and shown to nobody."""

import frappe

from crm_success.printed_texts import PrintedAsText
from crm_success.record_names import BACK_TEST_PART


class ScoreBacktestPart(PrintedAsText):
	pass


def on_doctype_update() -> None:
	frappe.db.add_unique(BACK_TEST_PART, ["back_test", "batch_no"])
