"""The numbers that a back-test compares and the groups that it counts, by name. Computes nothing."""

from enum import Enum

# the band of who has no score, in tables
NO_BAND = ""


class RiskNumber(str, Enum):
	"""The numbers that are compared; of each, more means a higher risk to lapse."""

	SCORE = "Score"
	RFM = "R + F + M"
	RECENCY = "Recency"
	LAPSE = "Lapse risk"


class Grouping(str, Enum):
	"""What customers are grouped by."""

	BAND = "Band"
	STAGE = "Stage"
	SEGMENT = "Segment"
	DECILE = "Decile of the score"
