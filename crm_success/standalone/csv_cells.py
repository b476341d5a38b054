"""Cells of a CSV that a spreadsheet takes for what they are: texts never for formulas, numbers for numbers. Writes nothing."""

import re
from typing import Any

import pandas as pd

# a spreadsheet computes what begins so: a customer who calls himself =HYPERLINK(...) would run on somebody's machine
_BEGINS_A_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def as_cells(rows: pd.DataFrame) -> pd.DataFrame:
	"""The rows with an apostrophe before each text that would begin a formula; everything else as it is."""
	texts = rows.select_dtypes(exclude=["number", "bool", "datetime"]).columns
	return rows.assign(**{name: _as_objects(rows[name]) for name in texts})


def _as_objects(values: pd.Series) -> pd.Series:
	# not by map, which would make -3 beside an empty cell to -3.0
	return pd.Series([_as_cell(value) for value in values], index=values.index, dtype=object)


def _as_cell(value: Any) -> Any:
	if not isinstance(value, str) or not _BEGINS_A_FORMULA.match(value) or _NUMBER.fullmatch(value):
		return value
	return f"'{value}"
