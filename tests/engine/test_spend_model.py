"""Gamma-Gamma and the shrunken mean: published figures, hand-computed means, made customers, what cannot be fitted."""

import math

import numpy as np
import pandas as pd
import pytest
from made_customers import cdnow_sample, made_spends

from crm_success.scoring.engine.errors import FitError, ScoringError
from crm_success.scoring.engine.forecast import likelihood_search
from crm_success.scoring.engine.forecast.spend_model import (
	GammaGamma,
	ShrunkenMean,
	Spends,
	digamma,
	fit_gamma_gamma,
	fit_spend_model,
	log_gamma,
	shrunken_mean,
)

NAN = float("nan")
WHY = FitError("Why")


@pytest.fixture(scope="module")
def sample():
	return cdnow_sample()


@pytest.fixture(scope="module")
def fitted(sample):
	return fit_gamma_gamma(sample["repeats"], sample["spend"])


def spends(*rows):
	"""Purchases and mean spend of each customer."""
	frame = pd.DataFrame(rows, columns=["purchases", "spend"], dtype="float64")
	return frame["purchases"], frame["spend"]


# ---- published figures -------------------------------------------------------------------------------------


def test_the_fit_to_cdnow_is_the_published_one(fitted):
	"""Fader and Hardie, "The Gamma-Gamma Model of Monetary Value", 2013: 946 customers with repeat purchases."""
	assert (round(fitted.p, 2), round(fitted.q, 2), round(fitted.gamma, 2)) == (6.25, 3.74, 15.44)
	assert fitted.customers == 946


def test_the_fit_to_cdnow_has_the_likelihood_of_another_program(fitted):
	"""CLVTools for R, tests/testthat/test_correctness_gg.R."""
	assert round(fitted.log_likelihood, 4) == -4055.9177


def test_the_spend_to_expect_of_cdnow_customers_is_the_published_one(fitted):
	"""The spreadsheet to the note, first 10 customers, as test_estimation.py of lifetimes for Python quotes it."""
	purchases, spend = spends((2, 22.345), (1, 11.77), (0, 0.0), (7, 73.74), (2, 25.55))
	published = [24.65, 18.91, 35.17, 71.46, 27.28]
	assert fitted.expected_spend(purchases, spend).tolist() == pytest.approx(published, abs=0.0055)


# ---- formulas, by hand -------------------------------------------------------------------------------------


def test_the_mean_of_everybody_stands_for_who_never_bought():
	some = GammaGamma(2.0, 2.0, 10.0, 0.0, 0)
	assert some.mean == 20.0  # 2 x 10 / (2 - 1)
	purchases, spend = spends((0, 0), (0, 70), (NAN, NAN), (3, NAN))
	assert some.expected_spend(purchases, spend).tolist() == [20.0] * 4


def test_a_customers_own_mean_counts_by_its_purchases():
	some = GammaGamma(2.0, 2.0, 10.0, 0.0, 0)
	# (10 + 3 x 30) x 2 / (2 x 3 + 2 - 1)
	assert some.expected_spend(*spends((3, 30))).tolist() == pytest.approx([200 / 7])


def test_the_shrunken_mean_by_hand():
	purchases, spend = spends((1, 10), (6, 40), (0, NAN), (2, -20), (4, 0))
	some = shrunken_mean(purchases, spend, WHY)
	assert some == ShrunkenMean(12.5, 2.0, 4, WHY)  # 10, 40, 0 and 0
	expected = [(10 + 25) / 3, (240 + 25) / 8, 12.5, 25 / 4, 25 / 6]
	assert some.expected_spend(purchases, spend).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("some", [GammaGamma(2.0, 2.0, 10.0, 0.0, 0), ShrunkenMean(20.0, 2.0, 9, WHY)])
def test_who_only_returns_is_expected_to_spend_less_and_not_below_nothing(some):
	returns, nothing, little = some.expected_spend(*spends((4, -500), (4, 0), (4, 5)))
	assert 0 < returns == nothing < little < some.mean


