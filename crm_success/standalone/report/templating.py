"""The Jinja environment of the report: values are escaped, and a name that does not exist is an error."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crm_success.scoring.engine.coverage import LOW_BELOW
from crm_success.scoring.engine.definitions import HealthBand
from crm_success.standalone.report import numbers
from crm_success.standalone.report.figures import NO_SCORE
from crm_success.standalone.report.geometry import RING_MIDDLE, RING_RADIUS, bar_length, score_x

SIGNS = {
	HealthBand.HEALTHY.value: "●",
	HealthBand.WATCH.value: "◆",
	HealthBand.AT_RISK.value: "▲",
	NO_SCORE: "○",
}
_CSS_CLASSES = {
	HealthBand.HEALTHY.value: "healthy",
	HealthBand.WATCH.value: "watch",
	HealthBand.AT_RISK.value: "at-risk",
	NO_SCORE: "no-score",
}


@cache
def environment() -> Environment:
	"""One for the process; templates are compiled when they are first rendered."""
	made = Environment(
		loader=PackageLoader("crm_success.standalone.report"),
		autoescape=True,
		undefined=StrictUndefined,
		finalize=_printable,
		trim_blocks=True,
		lstrip_blocks=True,
		keep_trailing_newline=True,
	)
	made.globals.update(
		numbers=numbers,
		band_sign=lambda band: SIGNS.get(band, ""),
		band_class=lambda band: _CSS_CLASSES.get(band, "no-score"),
		bar_length=bar_length,
		score_x=score_x,
		low_below=LOW_BELOW,
		ring_middle=RING_MIDDLE,
		ring_radius=RING_RADIUS,
	)
	return made


def _printable(value: object) -> object:
	"""Text without what HTML does not allow (control characters) or UTF-8 cannot write (lone surrogates)."""
	if value is None:
		return ""
	if not isinstance(value, str) or isinstance(value, Markup):
		return value
	return "".join(
		character if character >= " " and not "\ud800" <= character <= "\udfff" else " "
		for character in value
	)
