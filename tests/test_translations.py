"""The Chinese translations are whole: every text of the app has a row, and every row a text. Reads sources, runs no Frappe."""

import ast
import csv
import re
from collections import Counter
from collections.abc import Iterable
from io import StringIO
from typing import NamedTuple

import pytest
from translatable_texts import (
	APP,
	PLACEHOLDER,
	Text,
	all_texts,
	classes_of,
	phrases_of_core,
	texts_of_code,
	texts_of_document,
	texts_of_hooks,
	texts_of_javascript,
	texts_of_json,
	texts_of_python,
	texts_of_records,
)

# each kind of writing, with a character set that lacks the characters only the other one has
CHARACTERS = {"zh": "gb2312", "zh-TW": "big5"}
SYMBOLS = re.compile(r"[…○−·]")
# words of the mainland that Taiwan reads as foreign, even in its own characters
MAINLAND = re.compile("數據|信息|默認|保存|設置|文檔|鏈接|字段|打印|視頻|服務器|軟件|登錄|數組|“|”")
TAG = re.compile(r"</?[a-z][^>]*>")
CODE = re.compile(r"<code>.*?</code>")
PERCENT = re.compile(r"%[sd]")
MARKDOWN = re.compile(r"^#+ |\*\*", re.MULTILINE)
NOT_CHINESE = re.compile(
	r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]|[\u4e00-\u9fff] | [\u4e00-\u9fff]"
)


class Row(NamedTuple):
	"""A line of the file, as Frappe reads it."""

	source: str
	translation: str
	context: str = ""

	@property
	def text(self) -> Text:
		return Text(self.source, self.context)


def as_csv(rows: Iterable[Iterable[str]]) -> str:
	target = StringIO()
	csv.writer(target, lineterminator="\n").writerows(sorted(rows))
	return target.getvalue()


@pytest.fixture(scope="module")
def texts() -> set[Text]:
	return all_texts()


@pytest.fixture(scope="module", params=CHARACTERS)
def language(request: pytest.FixtureRequest) -> str:
	return request.param


@pytest.fixture(scope="module")
def rows(language: str) -> list[Row]:
	return rows_of((APP / f"translations/{language}.csv").read_text(encoding="utf-8"))


def rows_of(text: str) -> list[Row]:
	return [Row(*line) for line in csv.reader(StringIO(text))]


def of_another_writing(text: str, language: str) -> list[str]:
	"""The characters that this language does not write."""
	kept = SYMBOLS.sub("", text)
	return [character for character in kept if not character.encode(CHARACTERS[language], "ignore")]


# ---- tests -------------------------------------------------------------------------------------------------


def test_every_text_is_translated(texts: set[Text], rows: list[Row]):
	"""By a row without a context, since Frappe often passes none."""
	translated = {row.source for row in rows if row.translation.strip() and not row.context}
	missing = {(text.source, "", "") for text in texts if text.source not in translated}
	assert not missing, f"Fill in and add:\n{as_csv(missing)}"


def test_every_row_translates_a_text_of_the_app(texts: set[Text], rows: list[Row]):
	"""A row with a context is for the DocType that shows the text, where another app means something else by it."""
	sources = {text.source for text in texts}
	stale = [row for row in rows if (row.text not in texts if row.context else row.source not in sources)]
	assert not stale, f"Take out:\n{as_csv(stale)}"


def test_no_text_is_translated_twice(rows: list[Row]):
	times = Counter(row.text for row in rows)
	assert [text for text, number in times.items() if number > 1] == []


def test_a_row_with_a_context_says_something_else(rows: list[Row]):
	plain = {row.source: row.translation for row in rows if not row.context}
	assert [row for row in rows if row.context and row.translation == plain.get(row.source)] == []


def test_no_translation_is_empty(rows: list[Row]):
	assert [
		row.source for row in rows if not row.translation or row.translation != row.translation.strip()
	] == []


@pytest.mark.parametrize(
	"kept",
	[PLACEHOLDER, PERCENT, TAG, CODE, MARKDOWN],
	ids=["placeholders", "percents", "tags", "code", "markdown"],
)
def test_translations_keep(kept: re.Pattern, rows: list[Row]):
	changed = [
		row for row in rows if Counter(kept.findall(row.source)) != Counter(kept.findall(row.translation))
	]
	assert not changed, f"Not the same in source and translation:\n{as_csv(changed)}"


