"""What moved a score most, as facts. Puts nothing into words, and needs no table of numbers: forms load it too."""

from collections.abc import Mapping
from typing import TypeAlias, TypedDict

COUNT = 3

# raw (its unit), points, weight and contribution of a metric
Component: TypeAlias = Mapping[str, float | None]


class Driver(TypedDict):
	"""One metric of one customer: its value (None where nothing is on record), its points and its contribution."""

	metric: str
	value: float | None
	points: float | None
	contribution: float


def drivers_of(components: Mapping[str, Component], count: int = COUNT) -> list[Driver]:
	"""First the `count` lowest negative contributions, lowest first, then the `count` highest positive ones.

	`components` by metric key, as they are stored. Equal contributions come in their order; zero drives nothing.
	"""
	contributions = {key: part["contribution"] or 0.0 for key, part in components.items()}
	lowering = sorted((key for key in contributions if contributions[key] < 0), key=contributions.__getitem__)
	lifting = sorted(
		(key for key in contributions if contributions[key] > 0), key=lambda key: -contributions[key]
	)
	return [
		Driver(
			metric=key,
			value=components[key]["raw"],
			points=components[key]["points"],
			contribution=contributions[key],
		)
		for key in (*lowering[:count], *lifting[:count])
	]
