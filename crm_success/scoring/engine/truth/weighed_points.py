"""The weighted mean of points that health.py forms, as a smooth function of the weights. Learns nothing.

A score depends on one number a metric only: its share, the weight of its dimension times its part of that dimension.
Whatever shares are wanted, a scorecard has weights that give them. Metrics are rows here and customers columns, because
sums run over metrics.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Places: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WeighedPoints:
	"""What customers of any dates have to be weighed: a row a metric, a column a customer and date.

	points: 0 to 1, where 100 points are 1; 0 where not observed. observed: 1, or 0 where there is no value. groups: for
	each metric, the number of its dimension, counted from 0.
	"""

	points: Array
	observed: Array
	groups: Places

	def of_metrics(self, kept: Flags) -> "WeighedPoints":
		"""Those metrics only, as if the others had no weight."""
		return WeighedPoints(self.points[kept], self.observed[kept], self.groups[kept])

	def of_customers(self, kept: Flags) -> "WeighedPoints":
		"""Those customers and dates only."""
		return WeighedPoints(self.points[:, kept], self.observed[:, kept], self.groups)

	def counts(self, shares: Array) -> Flags:
		"""Whether a customer has a value of a metric with a share."""
		return np.asarray(self.observed[shares > 0].any(axis=0))


@dataclass(frozen=True)
class _Group:
	"""A dimension: which metrics are its own, its weight of each customer (0 where empty), its mean, and the sum of
	the shares that the customer has values for.
	"""

	members: Places
	weight: Array
	mean: Array
	inside: Array


def weighted_mean(weighed: WeighedPoints, shares: Array) -> Array:
	"""The mean (0 to 1) of each customer; `shares` are 0 or more in any scale.

	A metric without a value leaves its part to the others of its dimension, an empty dimension its own to the other
	dimensions. A customer with nothing that counts has a mean of 0.
	"""
	mean, _ = _mean(list(_groups(weighed, shares)), weighed)
	return mean


def slopes_of_mean(weighed: WeighedPoints, shares: Array) -> tuple[Array, Array]:
	"""The weighted mean, and by how much it rises with each share (metrics x customers; 0 where nothing counts)."""
	groups = list(_groups(weighed, shares))
	mean, whole = _mean(groups, weighed)
	slopes = np.empty_like(weighed.points)
	for group in groups:
		of_group = np.where(group.inside > 0, group.mean - mean, 0.0)
		own = _divided(group.weight, group.inside)
		for at in group.members:
			slopes[at] = of_group + own * (weighed.points[at] - weighed.observed[at] * group.mean)
	return mean, _divided(slopes, whole)


def _groups(weighed: WeighedPoints, shares: Array) -> Iterator[_Group]:
	for number in range(int(weighed.groups.max(initial=-1)) + 1):
		members = np.flatnonzero(weighed.groups == number)
		of_members = shares[members]
		# sums by einsum, whose last digits do not depend on how many threads the machine has
		inside = np.einsum("j,ji->i", of_members, weighed.observed[members])
		points = np.einsum("j,ji->i", of_members, weighed.points[members])
		weight = np.where(inside > 0, of_members.sum(), 0.0)
		yield _Group(members, weight, _divided(points, inside), inside)


def _mean(groups: list[_Group], weighed: WeighedPoints) -> tuple[Array, Array]:
	"""The mean of each customer, and the weight that counted."""
	total, whole = np.zeros(weighed.points.shape[1]), np.zeros(weighed.points.shape[1])
	for group in groups:
		total += group.weight * group.mean
		whole += group.weight
	return _divided(total, whole), whole


def _divided(values: Array, by: Array) -> Array:
	"""0 where there is nothing to divide by."""
	return np.asarray(np.where(by > 0, values / np.where(by > 0, by, 1.0), 0.0), dtype=np.float64)
