"""A site from before the newest defaults: it is told what is new, and only what a person takes over changes."""

from typing import Any

import frappe

from crm_success.record_names import METRIC, SCORECARD, SETTINGS
from crm_success.scoring.api import scorecard_form, settings_form
from crm_success.scoring.newer_defaults import SEEN
from crm_success.setup.defaults import METRICS
from crm_success.setup.older_defaults import METRICS_BEFORE, NEWEST_DEFAULTS
from crm_success.setup.scorecard_defaults import SCORECARDS
from crm_success.setup.seed import desk_values, seed_defaults
from crm_success.tests.support import factories
from crm_success.tests.support.utils import SiteTestCase

STANDARD = "Standard"
MANAGER, USER = "manager@newer.example.com", "user@newer.example.com"
NAME_OF = {record["metric_key"]: record["metric_name"] for record in METRICS}
NEW = {record["metric_key"]: desk_values(record) for record in METRICS}
# one whose default changed
CHANGED = next(iter(METRICS_BEFORE))
FIRST_WEIGHED = SCORECARDS[0]["metrics"][0]["metric"]


def as_before(key: str) -> None:
	doc = frappe.get_doc(METRIC, NAME_OF[key])
	doc.update(desk_values(METRICS_BEFORE[key]))
	doc.flags.ignore_validate = True
	doc.save()


def offered() -> dict[str, Any] | None:
	return settings_form.get_newer_defaults()


def offered_metrics() -> dict[str, dict[str, Any]]:
	return {metric["key"]: metric for metric in offered()["metrics"]}


def entered(card: dict[str, Any]):
	"""The scorecard as its form has it once the new weights are entered."""
	doc = frappe.get_doc(SCORECARD, card["name"])
	return doc.update({name: value for name, value in card.items() if name != "name"})


