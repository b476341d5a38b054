"""The shares among the default metrics never say more than all, and nothing where there is nothing to be a share of."""

import math

import pandas as pd
import pytest

from crm_success.scoring.engine.expression_values import evaluate
from crm_success.scoring.engine.expressions import parse_expression
from crm_success.setup.defaults import METRICS

NOTHING = float("nan")
FORMULAS = {metric["metric_key"]: metric.get("expression") for metric in METRICS}


def share(metric: str, **values: float) -> float:
	formula = parse_expression(FORMULAS[metric])
	return float(evaluate(formula, pd.DataFrame({name: [value] for name, value in values.items()})).iloc[0])


@pytest.mark.parametrize(
	("bought", "returned", "expected"),
	[
		(1200.0, -100.0, 100 / 12),
		(1200.0, 0.0, 0.0),
		(100.0, -100.0, 100.0),
		# goods of the year before came back
		(100.0, -400.0, 100.0),
		(0.0, -400.0, 100.0),
		(0.0, 0.0, NOTHING),
		(NOTHING, NOTHING, NOTHING),
	],
)
def test_return_rate(bought: float, returned: float, expected: float):
	found = share("return_rate", gross_revenue_365d=bought, returned_value_365d=returned)
	assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
	("billed", "overdue", "expected"),
	[(1000.0, 250.0, 25.0), (1000.0, 4000.0, 100.0), (0.0, 300.0, 100.0), (0.0, 0.0, NOTHING)],
)
def test_overdue_share_of_billed(billed: float, overdue: float, expected: float):
	found = share("overdue_share", billed_365d=billed, overdue_amount=overdue)
	assert found == pytest.approx(expected, nan_ok=True)
	assert math.isnan(found) == math.isnan(expected)
