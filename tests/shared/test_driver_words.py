"""Facts about a score in words: the same sentences and digits for whoever reads them."""

import json

from crm_success.scoring.engine.drivers import Driver, drivers_of
from crm_success.scoring.shared.driver_words import DriverWords, Language, MetricName

UNITS = ("Currency", "Days", "Hours", "Months", "Percent", "Count", "Ratio", "")
ENGLISH = Language(
	translate=lambda text: text,
	number=lambda value, digits: f"{value:,.{digits}f}",
	money=lambda currency: f"{{0}} {currency}",
)


class Asked:
	"""A language that writes down what it was asked for."""

	def __init__(self) -> None:
		self.texts: list[str] = []
		self.numbers: list[tuple[float, int]] = []
		self.currencies: list[str] = []

	def translate(self, text: str) -> str:
		self.texts.append(text)
		return f"<{text}>"

	def number(self, value: float, digits: int) -> str:
		self.numbers.append((value, digits))
		return str(value)

	def money(self, currency: str) -> str:
		self.currencies.append(currency)
		return "{0}"

	@property
	def language(self) -> Language:
		return Language(self.translate, self.number, self.money)


def words(language: Language = ENGLISH) -> DriverWords:
	return DriverWords(language, {unit: MetricName(f"Pre-paid: {unit}", unit) for unit in UNITS})


def driver(metric: str, contribution: float, value: float | None) -> Driver:
	return {"metric": metric, "value": value, "points": 10.0, "contribution": contribution}


def test_an_amount_of_no_known_currency_is_a_number() -> None:
	assert words().value("Currency", 12.5, None) == "12.5"
	assert words().value("Currency", 12.5, "") == "12.5"


def test_a_sentence_says_which_way_and_how_much() -> None:
	assert words().sentence(driver("Days", -7.46, 34.0), "EUR") == (
		"Lowers the score by 7.5: Pre-paid: Days is 34 days"
	)
	assert words().sentence(driver("Percent", 2.0, -5.5), "EUR") == (
		"Raises the score by 2: Pre-paid: Percent is -5.5 %"
	)


def test_a_percentage_that_nobody_can_picture_is_said_in_words() -> None:
	sentences = [words().sentence(driver("Percent", 2.0, value), None) for value in (150.0, 999.0, 4000.0)]
	assert [sentence.split(" is ")[1] for sentence in sentences] == [
		"150 %",
		"999 %",
		"at least 40 times as much",
	]
	assert words().sentence(driver("Percent", -5.0, -250.0), None) == (
		"Lowers the score by 5: Pre-paid: Percent is -250 %, more than all of it"
	)


def test_a_value_that_is_missing_is_nothing_on_record() -> None:
	assert words().lines([driver("Days", -5.0, None), driver("Count", 2.5, None)], "EUR").splitlines() == [
		"Lowers the score by 5: nothing is on record for Pre-paid: Days",
		"Raises the score by 2.5: nothing is on record for Pre-paid: Count",
	]


def test_a_metric_that_is_gone_is_called_by_its_key() -> None:
	assert words().sentence(driver("gone_30d", -7.46, 34.0), "EUR") == (
		"Lowers the score by 7.5: gone_30d is 34"
	)


def test_every_row_has_its_own_currency() -> None:
	row, asked = driver("Currency", 1.0, 5.0), Asked()
	assert [words().value("Currency", 5.0, currency) for currency in ("EUR", "USD")] == ["5 EUR", "5 USD"]
	reader = words(asked.language)
	for currency in ("EUR", "USD", "EUR"):
		reader.sentence(row, currency)
	assert asked.currencies == ["EUR", "USD"]


def test_all_words_are_those_of_the_language_and_asked_for_once() -> None:
	asked = Asked()
	reader = words(asked.language)
	texts = len(asked.texts)
	assert reader.sentence(driver("Days", -2.0, 3.0), None).startswith("<Lowers the score by")
	assert reader.value("Days", 1, None) == "<1 day>"
	assert reader.value("Days", None, None) == "<nothing on record>"
	assert len(asked.texts) == texts == len(set(asked.texts))


def test_numbers_are_rounded_before_a_site_writes_them() -> None:
	"""Sites round in ways of their own: half up, or half to even after ten digits."""
	asked = Asked()
	reader = words(asked.language)
	for value in (7.45, 7.45, 2.5, 1234.5, 100.5, 0.05, 3.0):
		reader.number(value)
	assert asked.numbers == [(7.5, 1), (2.5, 1), (1234.0, 0), (100.0, 0), (0.1, 1), (3.0, 0)]


def test_facts_that_were_stored_read_the_same() -> None:
	parts = {
		"Days": {"raw": 34.0, "points": 0.0, "weight": 15.0, "contribution": -7.5},
		"Count": {"raw": None, "points": 100.0, "weight": 15.0, "contribution": 7.5},
	}
	drivers = drivers_of(parts)
	stored = json.loads(json.dumps(drivers))
	assert words().lines(stored, "EUR") == words().lines(drivers, "EUR")
	assert len(words().lines(stored, "EUR").splitlines()) == 2
