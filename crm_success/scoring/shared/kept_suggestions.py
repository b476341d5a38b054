"""Suggested weights of all scorecards, plainly: kept with a back-test as JSON, put into words. Computes nothing."""

from dataclasses import dataclass

from crm_success.scoring.engine.definitions import Scorecard
from crm_success.scoring.engine.errors import Phrase
from crm_success.scoring.engine.truth.weight_suggestion import Suggestion


@dataclass(frozen=True)
class CardSuggestion:
	"""What a scorecard, as it was when the back-test began, was told: `found`, or None and in `refusal` why not."""

	scorecard: Scorecard
	found: Suggestion | None
	refusal: Phrase | None = None
