"""Weights, bands and caps for the customers that a filter names. The checks are in validation.py."""

from frappe.model.document import Document

from crm_success.bridge.definition_links import forget
from crm_success.crm_success.doctype.health_scorecard import validation
from crm_success.crm_success.entered import check_entered


class HealthScorecard(Document):
	def before_insert(self):
		check_entered(self)

	def validate(self):
		check_entered(self)
		validation.check_dimensions(self)
		validation.check_metrics(self)
		validation.check_bands(self)
		validation.check_caps(self)
		validation.check_customer_filters(self)
		validation.check_default(self)

	def on_update(self):
		validation.end_other_defaults(self)

	def on_trash(self):
		validation.check_not_last_default(self)
		forget(["Customer Health"], "scorecard", [self.name])
