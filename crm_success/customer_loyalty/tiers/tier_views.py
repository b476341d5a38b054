"""What tiers add to what people see of a customer: changes on its timeline, and who to call before a tier is lost."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Coalesce
from frappe.utils import date_diff, getdate
from pypika.terms import Criterion

from crm_success.customer_loyalty.tiers.standing_words import danger_in_words, tier_name
from crm_success.customer_loyalty.tiers.tier_records import policy_of_now
from crm_success.customer_loyalty.tiers.tier_standings import FIELDS
from crm_success.customer_loyalty.tiers.tier_words import facts_in_words
from crm_success.customer_views.call_list import ReasonToCall
from crm_success.customer_views.timeline import TimelineEntry
from crm_success.record_names import LOYALTY_SETTINGS, STANDING, TIER_CHANGE
from crm_success.visibility import conditions_on

# days until the tier is lost, at most, and how urgent a call is then; after that a call can wait
_URGENCY = ((14, 80.0), (30, 65.0), (90, 50.0))
_CAN_WAIT = 30.0
# what is told of a change, by what became of it; nothing of what nobody decided
_TITLES: Mapping[str, Callable[[], str]] = {
	"Up": lambda: _("Tier raised from {0} to {1}"),
	"Down": lambda: _("Tier lowered from {0} to {1}"),
	"Proposed": lambda: _("Change of the tier proposed, from {0} to {1}"),
	"Rejected": lambda: _("Change of the tier rejected, from {0} to {1}"),
	"Kept": lambda: _("{0} kept though it was not earned: {2}"),
}


def timeline_entries(customer: str, before: datetime | None, limit: int) -> list[TimelineEntry]:
	"""Hook `customer_timeline`: the customer's tiers as they were proposed, given, taken and kept."""
	if not frappe.has_permission(TIER_CHANGE, "read"):
		return []
	change = frappe.qb.DocType(TIER_CHANGE)
	happened_at = Coalesce(change.decided_on, change.creation)
	conditions = [conditions_on(TIER_CHANGE), change.customer == customer, change.decision != "Withdrawn"]
	if before is not None:
		conditions.append(happened_at < before)
	fields = ("name", "from_tier", "to_tier", "decision", "movement", "kept_by", "note", "facts")
	query = frappe.qb.from_(change).where(Criterion.all(conditions))
	query = query.select(*(change[name] for name in fields), happened_at.as_("happened_at"))
	query = query.orderby(happened_at, order=frappe.qb.desc).orderby(
		change.change_number, order=frappe.qb.desc
	)
	return [_entry(row) for row in query.limit(limit).run(as_dict=True)]


def _entry(row: frappe._dict) -> TimelineEntry:
	title = _TITLES[row.movement if row.decision == "Applied" else row.decision]()
	kept_by = _(row.kept_by, context=TIER_CHANGE) if row.kept_by else ""
	said = title.format(tier_name(row.from_tier), tier_name(row.to_tier), kept_by)
	detail = "\n".join(text for text in (row.note, facts_in_words(row.facts)) if text)
	return TimelineEntry(row.happened_at, said, detail, TIER_CHANGE, row.name)


def reasons_to_call(limit: int) -> list[ReasonToCall]:
	"""Hook `customer_call_list`: who is about to lose a tier, the soonest first, of equal days the largest customer."""
	if not frappe.db.get_single_value(LOYALTY_SETTINGS, "enabled") or not frappe.has_permission(
		STANDING, "read"
	):
		return []
	standing, customer = frappe.qb.DocType(STANDING), frappe.qb.DocType("Customer")
	query = frappe.qb.from_(standing).join(customer).on(customer.name == standing.customer)
	query = query.select(*(standing[name] for name in FIELDS)).limit(limit)
	in_danger = [conditions_on(STANDING), standing.lost_by.notnull(), customer.disabled == 0]
	query = query.where(Criterion.all(in_danger)).orderby(standing.lost_by)
	rows = query.orderby(standing.revenue, order=frappe.qb.desc).run(as_dict=True)
	policy = policy_of_now() if rows else None
	return [
		ReasonToCall(
			row.customer,
			" ".join(danger_in_words(row, policy)),
			_urgency(row.lost_by),
			row.lost_by,
			STANDING,
			row.name,
		)
		for row in rows
	]


def _urgency(lost_by: date) -> float:
	days: Any = date_diff(lost_by, getdate())
	return next((urgency for most, urgency in _URGENCY if days <= most), _CAN_WAIT)
