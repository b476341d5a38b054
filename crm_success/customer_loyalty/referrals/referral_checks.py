"""What a Customer Referral may be: each refusal says what is wrong and what would be right. Converts nothing."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate
from frappe.utils.formatters import format_value

from crm_success.customer_loyalty.referrals.conversion import OPEN, WRITTEN
from crm_success.customer_loyalty.referrals.first_purchases import had_bought
from crm_success.customer_loyalty.referrals.referral_chains import begins_with, hold_chains, referrals_of
from crm_success.customer_loyalty.referrals.referral_values import Status
from crm_success.record_checks.field_errors import bold, refuse
from crm_success.record_names import REFERRAL
from crm_success.scoring.scoring_day import parse_asked_day

# who was referred, by whom and when
ENTERED = ("referrer", "customer", "posting_date")


def keep_status(doc: Document) -> None:
	"""What a form or a request sends of the fields that the app writes does not count; of a new one they are empty."""
	stored = None
	if not doc.is_new():
		# locked: what was written since the transaction began would be lost
		stored = frappe.db.get_value(REFERRAL, doc.name, WRITTEN, as_dict=True, for_update=True)
	doc.update(dict(stored or OPEN))


def check_referral(doc: Document) -> None:
	"""Refuse what cannot be. It is asked when a referral is entered, not when somebody adds a note to it later."""
	doc.posting_date = parse_asked_day(doc.posting_date) if doc.posting_date else getdate()
	if not (changed := _entered(doc)):
		return
	if doc.status == Status.CONVERTED.value:
		message = _("The referral is converted, and this stays. Delete it, and make another one.")
		refuse(doc, changed[0], message)
	for fieldname in ("referrer", "customer"):
		_check_customer(doc, fieldname)
	if doc.referrer == doc.customer:
		refuse(doc, "customer", _("Nobody refers themselves. Choose another customer."))
	if doc.posting_date > getdate():
		refuse(doc, "posting_date", _("Enter today, or a day before."))
	hold_chains()
	_check_only_one(doc)
	_check_no_circle(doc)
	_check_is_new(doc)


def _entered(doc: Document) -> list[str]:
	before = doc.get_doc_before_save()
	return [name for name in ENTERED if not before or before.get(name) != doc.get(name)]


def _check_customer(doc: Document, fieldname: str) -> None:
	name = doc.get(fieldname)
	if not name:
		refuse(doc, fieldname, _("Choose a customer."))
	is_disabled = frappe.db.get_value("Customer", name, "disabled")
	if is_disabled is None:
		refuse(doc, fieldname, _("There is no customer {0}. Choose another one.").format(bold(name)))
	if is_disabled:
		message = _("{0} is disabled. Choose another customer, or enable this one first.")
		refuse(doc, fieldname, message.format(bold(name)))


def _check_only_one(doc: Document) -> None:
	for other in referrals_of([doc.customer]):
		if other.name != doc.name:
			message = _("{0} was referred already: {1}. A customer can be referred once. Change that one.")
			refuse(doc, "customer", message.format(bold(doc.customer), bold(other.name)))


def _check_no_circle(doc: Document) -> None:
	if begins_with(doc.referrer, [doc.customer], without=doc.name):
		message = _("{0} referred {1}, directly or through others, and cannot be referred by them in turn.")
		refuse(doc, "customer", message.format(bold(doc.customer), bold(doc.referrer)))


def _check_is_new(doc: Document) -> None:
	if had_bought(doc.customer, doc.posting_date):
		message = _(
			"{0} had bought before {1}, and only a new customer can be referred. If the referral came earlier, enter its date."
		)
		day = format_value(doc.posting_date, "Date")
		refuse(doc, "customer", message.format(bold(doc.customer), day))
