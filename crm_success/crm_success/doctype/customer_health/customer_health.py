"""The health of one customer. Scoring runs write it; people can only override the score (override.py)."""

import frappe
from frappe import _
from frappe.model import no_value_fields
from frappe.model.document import Document

from crm_success.bridge.customer_fields import update_customers
from crm_success.crm_success.doctype.customer_health.override import (
	OVERRIDE_FIELDS,
	apply_override,
	check_override,
)
from crm_success.queries.statements import KeyRange
from crm_success.setup.columns import allow_null

NULLABLE = ("score", "computed_score", "change_30", "clv")
# Frappe takes these from the customer at each save
FETCHED = ("customer_name", "customer_group", "territory", "account_manager")


class CustomerHealth(Document):
	def before_insert(self):
		self.refuse_insert_by_hand()

	def validate(self):
		before = self.get_doc_before_save()
		if before and not self.flags.by_scoring:
			self.refuse_changes_by_hand(before)
			self.restore_computed_values(before)
		check_override(self, before)
		apply_override(self)

	def on_update(self):
		self.store_missing_numbers()
		self.update_customer()

	def after_delete(self):
		self.update_customer()

	def refuse_insert_by_hand(self):
		if not self.flags.by_scoring:
			frappe.throw(
				_("Customer Health is made by scoring. Start a Scoring Run to make it for every customer."),
				title=_("Made by Scoring"),
			)

	def refuse_changes_by_hand(self, before: Document):
		changed = [df.label for df in self.computed_fields() if self.differs_from(before, df.fieldname)]
		if changed:
			frappe.throw(
				_(
					"{0} cannot be changed by hand, because scoring computes it. To set another score, use the override."
				).format(", ".join(frappe.bold(_(label)) for label in changed)),
				title=_("Computed by Scoring"),
			)

	def restore_computed_values(self, before: Document):
		"""A form sends 0 or an empty text where a number or text is missing."""
		for df in self.computed_fields():
			self.set(df.fieldname, before.get(df.fieldname))

	def computed_fields(self):
		kept = (*OVERRIDE_FIELDS, *FETCHED)
		return [
			df for df in self.meta.fields if df.fieldtype not in no_value_fields and df.fieldname not in kept
		]

	def differs_from(self, before: Document, fieldname: str) -> bool:
		return bool(self.get(fieldname) or before.get(fieldname)) and self.has_value_changed(fieldname)

	def store_missing_numbers(self):
		"""Frappe stores a missing number as 0, but a customer without a score has none."""
		missing = [fieldname for fieldname in NULLABLE if self.get(fieldname) is None]
		if missing:
			frappe.db.set_value(self.doctype, self.name, dict.fromkeys(missing), update_modified=False)

	def update_customer(self):
		update_customers(KeyRange(names=(self.customer,)))


def on_doctype_update() -> None:
	allow_null("Customer Health", NULLABLE)
