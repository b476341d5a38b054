"""Drivers: which metrics moved a score most, from what is kept of each."""

from crm_success.scoring.engine.drivers import Component, drivers_of


def components(**contributions: float | None) -> dict[str, Component]:
	return {
		key: {"raw": 1.0, "points": 2.0, "weight": 3.0, "contribution": contribution}
		for key, contribution in contributions.items()
	}


def moved(count: int = 3, **contributions: float | None) -> dict[str, float]:
	drivers = drivers_of(components(**contributions), count)
	return {driver["metric"]: driver["contribution"] for driver in drivers}


def test_drivers_are_the_lowest_and_then_the_highest() -> None:
	found = moved(2, a=-1.0, b=4.0, c=-3.0, d=2.0, e=0.0, f=-2.0, g=9.0, h=None, i=1.0)
	assert list(found.items()) == [("c", -3.0), ("f", -2.0), ("g", 9.0), ("b", 4.0)]


def test_three_drivers_each_way_unless_asked_otherwise() -> None:
	parts = components(a=-1.0, b=-2.0, c=-3.0, d=-4.0, e=1.0, f=2.0, g=3.0, h=4.0)
	assert [driver["metric"] for driver in drivers_of(parts)] == ["d", "c", "b", "h", "g", "f"]


def test_equal_drivers_come_in_the_order_of_the_metrics() -> None:
	assert list(moved(2, a=2.0, b=-2.0, c=2.0, d=-2.0, e=2.0, f=-2.0)) == ["b", "d", "a", "c"]


def test_a_driver_has_the_facts_that_are_kept_of_its_metric() -> None:
	parts: dict[str, Component] = {
		"late": {"raw": None, "points": 0.0, "weight": 15.0, "contribution": -7.5},
		"idle": {"raw": 3.0, "points": None, "weight": 0.0, "contribution": 0.0},
	}
	assert drivers_of(parts) == [{"metric": "late", "value": None, "points": 0.0, "contribution": -7.5}]


def test_nothing_has_no_drivers() -> None:
	assert drivers_of({}) == []
	assert drivers_of(components(a=0.0, b=-0.0, c=None)) == []