def test_the_likelihood_by_hand():
	# p = q = gamma = x = spend = 1: 1 / (1 + 1)^2
	assert likelihood((1, 1))(np.ones(3))[0] == pytest.approx(math.log(1 / 4))
	# gamma(5) / gamma(2) / gamma(3) x 2^3 x 2^1 / (2 + 2)^5
	once = math.log(12 * 8 * 2 / 1024)
	assert likelihood((1, 2))(np.array([2.0, 3.0, 2.0]))[0] == pytest.approx(once)
	# gamma(5) / gamma(2) / gamma(3) x 1 x 4^(2 - 1) x 2^2 / (1 + 8)^5: two purchases of 4, p = 1, q = 3, gamma = 1
	twice = math.log(12 * 4 * 4 / 9**5)
	assert likelihood((2, 4))(np.array([1.0, 3.0, 1.0]))[0] == pytest.approx(twice)
	both = likelihood((1, 2), (1, 2), (2, 4))(np.array([2.0, 3.0, 2.0]))[0]
	assert both == pytest.approx((2 * once + likelihood((2, 4))(np.array([2.0, 3.0, 2.0]))[0]) / 3)


def test_slopes_are_those_of_the_likelihood():
	height = likelihood((1, 3), (1, 8), (2, 0.5), (9, 30), (40, 2))
	at, sides = np.array([1.7, 2.3, 0.8]), np.eye(3) * 1e-6
	slopes = [(height(at + side)[0] - height(at - side)[0]) / 2e-6 for side in sides]
	assert height(at)[1].tolist() == pytest.approx(slopes, abs=1e-6)


def likelihood(*rows):
	return Spends(*(column.to_numpy() for column in spends(*rows))).likelihood


def test_the_gamma_function_is_that_of_python():
	numbers = np.geomspace(1e-6, 1e7, 200)
	expected = [math.lgamma(number) for number in numbers]
	assert log_gamma(numbers).tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_digamma_is_known_at_one_and_at_a_half():
	"""Abramowitz and Stegun, 6.3.2 and 6.3.3: Euler's constant, and with 2 log 2 more."""
	euler = 0.5772156649015329
	assert digamma(np.array([1.0, 0.5])).tolist() == pytest.approx(
		[-euler, -euler - 2 * math.log(2)], rel=1e-13
	)
	numbers = np.geomspace(1e-3, 1e6, 50)
	steps = digamma(numbers + 1) - digamma(numbers)
	assert steps.tolist() == pytest.approx((1 / numbers).tolist(), rel=1e-6)


# ---- made customers, and one answer whatever the form ------------------------------------------------------


def test_made_customers_are_found_again_within_their_sampling_error():
	true = np.array([3.0, 4.0, 200.0])
	purchases, spend = made_spends(20_000, *true)
	found = fit_gamma_gamma(purchases, spend)
	logs = np.log([found.p, found.q, found.gamma])
	errors = standard_errors(purchases, spend, np.exp(logs))
	assert (np.abs(logs - np.log(true)) < 3 * errors).all()
	assert errors.max() < 0.06


def standard_errors(purchases, spend, parameters):
	"""Of the logarithms of the parameters, from the curvature of the likelihood."""
	height = Spends(purchases.to_numpy(dtype="float64"), spend.to_numpy()).likelihood
	sides = np.exp(np.eye(3) * 1e-4)
	slopes = [[height(parameters * by)[1] * parameters * by for by in (side, 1 / side)] for side in sides]
	curvature = -np.array([(up - down) / 2e-4 for up, down in slopes])
	return np.sqrt(np.diag(np.linalg.inv(curvature * len(purchases))))


def test_the_expected_spends_of_all_customers_add_up_to_what_they_spent_on_average():
	purchases, spend = made_spends(20_000, 3.0, 4.0, 200.0)
	for some in (fit_gamma_gamma(purchases, spend), shrunken_mean(purchases, spend, WHY)):
		assert some.expected_spend(purchases, spend).mean() == pytest.approx(spend.mean(), rel=0.01)


