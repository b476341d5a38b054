"""Starts a scoring of all customers as of a day that can be scored. Scores nobody."""

from datetime import date

from crm_success.batches.run_life import start_run
from crm_success.scoring.scoring_day import check_day

# how hooks.py registers the work
KIND = "Scoring"


def start_scoring(as_of: date, triggered_by: str) -> str:
	"""Make a run, without committing or queueing; RunInProgressError where another one is not finished."""
	check_day(as_of)
	return start_run(KIND, as_of, triggered_by)
