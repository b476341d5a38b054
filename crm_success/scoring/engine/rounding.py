"""Rounds numbers to what people see, so that parts still add up to their whole. Weighs nothing."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

# of a score, its contributions and its weights, wherever they are kept or shown
DECIMALS = 1
_STEPS = 10.0**DECIMALS
# of a step: what floats add beyond them is noise, which must not decide who is rounded up
_KNOWN_DECIMALS = 6


def rounded_parts(parts: Array, wholes: Array) -> Array:
	"""The rows of `parts` rounded so that each adds up to its rounded whole; `wholes` are the sums of the rows.

	The largest remainders are rounded up, the first of equal ones. No part moves by a whole step or changes its
	sign, and 0 stays 0.

	Source: Hamilton's method of apportionment; Balinski and Young, "Fair Representation", 1982.
	"""
	exact = _in_steps(parts)
	lower = np.floor(exact)
	left = np.rint(_in_steps(wholes)) - lower.sum(axis=1)
	remainders = np.round(exact - lower, _KNOWN_DECIMALS)
	largest_first = np.argsort(-remainders, axis=1, kind="stable")
	place = np.argsort(largest_first, axis=1, kind="stable")
	return (lower + (place < left[:, None])) / _STEPS + 0.0  # + 0.0 turns -0.0 into 0.0


def _in_steps(numbers: Array) -> Array:
	return np.round(numbers * _STEPS, _KNOWN_DECIMALS)
