"""Checks a Customer Tier and the policy of the settings: each says what is wrong and what would be right. Moves nobody."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt

from crm_success.record_checks.field_errors import Refusal, bold, one_of, refuse
from crm_success.record_names import TIER

REVENUE, SCORE, MONTHS, IN_AUDIENCE = "Net Revenue", "Health Score", "Months as Customer", "Audience"
DISCOUNT, SUPPORT_PROMISE, MULTIPLIER = "Discount", "Support Promise", "Points Multiplier"

# fieldname of the settings: lowest and highest value
RANGES = {"grace_days": (0, 3650), "minimum_stay_days": (0, 3650)}
_HIGHEST_LEVEL = 100
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
	for row in doc.benefits:
		with _refusing_row(doc, "benefits", row):
			_check_benefit(row, flt(doc.points_multiplier))


def check_policy(doc: Document) -> None:
	"""Refuse numbers of days that no policy means."""
	for fieldname, (lowest, highest) in RANGES.items():
		if not lowest <= cint(doc.get(fieldname)) <= highest:
			refuse(doc, fieldname, _("Enter a number from {0} to {1}.").format(lowest, highest))


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
