"""When a score rests on too little to be taken for more. The coverage itself comes from health.py."""

# percent: below it, most of what the scorecard weighs is not known
LOW_BELOW = 50.0


def is_low(coverage: float | None) -> bool:
	"""Whether people must be told on how little a score rests; there is nothing to say of no score (None or NaN)."""
	return coverage is not None and coverage < LOW_BELOW