def test_neither_order_nor_currency_nor_batches_change_the_answer(sample, fitted):
	purchases, spend = sample["repeats"], sample["spend"]
	mixed = sample.sample(frac=1, random_state=3)
	assert fit_gamma_gamma(mixed["repeats"], mixed["spend"]) == fitted
	in_cents = fit_gamma_gamma(purchases, spend * 100)
	assert [in_cents.p, in_cents.q, in_cents.gamma / 100] == pytest.approx(
		[fitted.p, fitted.q, fitted.gamma], rel=1e-5
	)
	halves = [fitted.expected_spend(purchases[part], spend[part]) for part in (slice(0, 9), slice(9, None))]
	pd.testing.assert_series_equal(
		pd.concat(halves), fitted.expected_spend(purchases, spend), check_exact=True
	)


def test_returns_and_nothing_take_no_part_in_the_fit(sample, fitted):
	purchases, spend = sample["repeats"].copy(), sample["spend"].copy()
	none = purchases == 0
	purchases[none], spend[none] = 2, np.where(np.arange(none.sum()) % 2, 0.0, -50.0)
	assert fit_gamma_gamma(purchases, spend) == fitted


# ---- what cannot be fitted ---------------------------------------------------------------------------------

OFTEN = np.arange(1, 201)
REFUSED = {
	"nobody": ([], [], "Customers who have spent something: 0. A model of what they spend needs 50."),
	"few": (
		[1, 2, 3],
		[5.0, 0.0, -1.0],
		"Customers who have spent something: 1. A model of what they spend needs 50.",
	),
	"the same": (OFTEN, np.full(200, 9.5), "All customers spend the same with each purchase."),
	"together": (
		OFTEN,
		OFTEN**2.0,
		"How much customers spend with a purchase goes with how often they buy (rank correlation 1.00).",
	),
	"differ": (
		np.full(400, 5),
		1 / np.random.default_rng(5).gamma(0.7, 1.0, 400),
		"What these customers spend differs more than the model can say.",
	),
	"no mean": (
		*made_spends(400, 3.0, 0.7, 100.0),
		"A few customers spend so much more than the others that a mean cannot be told.",
	),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_degenerate_fit_is_refused_and_the_shrunken_mean_says_why(name):
	purchases, spend, reason = REFUSED[name]
	purchases, spend = pd.Series(purchases, dtype="float64"), pd.Series(spend, dtype="float64")
	with pytest.raises(FitError) as refusal:
		fit_gamma_gamma(purchases, spend)
	assert str(refusal.value) == reason
	simpler = fit_spend_model(purchases, spend)
	assert isinstance(simpler, ShrunkenMean)
	assert str(simpler.reason) == reason
	assert simpler.expected_spend(purchases, spend).notna().all()


def test_a_search_without_an_end_is_refused(sample, monkeypatch):
	monkeypatch.setattr(likelihood_search, "MOST_STEPS", 2)
	simpler = fit_spend_model(sample["repeats"], sample["spend"])
	assert str(simpler.reason) == "The search for the model of what customers spend came to no end."
	assert simpler.mean == pytest.approx(35.08, abs=0.005)  # of the 946 means


def test_a_good_fit_needs_nothing_simpler(sample, fitted):
	assert fit_spend_model(sample["repeats"], sample["spend"]) == fitted


def test_without_customers_nothing_is_expected():
	assert fit_spend_model(*spends()).expected_spend(*spends((0, NAN))).tolist() == [0.0]


@pytest.mark.parametrize("row", [(-1, 10), (math.inf, 10), (1, math.inf), (1, -math.inf)])
def test_purchases_that_cannot_be_are_refused(row):
	for ask in (fit_gamma_gamma, fit_spend_model, GammaGamma(2.0, 2.0, 10.0, 0.0, 0).expected_spend):
		with pytest.raises(ScoringError, match="must be 0 or more"):
			ask(*spends(row))
