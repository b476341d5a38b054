"""What the form of a Customer Tier asks for: the rules of ERPNext that give its benefits, made, shown and brought in step.

And what a form of a sale asks for: the tier of the customer that somebody chose.
"""

from typing import Any

import frappe
from frappe import _

from crm_success.customer_loyalty.tiers.benefit_rules import (
	BY_BENEFIT,
	KINDS,
	amount,
	bring_in_step,
	differences,
	make_rule,
	rules_of,
)
from crm_success.customer_loyalty.tiers.document_tiers import tier_now
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import BENEFIT, TIER
from crm_success.setup.custom_fields import DOCUMENTS_OF_SALES


@frappe.whitelist(methods=["GET"])
@of_bounded_size
def tier_of(customer: str) -> str | None:
	"""The tier of a customer that the user may choose for a document; None of another one, as of one without a tier."""
	_check_reads_sales()
	may_choose = any(frappe.has_permission("Customer", right, doc=customer) for right in ("select", "read"))
	return tier_now(customer) if may_choose else None


@frappe.whitelist(methods=["GET"])
@of_bounded_size
def get_rules(tier: str) -> list[dict[str, Any]]:
	"""For each benefit that ERPNext can give: whether the tier has it, its rule, and what is to be said of it, as HTML."""
	frappe.has_permission(TIER, "read", doc=tier, throw=True)
	doc = frappe.get_doc(TIER, tier)
	found = {kind.benefit: rule for kind, rule in rules_of(doc)}
	return [_about(doc, kind, found.get(kind.benefit)) for kind in KINDS]


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def make(tier: str, benefit: str) -> str:
	"""Make the rule for a benefit of the tier; its name."""
	frappe.has_permission(TIER, "write", doc=tier, throw=True)
	return make_rule(frappe.get_doc(TIER, tier), _kind_of(benefit)).name


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def make_equal(tier: str, benefit: str) -> None:
	"""Let the rule of a benefit give what the tier promises, whatever people changed."""
	frappe.has_permission(TIER, "write", doc=tier, throw=True)
	doc = frappe.get_doc(TIER, tier)
	kind = _kind_of(benefit)
	if not doc.get(kind.fieldname):
		frappe.throw(_("No {0} was made for this tier yet.").format(_(kind.doctype)))
	bring_in_step(doc, kind)


def _check_reads_sales() -> None:
	"""A form of a sale asks, so whoever asks sees one."""
	if not any(frappe.has_permission(doctype, "read") for doctype in DOCUMENTS_OF_SALES):
		frappe.throw(_("You may not read documents of sales."), frappe.PermissionError)


def _kind_of(benefit: str):
	if benefit not in BY_BENEFIT:
		frappe.throw(
			_("ERPNext has no rule for this benefit. Ask for one of: {0}").format(
				", ".join(_(name, context=BENEFIT) for name in BY_BENEFIT)
			)
		)
	return BY_BENEFIT[benefit]


def _about(doc, kind, rule) -> dict[str, Any]:
	about = {"benefit": kind.benefit, "doctype": kind.doctype, "has_benefit": amount(doc, kind) > 0}
	if not rule:
		return about
	# who may not read the rule is told its name, as the tier's own form says it
	if not rule.has_permission("read"):
		return {**about, "rule": rule.name, "differences": [], "warnings": []}
	return {
		**about,
		"rule": rule.name,
		"is_on": kind.is_on(rule),
		"differences": differences(doc, kind, rule),
		"warnings": kind.warnings(rule) if kind.is_on(rule) else [],
	}
