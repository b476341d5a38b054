"""The search for the highest likelihood: peaks, borders, and what it must not call a peak."""

import numpy as np
import pytest

from crm_success.scoring.engine.forecast import likelihood_search
from crm_success.scoring.engine.forecast.likelihood_search import highest_peak, weighted_sum

LOW, HIGH = np.array([1e-3, 1e-3]), np.array([1e3, 1e3])
STARTS = [np.array([1.0, 1.0])]


def valley(parameters):
	"""A narrow curved ridge with its top, of height 5, at (2, 4): the function of Rosenbrock, upside down."""
	one, other = parameters
	across = other - one**2
	slopes = np.array([2 * (2 - one) + 400 * across * one, -200 * across])
	return 5 - (2 - one) ** 2 - 100 * across**2, slopes


def rising(parameters):
	"""Higher without end, the nearer the first comes to 0 and the larger the second."""
	one, other = parameters
	return float(1 / (1 + one) - 1 / other), np.array([-1 / (1 + one) ** 2, 1 / other**2])


def test_the_top_of_a_narrow_ridge_is_found():
	peak = highest_peak(valley, STARTS, LOW, HIGH)
	assert peak.converged
	assert peak.parameters.tolist() == pytest.approx([2.0, 4.0], rel=1e-6)
	assert peak.height == pytest.approx(5.0)


def test_a_rise_without_end_ends_near_the_border():
	peak = highest_peak(rising, STARTS, LOW, HIGH)
	assert peak.converged
	assert peak.parameters[0] == pytest.approx(1e-3, rel=0.01)
	assert peak.parameters[1] == pytest.approx(1e3, rel=0.01)


def test_of_two_peaks_the_higher_is_taken():
	def two(parameters):
		logs = np.log(parameters)
		near, far = np.exp(-((logs - 1) ** 2).sum()), 2 * np.exp(-((logs + 2) ** 2).sum())
		return float(near + far), (-2 * (logs - 1) * near - 2 * (logs + 2) * far) / parameters

	low, high = np.array([2.5, 2.5]), np.array([0.15, 0.15])
	assert highest_peak(two, [low], LOW, HIGH).height == pytest.approx(1, abs=0.01)
	for starts in ([low, high], [high, low]):
		assert highest_peak(two, starts, LOW, HIGH).height == pytest.approx(2, abs=0.01)


def test_a_search_that_was_stopped_has_not_converged(monkeypatch):
	monkeypatch.setattr(likelihood_search, "MOST_STEPS", 3)
	assert not highest_peak(valley, STARTS, LOW, HIGH).converged


def test_a_likelihood_that_is_no_number_has_not_converged():
	def broken(parameters):
		return float("nan"), np.full(2, np.nan)

	assert not highest_peak(broken, STARTS, LOW, HIGH).converged


def test_a_peak_goes_before_a_higher_place_that_is_none():
	def cliff(parameters):
		return (10.0, np.full(2, np.nan)) if parameters[0] > 100 else valley(parameters)

	assert highest_peak(cliff, [np.array([500.0, 1.0]), *STARTS], LOW, HIGH).height == pytest.approx(5.0)


def test_a_weighted_sum():
	assert weighted_sum(np.array([1.0, 2.0]), np.array([10.0, 0.5])) == 11.0
