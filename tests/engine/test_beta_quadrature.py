"""Means over beta distributions: the moments that are known."""

import numpy as np
import pytest

from crm_success.scoring.engine.forecast.beta_quadrature import NODES, beta_quadrature

B = np.array([1e-3, 0.5, 1.0, 2.4, 1_000.0])


@pytest.mark.parametrize("a", [1e-4, 0.5, 1.0, 7.0, 1_000.0])
def test_the_first_moments_are_those_of_the_distribution(a):
	points, weights = beta_quadrature(a, B)
	assert points.shape == weights.shape == (len(B), NODES)
	assert weights.sum(axis=1).tolist() == pytest.approx([1.0] * len(B), rel=1e-12)
	mean = a / (a + B)
	assert (weights * points).sum(axis=1).tolist() == pytest.approx(mean.tolist(), rel=1e-9)
	square = mean * (a + 1) / (a + B + 1)
	assert (weights * points**2).sum(axis=1).tolist() == pytest.approx(square.tolist(), rel=1e-9)


def test_points_lie_between_0_and_1():
	points, _weights = beta_quadrature(1e-4, np.array([1e-4, 100_000.0]))
	assert (points > 0).all()
	assert (points <= 1 + 1e-12).all()


def test_a_smooth_function_has_its_mean():
	points, weights = beta_quadrature(1.0, np.array([1.0]))
	assert (weights * np.exp(points)).sum() == pytest.approx(np.e - 1, rel=1e-13)
