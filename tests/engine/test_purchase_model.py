"""BG/NBD and NBD: published figures, hand-computed probabilities, made customers, and what cannot be fitted."""

import math

import numpy as np
import pandas as pd
import pytest
from made_customers import DAYS_PER_WEEK, cdnow_sample, histories, in_weeks, made_histories

from crm_success.scoring.engine.errors import FitError, ScoringError
from crm_success.scoring.engine.forecast import likelihood_search
from crm_success.scoring.engine.forecast.purchase_model import (
	FEWEST_CUSTOMERS,
	BgNbd,
	GroupedHistories,
	Nbd,
	fit_purchase_model,
)

NAN = float("nan")
PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, customers=2357)
NEW = histories((0, 0, 0))


@pytest.fixture(scope="module")
def sample():
	return cdnow_sample()


@pytest.fixture(scope="module")
def fitted(sample):
	return fit_purchase_model(in_weeks(sample))


def model(r=1.0, alpha=10.0, a=1.0, b=2.0):
	return BgNbd(r, alpha, a, b, log_likelihood=0.0, customers=0)


# ---- published figures -------------------------------------------------------------------------------------


def test_the_fit_to_cdnow_is_the_published_one(fitted):
	"""Fader, Hardie and Lee, Marketing Science 24(2), 2005, table 2, in weeks."""
	assert (round(fitted.r, 3), round(fitted.alpha, 3)) == (0.243, 4.414)
	assert (round(fitted.a, 3), round(fitted.b, 3)) == (0.793, 2.426)
	assert round(fitted.log_likelihood, 1) == -9582.4
	assert fitted.customers == 2357


def test_the_fit_to_cdnow_is_that_of_another_program(fitted):
	"""CLVTools for R, tests/testthat/test_correctness_bgnbd.R: all digits of the likelihood, four of the parameters."""
	assert fitted.log_likelihood == pytest.approx(-9582.429, abs=5e-4)
	found = [fitted.r, fitted.alpha, fitted.a, fitted.b]
	assert found == pytest.approx([0.2425945, 4.4136019, 0.7929199, 2.4258881], rel=2e-5)


def test_the_purchases_to_expect_of_a_cdnow_customer_are_the_published_ones(fitted):
	"""Fader and Hardie, "Implementing the BG/NBD Model for Customer Base Analysis in Excel": customer 1, 39 weeks."""
	customer = histories((2, 30.43, 38.86))
	assert fitted.expected_purchases(customer, 39).round(3).tolist() == [1.226]


def test_the_purchases_to_expect_of_a_new_customer_are_the_published_ones(fitted):
	"""The same spreadsheet, as test_estimation.py of lifetimes for Python quotes it.

	It has 1.8576 for 78 weeks, which is the sum of the first 150 terms of the series; all of them make 1.8580.
	"""
	published = {1 / 7: 0.0078, 1: 0.0532, 3: 0.1506, 223 / 7: 1.0405, 32: 1.0437, 78: 1.8580}
	expected = [fitted.expected_purchases(NEW, weeks)[0] for weeks in published]
	assert expected == pytest.approx(list(published.values()), abs=5.1e-5)


def test_no_purchase_of_a_new_customer_is_as_probable_as_published():
	"""BTYD for R, manual of bgnbd.pmf: 0 purchases in 39 weeks."""
	assert PUBLISHED.probability_of_no_purchase(NEW, 39)[0] == pytest.approx(0.5737864, abs=5e-8)


# ---- formulas, by hand -------------------------------------------------------------------------------------


def test_who_never_came_back_counts_as_alive():
	assert model().probability_alive(histories((0, 0, 500))).tolist() == [1.0]


def test_a_long_silence_makes_it_probable_that_a_customer_left():
	# left : alive = 1 / 2 x ((10 + 30) / (10 + 10))^(1 + 1) = 2 : 1
	assert model().probability_alive(histories((1, 10, 30))).tolist() == pytest.approx([1 / 3])


