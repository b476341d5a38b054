"""What is told of a lapse risk: the names and the numbers of its facts. Needs no table of numbers: forms load it too."""

from typing import TypedDict

SILENCE, PURCHASES, TREND, TENURE, VALUE, TAKEN_BACK = (
	"silence",
	"purchases",
	"trend",
	"tenure",
	"value",
	"returns",
)


class RiskFact(TypedDict):
	"""One fact about a customer's purchases: its numbers, and by how many percentage points the risk would be lower
	(below 0: higher) if the fact were that of the average customer.

	`values`, by fact: days without a purchase, the usual gap in days, and purchase days (silence); purchase days
	(purchases); purchases in the horizon up to now, in the one before, and its days (trend); days since the first
	purchase (tenure); net revenue of all time (value); returns (returns).
	"""

	fact: str
	values: list[float]
	contribution: float
