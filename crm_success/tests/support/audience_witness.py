"""Who notes each entering and leaving it is told of, in the transaction that writes it: for tests with worker processes.

It is registered where those find it too: among the hooks that Frappe keeps in Redis.
"""

from collections import Counter
from copy import deepcopy

import frappe

from crm_success.audiences.audience_changed import HOOK, AudienceChange
from crm_success.record_names import AUDIENCE
from crm_success.tests.support.utils import hooks_kept

# audience, customer, whether it entered
Told = tuple[str, str, bool]
ENTERED, LEFT = "entered", "left"


def note(changes: list[AudienceChange]) -> None:
	"""The subscriber."""
	for change in changes:
		row = {"reference_doctype": AUDIENCE, "reference_name": change.audience, "content": change.customer}
		subject = ENTERED if change.entered else LEFT
		frappe.get_doc({"doctype": "Comment", "comment_type": "Info", **row, "subject": subject}).db_insert()


def register() -> None:
	"""In this process and those that are started from here on, until `forget`."""
	hooks = deepcopy(dict(frappe.get_hooks()))
	hooks[HOOK] = [f"{note.__module__}.{note.__name__}"]
	hooks_kept().set_value("app_hooks", hooks)


def forget() -> None:
	"""Nobody listens any more, and nothing is noted."""
	hooks_kept().delete_value("app_hooks")
	forget_notes()


def forget_notes() -> None:
	frappe.db.delete("Comment", {"reference_doctype": AUDIENCE, "subject": ("in", (ENTERED, LEFT))})
	frappe.db.commit()


def noted() -> Counter[Told]:
	"""How often each was told."""
	frappe.db.rollback()
	filters = {"reference_doctype": AUDIENCE, "subject": ("in", (ENTERED, LEFT))}
	rows = frappe.get_all("Comment", filters, ["reference_name", "content", "subject"], as_list=True)
	return Counter((audience, customer, subject == ENTERED) for audience, customer, subject in rows)