def test_the_silence_of_who_buys_often_weighs_more():
	# 1 / (2 + 3 - 1) x 2^(1 + 3) = 4 : 1, after the same days
	assert model().probability_alive(histories((3, 10, 30))).tolist() == pytest.approx([1 / 5])


def test_no_purchase_is_to_have_left_or_to_stay_quiet():
	# (40 / 80)^2 of the third that is alive
	customer = histories((1, 10, 30))
	assert model().probability_of_no_purchase(customer, 40).tolist() == pytest.approx([2 / 3 + 1 / 3 / 4])
	assert model().probability_of_no_purchase(histories((0, 0, 10)), 20).tolist() == pytest.approx([0.5])


def test_the_purchases_to_expect_have_a_value_where_the_series_has_none():
	# a = b = r = 1: the mean of h / (1 + p h) over all p alike is log(1 + h), h in units of alpha + age
	assert model(b=1.0).expected_purchases(
		histories((0, 0, 10)), 20 * (math.e - 1)
	).tolist() == pytest.approx([1.0])


def test_who_leaves_at_once_buys_at_most_once():
	certain = model(a=1e3, b=1e-3)
	expected = certain.expected_purchases(NEW, 30)[0]
	assert expected == pytest.approx(1 - certain.probability_of_no_purchase(NEW, 30)[0], abs=1e-5)


@pytest.mark.parametrize("customer", [(0, 0, 0), (1, 10, 30), (7, 300, 400), (60, 390, 400)])
@pytest.mark.parametrize(
	("r", "a", "b"), [(0.2, 0.8, 2.4), (5.0, 0.1, 1.0), (1.0, 3.0, 30.0), (0.7, 2.0, 0.2)]
)
def test_the_integral_is_the_published_series(customer, r, a, b):
	"""Expression (10) of the paper."""
	repeats, _last_age, age = customer
	some, horizon = model(r, 20.0, a, b), 20 * (20.0 + age)
	reach = horizon / (20.0 + age + horizon)
	series = hypergeometric(r + repeats, b + repeats, a + b + repeats - 1, reach)
	expected = (a + b + repeats - 1) / (a - 1) * (1 - (1 - reach) ** (r + repeats) * series)
	alive = some.probability_alive(histories(customer))[0]
	assert some.expected_purchases(histories(customer), horizon)[0] == pytest.approx(
		alive * expected, rel=1e-6
	)


def hypergeometric(first, second, third, reach):
	term, total, step = 1.0, 1.0, 0
	while abs(term) > 1e-15 * abs(total):
		term *= (first + step) * (second + step) / (third + step) / (step + 1) * reach
		total, step = total + term, step + 1
	return total


def test_the_likelihood_of_a_history_by_hand():
	# once back: 1 / 2 x (1 / 4)^2 if still there, and 1 / 2 x (1 / 2)^2 if gone; never back: 1 / (1 + 1)
	ones = np.ones(4)
	assert grouped((1, 1, 3)).likelihood(ones)[0] == pytest.approx(math.log(5 / 32))
	assert grouped((0, 0, 1)).likelihood(ones)[0] == pytest.approx(math.log(1 / 2))
	both = (math.log(5 / 32) + 2 * math.log(1 / 2)) / 3
	assert grouped((0, 0, 1), (1, 1, 3), (0, 0, 1)).likelihood(ones)[0] == pytest.approx(both)


def test_the_likelihood_without_leaving_by_hand():
	# 2 x 3 x 2^2 / 4^4, for r = 2, alpha = 2
	assert grouped((2, 1, 2)).likelihood_of_nbd(np.array([2.0, 2.0]))[0] == pytest.approx(math.log(24 / 256))


