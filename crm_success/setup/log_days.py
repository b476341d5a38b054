"""How many days records that only grow are kept, unless Log Settings or our settings say otherwise. Deletes nothing."""

from crm_success.record_names import SNAPSHOT

SNAPSHOT_DAYS = 730
RUN_DAYS = 180

LOG_DAYS = {SNAPSHOT: SNAPSHOT_DAYS, "Scoring Run": RUN_DAYS}
