"""An estimate with the interval it may lie in, and the interval of a share. Knows nothing of scores."""

from dataclasses import dataclass
from math import sqrt

from crm_success.scoring.engine.errors import ScoringError

# of the standard normal distribution: 95 % of it lie within so many standard errors of its middle
STANDARD_ERRORS = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
	"""A figure of a sample, and the bounds of its 95 % interval, in the unit of the figure."""

	value: float
	low: float
	high: float


def share_of(part: int, whole: int) -> Estimate:
	"""The share of `part` in `whole`, both numbers of customers, from 0 to 1, with Wilson's interval.

	Raises ScoringError where there is no whole, or the part is no part of it.

	Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
	American Statistical Association 22 (1927), 209-212.
	"""
	if not 0 <= part <= whole or whole < 1:
		raise ScoringError("{0} of {1} customers is no share: count the customers again.", part, whole)
	share, squared = part / whole, STANDARD_ERRORS**2
	middle = (share + squared / (2 * whole)) / (1 + squared / whole)
	reach = (
		STANDARD_ERRORS * sqrt(share * (1 - share) / whole + squared / (4 * whole**2)) / (1 + squared / whole)
	)
	# where nobody or everybody counts, the bound is the share itself; floats miss it by their last bit
	low = 0.0 if part == 0 else middle - reach
	high = 1.0 if part == whole else middle + reach
	return Estimate(share, low, high)
