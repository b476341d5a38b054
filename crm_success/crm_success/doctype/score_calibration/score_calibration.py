"""Cut points, lapse risk and expected spend, learned from all customers on one day. Written by scoring runs only."""

import json
from typing import Any

from crm_success.printed_texts import PrintedAsText
from crm_success.scoring.reader_words import risk_words, value_words


class ScoreCalibration(PrintedAsText):
	@property
	def risk_told_by(self) -> str:
		"""How the lapse risk is told, from how much, and why not better, in the reader's language."""
		return "\n".join(risk_words().told_by(self.learned().get("risk")))

	@property
	def value_told_by(self) -> str:
		"""How expected spend and lifetime values are told, from how much, and why not better, in the reader's language."""
		learned = self.learned()
		return "\n".join(value_words().told_by(learned.get("spend"), learned.get("risk")))

	def learned(self) -> dict[str, Any]:
		return json.loads(self.get("calibration") or "{}")

	def before_print(self, settings=None):
		super().before_print(settings)
		# Frappe prints what a record holds: a property is not seen
		for fieldname in ("risk_told_by", "value_told_by"):
			self.set(fieldname, getattr(self, fieldname))
