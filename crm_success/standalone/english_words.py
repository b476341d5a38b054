"""The English words of the standalone command for a score and a stage; the sentences are those of a site."""

from collections.abc import Mapping

from crm_success.scoring.engine.definitions import Definitions
from crm_success.scoring.engine.drivers import Driver
from crm_success.scoring.shared.driver_words import DriverWords, Language, MetricName
from crm_success.scoring.shared.risk_words import RiskWords
from crm_success.scoring.shared.stage_words import StageWords

ENGLISH = Language(
	translate=lambda text: text,
	number=lambda value, digits: f"{value:,.{digits}f}",
	money=lambda currency: f"{{0}} {currency}",
)
STAGE_WORDS = StageWords(ENGLISH.translate, band_name=str)


def driver_words(definitions: Definitions) -> DriverWords:
	"""Words for the drivers of these definitions."""
	return DriverWords(ENGLISH, _names(definitions))


def risk_words() -> RiskWords:
	"""Words for lapse risks."""
	return RiskWords(ENGLISH, DriverWords(ENGLISH, {}))


def reason(driver: Driver, words: DriverWords, currency: str) -> str:
	"""As in the report: Overdue Share of Billed: 52.1 %, −7.5 points."""
	value = words.value(driver["metric"], driver["value"], currency)
	sign = "−" if driver["contribution"] < 0 else "+"
	# a real minus sign
	value = f"−{value[1:]}" if value.startswith("-") else value
	return f"{words.label(driver['metric'])}: {value}, {sign}{words.points(driver['contribution'])} points"


def _names(definitions: Definitions) -> Mapping[str, MetricName]:
	return {metric.key: MetricName(metric.label, metric.unit) for metric in definitions.metrics}
