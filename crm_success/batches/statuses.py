"""The DocTypes of leased work and the words for how far it is. Decides nothing."""

RUN = "Work Run"
BATCH = "Work Batch"
MESSAGE = "Work Run Message"

QUEUED = "Queued"
PREPARING = "Preparing"
RUNNING = "Running"
DONE = "Done"
FAILED = "Failed"
COMPLETED = "Completed"
WITH_WARNINGS = "Completed with Warnings"
CANCELLED = "Cancelled"
