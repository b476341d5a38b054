"""Cut points and lapse risk, learned from all customers on one day. Written by scoring runs only."""

import json

from crm_success.printed_texts import PrintedAsText
from crm_success.record_names import CALIBRATION
from crm_success.scoring.reader_words import risk_words
from crm_success.setup.table_columns import allow_null


class ScoreCalibration(PrintedAsText):
	@property
	def risk_told_by(self) -> str:
		"""How the lapse risk is told, from how much, and why not better, in the reader's language."""
		learned = json.loads(self.get("calibration") or "{}").get("risk")
		return "\n".join(risk_words().told_by(learned))

	def before_print(self, settings=None):
		super().before_print(settings)
		# Frappe prints what a record holds: a property is not seen
		self.set("risk_told_by", self.risk_told_by)


def on_doctype_update() -> None:
	allow_null(CALIBRATION, ("usual_gap",))
