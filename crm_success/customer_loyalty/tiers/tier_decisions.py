"""What people decide about tiers: approve and reject changes, protect customers. Each holds the standing that it changes.

The figures are those of the last evaluation. Nothing here asks for permission: the endpoints and controllers do.
Nothing commits.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt, getdate

from crm_success.audiences.membership import open_memberships
from crm_success.customer_loyalty.tiers.rules import approve, protect, reject
from crm_success.customer_loyalty.tiers.tier_records import last_review, policy_of_now
from crm_success.customer_loyalty.tiers.tier_standings import PROTECTION, Stored, held_standings
from crm_success.customer_loyalty.tiers.tier_values import (
	NO_TIER,
	Day,
	Decision,
	Facts,
	Policy,
	Standing,
	Verdict,
)
from crm_success.customer_loyalty.tiers.tier_writing import COPIES, By, Notes, values_of
from crm_success.database import clock
from crm_success.database.dialects import KeyRange
from crm_success.record_names import TIER_CHANGE

_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decided:
	"""How many changes were decided, and why others were not, by the name of the change."""

	done: int
	refused: Mapping[str, str]


def decide_changes(names: Collection[str], is_approved: bool, by: By) -> Decided:
	"""Approve or reject these changes, as many as still wait; the others are named with the reason."""
	fields = ["name", "customer", "decision"]
	changes = frappe.get_all(TIER_CHANGE, {"name": ("in", sorted(names))}, fields, order_by="customer")
	deciding = _Deciding([change.customer for change in changes], by)
	gone = set(names).difference(change.name for change in changes)
	refused = dict.fromkeys(gone, _("It does not exist any more."))
	for change in changes:
		reason = _why_not(change, deciding.held.get(change.customer))
		if reason:
			refused[change.name] = reason
		else:
			deciding.decide(change.customer, approve if is_approved else reject)
	deciding.write()
	return Decided(len(names) - len(refused), refused)


def set_protection(customer: str, protection: Mapping[str, Any], user: str) -> Standing:
	"""Store a protection that a person sets, or takes back; the standing from now on.

	`protection` has the fields of PROTECTION. A customer with a lower tier has the protected one at once.
	"""
	deciding = _Deciding([customer], By(user, protection["protection_reason"] or None))
	verdict = deciding.decide(customer, protect, protection)
	deciding.write()
	return verdict.standing


class _Deciding:
	"""Standings that are held, and what becomes of them."""

	def __init__(self, customers: Iterable[str], by: By) -> None:
		keys = KeyRange(names=tuple(sorted(set(customers))))
		self.held = held_standings(keys.names)
		self._audiences = open_memberships(keys) if self.held else {}
		self._policy, self._day = policy_of_now(), Day(getdate(), last_review=last_review())
		self._notes = Notes(self._policy, self._day.as_of, clock.now(), by)

	def decide(
		self,
		customer: str,
		rule: Callable[[Policy, Standing, Facts, Day], Verdict],
		protection: Mapping[str, Any] | None = None,
	) -> Verdict:
		"""What comes of a decision, noted to be written."""
		stored = self.held[customer]
		standing = _protected(stored.standing, protection) if protection else stored.standing
		facts = self._facts(stored)
		verdict = rule(self._policy, standing, facts, self._day)
		row = stored.row
		values = values_of(verdict, facts, customer, row["customer_name"], row["currency"])
		if protection:
			values.update({name: protection[name] or None for name in PROTECTION if name not in values})
		self._notes.add(stored, values, verdict.events, None)
		return verdict

	def write(self) -> None:
		"""Write all of it; who could not be told is in the Error Log."""
		self._notes.write()
		if self._notes.customers:
			COPIES.update(KeyRange(names=tuple(self._notes.customers)))

	def _facts(self, stored: Stored) -> Facts:
		row = stored.row
		score = None if row["score"] is None else flt(row["score"])
		audiences = self._audiences.get(row["customer"], _NOWHERE)
		return Facts(flt(row["revenue"]), score, row["customer_since"], audiences)


def _protected(standing: Standing, protection: Mapping[str, Any]) -> Standing:
	until = protection["protected_until"]
	return replace(
		standing,
		protected_tier=protection["protected_tier"] or NO_TIER,
		protected_until=getdate(until) if until else None,
	)


def _why_not(change: Any, stored: Stored | None) -> str:
	"""Why a change cannot be decided, in words; "" where it can."""
	if change.decision != Decision.PROPOSED.value:
		words = _("It does not wait for approval any more: it is {0}.")
		return words.format(_(change.decision, context=TIER_CHANGE))
	if not stored or stored.row["proposal"] != change.name:
		return _("The customer's figures have changed since. Evaluate tiers again.")
	return ""
