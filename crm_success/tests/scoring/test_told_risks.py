"""The lapse risk on a site with enough customers to learn from: stored, shown in each reader's words, a metric like others."""

import json
import random
from typing import Any

import frappe
import pandas as pd
from frappe.utils import add_days, getdate

from crm_success.patches import add_lapse_risk
from crm_success.record_names import CALIBRATION, HEALTH, METRIC, SETTINGS, SNAPSHOT
from crm_success.scoring.api import health_form, metric_form, scorecard_form
from crm_success.scoring.api.customer_panel import get_health
from crm_success.scoring.engine.drivers import drivers_of
from crm_success.scoring.runs.rescoring import rescore_customers
from crm_success.setup.custom_fields import our_fields
from crm_success.tests.support import factories, online_retail
from crm_success.tests.support.audience_site import AudienceTestCase, make_audience, members_of, on
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores
from crm_success.tests.support.standalone_command import score_standalone

BUYERS = 450
NEVER = "Risk Never"
DAYS = 600


def made_invoices() -> pd.DataFrame:
	"""Customers with rhythms of their own, some of whom leave after a purchase, up to today."""
	chance, rows = random.Random(8), []
	for number in range(BUYERS):
		day, gap = chance.uniform(0, DAYS), chance.lognormvariate(3.6, 0.6)
		while day <= DAYS:
			amount, is_return = round(chance.lognormvariate(4, 1), 2), chance.random() < 0.04
			rows.append((number, int(day), -amount if is_return else amount, int(is_return)))
			if chance.random() < 0.15:
				break
			day += gap * chance.lognormvariate(0, 0.5)
	frame = pd.DataFrame(rows, columns=["number", "day", "amount", "is_return"])
	frame["customer"] = frame["number"].map(lambda number: f"{online_retail.PREFIX}{number:04}")
	frame["posting_date"] = frame["day"].map(lambda day: pd.Timestamp(add_days(getdate(), int(day) - DAYS)))
	return frame.assign(invoice_no=[f"risk {number}" for number in range(len(frame))])


class RiskCase(AudienceTestCase):
	batch_size = 97

	@classmethod
	def make_documents(cls):
		factories.make_customer(NEVER)
		cls.addClassCleanup(online_retail.remove)
		cls.invoices = made_invoices()
		online_retail.load(cls.invoices)

	def setUp(self):
		super().setUp()
		forget_scores()
		self.run = self.score_all()
		self.told = self.health()
		self.buyers = {name: row for name, row in self.told.items() if row.last_invoice}

	def health(self) -> dict[str, Any]:
		frappe.db.rollback()
		filters = {"name": ("like", f"{online_retail.PREFIX}%")}
		return {row.name: row for row in frappe.get_all(HEALTH, filters, ["*"])}


