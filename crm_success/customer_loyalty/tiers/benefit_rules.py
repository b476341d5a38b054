"""The rules of ERPNext that give what a tier promises: made when somebody asks, then kept in step with their tier.

Whoever makes one, or changes the amount that it gives, needs ERPNext's right to do so. To switch one off or on, and to
rename it, the right to change its tier is enough. What people changed in a rule stays, and whoever saves the tier is told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt

from crm_success.customer_loyalty.tiers import discount_rules, support_agreements
from crm_success.customer_loyalty.tiers.tier_checks import DISCOUNT, SUPPORT_PROMISE
from crm_success.customer_loyalty.tiers.tier_conditions import (
	IN_AGREEMENT,
	IN_PRICING_RULE,
	asks_for,
	asks_for_new_name,
)
from crm_success.record_checks.field_errors import bold, refuse
from crm_success.record_names import TIER

_SAVEPOINT = "crm_success_tier_rule"


@dataclass(frozen=True)
class RuleKind:
	"""How one benefit becomes one rule. `switch`: the field that turns it on and off, and what it is when on."""

	benefit: str
	doctype: str
	fieldname: str
	place: str
	switch: tuple[str, int]
	used_in: tuple[str, str]
	make: Callable[[Document, float], Document]
	missing: Callable[[], str]
	follow: Callable[[Document, float, float], list[str]]
	give: Callable[[Document, float], None]
	differences: Callable[[Document, float], list[str]]
	warnings: Callable[[Document], list[str]]
	rename: Callable[[Document, str, str], None]

	def is_on(self, rule: Document) -> bool:
		fieldname, on = self.switch
		return cint(rule.get(fieldname)) == on

	def switched(self, on: bool) -> dict[str, int]:
		fieldname, value = self.switch
		return {fieldname: value if on else 1 - value}


KINDS = (
	RuleKind(
		benefit=DISCOUNT,
		doctype=discount_rules.PRICING_RULE,
		fieldname="pricing_rule",
		place=IN_PRICING_RULE,
		switch=("disable", 0),
		# a draft whose rows name a rule that is gone cannot be saved
		used_in=("Pricing Rule Detail", "pricing_rule"),
		make=discount_rules.new_discount_rule,
		missing=discount_rules.missing_for_discount,
		follow=discount_rules.set_discount,
		give=discount_rules.give_discount,
		differences=discount_rules.discount_differences,
		warnings=discount_rules.discount_warnings,
		rename=discount_rules.rename_discount_rule,
	),
	RuleKind(
		benefit=SUPPORT_PROMISE,
		doctype=support_agreements.AGREEMENT,
		fieldname="service_level_agreement",
		place=IN_AGREEMENT,
		switch=("enabled", 1),
		used_in=(support_agreements.ISSUE, "service_level_agreement"),
		make=support_agreements.new_agreement,
		missing=support_agreements.missing_for_agreement,
		follow=support_agreements.set_promise,
		give=support_agreements.give_promise,
		differences=support_agreements.promise_differences,
		warnings=support_agreements.promise_warnings,
		rename=support_agreements.rename_agreement,
	),
)
BY_BENEFIT = {kind.benefit: kind for kind in KINDS}


def amount(tier: Document, kind: RuleKind) -> float:
	"""What the tier promises: the largest discount, the shortest time; 0 where it promises nothing of the kind."""
	amounts = [flt(row.benefit_value) for row in tier.benefits if row.benefit == kind.benefit]
	best = max if kind.benefit == DISCOUNT else min
	return best(amounts, default=0)


def make_rule(tier: Document, kind: RuleKind) -> Document:
	"""Make the rule, with the rights of whoever asks. Refuses in words where there is one, or something is missing."""
	tier.check_permission("write")
	frappe.has_permission(kind.doctype, "create", throw=True)
	_hold(tier)
	if tier.get(kind.fieldname):
		frappe.throw(_("{0} was made for this tier already.").format(bold(tier.get(kind.fieldname))))
	if not amount(tier, kind):
		message = _("Add the benefit {0} with a value above 0, and save the tier.")
		frappe.throw(message.format(bold(_(kind.benefit, context="Customer Tier Benefit"))))
	if missing := kind.missing():
		frappe.throw(missing, title=_("Something Is Missing"))
	rule = kind.make(tier, amount(tier, kind))
	rule.update(kind.switched(bool(tier.enabled)))
	rule.insert()
	tier.db_set(kind.fieldname, rule.name, update_modified=False)
	return rule


def bring_in_step(tier: Document, kind: RuleKind) -> Document:
	"""Let the rule give what the tier promises, whatever people changed; what they added to other fields stays."""
	tier.check_permission("write")
	rule = frappe.get_doc(kind.doctype, tier.get(kind.fieldname))
	rule.check_permission("write")
	if amount(tier, kind):
		kind.give(rule, amount(tier, kind))
	rule.condition = asks_for(kind.place, tier.name)
	rule.update(kind.switched(_is_given(tier, kind)))
	return rule.save()


def differences(tier: Document, kind: RuleKind, rule: Document) -> list[str]:
	"""How the rule is not what the tier promises, as HTML."""
	found = []
	if kind.is_on(rule) and not _is_given(tier, kind):
		found.append(_("It is in use, though the tier does not give it."))
	elif not kind.is_on(rule) and _is_given(tier, kind):
		found.append(_("It is not in use."))
	if rule.condition != asks_for(kind.place, tier.name):
		found.append(_("Its condition was changed."))
	return found + (kind.differences(rule, amount(tier, kind)) if amount(tier, kind) else [])


def check_rules(tier: Document) -> None:
	"""Refuse to change an amount for who may not change the rule. Which rule is whose comes from no request."""
	before = tier.get_doc_before_save()
	for kind in KINDS:
		tier.set(kind.fieldname, before.get(kind.fieldname) if before else None)
		if before and _changes_amount(tier, before, kind):
			rule = frappe.get_doc(kind.doctype, tier.get(kind.fieldname))
			if not rule.has_permission("write"):
				message = _(
					"This changes {0} too, which you may not write. Ask somebody who may to change it."
				)
				refuse(tier, "benefits", message.format(bold(rule.name)), frappe.PermissionError)


def keep_in_step(tier: Document) -> None:
	"""After the tier was saved."""
	before = tier.get_doc_before_save()
	for kind in KINDS if before else ():
		if _exists(tier, kind):
			for line in _follow(tier, before, kind):
				frappe.msgprint(line, title=_("Please Check {0}").format(_(kind.doctype)))


def rename_rules(tier: Document, old: str, new: str) -> None:
	"""After the tier was renamed. What else people wrote into the condition stays."""
	for kind in KINDS:
		if not _exists(tier, kind):
			continue
		rule = frappe.get_doc(kind.doctype, tier.get(kind.fieldname))
		rule.db_set("condition", asks_for_new_name(rule.condition, old, new))
		kind.rename(rule, old, new)


def retire_rules(tier: Document) -> None:
	"""After the tier was deleted: its rules go with it, or are switched off where a document was made by them."""
	for kind in KINDS:
		if _exists(tier, kind):
			rule = frappe.get_doc(kind.doctype, tier.get(kind.fieldname))
			if _is_used(rule.name, kind) or not _could_delete(rule):
				_switch(rule, kind, False)


def forget_rule(rule: Document) -> None:
	"""Somebody deletes the rule: no tier has it any more."""
	for kind in KINDS:
		if kind.doctype == rule.doctype:
			frappe.db.set_value(
				TIER, {kind.fieldname: rule.name}, kind.fieldname, None, update_modified=False
			)


def _is_given(tier: Document, kind: RuleKind) -> bool:
	return bool(tier.enabled) and amount(tier, kind) > 0


def _exists(tier: Document, kind: RuleKind) -> bool:
	name = tier.get(kind.fieldname)
	return bool(name and frappe.db.exists(kind.doctype, name))


def _changes_amount(tier: Document, before: Document, kind: RuleKind) -> bool:
	after = amount(tier, kind)
	return _exists(tier, kind) and after > 0 and after != amount(before, kind)


def _follow(tier: Document, before: Document, kind: RuleKind) -> list[str]:
	rule = frappe.get_doc(kind.doctype, tier.get(kind.fieldname))
	told = []
	if _changes_amount(tier, before, kind):
		if amount(before, kind):
			told = kind.follow(rule, amount(before, kind), amount(tier, kind))
		else:
			# given anew, with an amount of its own
			kind.give(rule, amount(tier, kind))
		# who may change the amount was asked before the tier was saved
		rule.flags.ignore_permissions = True
		rule.save()
	if _is_given(tier, kind) != _is_given(before, kind):
		_switch(rule, kind, _is_given(tier, kind))
	return told


def _switch(rule: Document, kind: RuleKind, on: bool) -> None:
	"""Without what its own save would check: a rule that cannot be saved any more must still go out of use."""
	if kind.is_on(rule) != on:
		rule.db_set(kind.switched(on))


def _is_used(name: str, kind: RuleKind) -> bool:
	doctype, fieldname = kind.used_in
	return bool(frappe.db.exists(doctype, {fieldname: name}))


def _could_delete(rule: Document) -> bool:
	frappe.db.savepoint(_SAVEPOINT)
	try:
		# who may delete the tier deletes what gives its benefits
		frappe.delete_doc(rule.doctype, rule.name, ignore_permissions=True)
	except frappe.LinkExistsError:
		# to the savepoint: it may be in use by what is not known here, and stays
		frappe.db.rollback(save_point=_SAVEPOINT)
		frappe.clear_last_message()
		return False
	return True


def _hold(tier: Document) -> None:
	"""Two who press at once: the second one finds what the first one made."""
	for kind in KINDS:
		tier.set(kind.fieldname, frappe.db.get_value(TIER, tier.name, kind.fieldname, for_update=True))


def rules_of(tier: Document) -> Iterator[tuple[RuleKind, Document]]:
	"""Those that are there."""
	for kind in KINDS:
		if _exists(tier, kind):
			yield kind, frappe.get_doc(kind.doctype, tier.get(kind.fieldname))
