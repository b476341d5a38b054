"""That a customer is, or was, in an audience. Passes write it; a person may add a customer to an audience by hand."""

import frappe
from frappe import _

from crm_success.audiences.hand_picked import begin_visit, check_may_be_added, tell_of_new_member
from crm_success.audiences.membership import write_names_of
from crm_success.database.old_rows import delete_older
from crm_success.printed_texts import PrintedAsText
from crm_success.record_names import MEMBER
from crm_success.setup.log_days import MEMBER_DAYS


class CustomerAudienceMember(PrintedAsText):
	def before_insert(self):
		check_may_be_added(self)
		begin_visit(self)

	def validate(self):
		if not self.is_new():
			frappe.throw(
				_("Who was in an audience, and when, is not changed. Take the customer out with its list.")
			)

	def after_insert(self):
		tell_of_new_member(self)

	def after_delete(self):
		write_names_of([self.customer])

	@staticmethod
	def clear_old_logs(days: int = MEMBER_DAYS) -> None:
		"""Called by Log Settings every day, for members that have left."""
		delete_older(MEMBER, "left_on", days)


def on_doctype_update() -> None:
	frappe.db.add_unique(MEMBER, ["audience", "customer", "visit"])
	# who is in which audience now, without a look at each row
	frappe.db.add_index(MEMBER, ["customer", "left_on", "audience"], "customer_left_audience")
	frappe.db.add_index(MEMBER, ["audience", "left_on", "customer"], "audience_left_customer")
