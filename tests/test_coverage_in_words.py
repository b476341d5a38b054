"""The desk says of a coverage what the site and the command say of it in Python. Needs node for the desk's half."""

from desk_arithmetic import answer, needs_node

from crm_success.scoring.engine.coverage import LOW_BELOW, is_low
from crm_success.scoring.shared.driver_words import DriverWords
from crm_success.standalone.english_words import ENGLISH

SAID = """(coverages) => {
	const { LOW_BELOW, is_low, sentence } = crm_success.coverage;
	return [LOW_BELOW, coverages.map(is_low), coverages.map(sentence)];
}"""
COVERAGES = [0.1, 12.5, 35.0, 49.9, 50.0, 99.9, 100.0, None]


def test_less_than_half_is_low():
	assert [is_low(coverage) for coverage in COVERAGES] == [True] * 4 + [False] * 4
	assert not is_low(float("nan"))


@needs_node
def test_the_desk_says_it_in_the_same_words():
	words = DriverWords(ENGLISH, {})
	limit, low, sentences = answer("shared/coverage.js", SAID, COVERAGES)
	assert limit == LOW_BELOW
	assert low == [is_low(coverage) for coverage in COVERAGES]
	for coverage, sentence in zip(COVERAGES, sentences, strict=True):
		said = words.low_coverage(coverage)
		if coverage is None:
			assert (said, sentence) == ("", "")
			continue
		assert (
			sentence == said
			if said
			else sentence in ("", f"Based on {coverage:g} % of what the scorecard weighs.")
		)
	assert sentences[1] == "Based on 12.5 % of what the scorecard weighs: nothing is on record for the rest."
