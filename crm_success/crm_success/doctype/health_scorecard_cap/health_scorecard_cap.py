"""A limit of the score while a metric is beyond a value. Checked with its parent; here only where it is saved alone."""

from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class HealthScorecardCap(PrintedAsText):
	def validate(self):
		check_entered(self)
