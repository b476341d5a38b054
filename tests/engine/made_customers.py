"""Customers for the tests of models: the CDNOW sample, and customers made after a model's own story."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

SAMPLE = Path(__file__).resolve().parents[1] / "cases/cdnow_sample.csv"
DAYS_PER_WEEK = 7


def cdnow_sample():
	"""2,357 customers who first bought of CDNOW in the first quarter of 1997, up to 1997-09-30: days, and US dollars.

	The systematic sample of Fader and Hardie, "Forecasting Repeat Sales at CDNOW: A Case Study", Interfaces 31(3), 2001.
	The file counts customers of the same repeats, last_age, age and cents spent in repeats. `spend` is the mean of
	the repeats, NaN without any.
	"""
	with SAMPLE.open() as lines:
		rows = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(lines)]
	frame = pd.DataFrame(row for row in rows for _customer in range(row["customers"]))
	return frame.assign(spend=frame["spent_cents"] / 100 / frame["repeats"].replace(0, np.nan))


def in_weeks(history):
	return history.assign(last_age=history["last_age"] / DAYS_PER_WEEK, age=history["age"] / DAYS_PER_WEEK)


def histories(*rows):
	"""A frame of (repeats, last_age, age)."""
	return pd.DataFrame(rows, columns=["repeats", "last_age", "age"], dtype="float64")


def made_histories(customers, r, alpha, a, b, days, horizon=0, seed=1):
	"""Histories of `days` at most, and the purchases in the `horizon` days after them."""
	chance = np.random.default_rng(seed)
	rate, leaving = chance.gamma(r, 1 / alpha, customers), chance.beta(a, b, customers)
	age = np.floor(chance.uniform(0, days, customers))
	moment, repeats, last_age, then = (np.zeros(customers) for _column in range(4))
	there = np.ones(customers, dtype=bool)
	while there.any():
		moment = moment + chance.exponential(1 / np.maximum(rate, 1e-12))
		known, later = there & (moment <= age), there & (moment > age) & (moment <= age + horizon)
		repeats, last_age, then = repeats + known, np.where(known, moment, last_age), then + later
		there = (known | later) & (chance.random(customers) >= leaving)
	return pd.DataFrame({"repeats": repeats, "last_age": last_age, "age": age}), pd.Series(then)


def made_spends(customers, p, q, gamma, seed=1):
	"""Numbers of purchases from 1 to 12, and the mean spend of each customer."""
	chance = np.random.default_rng(seed)
	purchases = chance.integers(1, 13, customers)
	rate = chance.gamma(q, 1 / gamma, customers)
	return pd.Series(purchases), pd.Series(chance.gamma(p * purchases) / rate / purchases)