@pytest.mark.parametrize(("name", "size"), [("likelihood", 4), ("likelihood_of_nbd", 2)])
def test_slopes_are_those_of_the_likelihood(name, size):
	likelihood = getattr(grouped((0, 0, 5), (1, 2, 3), (4, 7, 7), (9, 3, 30), (9, 3, 30)), name)
	at = np.array([0.7, 3.0, 0.4, 1.3])[:size]
	sides = np.eye(size) * 1e-6
	slopes = [(likelihood(at + side)[0] - likelihood(at - side)[0]) / 2e-6 for side in sides]
	assert likelihood(at)[1].tolist() == pytest.approx(slopes, abs=1e-7)


def grouped(*rows):
	frame = histories(*rows)
	return GroupedHistories.of(*(frame[name].to_numpy() for name in frame))


# ---- made customers ----------------------------------------------------------------------------------------


def test_made_customers_are_found_again_within_their_sampling_error():
	true = np.array([0.6, 40.0, 0.5, 3.0])
	history, _then = made_histories(20_000, *true, days=730)
	found = fit_purchase_model(history)
	logs = np.log([found.r, found.alpha, found.a, found.b])
	assert (np.abs(logs - np.log(true)) < 3 * standard_errors(history, np.exp(logs))).all()
	assert standard_errors(history, np.exp(logs)).max() < 0.1


def standard_errors(history, parameters):
	"""Of the logarithms of the parameters, from the curvature of the likelihood."""
	likelihood = GroupedHistories.of(*(history[name].to_numpy() for name in history)).likelihood
	sides = np.exp(np.eye(4) * 1e-4)
	slopes = [[likelihood(parameters * by)[1] * parameters * by for by in (side, 1 / side)] for side in sides]
	curvature = -np.array([(up - down) / 2e-4 for up, down in slopes])
	return np.sqrt(np.diag(np.linalg.inv(curvature * len(history))))


def test_made_customers_buy_afterwards_as_the_model_says():
	history, then = made_histories(40_000, 0.6, 40.0, 0.5, 3.0, days=730, horizon=90)
	true = BgNbd(0.6, 40.0, 0.5, 3.0, 0.0, 0)
	quiet, expected = true.probability_of_no_purchase(history, 90), true.expected_purchases(history, 90)
	for _tenth, members in quiet.groupby(pd.qcut(quiet.rank(method="first"), 10, labels=False)):
		error = (quiet * (1 - quiet))[members.index].sum() ** 0.5 / len(members)
		assert (then[members.index] == 0).mean() == pytest.approx(members.mean(), abs=3.5 * error)
	assert then.mean() == pytest.approx(expected.mean(), abs=3 * then.std() / len(then) ** 0.5)


def test_two_hundred_customers_tell_the_probabilities_to_five_points():
	"""Why FEWEST_CUSTOMERS is what it is: 9 of 10 fits to so many are as near on average."""
	everybody, _then = made_histories(2_000, 0.9, 60.0, 0.3, 3.0, days=365, seed=99)
	true = BgNbd(0.9, 60.0, 0.3, 3.0, 0.0, 0).probability_of_no_purchase(everybody, 90)
	misses = []
	for seed in range(20):
		few, _then = made_histories(FEWEST_CUSTOMERS, 0.9, 60.0, 0.3, 3.0, days=365, seed=seed)
		misses.append((fit_purchase_model(few).probability_of_no_purchase(everybody, 90) - true).abs().mean())
	assert np.quantile(misses, 0.9) < 0.05


def test_customers_who_are_alike_are_no_reason_to_refuse():
	history, then = made_histories(3_000, 500.0, 20_000.0, 1.0, 9.0, days=365, horizon=90)
	quiet = fit_purchase_model(history).probability_of_no_purchase(history, 90)
	assert quiet.mean() == pytest.approx((then == 0).mean(), abs=0.03)


# ---- one answer, whatever the form -------------------------------------------------------------------------


def test_the_fit_does_not_depend_on_the_order_of_customers(sample):
	assert fit_purchase_model(sample.sample(frac=1, random_state=3)) == fit_purchase_model(sample)


