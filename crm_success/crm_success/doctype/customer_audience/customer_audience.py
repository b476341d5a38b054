"""A named set of customers, by conditions or by hand. What it may be is checked in audiences/audience_checks.py."""

import frappe
from frappe import _

from crm_success.audiences.audience_checks import (
	check_conditions,
	check_name,
	check_not_used,
	check_rights,
	is_redefined,
)
from crm_success.audiences.audience_records import BY_HAND
from crm_success.audiences.evaluation import evaluate_soon
from crm_success.audiences.field_circles import check_no_field_circle
from crm_success.audiences.membership import forget_audience, members_now, write_names_of
from crm_success.audiences.recipients import forget_recipients
from crm_success.database import clock
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered
from crm_success.record_names import AUDIENCE

FOUND_BY_PASSES = ("problem", "evaluated_on", "evaluated_version", "wanted_utc", "looked_at_utc")


class CustomerAudience(PrintedAsText):
	def before_insert(self):
		check_entered(self)

	def validate(self):
		check_entered(self)
		check_name(self, self.audience_name)
		check_conditions(self)
		check_no_field_circle(self)

	def before_save(self):
		self.keep_findings()
		if not is_redefined(self):
			return
		if not self.flags.ignore_permissions:
			check_rights(self)
		self.wanted_utc = clock.utc_now()

	def on_update(self):
		if self.enabled and self.how != BY_HAND and self.has_value_changed("wanted_utc"):
			evaluate_soon()

	def before_rename(self, old: str, new: str, merge: bool = False):
		if merge:
			frappe.throw(
				_("Audiences cannot be merged. Make one with both as conditions, any of which is enough.")
			)
		check_name(self, new)

	def after_rename(self, old: str, new: str, merge: bool = False):
		write_names_of(members_now(new))
		# a pass that runs knows the old name only
		frappe.db.set_value(AUDIENCE, new, "wanted_utc", clock.utc_now(), update_modified=False)

	def keep_findings(self):
		"""What passes note is not for a request to say, and a form may hold what it was an hour ago."""
		before = self.get_doc_before_save()
		for fieldname in FOUND_BY_PASSES:
			self.set(fieldname, before.get(fieldname) if before else None)

	def before_print(self, settings=None):
		super().before_print(settings)
		for row in self.conditions:
			# Frappe prints what a record holds: a property is not seen
			row.set("summary", row.summary)

	def on_trash(self):
		"""Frappe would not delete an audience that has members."""
		check_not_used(self)
		forget_audience(self.name)
		forget_recipients(self.name)