class TestNewerDefaults(SiteTestCase):
	def setUp(self):
		super().setUp()
		for key in METRICS_BEFORE:
			as_before(key)
		card = frappe.get_doc(SCORECARD, STANDARD)
		card.healthy_from, card.watch_from = 90, 10
		for row in card.dimensions:
			row.weight = 25
		card.save()
		frappe.db.set_single_value(SETTINGS, SEEN, 0)

	def test_a_new_site_is_told_nothing(self):
		frappe.db.set_single_value(SETTINGS, "seeded", 0)
		seed_defaults()
		self.assertEqual(frappe.db.get_single_value(SETTINGS, SEEN), NEWEST_DEFAULTS)
		self.assertIsNone(offered())

	def test_a_site_that_took_everything_is_offered_it_no_more_whatever_it_edits_then(self):
		settings_form.take_over_metrics(list(offered_metrics()))
		for key, before in METRICS_BEFORE.items():
			doc = frappe.get_doc(METRIC, NAME_OF[key])
			for fieldname in before:
				self.assertEqual(doc.get(fieldname), NEW[key][fieldname], fieldname)
		self.assertEqual(offered()["metrics"], [])
		entered(offered()["scorecard"]).save()
		self.assertIsNone(offered())
		card = frappe.get_doc(SCORECARD, STANDARD)
		weights = {row.dimension: row.weight for row in card.dimensions}
		self.assertEqual(weights, {row["dimension"]: row["weight"] for row in SCORECARDS[0]["dimensions"]})
		card.healthy_from = 99
		card.save()
		self.assertIsNone(offered())

	def test_the_new_weights_can_be_tried_before_they_are_saved(self):
		card = offered()["scorecard"]
		answer = scorecard_form.what_would_change(frappe.as_json(entered(card)))
		self.assertEqual(answer["messages"], [])
		self.assertEqual(frappe.db.get_value(SCORECARD, STANDARD, "healthy_from"), 90)

	def test_what_somebody_edited_is_marked_and_kept_unless_chosen(self):
		frappe.db.set_value(METRIC, NAME_OF[CHANGED], "description", "As agreed")
		self.assertFalse(offered_metrics()[CHANGED]["is_edited"])
		doc = frappe.get_doc(METRIC, NAME_OF[CHANGED])
		doc.update({"missing_treatment": "Neutral"}).save()
		self.assertTrue(offered_metrics()[CHANGED]["is_edited"])
		settings_form.take_over_metrics([key for key in offered_metrics() if key != CHANGED])
		self.assertEqual(frappe.db.get_value(METRIC, NAME_OF[CHANGED], "missing_treatment"), "Neutral")
		self.assertEqual(list(offered_metrics()), [CHANGED])
		settings_form.take_over_metrics([CHANGED])
		self.assertEqual(frappe.db.get_value(METRIC, NAME_OF[CHANGED], "missing_treatment"), "Ignore")
		self.assertEqual(frappe.db.get_value(METRIC, NAME_OF[CHANGED], "description"), "As agreed")

	def test_a_deleted_default_comes_back_only_if_chosen(self):
		key = next(key for key, name in NAME_OF.items() if name == FIRST_WEIGHED)
		frappe.db.delete("Health Scorecard Metric", {"metric": FIRST_WEIGHED})
		frappe.delete_doc(METRIC, FIRST_WEIGHED, force=True)
		self.assertTrue(offered_metrics()[key]["is_missing"])
		self.assertNotIn(FIRST_WEIGHED, [row["metric"] for row in offered()["scorecard"]["metrics"]])
		entered(offered()["scorecard"]).save()
		self.assertFalse(frappe.db.exists(METRIC, FIRST_WEIGHED))
		settings_form.take_over_metrics([key])
		self.assertTrue(frappe.db.exists(METRIC, FIRST_WEIGHED))
		self.assertIn(FIRST_WEIGHED, [row["metric"] for row in offered()["scorecard"]["metrics"]])

	def test_a_renamed_metric_is_known_by_its_key(self):
		frappe.rename_doc(METRIC, FIRST_WEIGHED, "Ours", force=True)
		names = [row["metric"] for row in offered()["scorecard"]["metrics"]]
		self.assertIn("Ours", names)
		self.assertNotIn(FIRST_WEIGHED, names)
		entered(offered()["scorecard"]).save()

	def test_what_the_site_added_keeps_its_weight(self):
		frappe.get_doc({"doctype": "Health Dimension", "dimension_name": "Ours"}).insert()
		own = frappe.copy_doc(frappe.get_doc(METRIC, FIRST_WEIGHED))
		own.update({"metric_name": "Own", "metric_key": "own", "dimension": "Ours"}).insert()
		card = frappe.get_doc(SCORECARD, STANDARD)
		card.append("dimensions", {"dimension": "Ours", "weight": 7})
		card.append("metrics", {"metric": "Own", "weight": 3})
		card.append("caps", {"metric": "Own", "operator": ">", "value": 1, "cap": 50, "reason": "Ours"})
		card.save()
		new = offered()["scorecard"]
		self.assertEqual(new["dimensions"][-1], {"dimension": "Ours", "weight": 7})
		self.assertEqual(new["metrics"][-1], {"metric": "Own", "weight": 3, "dimension": "Ours"})
		self.assertEqual(new["caps"][-1]["reason"], "Ours")
		entered(new).save()

	def test_the_default_scorecard_is_meant_whatever_its_name(self):
		frappe.rename_doc(SCORECARD, STANDARD, "Our Standard", force=True)
		self.assertEqual(offered()["scorecard"]["name"], "Our Standard")

	def test_not_now_ends_it_also_for_a_form_that_was_open(self):
		form = frappe.get_doc(SETTINGS)
		settings_form.not_now()
		self.assertIsNone(offered())
		form.save()
		self.assertIsNone(offered())

	def test_only_who_may_write_the_settings_is_asked(self):
		factories.make_user(USER, "Customer Success User")
		factories.make_user(MANAGER, "Customer Success Manager")
		frappe.set_user(USER)
		for ask in (
			settings_form.get_newer_defaults,
			settings_form.not_now,
			lambda: settings_form.take_over_metrics([CHANGED]),
		):
			self.assertRaises(frappe.PermissionError, ask)
		frappe.set_user(MANAGER)
		self.assertIn(CHANGED, offered_metrics())

	def test_anything_but_a_list_of_keys_is_refused(self):
		with self.assertRaises(frappe.ValidationError) as refusal:
			settings_form.take_over_metrics('{"a": 1}')
		self.assertIn("JSON list", str(refusal.exception))
		settings_form.take_over_metrics(["no_such_key"])
		self.assertIn(CHANGED, offered_metrics())