@pytest.mark.parametrize("units_per_day", [1 / DAYS_PER_WEEK, 86_400_000])
def test_the_fit_does_not_depend_on_the_unit_of_time(sample, units_per_day):
	in_days = fit_purchase_model(sample)
	found = fit_purchase_model(
		sample.assign(last_age=sample["last_age"] * units_per_day, age=sample["age"] * units_per_day)
	)
	assert found.alpha / units_per_day == pytest.approx(in_days.alpha, rel=1e-6)
	assert [found.r, found.a, found.b] == pytest.approx([in_days.r, in_days.a, in_days.b], rel=1e-6)
	per_unit = sample["repeats"].sum() * math.log(units_per_day)
	assert found.log_likelihood + per_unit == pytest.approx(in_days.log_likelihood, abs=1e-6)


@pytest.mark.parametrize("answer", ["probability_of_no_purchase", "expected_purchases"])
@pytest.mark.parametrize("some", [PUBLISHED, Nbd(0.7, 60.0, 0.0, 0, FitError("Why"))])
def test_batches_change_no_number(sample, some, answer):
	ask = getattr(some, answer)
	halves = pd.concat([ask(sample[1200:], 90), ask(sample[:1200], 90)])
	pd.testing.assert_series_equal(halves.sort_index(), ask(sample, 90), check_exact=True)


@pytest.mark.parametrize("some", [PUBLISHED, Nbd(0.7, 60.0, 0.0, 0, FitError("Why"))])
def test_who_never_bought_has_no_probability(some):
	customers = histories((2, 30, 60), (NAN, NAN, NAN)).set_axis(["Ada", "Never"])
	for answer in (
		some.probability_alive(customers),
		some.probability_of_no_purchase(customers, 90),
		some.expected_purchases(customers, 90),
	):
		assert answer.index.tolist() == ["Ada", "Never"]
		assert answer.isna().tolist() == [False, True]


def test_who_never_bought_takes_no_part_in_the_fit(sample):
	never = pd.concat([sample, histories((NAN, NAN, NAN))], ignore_index=True)
	before = never.copy()
	assert fit_purchase_model(never) == fit_purchase_model(sample)
	pd.testing.assert_frame_equal(never, before)


def test_the_most_faithful_customer_has_no_overflow():
	busy = histories((100_000, 3_000, 4_000), (100_000, 4_000, 4_000))
	assert PUBLISHED.probability_alive(busy).tolist() == pytest.approx([0.0, 1.0], abs=1e-4)
	assert PUBLISHED.probability_of_no_purchase(busy, 90).tolist() == pytest.approx([1.0, 0.0], abs=1e-4)


@pytest.mark.parametrize("spread", [(1e-4, 1e3), (1e-4, 1e-4), (1e3, 1e-4), (1e3, 1e3)])
@pytest.mark.parametrize("rates", [(1e-3, 1e-2), (1e3, 1e5)])
def test_at_the_borders_of_the_fit_every_number_is_one(rates, spread):
	customers = histories((0, 0, 0), (1, 0, 0), (1, 1, 3_000), (900, 3_000, 3_000), (20_000, 2_999, 3_000))
	some = BgNbd(*rates, *spread, 0.0, 0)
	for probability in (some.probability_alive(customers), some.probability_of_no_purchase(customers, 90)):
		assert probability.between(0, 1).all()
	assert some.expected_purchases(customers, 90).between(0, 90 * 20_000).all()


# ---- what cannot be fitted ---------------------------------------------------------------------------------


