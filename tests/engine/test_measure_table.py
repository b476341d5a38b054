"""The table of measures is whole, and its windows hold. What the numbers are is in test_measures.py."""

import pytest

from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.measure_table import (
	DATE_PART,
	MEASURES,
	WITHOUT_DOCUMENTS,
	Function,
	Measure,
	ValueField,
	check_window,
	months_of,
)
from crm_success.setup.defaults import METRICS

DOCUMENTS = [measure for measure in Measure if measure.reads_documents]


def test_each_measure_has_one_row() -> None:
	assert list(MEASURES) == list(Measure)


@pytest.mark.parametrize("measure", DOCUMENTS)
def test_what_is_read_has_names_that_differ(measure: Measure) -> None:
	names = [read.name for read in measure.row.reads(90)]
	assert names
	assert len(names) == len(set(names))


def test_a_formula_and_a_forecast_read_nothing() -> None:
	assert [measure for measure in Measure if not measure.row.reads(90)] == [
		Measure.LAPSE_RISK,
		Measure.EXPRESSION,
	]
	assert WITHOUT_DOCUMENTS == ("Lapse Risk", "Expression")


@pytest.mark.parametrize("measure", DOCUMENTS)
def test_only_a_measure_with_a_value_field_reads_its_values(measure: Measure) -> None:
	of_values = [
		read
		for read in measure.row.reads(90)
		if read.name != DATE_PART and read.function is not Function.COUNT
	]
	assert bool(of_values) == (measure.row.value_field is not ValueField.NONE)


@pytest.mark.parametrize("measure", DOCUMENTS)
def test_only_a_measure_with_matching_reads_the_documents_that_match(measure: Measure) -> None:
	assert any(read.matching for read in measure.row.reads(90)) == measure.row.matching


def test_months_of_a_window() -> None:
	assert [months_of(days) for days in (0, 30, 90, 180, 365)] == [2, 2, 3, 6, 12]


@pytest.mark.parametrize(
	("measure", "days", "reason"),
	[
		(Measure.COUNT, -1, "A window cannot be negative. Enter the number of days, or 0 for all history."),
		(Measure.CHANGE, 0, "Change Against Previous Window needs a window of at least 1 days."),
		(
			Measure.DECLINING_MONTHS,
			59,
			"Consecutive Declining Months needs a window of at least 60 days.",
		),
		(
			Measure.DECLINING_MONTHS,
			1827,
			"Consecutive Declining Months looks back 1826 days at most. Enter a shorter window.",
		),
	],
)
def test_a_window_that_a_measure_cannot_work_with_is_refused(
	measure: Measure, days: int, reason: str
) -> None:
	with pytest.raises(DefinitionError) as refused:
		check_window(measure, days)
	assert str(refused.value) == reason


@pytest.mark.parametrize(
	("measure", "days"),
	[
		(Measure.COUNT, 0),
		(Measure.SUM, 10**9),
		(Measure.CHANGE, 1),
		(Measure.DECLINING_MONTHS, 60),
		(Measure.DECLINING_MONTHS, 1826),
	],
)
def test_any_other_window_is_fine(measure: Measure, days: int) -> None:
	check_window(measure, days)


@pytest.mark.parametrize("record", METRICS, ids=lambda record: record["metric_name"])
def test_a_default_metric_has_the_unit_of_its_measure(record: dict[str, str]) -> None:
	assert (Measure(record["measure"]).row.unit or record["unit"]) == record["unit"]
