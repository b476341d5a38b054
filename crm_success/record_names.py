"""The names of the app's own DocTypes and roles, each written once. Imports nothing.

Those of runs and their batches stand with their statuses, in batches/statuses.py.
"""

HEALTH = "Customer Health"
SNAPSHOT = "Customer Health Snapshot"
DIMENSION = "Health Dimension"
METRIC = "Health Metric"
SCORECARD = "Health Scorecard"
SEGMENT = "Customer Segment"
CALIBRATION = "Score Calibration"
BACK_TEST = "Score Back-test"
BACK_TEST_DATE = "Score Back-test Date"
BACK_TEST_PART = "Score Back-test Part"
BACK_TEST_SUGGESTION = "Score Back-test Suggestion"
SETTINGS = "CRM Success Settings"
AUDIENCE = "Customer Audience"
CONDITION = "Customer Audience Condition"
MEMBER = "Customer Audience Member"
RECIPIENT = "Customer Audience Recipient"
TIER = "Customer Tier"
REQUIREMENT = "Customer Tier Requirement"
BENEFIT = "Customer Tier Benefit"
STANDING = "Customer Tier Standing"
TIER_CHANGE = "Customer Tier Change"
LOYALTY_SETTINGS = "Customer Loyalty Settings"
LEDGER_ENTRY = "Loyalty Ledger Entry"
ACCOUNT = "Customer Loyalty Account"
EARNING_RULE = "Loyalty Earning Rule"
ADJUSTMENT = "Loyalty Adjustment"
DUE_DOCUMENT = "Loyalty Due Document"
REFERRAL = "Customer Referral"
BACKFILL = "Loyalty Backfill"
BACKFILL_REASON = "Loyalty Backfill Reason"
SWITCH_OVER = "Loyalty Switch Over"
SWITCHED_PROGRAM = "Loyalty Switch Over Program"

# the modules of Frappe in which these are
MODULES = ("CRM Success", "Customer Loyalty")

ROLES = ("Customer Success Manager", "Customer Success User")
# the desk shows the button to the same ones
RESCORING_ROLES = (*ROLES, "System Manager")
