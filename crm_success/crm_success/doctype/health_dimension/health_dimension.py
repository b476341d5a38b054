"""One side of the relationship with a customer, under which metrics are weighed."""

from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class HealthDimension(PrintedAsText):
	def before_insert(self):
		check_entered(self)

	def validate(self):
		check_entered(self)
