"""What a spreadsheet would compute is a text to it, and numbers stay numbers."""

import pandas as pd
import pytest

from crm_success.standalone.csv_cells import as_cells


@pytest.mark.parametrize(
	("text", "cell"),
	[
		("=1+2", "'=1+2"),
		("+1-2", "'+1-2"),
		("-2+3", "'-2+3"),
		("@SUM(A1)", "'@SUM(A1)"),
		("\t=1", "'\t=1"),
		("\r=1", "'\r=1"),
		("\n=1", "'\n=1"),
		("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
		("-12", "-12"),
		("+4.5", "+4.5"),
		("-0,5", "-0,5"),
		("a=b", "a=b"),
		("", ""),
		(None, None),
	],
)
def test_a_text(text, cell):
	assert as_cells(pd.DataFrame({"name": pd.Series([text], dtype=object)}))["name"].tolist() == [cell]


def test_numbers_stay_numbers_whatever_holds_them():
	rows = pd.DataFrame({"amount": [-1.5, 2.0], "mixed": pd.Series([-3, None], dtype=object)})
	pd.testing.assert_frame_equal(as_cells(rows), rows)


def test_the_rows_themselves_stay_as_they_are():
	rows = pd.DataFrame({"name": ["=1"]})
	as_cells(rows)
	assert rows["name"].tolist() == ["=1"]
