"""The health of one customer. Scoring writes it; a person's save stores an override, and nothing else."""

from typing import Any

import frappe
from frappe import _
from frappe.model import no_value_fields
from frappe.model.document import Document
from frappe.utils import getdate

from crm_success.database.dialects import KeyRange
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered
from crm_success.record_names import HEALTH
from crm_success.scoring.checks.override_checks import ENTERED, check_override
from crm_success.scoring.customer_fields import update_customers
from crm_success.scoring.overrides import OVERRIDE, set_override
from crm_success.scoring.reader_words import (
	RISK_FIELDS,
	VALUE_FIELDS,
	driver_words,
	risk_in_words,
	stage_words,
	standing_of,
	stored_drivers,
	value_in_words,
)
from crm_success.setup.table_columns import allow_null

NULLABLE = (
	*("score", "computed_score", "coverage", "change_30", "expected_spend", "clv"),
	*("lapse_risk", "usual_gap"),
)
# worded when read
WORDED = ("drivers", "stage_reason", "rhythm", "risk_drivers", "value_told_by")


class CustomerHealth(PrintedAsText):
	def __init__(self, *arguments, **values):
		super().__init__(*arguments, **values)
		# nobody enters a link here, and one to a definition that is gone must not keep an override from being saved
		self.flags.ignore_links = True

	@property
	def drivers(self) -> str:
		"""What moves the score, in the reader's language, a sentence a line."""
		drivers = stored_drivers(self.get("driver_facts"))
		return driver_words().lines(drivers, self.get("currency")) if drivers else ""

	@property
	def stage_reason(self) -> str:
		"""Why stage and band differ, in the reader's language, where they do."""
		return stage_words().sentence(standing_of(self))

	@property
	def rhythm(self) -> str:
		"""How often the customer buys, and how long ago it last did, in the reader's language."""
		return risk_in_words(self.as_fields_of_risk())["rhythm"]

	@property
	def risk_drivers(self) -> str:
		"""What moves the lapse risk, a sentence a line, or why there is none."""
		return risk_in_words(self.as_fields_of_risk())["risk_drivers"]

	@property
	def value_told_by(self) -> str:
		"""Where expected spend and lifetime value come from, a sentence a line."""
		return value_in_words({fieldname: self.get(fieldname) for fieldname in VALUE_FIELDS})

	def as_fields_of_risk(self) -> dict[str, Any]:
		return {fieldname: self.get(fieldname) for fieldname in RISK_FIELDS}

	def before_insert(self):
		frappe.throw(
			_(
				"Customer Health is made by scoring. Use Run Now in the list of Work Runs to make it for every customer."
			),
			title=_("Made by Scoring"),
		)

	def validate(self):
		before = self.get_doc_before_save()
		self.refuse_changes_by_hand(before)
		self.restore_computed_values(before)
		check_entered(self, ENTERED)
		check_override(self, before)

	def db_update(self):
		"""Frappe would write the whole record."""
		fields = (*OVERRIDE, "modified", "modified_by")
		override = {fieldname: self.get(fieldname) for fieldname in fields}
		self.score, self.band = set_override(self.customer, override, getdate())

	def before_print(self, settings=None):
		super().before_print(settings)
		# Frappe prints what a record holds: a property is not seen
		for fieldname in WORDED:
			self.set(fieldname, getattr(self, fieldname))

	def after_delete(self):
		update_customers(KeyRange(names=(self.customer,)))

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
		return [
			df
			for df in self.meta.fields
			if df.fieldtype not in no_value_fields and not df.is_virtual and df.fieldname not in OVERRIDE
		]

	def differs_from(self, before: Document, fieldname: str) -> bool:
		try:
			return bool(self.get(fieldname) or before.get(fieldname)) and self.has_value_changed(fieldname)
		except (OverflowError, TypeError, ValueError):
			# what is no moment at all cannot be compared with one
			return True


def on_doctype_update() -> None:
	allow_null(HEALTH, NULLABLE)
