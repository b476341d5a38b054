"""A year of a real web shop on a real site: every score's raw material against pandas, and the site against
the standalone command on the same database, value by value.
"""

import json
import subprocess
import sys
import tempfile
import unittest
from datetime import date
from pathlib import Path

import frappe
import numpy as np
import pandas as pd

from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.scoring.runs.starting import start_scoring
from crm_success.tests.support import online_retail
from crm_success.tests.support.standalone_command import site_url
from crm_success.tests.support.utils import SiteTestCase

AS_OF = date(2011, 12, 9)
SCORED = ("score", "computed_score", "band", "value_class", "activity", "stage", "segment", "scorecard")
COUNTED = ("recency_score", "frequency_score", "monetary_score", "invoices", "open_issues")
MEASURED = (
	"revenue",
	"overdue",
	"expected_spend",
	"clv",
	"score",
	"computed_score",
	"lapse_risk",
	"usual_gap",
)


@unittest.skipUnless(online_retail.FILE.exists(), f"needs {online_retail.FILE.name} in ../shared/data")
class TestOnlineRetail(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.invoices = online_retail.read_invoices()
		online_retail.load(cls.invoices)
		_score_everybody()
		fields = [
			"name",
			*SCORED,
			*COUNTED,
			"revenue",
			"overdue",
			"expected_spend",
			"clv",
			"lapse_risk",
			"usual_gap",
			"last_invoice",
			"components",
			"as_of",
		]
		rows = frappe.get_all("Customer Health", {"name": ("like", f"{online_retail.PREFIX}%")}, fields)
		cls.health = pd.DataFrame.from_records(list(map(dict, rows))).set_index("name").sort_index()

	@classmethod
	def tearDownClass(cls):
		online_retail.remove()
		super().tearDownClass()

	def test_every_customer_has_a_health_record(self):
		self.assertEqual(len(self.health), 4372)
		self.assertEqual(set(self.health.index), set(self.invoices["customer"]))
		self.assertEqual(set(self.health["as_of"]), {AS_OF})
		bought = self.health["last_invoice"].notna()
		self.assertTrue(self.health["score"][bought].between(0, 100).all())
		# who has only returned something is judged by nothing
		self.assertTrue(self.health["score"][~bought].isna().all())

	def test_recency_frequency_and_money_equal_pandas(self):
		expected = _rfm_by_pandas(self.invoices)
		bought = expected["days"].notna()
		self.assertEqual(int(bought.sum()), 4339)
		for column in ("invoices", "revenue"):
			difference = (self.health[column].astype(float) - expected[column]).abs().max()
			self.assertLess(difference, 0.006, column)
		last = pd.to_datetime(self.health["last_invoice"])
		pd.testing.assert_series_equal(
			(pd.Timestamp(AS_OF) - last).dt.days, expected["days"], check_names=False
		)
		for column in ("recency_score", "frequency_score", "monetary_score"):
			pd.testing.assert_series_equal(self.health[column], expected[column], check_dtype=False)

	def test_net_revenue_metric_equals_pandas(self):
		raw = self.health["components"].map(lambda text: json.loads(text)["net_revenue_365d"]["raw"])
		expected = _rfm_by_pandas(self.invoices)["revenue"]
		self.assertLess((raw - expected).abs().max(), 1e-6)

	def test_the_standalone_command_gives_the_same_values(self):
		with tempfile.TemporaryDirectory() as folder:
			_score_standalone(Path(folder))
			csv = pd.read_csv(Path(folder) / "health.csv", keep_default_na=False, na_values=[""])
		standalone = (
			csv[csv["customer"].str.startswith(online_retail.PREFIX)].set_index("customer").sort_index()
		)
		self.assertEqual(list(standalone.index), list(self.health.index))
		for column in (*SCORED[2:], "last_invoice"):
			ours = self.health[column].astype(object).where(self.health[column].notna(), None).map(_text)
			theirs = standalone[column].astype(object).where(standalone[column].notna(), None).map(_text)
			self.assertEqual(ours.tolist(), theirs.tolist(), column)
		for column in (*COUNTED, *MEASURED):
			self.assertTrue(
				np.allclose(
					self.health[column].astype(float),
					standalone[column].astype(float),
					atol=1e-9,
					equal_nan=True,
				),
				column,
			)
		for customer, text in standalone["components"].items():
			self.assertEqual(json.loads(text), json.loads(self.health.at[customer, "components"]), customer)


def _score_everybody() -> None:
	"""A whole run in this process, as `bench crm-success score` does it."""
	run = start_scoring(AS_OF, "Command")
	frappe.db.commit()  # nosemgrep: a run is worked on in transactions of its own
	prepare_run(run)
	drain(run)


def _rfm_by_pandas(invoices: pd.DataFrame) -> pd.DataFrame:
	"""R, F and M from the file alone, by other means than the app's."""
	as_of = pd.Timestamp(AS_OF)
	in_window = invoices["posting_date"] > as_of - pd.Timedelta(days=365)
	bought = invoices[invoices["is_return"] == 0]
	frame = pd.DataFrame(index=pd.Index(sorted(invoices["customer"].unique()), name="name"))
	frame["days"] = (as_of - bought.groupby("customer")["posting_date"].max()).dt.days
	frame["invoices"] = bought[in_window.loc[bought.index]].groupby("customer").size()
	frame["revenue"] = invoices[in_window].groupby("customer")["amount"].sum()
	frame[["invoices", "revenue"]] = frame[["invoices", "revenue"]].fillna(0)
	buyers = frame[frame["days"].notna()]
	frame["recency_score"] = 6 - _quintile(buyers["days"])
	frame["frequency_score"] = _quintile(buyers["invoices"])
	frame["monetary_score"] = _quintile(buyers["revenue"].round(6))
	scores = ["recency_score", "frequency_score", "monetary_score"]
	frame[scores] = frame[scores].fillna(0).astype("int64")
	return frame


def _quintile(values: pd.Series) -> pd.Series:
	# of equal values the average place, less a half: those below and half of the equal ones
	fifths = 5 * (values.rank() - 0.5) / len(values)
	low, high = [fifths >= 1, fifths >= 2], [fifths > 3, fifths > 4]
	return 1 + sum(passed.astype("int64") for passed in (*low, *high))


def _score_standalone(folder: Path) -> None:
	command = [sys.executable, "-m", "crm_success.standalone", "score", "--database", site_url()]
	command += ["--as-of", AS_OF.isoformat(), "--output", str(folder)]
	subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def _text(value) -> str | None:
	return None if value is None else str(value)