def test_who_buys_regularly_is_never_seen_to_leave():
	"""Every 30 days until today or a few days before; the NBD takes over and says why."""
	regular = histories(*[(days // 30, days // 30 * 30, days) for days in range(100, 700)])
	found = fit_purchase_model(regular)
	assert isinstance(found, Nbd)
	assert str(found.reason) == "Nobody is seen to leave for good: pauses are as long as chance makes them."
	assert found.probability_alive(regular).unique().tolist() == [1.0]


def test_without_leaving_the_nbd_finds_made_customers_again():
	true = (2.0, 80.0)
	history, then = made_histories(20_000, *true, 1e-9, 1.0, days=730, horizon=90)
	found = fit_purchase_model(history)
	assert isinstance(found, Nbd)
	assert [found.r, found.alpha] == pytest.approx(true, rel=0.03)
	assert found.probability_of_no_purchase(history, 90).mean() == pytest.approx(
		(then == 0).mean(), abs=0.008
	)
	assert found.expected_purchases(history, 90).mean() == pytest.approx(then.mean(), rel=0.02)


def test_the_nbd_by_hand():
	some, customer = Nbd(1.0, 10.0, 0.0, 0, FitError("Why")), histories((1, 10, 30))
	assert some.probability_of_no_purchase(customer, 40).tolist() == pytest.approx([1 / 4])
	assert some.expected_purchases(customer, 40).tolist() == pytest.approx([2.0])


def test_the_nbd_has_the_log_likelihood_of_the_days_it_was_given():
	found = fit_purchase_model(histories(*[(days // 30, days // 30 * 30, days) for days in range(100, 700)]))
	data = grouped(*[(days // 30, days // 30 * 30, days) for days in range(100, 700)])
	per_customer = data.likelihood_of_nbd(np.array([found.r, found.alpha]))[0]
	assert found.log_likelihood == pytest.approx(600 * per_customer)


REFUSED = {
	"few": ([(1, 10, 30)] * 199, "Customers who have bought: 199. A model of their purchases needs 200."),
	"nobody": ([], "Customers who have bought: 0. A model of their purchases needs 200."),
	"today": (
		[(0, 0, 0)] * 300,
		"All customers bought for the first time today: there is no time to learn from.",
	),
	"none back": ([(0, 0, 30)] * 300, "No customer has bought on a second day."),
	"few back": (
		[(0, 0, 30)] * 300 + [(1, 5, 30)] * 49,
		"Customers who came back to buy again: 49. A model of their purchases needs 50.",
	),
	"once": (
		[(1, 1 + days % 20, 700) for days in range(300)] + [(0, 0, 10)] * 10,
		"Customers who came back did so once and never again.",
	),
	"all or nothing": (
		[(1, 10, 700)] * 200 + [(70, 700, 700)] * 200,
		"The purchases of these customers differ more than the model of purchases can say.",
	),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_degenerate_fit_is_refused_with_its_reason(name):
	rows, reason = REFUSED[name]
	with pytest.raises(FitError) as refusal:
		fit_purchase_model(histories(*rows))
	assert str(refusal.value) == reason


def test_a_search_without_an_end_is_refused(sample, monkeypatch):
	monkeypatch.setattr(likelihood_search, "MOST_STEPS", 2)
	with pytest.raises(FitError, match="came to no end"):
		fit_purchase_model(sample)


@pytest.mark.parametrize(
	"row",
	[
		*[(1.5, 10, 30), (-1, 0, 30), (math.inf, 10, 30), (1, 31, 30), (1, -1, 30), (1, 10, math.inf)],
		*[(0, 10, 30), (1, NAN, 30), (NAN, NAN, 30)],
	],
)
def test_a_history_that_contradicts_itself_is_refused(row):
	with pytest.raises(ScoringError, match="must lie between the first one and today"):
		PUBLISHED.probability_alive(histories(row))


@pytest.mark.parametrize("horizon", [0, -1, NAN, math.inf])
def test_a_horizon_is_some_days(horizon):
	for some in (PUBLISHED, Nbd(0.7, 60.0, 0.0, 0, FitError("Why"))):
		for answer in (some.probability_of_no_purchase, some.expected_purchases):
			with pytest.raises(ScoringError, match="is none: set one day or more"):
				answer(NEW, horizon)
