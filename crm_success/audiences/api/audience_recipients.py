"""What the form of a Customer Audience asks for to write to its members: fill an Email Group."""

from typing import Any

import frappe
from frappe import _

from crm_success.audiences.recipient_contacts import CHOICES, PRIMARY
from crm_success.audiences.recipient_jobs import fill_later
from crm_success.audiences.recipient_rights import check_may_fill
from crm_success.audiences.recipient_words import filled_in_words
from crm_success.audiences.recipients import GROUP, count_recipients, fill_email_group
from crm_success.audiences.visible_members import check_readable_audience
from crm_success.batches import queueing
from crm_success.record_checks.field_errors import bold, one_of
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import AUDIENCE

# more customers than somebody waits for
RIGHT_AWAY = 500


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def fill(audience: str, email_group: str | None = None, contacts: str = PRIMARY) -> dict[str, Any]:
	"""Put the addresses of members that the user may see into an Email Group, and take out those that it put in
	before and that are not wanted any more. Without a group, into a new one with the name of the audience.

	`sentences` say what became of it, in HTML; of many customers, that it goes on in the background.
	"""
	frappe.has_permission(AUDIENCE, "read", throw=True)
	audience = check_readable_audience(audience)
	group = check_may_fill(audience, email_group or "")
	if contacts not in CHOICES:
		frappe.throw(
			_("{0} is no choice of contacts. Choose {1}.").format(bold(contacts[:50]), one_of(CHOICES))
		)
	group = group or _group_of(audience)
	if count_recipients(audience) <= RIGHT_AWAY:
		sentences = filled_in_words(group, fill_email_group(audience, group, contacts))
		return {"email_group": group, "sentences": sentences, "is_done": True}
	if not queueing.is_queue_up():
		frappe.throw(_("The background workers cannot be reached. Ask your administrator to start Redis."))
	fill_later(audience, group, contacts)
	message = _("{0} is being filled in the background. You will be notified when it is done.")
	return {"email_group": group, "sentences": [message.format(bold(group))], "is_done": False}


def _group_of(audience: str) -> str:
	"""The group with the name of the audience, which is made where there is none."""
	if frappe.db.exists(GROUP, {"name": audience}):
		return check_may_fill(audience, audience)
	return frappe.get_doc({"doctype": GROUP, "title": audience}).insert().name
