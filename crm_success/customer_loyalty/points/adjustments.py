"""Points that people give and take by Loyalty Adjustments: what these may be, who may submit them, and their entries."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, cstr, flt, getdate

from crm_success.customer_loyalty.points.event_keys import key_of
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.customer_loyalty.points.point_values import Kind, Source
from crm_success.record_checks.field_errors import bold, refuse
from crm_success.record_names import ADJUSTMENT, LOYALTY_SETTINGS
from crm_success.scoring.scoring_day import parse_asked_day

_MOST_POINTS = 10**9
# what a second person agrees to
_DECIDED = (
	*("customer", "points", "posting_date", "expires_on", "company", "reason"),
	*("is_qualifying", "is_opening"),
)


def check_adjustment(doc: Document) -> None:
	"""Refuse what cannot be entered in the ledger; an imported number with decimals is rounded, and that is said."""
	for fieldname in ("posting_date", "expires_on"):
		if doc.get(fieldname):
			doc.set(fieldname, parse_asked_day(doc.get(fieldname)))
	_round_points(doc)
	if not doc.points or abs(doc.points) > _MOST_POINTS:
		refuse(doc, "points", _("Enter a whole number of points, above or below 0."))
	if not cstr(doc.reason).strip():
		refuse(doc, "reason", _("Write why: whoever reads the ledger later will ask."))
	if doc.expires_on and getdate(doc.expires_on) < getdate(doc.posting_date):
		refuse(doc, "expires_on", _("Enter a day that is not before {0}.").format(_("Date")))
	if getdate(doc.posting_date) > getdate():
		refuse(doc, "posting_date", _("Enter today, or a day before."))
	if doc.is_opening:
		_check_opening(doc)
	doc.needs_approval = int(_is_over_limit(doc))


def check_approval(doc: Document) -> None:
	"""More than one person may adjust is submitted by somebody else than who made it, or changed it last, and as it was saved."""
	doc.approved_by = frappe.session.user
	if not doc.needs_approval:
		return
	saved = doc.get_doc_before_save()
	if frappe.session.user in (doc.owner, saved and saved.modified_by):
		words = _(
			"You made or changed this adjustment of {0} points, and one person alone may adjust {1}. Ask somebody else to submit it."
		)
	elif not saved or any(cstr(doc.get(name)) != cstr(saved.get(name)) for name in _DECIDED):
		words = _(
			"This adjustment of {0} points is above {1}, which one person alone may adjust. Save your change, and ask somebody else to submit it."
		)
	else:
		return
	frappe.throw(words.format(doc.points, _limit()), title=_("Needs a Second Person"))


def post_adjustment(doc: Document) -> None:
	"""Its entry in the ledger."""
	ledger, details = Ledger([doc.customer], getdate()), _details(doc, "post")
	if doc.points > 0:
		kind = Kind.OPENING if doc.is_opening else Kind.ADJUST
		ledger.earn(doc.customer, doc.points, details, kind)
	else:
		ledger.take(doc.customer, -doc.points, details)
	ledger.write()


def take_back_adjustment(doc: Document) -> None:
	"""The opposite of its entries; points that were spent meanwhile are owed."""
	ledger, details = Ledger([doc.customer], getdate()), _details(doc, "cancel")
	if doc.points > 0:
		ledger.take_back(doc.customer, doc.points, details)
	else:
		ledger.earn(doc.customer, -doc.points, details, Kind.REVERSE)
	ledger.write()


def _details(doc: Document, event: str) -> Details:
	return Details(
		posting_date=getdate(doc.posting_date) if event == "post" else getdate(),
		company=doc.company,
		expires_on=getdate(doc.expires_on) if doc.expires_on else None,
		is_qualifying=bool(doc.is_qualifying),
		source=Source(ADJUSTMENT, doc.name),
		note=doc.reason,
		event_key=key_of(event, ADJUSTMENT, doc.name),
	)


def _round_points(doc: Document) -> None:
	entered = flt(doc.points)
	doc.points = round(entered)
	if entered != doc.points:
		doc.add_comment("Info", _("{0} points were entered, and rounded to {1}.").format(entered, doc.points))


def _check_opening(doc: Document) -> None:
	if doc.points < 0:
		refuse(doc, "points", _("An opening balance is above 0."))
	filters = {
		"customer": doc.customer,
		"company": doc.company,
		"is_opening": 1,
		"docstatus": 1,
		"name": ("!=", doc.name or ""),
	}
	if other := frappe.db.get_value(ADJUSTMENT, filters):
		refuse(
			doc,
			"is_opening",
			_("{0} has an opening balance already: {1}. Cancel that first, or enter an adjustment.").format(
				bold(doc.customer), bold(other)
			),
		)


def _is_over_limit(doc: Document) -> bool:
	limit = _limit()
	return bool(limit) and abs(doc.points) > limit


def _limit() -> int:
	return cint(frappe.db.get_single_value(LOYALTY_SETTINGS, "adjustment_limit"))
