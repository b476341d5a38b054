"""Says in a sentence why a customer's stage and band differ, where they do: one wording for site and command."""

from collections.abc import Callable
from dataclasses import dataclass

from crm_success.scoring.engine.definitions import HealthBand, LifecycleStage


@dataclass(frozen=True)
class Standing:
	"""How a customer stands: stage and band, None where there is none, and days since the last invoice, if there was one.

	`is_set_by_hand` is true while the score is one that a person set.
	"""

	stage: str | None
	band: str | None
	days_since_last: int | None = None
	is_set_by_hand: bool = False


class StageWords:
	"""Looks translations up once. `band_name` gives the name of a band in the reader's language."""

	def __init__(self, translate: Callable[[str], str], band_name: Callable[[str], str]) -> None:
		_ = translate
		self._band_name = band_name
		self._by_stage = {
			LifecycleStage.POTENTIAL.value: _(
				"The band is {0} by the score; the stage is Potential because nothing has been bought yet."
			),
			LifecycleStage.NEW.value: _(
				"The band is {0} by the score; the stage is New because the first purchase is recent and the next one is not overdue."
			),
			LifecycleStage.AT_RISK.value: _(
				"The band is {0} by the score; the stage is At Risk because the last purchase was {1} days ago, longer than this customer usually waits."
			),
			LifecycleStage.LOST.value: _(
				"The band is {0} by the score; the stage is Lost because the last purchase was {1} days ago."
			),
		}
		self._by_hand = _(
			"The band is {0} because somebody set the score; the stage goes by what was computed."
		)
		self._since = _("The band is {0} by the score; the stage is that of the last scoring.")

	def sentence(self, standing: Standing) -> str:
		"""Why the two differ; nothing where they say the same, or where one of them is missing."""
		if not standing.stage or not standing.band or not differ(standing.stage, standing.band):
			return ""
		template = (
			self._by_hand if standing.is_set_by_hand else self._by_stage.get(standing.stage, self._since)
		)
		return template.format(self._band_name(standing.band), standing.days_since_last)


def differ(stage: str, band: str) -> bool:
	"""Whether a reader may take them for a contradiction: one says At Risk and the other does not, or the customer is lost."""
	is_lost = stage == LifecycleStage.LOST.value
	return is_lost or (stage == LifecycleStage.AT_RISK.value) != (band == HealthBand.AT_RISK.value)
