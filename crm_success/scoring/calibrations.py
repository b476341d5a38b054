"""Finds, makes and keeps the cut points that scores are measured by. Their mathematics is the engine's."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

import frappe
from frappe.utils import cint

from crm_success.batches.statuses import RUN
from crm_success.database import reading
from crm_success.database.dialects import KeyRange
from crm_success.record_names import CALIBRATION, SETTINGS
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.calibration import calibration_fingerprint
from crm_success.scoring.engine.definitions import Metric, from_json, to_json
from crm_success.scoring.engine.rfm import ABOVE_ALL, BELOW_ALL
from crm_success.scoring.frozen_definitions import FrozenDefinitions, plan_for
from crm_success.scoring.health_rows import storable
from crm_success.scoring.shared.calibrating import take_calibration
from crm_success.scoring.shared.reader import Reader

# for how many days a calibration serves
_VALID_DAYS = {"Every Run": 0, "Weekly": 7, "Monthly": 30, "Quarterly": 91}


def usable_calibration(customers: int, frozen: FrozenDefinitions, as_of: date) -> str | None:
	"""The calibration that a run of so many customers goes by; None where it takes a new one.

	The newest for these definitions that is not later than `as_of` and still within the frequency, unless it was
	taken from less than half of the customers. One taken before anybody had bought has no cuts, and is taken anew.
	"""
	days = _valid_days()
	if not days:
		return None
	earliest = as_of - timedelta(days=days - 1)
	in_force = {"as_of": ("between", (earliest, as_of)), "customers": (">", 0)}
	calibration = _newest({**in_force, "fingerprint": fingerprint_of(frozen)})
	run = calibration and frappe.db.get_value(CALIBRATION, calibration, "scoring_run")
	taken_from = run and frappe.db.get_value(RUN, run, "customers_total")
	return None if taken_from and customers > 2 * taken_from else calibration


def last_day_of(calibration: Calibration) -> date:
	"""The last day on which a run may go by it, as the frequency is now; for one that may be used today."""
	return calibration.as_of + timedelta(days=_valid_days() - 1)


def latest_calibration(frozen: FrozenDefinitions, as_of: date) -> str | None:
	"""The newest one not later than `as_of`, however old; one for these very definitions before any other."""
	not_later = {"as_of": ("<=", as_of)}
	return _newest({**not_later, "fingerprint": fingerprint_of(frozen)}) or _newest(not_later)


def read_calibration(name: str) -> Calibration:
	"""A stored calibration."""
	return from_json(Calibration, frappe.db.get_value(CALIBRATION, name, "calibration"))


def fingerprint_of(frozen: FrozenDefinitions) -> str:
	"""Changes when cut points under other definitions would mean something else."""
	# rates of exchange move a little every day; that alone is no reason to move everybody's cut points
	money = replace(frozen.definitions.money, rates=())
	return calibration_fingerprint(replace(frozen.definitions, money=money))


def make_calibration(
	frozen: FrozenDefinitions,
	as_of: date,
	ranges: Iterable[tuple[KeyRange, int]],
	run: str | None = None,
	after_each: Callable[[], None] = lambda: None,
) -> str:
	"""Take a calibration and store it, as of `calibrated_as_of`; the name of the record."""
	calibration = calibrated_as_of(frozen, as_of, ranges, after_each)
	return save_calibration(calibration, fingerprint_of(frozen), run)


def calibrated_as_of(
	frozen: FrozenDefinitions,
	as_of: date,
	ranges: Iterable[tuple[KeyRange, int]],
	after_each: Callable[[], None] = lambda: None,
) -> Calibration:
	"""Read all customers range by range and take a calibration of them; stores nothing.

	Ends the running transaction after each range, so that no read view grows old.
	"""

	def end_read_view(_customers: int) -> None:
		# only reads came before: a new read view after each range, so that none grows old
		frappe.db.rollback()
		after_each()

	def reader_of(metrics: tuple[Metric, ...]) -> Reader:
		plan = plan_for(metrics, frozen, as_of)
		return Reader(plan, frozen.definitions, frozen.tables_by_doctype, reading.SITE)

	return take_calibration(reader_of, frozen.definitions, as_of, ranges, end_read_view)


def save_calibration(calibration: Calibration, fingerprint: str, run: str | None) -> str:
	"""Store a calibration beside its readable summary; the name of the record."""
	doc = frappe.new_doc(CALIBRATION)
	doc.update(
		{
			"as_of": calibration.as_of,
			"customers": cint(calibration.customers),
			"fingerprint": fingerprint,
			"calibration": to_json(calibration),
			"scoring_run": run,
			"recency_cuts": _readable(calibration.recency),
			"frequency_cuts": _readable(calibration.frequency),
			"monetary_cuts": _readable(calibration.monetary),
			"retention": 100 * (calibration.retention or 0),
			"usual_gap": calibration.risk.usual_gap,
			"value_high_revenue": storable(calibration.value_high_revenue),
			"value_potential_revenue": storable(calibration.value_potential_revenue),
		}
	)
	# nobody may make one by hand
	doc.insert(ignore_permissions=True)
	return doc.name


def _valid_days() -> int:
	frequency = frappe.db.get_single_value(SETTINGS, "calibration_frequency") or "Monthly"
	return _VALID_DAYS.get(frequency, _VALID_DAYS["Monthly"])


def _newest(filters: dict) -> str | None:
	return frappe.db.get_value(CALIBRATION, filters, "name", order_by="as_of desc, creation desc")


def _readable(cuts: Iterable[float]) -> str:
	"""A dash for a cut that everybody passes, or nobody."""
	return " · ".join(
		"–" if cut in (BELOW_ALL, ABOVE_ALL) else f"{cut:,.1f}".removesuffix(".0") for cut in cuts
	)
