"""What a back-test found, in words that a reader without statistics understands, in any language."""

from dataclasses import replace
from datetime import date

import pytest
from found_figures import (
	BETTER,
	JUNE,
	NOBODY_CALLED,
	SAME,
	SEPTEMBER,
	WORSE,
	made_figures,
)

from crm_success.scoring.engine.definitions import from_json, to_json
from crm_success.scoring.engine.errors import Phrase
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.what_is_compared import Grouping, RiskNumber
from crm_success.scoring.shared.back_test_words import BackTestWords, Reader
from crm_success.scoring.shared.driver_words import Language
from crm_success.scoring.shared.past_figures import AllFigures, GroupFigure

ENGLISH = Language(
	translate=lambda text: text,
	number=lambda value, digits: f"{value:,.{digits}f}",
	money=lambda currency: f"{{0}} {currency}",
)
WORDS = BackTestWords(Reader(ENGLISH, date.isoformat))


def verdict(*dates):
	return WORDS.verdict(AllFigures(tuple(dates)))


def test_one_date_in_a_few_sentences():
	assert verdict(made_figures()) == (
		"Of two customers, one of whom left, the score was lower for that one in 75 of 100 cases; drawing lots would be "
		"right in 50.",
		"R + F + M alone tells it about as well.",
		"The worse the band, the larger the share of its customers that left.",
	)


def test_without_a_date_that_can_tell_there_is_no_verdict():
	refused = replace(made_figures(), found=None, refusal=Phrase("Too few."))
	assert verdict(refused) == ()


@pytest.mark.parametrize(
	("gains", "text"),
	[
		((WORSE,), "R + F + M alone tells it better."),
		((BETTER,), "R + F + M alone tells it less well."),
		((SAME, WORSE), "R + F + M alone tells it better on 1 of 2 dates."),
		((BETTER, SAME), "R + F + M alone tells it less well on 1 of 2 dates."),
		((BETTER, WORSE), "R + F + M alone tells it about as well."),
	],
)
def test_the_score_is_told_beside_what_is_stored_with_it(gains, text):
	assert text in verdict(*(made_figures(gain=gain) for gain in gains))


def test_several_dates_have_a_range():
	(right, *_) = verdict(made_figures(area=0.78), made_figures(area=0.72))
	assert "lower for that one in 72 to 78 of 100 cases" in right


def test_a_score_that_may_be_chance_is_called_so():
	said = verdict(made_figures(area=0.54), made_figures(SEPTEMBER))
	assert "As of 2019-06-10 that may be chance: the score told no better than drawing lots." in said


def test_bands_out_of_order_and_nobody_at_risk_are_told_with_their_dates():
	said = verdict(made_figures(bands_ordered=False), made_figures(SEPTEMBER, calls=NOBODY_CALLED))
	assert said[-2:] == (
		"The bands were out of order as of 2019-06-10: a worse one lost no larger share of its customers than a better one.",
		"As of 2019-09-10 nobody was At Risk.",
	)
	assert WORDS.calls(made_figures(calls=NOBODY_CALLED).found.calls) == "Nobody was At Risk."


def test_who_is_left_out_is_told():
	assert list(WORDS.left_out(made_figures(disabled=3, without_score=2))) == [
		"3 disabled customers are left out.",
		"2 customers had no score: nobody could tell, and they were not called At Risk.",
	]


def test_an_estimate_has_its_bounds_and_nobody_a_dash():
	assert WORDS.cases(Estimate(0.744, 0.72, 0.766)) == "74 in 100 (72 to 77)"
	assert WORDS.share(Estimate(0.31, 0.28, 0.34)) == "31 % (28 to 34 %)"
	assert WORDS.share(None) == "–"


@pytest.mark.parametrize(
	("gain", "text"),
	[
		(None, ""),
		(WORSE, "better than the score"),
		(SAME, "about as well as the score"),
		(BETTER, "less well than the score"),
	],
)
def test_another_number_is_told_beside_the_score(gain, text):
	assert WORDS.beside_score(gain) == text


def test_every_number_and_every_group_has_a_name():
	assert len({WORDS.number(number) for number in RiskNumber}) == len(RiskNumber)
	assert len({WORDS.grouping(grouping) for grouping in Grouping}) == len(Grouping)


def test_groups_are_called_as_the_reader_calls_them():
	words = BackTestWords(
		Reader(ENGLISH, date.isoformat, name=lambda grouping, name: f"{grouping.value} «{name}»")
	)
	names = [
		words.group(GroupFigure(grouping, name, 1, 0, None))
		for grouping, name in (
			(Grouping.BAND, "At Risk"),
			(Grouping.BAND, ""),
			(Grouping.SEGMENT, "Loyal"),
			(Grouping.SEGMENT, ""),
			(Grouping.DECILE, "1"),
			(Grouping.DECILE, "4"),
		)
	]
	assert names == ["Band «At Risk»", "No Score", "Segment «Loyal»", "None", "1 (lowest scores)", "4"]


def test_all_words_are_those_of_the_language():
	marked = BackTestWords(Reader(replace(ENGLISH, translate=lambda text: f"«{text}»"), date.isoformat))
	figures = made_figures(disabled=1, calls=NOBODY_CALLED)
	sentences = [
		*marked.verdict(AllFigures((figures,))),
		marked.summary(figures),
		*marked.left_out(figures),
		marked.calls(figures.found.calls),
		marked.lost(figures.found.calls, "EUR"),
		marked.risk_error(0.07),
		*marked.about_risk([Phrase("Nobody leaves.")]),
		marked.phrase(Phrase("Too few: {0}.", 3)),
	]
	assert all(sentence.startswith("«") and sentence.endswith("»") for sentence in sentences)


def test_what_is_kept_comes_back_as_it_was():
	figures = AllFigures(
		(
			made_figures(about_risk=(Phrase("Only {0} days.", 3),)),
			replace(made_figures(JUNE), found=None, refusal=Phrase("Too few: {0}.", 3, "days")),
		)
	)
	assert from_json(AllFigures, to_json(figures)) == figures


@pytest.mark.parametrize("day", [date(2026, 1, 31), "2026-01-31"])
def test_a_reason_has_its_days_as_the_reader_writes_them(day):
	words = BackTestWords(Reader(ENGLISH, lambda each: f"{each:%d/%m/%y}"))
	assert words.phrase(Phrase("Not {0}: {1}", Phrase("on {0}", day), 60)) == "Not on 31/01/26: 60"
	assert words.phrase(Phrase("{0}", "2026-01-31-A")) == "2026-01-31-A"