def test_chinese_has_its_own_punctuation_and_no_spaces(rows: list[Row]):
	plain = [MARKDOWN.sub("", TAG.sub("", row.translation)) for row in rows]
	assert [text for text in plain if NOT_CHINESE.search(text)] == []


def test_characters_are_those_of_the_language(rows: list[Row], language: str):
	odd = {row.translation: of_another_writing(row.translation, language) for row in rows}
	assert {text: characters for text, characters in odd.items() if characters} == {}


def test_simplified_and_traditional_characters_are_told_apart():
	assert of_another_writing("客户设置…{0}", "zh-TW") == ["户", "设"]
	assert of_another_writing("客戶設定…{0}", "zh") == ["戶", "設"]


@pytest.mark.parametrize("language", ["zh-TW"], indirect=True)
def test_taiwan_has_words_of_its_own(rows: list[Row]):
	assert [row.translation for row in rows if MAINLAND.search(row.translation)] == []


def test_rows_are_sorted(rows: list[Row]):
	texts = [row.text for row in rows]
	assert texts == sorted(texts)


def test_texts_of_python_are_found_under_any_name():
	code = """
from frappe import _ as translated
translated("One")
frappe._("Two " "words", context="Issue")
_(" or ")
_(label)
"""
	assert set(texts_of_python(code)) == {Text("One"), Text("Two words", "Issue"), Text("or")}


def test_errors_of_the_core_count_as_texts():
	assert {"Phrase", "ScoringError", "ExpressionError", "SourceError"} <= classes_of("Phrase")
	code = """
raise DefinitionError("No {0}", name) from error
Phrase("A " "list")
Phrase(measure)
"""
	assert set(texts_of_python(code)) == {Text("No {0}"), Text("A list")}


def test_every_error_of_the_core_is_a_template_that_can_be_translated():
	calls = list(phrases_of_core("ScoringError"))
	assert len(calls) > 40
	assert [ast.unparse(call) for call in calls if not isinstance(call.args[0], ast.Constant)] == []


def test_phrases_of_the_core_have_a_place_for_each_value():
	"""And nothing in between that Frappe would take for HTML, and therefore not find."""
	for call in phrases_of_core("Phrase"):
		if isinstance(call.args[0], ast.Constant):
			template, *values = [getattr(argument, "value", None) for argument in call.args]
			assert PLACEHOLDER.findall(template) == [f"{{{number}}}" for number in range(len(values))]
			assert not re.search("<[^>]+>", template)


def test_texts_of_javascript_are_found_in_any_quotes():
	code = """
__("It's {0} of {1}", [count, __('a \\"lot\\"')]); __(`all`)
__("High", null, "Issue"); __(doc.status); __(`${a} b`); call__("no")
"""
	assert set(texts_of_javascript(code)) == {
		Text("It's {0} of {1}"),
		Text('a "lot"'),
		Text("all"),
		Text("High", "Issue"),
	}


def test_texts_of_records_that_come_as_files_are_found():
	documents = [
		{"doctype": "Number Card", "name": "a-card", "label": "A card"},
		{"doctype": "Dashboard Chart", "chart_name": "A chart"},
		{
			"doctype": "Module Onboarding",
			"title": "Begin",
			"subtitle": "Steps",
			"success_message": "Well done",
		},
		{"doctype": "Onboarding Step", "title": "Run", "description": "First run", "action_label": "Go"},
		{"doctype": "Form Tour", "name": "a-tour", "steps": [{"title": "Weight", "description": "How much"}]},
		{"doctype": "Workspace Sidebar", "title": "Success", "items": [{"label": "Home", "link_to": "x"}]},
		{"doctype": "Report", "report_name": "A report", "columns": [{"label": "A column"}]},
		{"doctype": "Role", "role_name": "no"},
	]
	found = {text.source for document in documents for text in texts_of_document(document)}
	assert found == {
		*("A card", "A chart", "Begin", "Steps", "Well done", "Run", "First run", "Go"),
		*("Weight", "How much", "Success", "Home", "A report", "A column"),
	}


def test_there_is_something_to_translate():
	kinds = (texts_of_records(), texts_of_code(), texts_of_json(), texts_of_hooks())
	assert all(set(kind) for kind in kinds)
