"""The words and rows that the jobs share: statuses, and what a run keeps. Decides nothing."""

import frappe

from crm_success.scoring.engine.definitions import from_json
from crm_success.scoring.frozen_definitions import Frozen

RUN = "Scoring Run"
BATCH = "Scoring Batch"

# what `active` holds while a run is not finished; the column is unique, so there is one such run at most
ACTIVE = "1"

QUEUED = "Queued"
PREPARING = "Preparing"
RUNNING = "Running"
DONE = "Done"
FAILED = "Failed"
COMPLETED = "Completed"
WITH_WARNINGS = "Completed with Warnings"
CANCELLED = "Cancelled"


def frozen_of(run: str) -> Frozen:
	"""What the run began with."""
	return from_json(Frozen, frappe.db.get_value(RUN, run, "definitions"))
