"""The pictures of the report as inline SVG: no script, no network. Every colour comes with a sign or words."""

import math

import pandas as pd

from crm_success.scoring.engine.definitions import HealthBand
from crm_success.standalone.report import numbers
from crm_success.standalone.report.figures import BIN_WIDTH, NO_SCORE
from crm_success.standalone.report.markup import Markup, element, join

SIGNS = {
	HealthBand.HEALTHY.value: "●",
	HealthBand.WATCH.value: "◆",
	HealthBand.AT_RISK.value: "▲",
	NO_SCORE: "○",
}
_CLASSES = {
	HealthBand.HEALTHY.value: "healthy",
	HealthBand.WATCH.value: "watch",
	HealthBand.AT_RISK.value: "at-risk",
	NO_SCORE: "no-score",
}


def band_class(band: str) -> str:
	"""The CSS class of a band."""
	return _CLASSES.get(band, "no-score")


def bar(part: float, whole: float, kind: str = "plain") -> Markup:
	"""A horizontal bar, `part` of `whole` long; a value above zero is always visible."""
	share = 0.0 if not whole or not numbers.is_number(part / whole) else min(max(part / whole, 0), 1)
	length = max(share * 100, 0.8) if share else 0
	return element(
		"svg",
		element("rect", width=100, height=10, class_="track"),
		element("rect", width=f"{length:.1f}", height=10, class_=f"fill-{kind}"),
		viewBox="0 0 100 10",
		preserveAspectRatio="none",
		class_="bar",
		aria_hidden="true",
	)


def donut(bands: pd.DataFrame, average: float) -> Markup:
	"""A ring of the customers by band, each arc with its sign, the average score in the middle."""
	whole = bands["customers"].sum()
	arcs, start = [], 0.0
	for band, customers in bands["customers"].items():
		share = customers / whole if whole else 0
		arcs.append(_arc(str(band), start, share))
		start += share
	middle = [
		element("text", numbers.score(average), x=100, y=104, class_="donut-number"),
		element("text", "average score", x=100, y=124, class_="donut-label"),
	]
	words = ", ".join(f"{band} {numbers.percent(part, whole)}" for band, part in bands["customers"].items())
	return element("svg", arcs, middle, viewBox="0 0 200 200", class_="donut", role="img", aria_label=words)


def _arc(band: str, start: float, share: float) -> Markup | None:
	if share <= 0:
		return None
	radius, gap = 76, 0.004 if share < 1 else 0
	around = 2 * math.pi * radius
	length = max(share - gap, 0.002) * around
	ring = element(
		"circle",
		cx=100,
		cy=100,
		r=radius,
		class_=f"arc stroke-{band_class(band)}",
		stroke_dasharray=f"{length:.2f} {around - length:.2f}",
		transform=f"rotate({start * 360 - 90:.2f} 100 100)",
	)
	if share < 0.04:
		return ring
	angle = 2 * math.pi * (start + share / 2) - math.pi / 2
	x, y = 100 + radius * math.cos(angle), 100 + radius * math.sin(angle)
	return join(
		[ring, element("text", SIGNS.get(band, ""), x=f"{x:.1f}", y=f"{y + 5:.1f}", class_="arc-sign")]
	)


def histogram(table: pd.DataFrame, thresholds: tuple[float, float]) -> Markup:
	"""Columns of customers by ten points of score, stacked by band, with the lines where the bands begin."""
	tallest = max(table.sum(axis=1).max(), 1)
	columns = [
		_column(index, row, 130 / tallest, f"{low}–{low + BIN_WIDTH}")
		for index, (low, row) in enumerate(table.iterrows())
	]
	ticks = [element("text", low, x=10 + low * 3.2, y=188, class_="tick") for low in range(0, 101, 20)]
	axis = element("line", x1=10, x2=330, y1=172, y2=172, class_="axis")
	lines = [_threshold(value, name) for value, name in zip(thresholds, ("Watch", "Healthy"), strict=True)]
	return element(
		"svg",
		columns,
		axis,
		ticks,
		lines,
		viewBox="0 0 340 194",
		class_="histogram",
		role="img",
		aria_label="Number of customers by score, in steps of ten points",
	)


def _column(index: int, row: pd.Series, unit: float, label: str) -> Markup:
	x, top, pieces = 10 + index * 32, 172.0, []
	for band, customers in row[::-1].items():
		height = customers * unit
		top -= height
		if customers:
			pieces.append(
				element(
					"rect",
					x=x + 2,
					y=f"{top:.1f}",
					width=28,
					height=f"{height:.1f}",
					class_=f"fill-{band_class(str(band))}",
				)
			)
	total = int(row.sum())
	if not total:
		return Markup("")
	pieces.append(element("text", numbers.count(total), x=x + 16, y=f"{top - 4:.1f}", class_="column-number"))
	title = element("title", f"{label} points: {numbers.plural(total, 'customer', 'customers')}")
	return element("g", title, pieces)


def _threshold(value: float, name: str) -> Markup:
	x = f"{10 + min(max(value, 0), 100) * 3.2:.1f}"
	return join(
		[
			element("line", x1=x, x2=x, y1=16, y2=172, class_="threshold"),
			element("text", f"{name} from {value:g}", x=x, y=11, class_="tick"),
		]
	)


def patterns() -> Markup:
	"""The hatchings that tell the bands apart without colour, for the whole page."""
	stripes = [
		element("rect", width=6, height=6, class_="base"),
		element("path", d="M0 6L6 0M-1 1L1 -1M5 7L7 5", class_="stripe"),
	]
	dots = [
		element("rect", width=6, height=6, class_="base"),
		element("circle", cx=3, cy=3, r=1, class_="dot"),
	]
	size = {"width": 6, "height": 6, "patternUnits": "userSpaceOnUse"}
	shapes = [
		element("pattern", stripes, id="hatch-watch", class_="hatch-watch", **size),
		element("pattern", dots, id="hatch-at-risk", class_="hatch-at-risk", **size),
	]
	return element("svg", element("defs", shapes), class_="patterns", aria_hidden="true")
