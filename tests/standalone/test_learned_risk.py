"""The lapse risk of whole databases: learned alike however customers are read, from nothing later than the day, and
refused where there is too little to learn from.
"""

import json
import random
from datetime import date, timedelta

import pandas as pd
import pytest
from small_erp import alter, customer, invoice, score, write

from crm_success.scoring.engine.definitions import to_json
from crm_success.scoring.shared import calibrating
from crm_success.standalone.assessment import Scoring
from crm_success.standalone.connections import connect

AS_OF = date(2025, 6, 30)
COLUMNS = ["lapse_risk", "usual_gap", "risk_drivers"]


def purchases(
	customers: int, leaves: float = 0.15, days: int = 600, later: int = 120, seed: int = 4
) -> list[dict]:
	"""Invoices of made-up customers, each with a rhythm of their own, up to `later` days after AS_OF."""
	chance, rows = random.Random(seed), []
	for number in range(customers):
		day, gap = chance.uniform(0, days), chance.lognormvariate(3.6, 0.6)
		while day < days + later:
			rows.append(bought(f"C{number:04}", int(day) - days, chance.lognormvariate(4, 1), len(rows)))
			if chance.random() < leaves:
				break
			day += gap * chance.lognormvariate(0, 0.5)
	return rows


def bought(name: str, days_from_as_of: int, amount: float, number: int) -> dict:
	return invoice(f"I{number}", name, str(AS_OF + timedelta(days_from_as_of)), round(amount, 2))


def company(path, rows: list[dict]):
	names = sorted({row["customer"] for row in rows})
	return write(path, rows, entries=[], issues=[], customers=[*map(customer, names), customer("Never")])


def calibrated(path, batch_size: int = 5000, as_of: date = AS_OF):
	with connect(f"sqlite:///{path}") as database:
		return Scoring(database, as_of, batch_size).calibrate(lambda done: None)


@pytest.fixture(scope="module")
def rows() -> list[dict]:
	return purchases(700)


@pytest.fixture(scope="module")
def erp(tmp_path_factory, rows):
	return company(tmp_path_factory.mktemp("risk") / "erp.db", rows)


def scored(path, batch_size: int = 5000) -> pd.DataFrame:
	batches, _outcome = score(path, AS_OF, batch_size)
	return pd.concat(batches).set_index("customer")


def test_everybody_who_has_bought_has_a_risk_a_rhythm_and_reasons(erp):
	health = scored(erp)
	buyers = health[health["last_invoice"].notna()]
	assert len(buyers) > 500
	assert buyers["lapse_risk"].between(0, 100).all()
	assert buyers["lapse_risk"].nunique() > 100
	assert (buyers["usual_gap"] > 0).all()
	assert (buyers["risk_drivers"] != "").mean() > 0.99
	assert "without a purchase, and usually buys every" in "\n".join(buyers["risk_drivers"])
	never = health.loc["Never"]
	assert pd.isna(never["lapse_risk"]) and pd.isna(never["usual_gap"]) and never["risk_drivers"] == ""


def test_it_is_a_metric_too(erp):
	health = scored(erp)
	parts = health["components"].map(json.loads)
	raw = parts.map(lambda part: part["lapse_risk"]["raw"]).astype("float64")
	pd.testing.assert_series_equal(raw, health["lapse_risk"].astype("float64"), check_names=False)


def test_how_customers_are_cut_into_batches_changes_nothing(erp):
	whole = calibrated(erp)
	assert whole.risk.model and whole.risk.model.habits and whole.risk.model.blend
	assert to_json(calibrated(erp, batch_size=97)) == to_json(whole)
	pd.testing.assert_frame_equal(scored(erp)[COLUMNS], scored(erp, 97)[COLUMNS])


def test_of_many_customers_a_sample_teaches_whatever_the_batches(erp, monkeypatch):
	monkeypatch.setattr(calibrating, "LEARNED_FROM", 450)
	monkeypatch.setattr(calibrating, "_AT_ONCE", 64)
	some = calibrated(erp)
	assert some.risk.model.customers == 450
	assert to_json(calibrated(erp, batch_size=13)) == to_json(some)


def test_nothing_later_than_the_day_is_used(tmp_path, rows):
	known = [row for row in rows if row["posting_date"] <= str(AS_OF)]
	before, after = company(tmp_path / "before.db", known), company(tmp_path / "after.db", rows)
	assert len(rows) > len(known)
	assert to_json(calibrated(before).risk) == to_json(calibrated(after).risk)
	buyers = sorted({row["customer"] for row in known})
	pd.testing.assert_frame_equal(scored(before).loc[buyers, COLUMNS], scored(after).loc[buyers, COLUMNS])


def test_internal_customers_and_drafts_teach_nothing(tmp_path, rows):
	path = company(tmp_path / "erp.db", rows)
	learned = to_json(calibrated(path).risk)
	alter(path, "INSERT INTO `tabCustomer` (name, is_internal_customer) VALUES ('Sister', 1)")
	alter(path, "CREATE TABLE more AS SELECT * FROM `tabSales Invoice` WHERE customer = 'C0001'")
	alter(path, "UPDATE more SET customer = 'Sister', name = 'S' || name, is_internal_customer = 1")
	alter(path, "INSERT INTO `tabSales Invoice` SELECT * FROM more")
	alter(
		path,
		"UPDATE more SET customer = 'C0002', name = 'D' || name, docstatus = 0, is_internal_customer = 0",
	)
	alter(path, "INSERT INTO `tabSales Invoice` SELECT * FROM more")
	assert to_json(calibrated(path).risk) == learned


def test_a_young_company_is_told_by_its_purchases_alone(tmp_path):
	young = company(tmp_path / "erp.db", purchases(600, days=120))
	learned = calibrated(young).risk
	assert learned.model.purchases and not learned.model.habits
	assert "There is no earlier date" in str(learned.reasons[0])
	health = scored(young)
	assert health.loc[health["last_invoice"].notna(), "lapse_risk"].between(0, 100).all()
	assert "risk by" in "\n".join(health["risk_drivers"])


@pytest.mark.parametrize(
	("invoices", "said", "has_gap"),
	[
		([], "Nobody bought twice", False),
		([bought(f"C{n}", -n - 1, 50, n) for n in range(300)], "Nobody bought twice", False),
		(purchases(40), "needs 200", True),
	],
)
def test_where_nothing_can_be_learned_scoring_goes_on_and_says_why(tmp_path, invoices, said, has_gap):
	path = company(tmp_path / "erp.db", invoices)
	learned = calibrated(path).risk
	assert learned.model is None and said in str(learned.reason)
	batches, outcome = score(path, AS_OF)
	health = pd.concat(batches)
	assert health["lapse_risk"].isna().all() and (health["risk_drivers"] == "").all()
	bought_something = health["last_invoice"].notna()
	assert health.loc[bought_something, "usual_gap"].notna().all() == (has_gap or not bought_something.any())
	assert outcome.about_risk[0] == "The risk cannot be told."
	assert said in outcome.about_risk[1]


def test_where_everybody_comes_back_there_are_no_habits_to_tell_apart(tmp_path):
	faithful = [
		bought(f"C{number}", -day - number % 20, 50, number * 1000 + day)
		for number in range(300)
		for day in range(0, 400, 20)
	]
	learned = calibrated(company(tmp_path / "erp.db", faithful)).risk
	assert learned.model is None or not learned.model.habits
	assert "Only 0 customers" in str(learned.reasons[0])
