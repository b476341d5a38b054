"""Checks a Customer Tier and the policy of the settings: each says what is wrong and what would be right. Moves nobody."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import frappe
from frappe import _
from frappe.model import no_value_fields
from frappe.model.document import Document
from frappe.utils import cint, cstr, flt, getdate

from crm_success.customer_loyalty.tiers.tier_circles import check_no_circle
from crm_success.record_checks.field_errors import Refusal, bold, one_of, refuse
from crm_success.record_names import STANDING, TIER

REVENUE, SCORE, MONTHS, IN_AUDIENCE = "Net Revenue", "Health Score", "Months as Customer", "Audience"
POINTS = "Qualifying Points"
DISCOUNT, SUPPORT_PROMISE, MULTIPLIER = "Discount", "Support Promise", "Points Multiplier"

# fieldname of the settings: lowest and highest value
RANGES = {"grace_days": (0, 3650), "minimum_stay_days": (0, 3650)}
_HIGHEST_LEVEL = 100
# what a person fills in to protect a customer
ENTERED_PROTECTION = ("protected_tier", "protected_until", "protection_reason")
_HELD_BY: Mapping[str, Callable[[], str]] = {
	"tier": lambda: _("{1} customers have {0}. Disable it, and let a review move them first."),
	"proposed_tier": lambda: _("{1} changes to {0} wait for approval. Reject them first."),
	"protected_tier": lambda: _("{1} customers are protected at {0}. End that on their standings first."),
}
_MOST_MONTHS = 1200
_LARGEST_MULTIPLIER = 1000


def check_tier(doc: Document) -> None:
	"""Refuse a level that another tier has, and the first condition or benefit that cannot be used, with its row."""
	_check_level(doc)
	if not 0 < flt(doc.points_multiplier) <= _LARGEST_MULTIPLIER:
		message = _("Enter a number above 0, and {0} at most. 1 earns as everybody does.")
		refuse(doc, "points_multiplier", message.format(_LARGEST_MULTIPLIER))
	for row in doc.requirements:
		with _refusing_row(doc, "requirements", row):
			_check_requirement(row)
			if row.audience:
				check_no_circle(doc.name or doc.tier_name, row.audience)
	for row in doc.benefits:
		with _refusing_row(doc, "benefits", row):
			_check_benefit(row, flt(doc.points_multiplier))


def check_policy(doc: Document) -> None:
	"""Refuse numbers of days that no policy means."""
	for fieldname, (lowest, highest) in RANGES.items():
		if not lowest <= cint(doc.get(fieldname)) <= highest:
			refuse(doc, fieldname, _("Enter a number from {0} to {1}.").format(lowest, highest))


def check_not_held(doc: Document) -> None:
	"""A tier that somebody has, may get or is protected at stays."""
	for fieldname, words in _HELD_BY.items():
		if number := frappe.db.count(STANDING, {fieldname: doc.name}):
			frappe.throw(words().format(bold(doc.name), number), title=_("Tier Is Used"))


def tell_who_keeps_it(doc: Document) -> None:
	"""Say what becomes of the customers of a tier that nobody earns any more."""
	before = doc.get_doc_before_save()
	if doc.enabled or not before or not before.enabled:
		return
	if number := frappe.db.count(STANDING, {"tier": doc.name}):
		message = _(
			"{0} customers have {1}. They keep it until a review finds what they have earned instead."
		)
		frappe.msgprint(message.format(number, bold(doc.name)), indicator="orange")


def restore_all_but(doc: Document, before: Document | None, entered: Collection[str]) -> None:
	"""What evaluations write is not for a form to say, and it may hold what it was an hour ago."""
	for df in doc.meta.fields:
		if df.fieldtype not in no_value_fields and not df.is_virtual and df.fieldname not in entered:
			doc.set(df.fieldname, before.get(df.fieldname) if before else None)


def check_protection(doc: Document, before: Document | None = None) -> None:
	"""Refuse an incomplete protection, and remember who gave it. One that nobody touched may have ended meanwhile."""
	if not any(doc.get(fieldname) for fieldname in ENTERED_PROTECTION):
		doc.protected_by = None
		return
	if before and all(cstr(doc.get(name)) == cstr(before.get(name)) for name in ENTERED_PROTECTION):
		return
	if not doc.protected_tier or not frappe.db.exists(TIER, doc.protected_tier):
		refuse(doc, "protected_tier", _("Choose the tier below which the customer does not fall."))
	if not doc.protected_until:
		refuse(
			doc,
			"protected_until",
			_("Enter the last day of the protection. It ends by itself after that day."),
		)
	if getdate(doc.protected_until) < getdate():
		refuse(doc, "protected_until", _("This day is over. Enter today or a later day."))
	if not cstr(doc.protection_reason).strip():
		refuse(doc, "protection_reason", _("Say why, for those who read this tier."))
	doc.protected_by = frappe.session.user


def refuse_row_alone() -> NoReturn:
	"""For rows that somebody saves or deletes without their tier."""
	frappe.throw(_("A row is changed in the form of its tier, and saved with it."))


def _check_level(doc: Document) -> None:
	if not 1 <= cint(doc.tier_level) <= _HIGHEST_LEVEL:
		refuse(doc, "tier_level", _("Enter a number from {0} to {1}.").format(1, _HIGHEST_LEVEL))
	other = frappe.db.get_value(TIER, {"tier_level": cint(doc.tier_level), "name": ("!=", doc.name or "")})
	if other:
		message = _("{0} has level {1} already. Enter another one.")
		refuse(doc, "tier_level", message.format(bold(other), cint(doc.tier_level)))


def _check_requirement(row: Document) -> None:
	if row.measure not in _REQUIREMENTS:
		choice = one_of([_(measure, context=row.doctype) for measure in _REQUIREMENTS])
		raise Refusal(_("{0} is nothing that a tier can ask. Choose {1}.").format(bold(row.measure), choice))
	_REQUIREMENTS[row.measure](row)


def _check_audience(row: Document) -> None:
	row.at_least = 0
	if not row.audience:
		raise Refusal(_("Choose an audience."))


def _check_number(lowest: float, highest: float | None) -> Callable[[Document], None]:
	def check(row: Document) -> None:
		row.audience = None
		row.at_least = flt(row.at_least)
		if row.at_least < lowest or (highest is not None and row.at_least > highest):
			message = _("Enter a number from {0} to {1}.") if highest is not None else _("Enter {0} or more.")
			raise Refusal(message.format(f"{lowest:g}", highest and f"{highest:g}"))

	return check


_REQUIREMENTS: Mapping[str, Callable[[Document], None]] = {
	REVENUE: _check_number(0.01, None),
	POINTS: _check_number(1, None),
	SCORE: _check_number(1, 100),
	MONTHS: _check_number(1, _MOST_MONTHS),
	IN_AUDIENCE: _check_audience,
}


def _check_benefit(row: Document, multiplier: float) -> None:
	if row.benefit == MULTIPLIER:
		# one number, in one place
		row.benefit_value = multiplier
	elif row.benefit == DISCOUNT and not 0 < flt(row.benefit_value) <= 100:
		raise Refusal(_("Enter the discount in percent, above 0 and 100 at most."))
	elif row.benefit == SUPPORT_PROMISE and flt(row.benefit_value) <= 0:
		raise Refusal(_("Enter the hours within which the customer has a first answer."))
	elif row.benefit not in (DISCOUNT, SUPPORT_PROMISE):
		row.benefit_value = 0


@contextmanager
def _refusing_row(doc: Document, fieldname: str, row: Document) -> Iterator[None]:
	"""Turn what is wrong with a row into a message that names it."""
	try:
		yield
	except Refusal as error:
		refuse(doc, fieldname, _("Row {0}: {1}").format(row.idx, error))
