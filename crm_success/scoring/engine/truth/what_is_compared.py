"""What a back-test looks at: numbers and groups by name, and what came of calling customers At Risk. Computes nothing."""

from dataclasses import dataclass
from enum import Enum

from crm_success.scoring.engine.truth.intervals import Estimate

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


@dataclass(frozen=True)
class Calls:
	"""Who was called At Risk, and what came of it.

	precision: the share of those called who lapsed, None where nobody was called. recall: the share of those who
	lapsed who had been called. Revenue is what those who lapsed had brought in the window before the date.
	"""

	customers: int
	right: int
	precision: Estimate | None
	recall: Estimate
	lost_revenue_called: float
	lost_revenue_not_called: float
