"""The Service Level Agreement for the support promise of a tier: how it is made, and what is in its way.

It is the site's default agreement for issues with shorter answers: the promise is the longest that a customer of the tier
waits, and a priority that is answered sooner anyway stays so. benefit_rules.py keeps it in step.
"""

from collections.abc import Iterator

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.model.rename_doc import rename_doc
from frappe.utils import cint, flt

from crm_success.customer_loyalty.tiers.document_tiers import holds_tier
from crm_success.customer_loyalty.tiers.tier_conditions import IN_AGREEMENT, asks_for
from crm_success.record_checks.field_errors import bold

AGREEMENT = "Service Level Agreement"
ISSUE = "Issue"
_NAMED = 5


def new_agreement(tier: Document, hours: float) -> Document:
	"""Not saved yet."""
	agreement = frappe.copy_doc(frappe.get_doc(AGREEMENT, _default_agreement()))
	agreement.update(
		{
			"service_level": _free_service_level(tier.name),
			"condition": asks_for(IN_AGREEMENT, tier.name),
			"default_service_level_agreement": 0,
			"enabled": 1,
			"entity_type": None,
			"entity": None,
		}
	)
	for row in agreement.priorities:
		row.response_time = min(cint(row.response_time), seconds(hours))
	return agreement


def seconds(hours: float) -> int:
	return round(flt(hours) * 3600)


def missing_for_agreement() -> str:
	"""What has to be there before; empty where all is."""
	if not holds_tier(ISSUE):
		return _("Issue has no field Customer Tier any more. Service Level Agreements need it.")
	if not frappe.db.get_single_value("Support Settings", "track_service_level_agreement"):
		return _("Turn on Track Service Level Agreement in Support Settings first.")
	if not _default_agreement():
		return _(
			"Make an enabled Service Level Agreement for Issue first that is the default one: work days, holidays, priorities and times until an issue is resolved are taken from it."
		)
	return ""


def set_promise(agreement: Document, before: float, hours: float) -> list[str]:
	"""Follow the tier in each priority that nobody gave another time; what is told about others, as HTML."""
	usual, kept = _usual_times(), []
	for row in agreement.priorities:
		was, will = _promised(row, before, usual), _promised(row, hours, usual)
		if cint(row.response_time) == was:
			row.response_time = will
		elif cint(row.response_time) != will:
			kept.append(row.priority)
	if not kept:
		return []
	message = _("{0} promises other times than the tier did, and keeps them, for the priorities: {1}")
	return [message.format(bold(agreement.name), _some(kept))]


def give_promise(agreement: Document, hours: float) -> None:
	"""Whatever somebody made of it."""
	usual = _usual_times()
	for row in agreement.priorities:
		row.response_time = _promised(row, hours, usual)


def rename_agreement(agreement: Document, old: str, new: str) -> None:
	"""Its own name is made of its service level, and that of the tier's name, where nobody chose others."""
	level, name = agreement.service_level or "", agreement.name
	if not level.startswith(old) or name != _name_with(level):
		return
	new_level = new + level.removeprefix(old)
	if not frappe.db.exists(AGREEMENT, _name_with(new_level)):
		agreement.db_set("service_level", new_level)
		quietly = {"force": True, "show_alert": False, "rebuild_search": False}
		# who may rename the tier renames what is named after it
		rename_doc(AGREEMENT, name, _name_with(new_level), ignore_permissions=True, **quietly)


def promise_differences(agreement: Document, hours: float) -> list[str]:
	"""How the agreement differs from the tier, as HTML."""
	usual = _usual_times()
	other = [
		row.priority
		for row in agreement.priorities
		if cint(row.response_time) != _promised(row, hours, usual)
	]
	return (
		[_("It promises other times than the tier for the priorities: {0}").format(_some(other))]
		if other
		else []
	)


def promise_warnings(agreement: Document) -> list[str]:
	"""What will keep the agreement from doing what people expect, as HTML."""
	return [*_agreements_of_all(agreement), *_missing_priorities(agreement)]


def _default_agreement() -> str | None:
	return frappe.db.get_value(
		AGREEMENT, {"document_type": ISSUE, "enabled": 1, "default_service_level_agreement": 1}
	)


def _name_with(service_level: str) -> str:
	return f"SLA-{ISSUE}-{service_level}"


def _usual_times() -> dict[str, int]:
	"""Seconds until the first answer that everybody has, by priority."""
	default = _default_agreement()
	rows = frappe.get_doc(AGREEMENT, default).priorities if default else []
	return {row.priority: cint(row.response_time) for row in rows}


def _promised(row: Document, hours: float, usual: dict[str, int]) -> int:
	promised = seconds(hours)
	promised = min(promised, usual.get(row.priority, promised))
	# ERPNext refuses an answer that comes after the issue is resolved
	return min(promised, cint(row.resolution_time) or promised)


def _free_service_level(tier: str) -> str:
	"""It is part of the agreement's name."""
	taken = set(frappe.get_all(AGREEMENT, pluck="service_level", order_by=None))
	names = (tier, *(f"{tier} {number}" for number in range(2, len(taken) + 3)))
	return next(name for name in names if name not in taken)


def _agreements_of_all(agreement: Document) -> Iterator[str]:
	"""Of several that hold, version 15 takes the one that was changed last, 16 the one that was made last."""
	filters = {
		"document_type": ISSUE,
		"enabled": 1,
		"default_service_level_agreement": 0,
		"name": ("!=", agreement.name),
	}
	rows = frappe.get_all(AGREEMENT, filters, ["name", "condition", "entity"], order_by="name")
	others = [row.name for row in rows if "customer_tier" not in (row.condition or "")]
	if others:
		message = _(
			"Where one of these holds for an issue too, ERPNext takes the newest, or the one that was changed last: {0}"
		)
		yield message.format(_some(others))


def _missing_priorities(agreement: Document) -> Iterator[str]:
	known = {row.priority for row in agreement.priorities}
	every = frappe.get_all("Issue Priority", pluck="name", order_by="name")
	without = [priority for priority in every if priority not in known]
	if without:
		yield _("It says nothing of these priorities, whose issues it leaves to others: {0}").format(
			_some(without)
		)


def _some(names: list[str]) -> str:
	more = ["…"] if len(names) > _NAMED else []
	return ", ".join([*(bold(name) for name in names[:_NAMED]), *more])
