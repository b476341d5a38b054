"""Means over beta distributions, as sums over few points. Knows nothing of customers."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

NODES = 64
LEAST_POINT = 1e-15  # of eigenvalues no more digits are known


def beta_quadrature(a: float, b: Array, nodes: int = NODES) -> tuple[Array, Array]:
	"""So many points in 0-1 and weights that sum to 1, a row for each b: for means over a beta distribution with a and b.

	Source: Golub and Welsch, "Calculation of Gauss Quadrature Rules", Mathematics of Computation 23, 1969: the
	eigenvalues of the matrix of the recurrence of Jacobi polynomials, here moved from -1...1 to 0...1.
	"""
	diagonal, beside = _jacobi_recurrence(b - 1, a - 1, nodes)
	matrices = np.zeros((len(b), nodes, nodes))
	at = np.arange(nodes)
	matrices[:, at, at] = diagonal
	matrices[:, at[1:], at[:-1]] = matrices[:, at[:-1], at[1:]] = beside
	points, vectors = np.linalg.eigh(matrices)
	return np.maximum(points, LEAST_POINT), vectors[:, 0, :] ** 2


def _jacobi_recurrence(above: Array, below: float, nodes: int) -> tuple[Array, Array]:
	"""The diagonal and the one beside it for the weight (1 - x)^above (1 + x)^below, on 0...1, a row for each above."""
	high = above[:, None]
	step = np.arange(1, nodes)
	total = 2 * step + high + below
	later = (1 + (below**2 - high**2) / (total * (total + 2))) / 2
	first = (below + 1) / (high + below + 2)
	start = (1 + high) * (1 + below) / ((2 + high + below) ** 2 * (3 + high + below))
	step, total = step[1:], total[:, 1:]
	squares = step * (step + high) * (step + below) * (step + high + below) / (total**2 * (total**2 - 1))
	return np.hstack([first, later]), np.sqrt(np.hstack([start, squares]))
