"""What moved a score most, as facts. Puts nothing into words, and needs no table of numbers: forms load it too."""

from collections.abc import Mapping
from operator import itemgetter
from typing import TypeAlias, TypedDict

COUNT = 3
_CONTRIBUTION = itemgetter(0)

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
	lowering: list[tuple[float, str, Component]] = []
	lifting: list[tuple[float, str, Component]] = []
	for key, part in components.items():
		contribution = part["contribution"]
		if contribution:
			(lowering if contribution < 0 else lifting).append((contribution, key, part))
	lowering.sort(key=_CONTRIBUTION)
	lifting.sort(key=_CONTRIBUTION, reverse=True)
	return [_driver(*moving) for moving in (*lowering[:count], *lifting[:count])]


def _driver(contribution: float, key: str, part: Component) -> Driver:
	return {"metric": key, "value": part["raw"], "points": part["points"], "contribution": contribution}
