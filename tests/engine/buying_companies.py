"""Companies made after a story of their own: who buys when, and for how much. Facts and past windows of them."""

import numpy as np
import pandas as pd

from crm_success.scoring.engine.forecast.lapse_facts import FACTS
from crm_success.scoring.engine.forecast.past_windows import PastWindow

HORIZON = 90
SEASON = 0.8  # of the mean, up in one half of the year and down in the other


def company(customers=1500, leaves=0.1, seasonal=False, days=1000, seed=1):
	"""Purchases (customer, day, amount) from day 0 to `days`: a rate and a usual amount of each customer's own."""
	chance, rows = np.random.default_rng(seed), []
	for customer in range(customers):
		day, gap = chance.uniform(0, days - 100), chance.lognormal(3.6, 0.6)
		usual, first = chance.lognormal(4, 0.8), True
		while day < days:
			high = 1 + SEASON * np.sin(2 * np.pi * day / 365)
			if first or not seasonal or chance.random() * (1 + SEASON) < high:
				rows.append((customer, int(day), usual * chance.lognormal(0, 0.4)))
				first = False
				if chance.random() < leaves:
					break
			day += gap * chance.exponential()
	return pd.DataFrame(rows, columns=["customer", "day", "amount"])


def facts_on(day, bought):
	past = bought[bought["day"] <= day]
	ago = day - past["day"]
	known = past.groupby("customer")
	facts = pd.DataFrame(
		{
			"purchase_days": known["day"].nunique(),
			"days_since_first": day - known["day"].min(),
			"days_since_last": day - known["day"].max(),
			"revenue": known["amount"].sum(),
			"returns": 0,
		}
	)
	within = {
		"purchases_lately": past[ago < HORIZON].groupby("customer").size(),
		"purchases_before": past[(ago >= HORIZON) & (ago < 2 * HORIZON)].groupby("customer").size(),
	}
	for name, counted in within.items():
		facts[name] = counted.reindex(facts.index).fillna(0)
	return facts[list(FACTS)].astype("float64")


def spent_after(day, bought, customers):
	after = bought[bought["day"].between(day + 1, day + HORIZON)]
	return after.groupby("customer")["amount"].sum().reindex(customers).fillna(0.0)


def window(today, days_ago, bought):
	facts = facts_on(today - days_ago, bought)
	spent = spent_after(today - days_ago, bought, facts.index)
	return PastWindow(facts, spent == 0, spent, days_ago)


def windows(today, bought, days_ago=(90, 120, 150, 180, 365)):
	return [window(today, ago, bought) for ago in days_ago]
