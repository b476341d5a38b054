"""The band of one score that no batch computes: one that a person sets, or that comes back when an override ends."""

from collections.abc import Mapping
from types import MappingProxyType

import frappe

from crm_success.record_names import SCORECARD
from crm_success.scoring.engine.definitions import HealthBand, Scorecard

# from the best to the worst
BANDS = tuple(band.value for band in HealthBand)

_NONE_FROZEN: Mapping[str, Scorecard] = MappingProxyType({})


def band_of(
	score: float | None, scorecard: str | None, frozen: Mapping[str, Scorecard] = _NONE_FROZEN
) -> str | None:
	"""The band of a score (0-100) by the inclusive limits of `limits_of`; None where there is no score."""
	if score is None:
		return None
	healthy_from, watch_from = limits_of(scorecard, frozen)
	if score >= healthy_from:
		return HealthBand.HEALTHY.value
	return HealthBand.WATCH.value if score >= watch_from else HealthBand.AT_RISK.value


def limits_of(scorecard: str | None, frozen: Mapping[str, Scorecard] = _NONE_FROZEN) -> tuple[float, float]:
	"""Where Healthy and Watch begin.

	As a run began with them, where it knows the scorecard; else as stored, also for a scorecard that is disabled by
	now; else those of the default scorecard. So a score never loses its band.
	"""
	if scorecard in frozen:
		return frozen[scorecard].healthy_from, frozen[scorecard].watch_from
	fields = ["healthy_from", "watch_from"]
	found = scorecard and frappe.db.get_value(SCORECARD, scorecard, fields)
	found = found or frappe.db.get_value(SCORECARD, {"is_default": 1, "enabled": 1}, fields)
	# a site may have deleted every scorecard
	return found or (Scorecard.healthy_from, Scorecard.watch_from)
