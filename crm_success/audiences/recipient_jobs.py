"""Fills an Email Group in the background, and tells whoever asked what came of it."""

import frappe
from frappe import _

from crm_success.audiences.recipient_rights import check_may_fill
from crm_success.audiences.recipient_words import filled_in_words
from crm_success.audiences.recipients import GROUP, fill_email_group
from crm_success.batches import queueing
from crm_success.record_checks.field_errors import bold

SECONDS = 3600


def fill_later(audience: str, group: str, contacts: str) -> None:
	"""Queue it, as the user who asks."""
	job_id = f"crm_success_recipients_{frappe.generate_hash(length=8)}"
	job = "crm_success.audiences.recipient_jobs.fill_and_tell"
	queueing.enqueue(job, SECONDS, job_id, audience=audience, group=group, contacts=contacts)


def fill_and_tell(audience: str, group: str, contacts: str) -> None:
	"""Background job, in the name of the user who asked."""
	try:
		check_may_fill(audience, group)
		sentences = filled_in_words(group, fill_email_group(audience, group, contacts))
	except Exception:
		# half of it is not kept
		frappe.db.rollback()
		frappe.log_error(title=f"{group} could not be filled from {audience}")
		message = _("{0} could not be filled from the audience {1}. The Error Log says why. Try again.")
		_tell(group, [message.format(bold(group), bold(audience))])
		# Frappe rolls back after the error that is raised next
		frappe.db.commit()
		raise
	_tell(group, sentences)


def _tell(group: str, sentences: list[str]) -> None:
	"""In the bell of whoever asked, where it can be read later."""
	told = {
		"doctype": "Notification Log",
		"type": "Alert",
		"for_user": frappe.session.user,
		"document_type": GROUP,
		"document_name": group,
		"subject": " ".join(sentences),
	}
	# nobody has the right to make these by hand
	frappe.get_doc(told).insert(ignore_permissions=True)
