"""How many days records that only grow are kept, unless Log Settings or our settings say otherwise. Deletes nothing."""

from crm_success.record_names import BACK_TEST, MEMBER, SNAPSHOT

SNAPSHOT_DAYS = 730
RUN_DAYS = 180
# of members that have left an audience
MEMBER_DAYS = 730
BACK_TEST_DAYS = 730

LOG_DAYS = {SNAPSHOT: SNAPSHOT_DAYS, "Work Run": RUN_DAYS, MEMBER: MEMBER_DAYS, BACK_TEST: BACK_TEST_DAYS}
