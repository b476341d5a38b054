"""Why a stage and a band differ, in one sentence for site and command."""

from itertools import product

import pytest

from crm_success.scoring.engine.definitions import HealthBand, LifecycleStage
from crm_success.scoring.shared.stage_words import StageWords, Standing

WORDS = StageWords(translate=lambda text: text, band_name=lambda band: f"<{band}>")


@pytest.mark.parametrize(
	("stage", "band", "expected"),
	[
		("At Risk", "Healthy", "The band is <Healthy> by the score; the stage is At Risk because the last purchase was 143 days ago, longer than this customer usually waits."),
		("At Risk", "Watch", "The band is <Watch> by the score; the stage is At Risk because the last purchase was 143 days ago, longer than this customer usually waits."),
		("New", "At Risk", "The band is <At Risk> by the score; the stage is New because the first purchase is recent and the next one is not overdue."),
		("Potential", "At Risk", "The band is <At Risk> by the score; the stage is Potential because nothing has been bought yet."),
		("Lost", "At Risk", "The band is <At Risk> by the score; the stage is Lost because the last purchase was 143 days ago."),
		("Lost", "Healthy", "The band is <Healthy> by the score; the stage is Lost because the last purchase was 143 days ago."),
		# the limits of the scorecard were changed since
		("Silent", "At Risk", "The band is <At Risk> by the score; the stage is that of the last scoring."),
	],
)  # fmt: skip
def test_what_differs_has_a_word_on_why(stage, band, expected):
	assert WORDS.sentence(Standing(stage, band, 143)) == expected


@pytest.mark.parametrize(
	("stage", "band"),
	[
		*[("At Risk", "At Risk"), ("New", "Watch"), ("Silent", "Healthy"), ("Active", "Watch")],
		*[("Potential", "Healthy"), ("New", None), (None, "At Risk"), ("", "")],
	],
)
def test_what_agrees_needs_none(stage, band):
	assert WORDS.sentence(Standing(stage, band, 143)) == ""


def test_a_score_set_by_hand_is_the_reason_where_there_is_one():
	by_hand = "The band is <Healthy> because somebody set the score; the stage goes by what was computed."
	assert WORDS.sentence(Standing("At Risk", "Healthy", 143, is_set_by_hand=True)) == by_hand
	assert WORDS.sentence(Standing("Active", "Healthy", 3, is_set_by_hand=True)) == ""


def test_no_two_contradict_each_other_without_a_word():
	for stage, band in product(LifecycleStage, HealthBand):
		one_is_at_risk = (stage.value == "At Risk") != (band.value == "At Risk")
		told = WORDS.sentence(Standing(stage.value, band.value, 143))
		assert bool(told) == (one_is_at_risk or stage is LifecycleStage.LOST)
		assert "{" not in told
