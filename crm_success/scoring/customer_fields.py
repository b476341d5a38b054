"""The health fields of Customer: which they are, and where they come from. customer_copies.py keeps them equal."""

from typing import Any

from crm_success.customer_copies import NO_NUMBER, CustomerCopies
from crm_success.database.dialects import KeyRange
from crm_success.record_names import HEALTH, SEGMENT
from crm_success.scoring.stale import mark_again

SCORE = "health_score"
RISK = "lapse_risk"
SEGMENT_FIELD = "customer_segment"

# field of Customer: field of Customer Health
SOURCES = {
	"health_band": "band",
	SCORE: "score",
	RISK: "lapse_risk",
	SEGMENT_FIELD: "segment",
	"lifecycle_stage": "stage",
	# written there by audiences/
	"customer_audiences": "audiences",
}
NUMBERS = (SCORE, RISK)

# a customer whom somebody else holds is marked for scoring, which writes the fields again
_COPIES = CustomerCopies(
	HEALTH, SOURCES, {SEGMENT_FIELD: SEGMENT}, dict.fromkeys(NUMBERS, NO_NUMBER), mark_again
)


def update_customers(keys: KeyRange) -> int:
	"""Copy the health of these customers to them, or clear what is there of those without; how many changed."""
	return _COPIES.update(keys)


def health_of(customer: str) -> dict[str, Any]:
	"""What the health fields of the customer have to hold."""
	return _COPIES.values_of(customer)
