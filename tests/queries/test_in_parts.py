"""Long lists for a statement, cut so that the database looks each value up."""

import pytest

from crm_success.database.dialects import in_parts

# from so many values on MariaDB estimates instead, where nobody has set `eq_range_index_dive_limit`
ESTIMATED = 200


@pytest.mark.parametrize("count", [0, 1, 149, 150, 151, 199, 200, 1000, 6037])
def test_all_values_once_and_in_order(count):
	values = [f"SINV-{number}" for number in range(count)]
	parts = list(in_parts(values))
	assert [value for part in parts for value in part] == values
	assert all(0 < len(part) < ESTIMATED for part in parts)
