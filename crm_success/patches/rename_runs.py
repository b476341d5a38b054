"""Scoring runs became runs of leased work, of which scoring is the first kind. What people made around them goes along."""

import frappe

from crm_success.setup.renaming import rename_column, rename_doctype, rename_mentions_of_field
from crm_success.setup.table_columns import change_table, columns_of

RENAMED = {
	"Scoring Run Message": "Work Run Message",
	"Scoring Batch": "Work Batch",
	"Scoring Run": "Work Run",
}
BATCH, OLD, NEW = "Work Batch", "scoring_run", "work_run"


def execute() -> None:
	"""Each step may have been done before: tables commit at once, and a migration may have ended in between."""
	for old, new in RENAMED.items():
		rename_doctype(old, new)
	rename_mentions_of_field(BATCH, OLD, NEW)
	if OLD in columns_of(BATCH):
		# made again, under the field's own name, when the DocType is read from its file
		drop_old_index()
		rename_column(BATCH, OLD, NEW)


def drop_old_index() -> None:
	if frappe.db.db_type == "postgres":
		change_table('ALTER TABLE "tabWork Batch" DROP CONSTRAINT IF EXISTS "unique_scoring_run_batch_no"')
	else:
		change_table("ALTER TABLE `tabWork Batch` DROP INDEX IF EXISTS `unique_scoring_run_batch_no`")
