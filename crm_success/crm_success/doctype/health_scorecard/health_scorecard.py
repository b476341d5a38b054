"""Weights, bands and caps for the customers that a filter names. The checks are in scorecard_checks.py."""

from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered
from crm_success.record_names import BACK_TEST_SUGGESTION, HEALTH
from crm_success.scoring import newer_defaults
from crm_success.scoring.checks import scorecard_checks
from crm_success.scoring.definition_links import forget


class HealthScorecard(PrintedAsText):
	def before_insert(self):
		check_entered(self)

	def validate(self):
		check_entered(self)
		scorecard_checks.check_dimensions(self)
		scorecard_checks.check_metrics(self)
		scorecard_checks.check_bands(self)
		scorecard_checks.check_caps(self)
		scorecard_checks.check_customer_filters(self)
		scorecard_checks.check_default(self)

	def on_update(self):
		scorecard_checks.end_other_defaults(self)
		newer_defaults.settle_if_taken()

	def on_trash(self):
		scorecard_checks.check_not_last_default(self)
		forget([HEALTH, BACK_TEST_SUGGESTION], "scorecard", [self.name])