class TestToldRisks(RiskCase):
	def setUp(self):
		super().setUp()
		self.one = max(self.buyers.values(), key=lambda row: row.lapse_risk).name

	def test_every_buyer_has_a_risk_and_a_rhythm_and_who_never_bought_has_neither(self):
		self.assertGreater(len(self.buyers), 400)
		for row in self.buyers.values():
			self.assertTrue(0 <= row.lapse_risk <= 100, row.name)
			self.assertGreater(row.usual_gap, 0)
			self.assertTrue(json.loads(row.risk_facts or "[]"), row.name)
		never = frappe.db.get_value(HEALTH, NEVER, ["lapse_risk", "usual_gap", "risk_facts"])
		self.assertEqual(never, (None, None, None))
		doc = frappe.get_doc(HEALTH, NEVER)
		self.assertEqual((doc.rhythm, doc.risk_drivers), ("Never bought", ""))

	def test_snapshots_and_customers_hold_the_same(self):
		for doctype, field in ((SNAPSHOT, "customer"), ("Customer", "name")):
			rows = frappe.get_all(doctype, {field: ("in", list(self.told))}, [field, "lapse_risk"])
			self.assertEqual(
				{row[field]: row.lapse_risk for row in rows},
				{name: row.lapse_risk for name, row in self.told.items()},
			)
		self.assertIsNone(frappe.db.get_value("Customer", NEVER, "lapse_risk"))

	def test_the_command_tells_the_same(self):
		standalone, outcome = score_standalone(getdate(), 41)
		for name in self.told:
			theirs, doc = standalone.loc[name], frappe.get_doc(HEALTH, name)
			for column in ("lapse_risk", "usual_gap"):
				ours = None if doc.get(column) is None else round(float(doc.get(column)), 6)
				self.assertEqual(ours, None if pd.isna(theirs[column]) else round(float(theirs[column]), 6))
			self.assertEqual(doc.risk_drivers.replace("£ ", ""), theirs["risk_drivers"].replace(" GBP", ""))
			self.assertEqual(json.loads(doc.components), json.loads(theirs["components"]))
		calibration = frappe.get_doc(CALIBRATION, self.run.calibration)
		self.assertEqual(calibration.risk_told_by, "\n".join(outcome.about_risk))

	def test_words_are_those_of_the_reader(self):
		doc = frappe.get_doc(HEALTH, self.one)
		english = (
			doc.risk_drivers,
			doc.rhythm,
			frappe.get_doc(CALIBRATION, self.run.calibration).risk_told_by,
		)
		self.assertIn("Raises the risk by ", english[0])
		self.assertRegex(english[1], "^Buys every .* ago$")
		self.assertIn("Learned from ", english[2])
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		frappe.local.lang = "zh"
		doc = frappe.get_doc(HEALTH, self.one)
		chinese = (
			doc.risk_drivers,
			doc.rhythm,
			frappe.get_doc(CALIBRATION, self.run.calibration).risk_told_by,
		)
		for text in chinese:
			self.assertNotRegex(
				text.replace("BG/NBD", "").replace("NBD", "").replace("GBP", ""), "[A-Za-z]{3}"
			)

	def test_the_panel_of_a_customer_says_it_too(self):
		doc, panel = frappe.get_doc(HEALTH, self.one), get_health(self.one)
		self.assertEqual(panel["lapse_risk"], doc.lapse_risk)
		self.assertEqual((panel["rhythm"], panel["risk_drivers"]), (doc.rhythm, doc.risk_drivers))
		self.assertNotIn("risk_facts", panel)
		self.assertEqual(get_health(NEVER)["rhythm"], "Never bought")

	def test_the_calibration_says_how_it_is_told(self):
		told_by = frappe.get_doc(CALIBRATION, self.run.calibration).risk_told_by
		self.assertIn("blended with a model of purchases", told_by)
		self.assertIn(f"purchases of {len(self.buyers)} customers", told_by)

	def test_rescoring_one_customer_tells_the_same(self):
		rescore_customers([self.one])
		again = self.health()[self.one]
		for fieldname in ("lapse_risk", "usual_gap", "risk_facts", "components"):
			self.assertEqual(again[fieldname], self.told[self.one][fieldname], fieldname)

	def test_it_is_a_metric_with_points_a_preview_and_documents(self):
		part = json.loads(self.told[self.one].components)["lapse_risk"]
		self.assertEqual(part["raw"], self.told[self.one].lapse_risk)
		self.assertEqual(part["points"], max(0, round(100 * (90 - part["raw"]) / 80, 2)))
		record = frappe.as_json(frappe.get_doc(METRIC, "Lapse Risk"))
		preview = metric_form.preview_metric(record)
		self.assertEqual(preview["measured"], len(self.buyers))
		for row in preview["customers"]:
			self.assertEqual(row["value"], self.told[row["customer"]].lapse_risk)
			self.assertTrue(row["documents"])
		counted = metric_form.metric_distribution(record)
		self.assertEqual(sum(count for _value, count in counted["values"]), len(self.buyers))
		found = health_form.metric_documents(self.one, "lapse_risk")
		mine = self.invoices[self.invoices["customer"] == self.one]
		self.assertEqual(found["doctype"], "Sales Invoice")
		self.assertEqual(len(found["documents"]), min(20, len(mine)))

	def test_formulas_percentiles_and_caps_work_with_it(self):
		values = {"dimension": "Engagement", "scale": "Percentile", "better": "Lower", "unit": "Percent"}
		formula = {"measure": "Expression", "expression": "100 - lapse_risk", **values, "better": "Higher"}
		ranked = {"measure": "Lapse Risk", **values}
		for name, more in (("Risk Stays", formula), ("Risk Ranked", ranked)):
			frappe.get_doc({"doctype": METRIC, "metric_name": name, **more}).insert()
		card = frappe.get_doc("Health Scorecard", "Standard")
		card.append("metrics", {"metric": "Risk Ranked", "weight": 50})
		card.append("metrics", {"metric": "Risk Stays", "weight": 50})
		card.append(
			"caps", {"metric": "Risk Ranked", "operator": ">=", "value": 60, "cap": 20, "reason": "Risk"}
		)
		foretold = scorecard_form.what_would_change(frappe.as_json(card))
		card.save()
		frappe.db.commit()
		self.addCleanup(self.forget_metrics)
		self.score_all()
		told = self.health()
		for name, row in told.items():
			if row.lapse_risk is None:
				continue
			parts = json.loads(row.components)
			self.assertEqual(parts["risk_stays"]["raw"], round(100 - row.lapse_risk, 6))
			uncapped = round(50 + sum(part["contribution"] for part in parts.values()), 1)
			self.assertEqual(row.cap_reason == "Risk", row.lapse_risk >= 60 and uncapped > 20, name)
			self.assertEqual(row.computed_score, 20 if row.cap_reason else uncapped, name)
		ranked = sorted(told.values(), key=lambda row: row.lapse_risk if row.lapse_risk is not None else 999)
		points = [json.loads(row.components)["risk_ranked"]["points"] for row in ranked if row.last_invoice]
		self.assertEqual(points, sorted(points, reverse=True))
		for mover in foretold["movers"]:
			if mover["customer"] in told:
				self.assertEqual(mover["score_after"], told[mover["customer"]].computed_score)

	def forget_metrics(self):
		frappe.db.rollback()
		card = frappe.get_doc("Health Scorecard", "Standard")
		card.metrics = [row for row in card.metrics if not row.metric.startswith("Risk ")]
		card.caps = [row for row in card.caps if not row.metric.startswith("Risk ")]
		card.save()
		for name in ("Risk Stays", "Risk Ranked"):
			frappe.delete_doc(METRIC, name, force=True)
		frappe.db.commit()

	def test_a_metric_of_it_keeps_no_source(self):
		doc = frappe.get_doc(
			{
				"doctype": METRIC,
				"metric_name": "Risk Bare",
				"measure": "Lapse Risk",
				"source_doctype": "Issue",
			}
		)
		doc.update({"customer_field": "customer", "date_field": "opening_date", "expression": "1"}).insert()
		self.assertEqual((doc.source_doctype, doc.date_field, doc.expression), (None, None, None))
		self.assertEqual(doc.unit, "Percent")

	def test_drivers_of_a_score_name_it_when_it_weighs(self):
		part = json.loads(self.told[self.one].components)["lapse_risk"]
		(driver,) = drivers_of({"lapse_risk": {**part, "contribution": -5.0}})
		self.assertEqual(driver["value"], self.told[self.one].lapse_risk)

	def test_another_horizon_is_learned_by_the_next_run_and_scores_go_by_the_old_one_until_then(self):
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, SETTINGS, "horizon_days", 90)
		frappe.db.set_single_value(SETTINGS, "horizon_days", 30)
		frappe.db.commit()
		frappe.clear_document_cache(SETTINGS, SETTINGS)
		rescore_customers([self.one])
		self.assertEqual(self.health()[self.one].lapse_risk, self.told[self.one].lapse_risk)
		run = self.score_all()
		self.assertNotEqual(run.calibration, self.run.calibration)
		model = json.loads(frappe.db.get_value(CALIBRATION, run.calibration, "calibration"))["risk"]["model"]
		self.assertEqual(model["horizon"], 30)
		self.assertGreaterEqual(
			sum(row.lapse_risk for row in self.health().values() if row.last_invoice),
			sum(row.lapse_risk for row in self.buyers.values()),
		)

	def test_a_calibration_from_before_risks_tells_none_and_says_so(self):
		kept = json.loads(frappe.db.get_value(CALIBRATION, self.run.calibration, "calibration"))
		del kept["risk"]
		frappe.db.set_value(CALIBRATION, self.run.calibration, "calibration", json.dumps(kept))
		frappe.db.commit()
		rescore_customers([self.one])
		doc = frappe.get_doc(HEALTH, self.one)
		self.assertIsNone(doc.lapse_risk)
		self.assertIn("Nothing was learned yet", doc.risk_drivers)
		self.assertIn(
			"Nothing was learned yet", frappe.get_doc(CALIBRATION, self.run.calibration).risk_told_by
		)

	def test_an_audience_and_a_list_ask_for_it(self):
		high = {name for name, row in self.buyers.items() if row.lapse_risk > 60}
		self.assertTrue(high)
		listed = frappe.get_list(HEALTH, [["lapse_risk", ">", 60]], pluck="name", limit=0)
		self.assertEqual(high, set(listed))
		make_audience("Risk High", on(HEALTH, ["lapse_risk", ">", 60]))
		self.evaluate()
		self.assertEqual(high, set(members_of("Risk High")))


