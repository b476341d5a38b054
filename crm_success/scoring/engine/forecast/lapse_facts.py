"""What a customer's purchases tell about the next one: its own rhythm, and the terms of the lapse risk. Fits nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Filter, Limits, Metric
from crm_success.scoring.engine.profile import (
	FIRST_PURCHASE,
	RECENCY,
	profile_metrics,
	purchase_days,
	purchases_within,
	revenue_within,
)

# how many of the company's usual gaps a customer's own ones are mixed with: one purchase says nothing of a rhythm yet
PRIOR_GAPS = 2.0
_LEAST_GAP = 1.0

# columns of the facts, beside any others that are known of some customers
PURCHASE_DAYS = "purchase_days"
FIRST = "days_since_first"
LAST = "days_since_last"
LATELY = "purchases_lately"
BEFORE = "purchases_before"
REVENUE = "revenue"
RETURNS = "returns"
FACTS = (PURCHASE_DAYS, FIRST, LAST, LATELY, BEFORE, REVENUE, RETURNS)

_DAYS, _LATELY, _BOTH = "_purchase_days", "_lately", "_lately_and_before"
_REVENUE, _RETURNS = "_revenue", "_returns"
_OF_PROFILE = {FIRST_PURCHASE: FIRST, RECENCY: LAST}


def fact_metrics(limits: Limits, horizon: int) -> tuple[Metric, ...]:
	"""The metrics that the facts are made of, all columns of one grouped query over invoices."""
	purchases = purchases_within(horizon)
	return (
		*(metric for metric in profile_metrics(limits) if metric.key in _OF_PROFILE),
		replace(purchase_days(), key=_DAYS),
		replace(purchases, key=_LATELY),
		replace(purchases, key=_BOTH, window_days=2 * horizon),
		# of all time: on the day on which it left a window, a customer would be worth less than on the day before
		replace(revenue_within(0), key=_REVENUE),
		replace(purchases, key=_RETURNS, window_days=0, filters=(Filter("is_return", "=", 1),)),
	)


def facts_of(values: pd.DataFrame) -> pd.DataFrame:
	"""The facts (columns FACTS) of who has bought, from the raw values of `fact_metrics`, a column a key.

	Whose days contradict each other, or are not known, is left out: a day before the calendar begins is none.
	"""
	days, first, last = values[_DAYS], values[FIRST_PURCHASE], values[RECENCY]
	in_order = (last >= 0) & (first >= last) & ((days > 1) | (first == last))
	bought = values[(days >= 1) & (days % 1 == 0) & in_order]
	lately = bought[_LATELY].fillna(0.0)
	facts = bought.rename(columns={**_OF_PROFILE, _DAYS: PURCHASE_DAYS, _REVENUE: REVENUE})
	facts = facts.assign(
		**{LATELY: lately, BEFORE: bought[_BOTH].fillna(0.0) - lately, RETURNS: bought[_RETURNS]}
	)
	return facts[list(FACTS)].fillna({REVENUE: 0.0, RETURNS: 0.0})


def repeats(facts: pd.DataFrame) -> pd.DataFrame:
	"""Purchase days after the first one, the age at the last of them and the age now, in days: what the purchase model
	reads.
	"""
	return pd.DataFrame(
		{
			"repeats": facts[PURCHASE_DAYS] - 1.0,
			"last_age": facts[FIRST] - facts[LAST],
			"age": facts[FIRST].astype("float64"),
		}
	)


def usual_gap_of_company(facts: pd.DataFrame) -> float | None:
	"""Days between two purchase days, over all customers who bought more than once; None where nobody did."""
	known = repeats(facts)
	gaps = known["repeats"].sum()
	return max(float(known["last_age"].sum() / gaps), _LEAST_GAP) if gaps > 0 else None


def usual_gap(facts: pd.DataFrame, company_gap: float) -> pd.Series:
	"""Days between two purchase days of each customer, drawn towards the company's where there were few."""
	known = repeats(facts)
	return (known["last_age"] + PRIOR_GAPS * company_gap) / (known["repeats"] + PRIOR_GAPS)


def terms(facts: pd.DataFrame, company_gap: float) -> pd.DataFrame:
	"""The numbers that the risk is told by, a row a customer, none missing.

	`facts` has the columns FACTS (days, counts and money; windows of the horizon for LATELY and BEFORE), for
	customers with a purchase. Any other column is a number that is known of some customers: it counts where it is
	known, and that it is known counts too.
	"""
	gap = usual_gap(facts, company_gap)
	revenue = facts[REVENUE].clip(lower=0.0)
	lately, before = np.log1p(facts[LATELY]), np.log1p(facts[BEFORE])
	told = pd.DataFrame(
		{
			"recency": np.log1p(facts[LAST]),
			"rhythm": np.log1p(facts[LAST] / gap),
			"usual_gap": np.log(gap),
			"purchases": np.log(facts[PURCHASE_DAYS]),
			"tenure": np.log1p(facts[FIRST]),
			"lately": lately,
			"trend": lately - before,
			"revenue": np.log1p(revenue),
			"order_value": np.log1p(revenue / facts[PURCHASE_DAYS]),
			"returns": np.log1p(facts[RETURNS]),
			"bought_once": (facts[PURCHASE_DAYS] == 1).astype("float64"),
		},
		index=facts.index,
		dtype="float64",
	)
	return told.join(_known_of_some(facts.drop(columns=list(FACTS))))


def _known_of_some(facts: pd.DataFrame) -> pd.DataFrame:
	numbers = facts.astype("float64")
	columns = {}
	for name in numbers:
		columns[name] = numbers[name].fillna(0.0)
		columns[f"{name}_known"] = numbers[name].notna().astype("float64")
	return pd.DataFrame(columns, index=facts.index)