class TestTooFewCustomers(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		factories.make_customer("Risk Few")
		for days in (40, 10):
			factories.make_invoice("Risk Few", 100, add_days(getdate(), -days))

	def test_scoring_goes_on_and_the_form_says_why_there_is_no_risk(self):
		forget_scores()
		run = self.score_all()
		doc = frappe.get_doc(HEALTH, "Risk Few")
		self.assertIsNone(doc.lapse_risk)
		self.assertEqual(doc.usual_gap, 30)
		self.assertEqual(doc.rhythm, "Buys every 30 days, last 10 days ago")
		self.assertIn("The risk cannot be told.", doc.risk_drivers)
		self.assertIn("needs 200", doc.risk_drivers)
		self.assertEqual(doc.risk_drivers, frappe.get_doc(CALIBRATION, run.calibration).risk_told_by)
		panel = get_health("Risk Few")
		self.assertEqual((panel["lapse_risk"], panel["risk_drivers"]), (None, doc.risk_drivers))


class TestOlderSites(ScoringTestCase):
	def test_the_patch_sets_the_horizon_and_adds_the_metric_once(self):
		frappe.db.delete("Singles", {"doctype": SETTINGS, "field": "horizon_days"})
		frappe.delete_doc(METRIC, "Lapse Risk", force=True)
		add_lapse_risk.execute()
		frappe.clear_document_cache(SETTINGS, SETTINGS)
		self.assertEqual(frappe.db.get_single_value(SETTINGS, "horizon_days"), 90)
		self.assertEqual(frappe.db.get_value(METRIC, "Lapse Risk", "metric_key"), "lapse_risk")
		frappe.get_doc(SETTINGS).save()
		frappe.db.set_single_value(SETTINGS, "horizon_days", 45)
		frappe.db.set_value(METRIC, "Lapse Risk", "worst", 77)
		add_lapse_risk.execute()
		self.assertEqual(frappe.db.get_single_value(SETTINGS, "horizon_days"), 45)
		self.assertEqual(frappe.db.get_value(METRIC, "Lapse Risk", "worst"), 77)

	def test_it_brings_no_deleted_field_back_and_needs_no_dimension(self):
		frappe.db.delete("Custom Field", {"dt": "Customer", "fieldname": "lifecycle_stage"})
		frappe.clear_cache(doctype="Customer")
		self.addCleanup(frappe.clear_cache, doctype="Customer")
		frappe.delete_doc(METRIC, "Lapse Risk", force=True)
		frappe.db.delete("Health Dimension", {"name": "Engagement"})
		add_lapse_risk.execute()
		self.assertNotIn("lifecycle_stage", our_fields("Customer"))
		self.assertIsNone(frappe.db.get_value(METRIC, "Lapse Risk", "dimension"))

	def test_the_settings_refuse_a_horizon_that_is_none(self):
		settings = frappe.get_doc(SETTINGS)
		for days in (0, 6, 731):
			settings.horizon_days = days
			self.assert_refused(settings, "Horizon")
