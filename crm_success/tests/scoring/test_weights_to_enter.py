"""Suggested weights in the desk: what is kept with a back-test, what its form shows, and what a person may do with it."""

from typing import Any

import frappe

from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.record_names import BACK_TEST, BACK_TEST_SUGGESTION, METRIC, SCORECARD
from crm_success.scoring.api import scorecard_form
from crm_success.scoring.api.suggested_weights_form import suggested_weights, weights_to_enter
from crm_success.scoring.backtest import back_test_work
from crm_success.scoring.backtest.suggestion_records import kept_suggestions
from crm_success.scoring.engine.truth.weight_suggestion import Leaning
from crm_success.tests.support import factories, telling_past
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores
from crm_success.tests.support.telling_past import CUSTOMERS, HORIZON, early_day, late_day

CARD, DIMENSION = "Standard", "Engagement"
LATELY, TENURE = "Days Since Last Invoice", "Tenure"
LATELY_KEY, TENURE_KEY = "days_since_last_invoice", "tenure_days"
MANAGER = "weights-manager@example.com"


class TestSuggestedWeights(ScoringTestCase):
	batch_size = 50

	@classmethod
	def make_documents(cls):
		telling_past.make_telling_past()
		factories.make_user(MANAGER, "Customer Success Manager")

	def setUp(self):
		super().setUp()
		forget_scores()
		self.kept = {
			name: frappe.get_doc(SCORECARD, name) for name in frappe.get_all(SCORECARD, pluck="name")
		}
		self.addCleanup(self.restore)
		self.weigh({TENURE: 90, LATELY: 10})

	def restore(self):
		frappe.db.rollback()
		frappe.set_user("Administrator")
		for name in frappe.get_all(SCORECARD, {"name": ("not in", list(self.kept))}, pluck="name"):
			frappe.db.delete(SCORECARD, {"name": name})
			for doctype in ("Dimension", "Metric", "Cap"):
				frappe.db.delete(f"{SCORECARD} {doctype}", {"parent": name})
		for name, doc in self.kept.items():
			if not frappe.db.exists(SCORECARD, name):
				doc.db_insert()
			doc.db_update()
			for table in doc.meta.get_table_fields():
				frappe.db.delete(table.options, {"parent": doc.name, "parentfield": table.fieldname})
				for row in doc.get(table.fieldname):
					row.db_insert()
		forget_scores()
		frappe.clear_document_cache(SCORECARD)

	# ---- helpers -------------------------------------------------------------------------------------------

	def weigh(self, weights: dict[str, float], **values: Any) -> Any:
		doc = frappe.get_doc(SCORECARD, CARD)
		doc.update({"healthy_from": 70, "watch_from": 40, "caps": [], **values})
		doc.set("dimensions", [{"dimension": DIMENSION, "weight": 20}])
		doc.set("metrics", [{"metric": metric, "weight": weight} for metric, weight in weights.items()])
		doc.save()
		frappe.db.commit()
		return doc

	def finished(self, *days: Any) -> Any:
		dates = [{"as_of": day} for day in days or (early_day(), late_day())]
		doc = frappe.get_doc({"doctype": BACK_TEST, "horizon": HORIZON, "dates": dates}).insert()
		frappe.db.commit()
		prepare_run(doc.run)
		drain(doc.run)
		frappe.db.rollback()
		doc = frappe.get_doc(BACK_TEST, doc.name)
		self.assertEqual(doc.status, "Completed")
		return doc

	def shown(self, doc: Any) -> dict[str, Any]:
		(card,) = suggested_weights(doc.name)
		return card

	def entered(self, doc: Any) -> Any:
		"""The scorecard as the form holds it, unsaved, once the suggested values are entered."""
		values = weights_to_enter(doc.name, CARD)
		card = frappe.get_doc(SCORECARD, CARD)
		for row in card.dimensions:
			row.weight = values["dimensions"].get(row.dimension, row.weight)
		for row in card.metrics:
			row.weight = values["metrics"].get(row.metric, row.weight)
		card.update({"healthy_from": values["healthy_from"], "watch_from": values["watch_from"]})
		return card

	# ---- what is suggested ---------------------------------------------------------------------------------

	def test_weight_goes_to_what_told_who_left(self):
		doc = self.finished()
		(kept,) = kept_suggestions(doc.name)
		found = kept.card.found
		self.assertEqual((kept.scorecard, found.keeps_weights), (CARD, False))
		by_key = {metric.metric: metric for metric in found.metrics}
		self.assertEqual((by_key[TENURE_KEY].today, by_key[LATELY_KEY].today), (90.0, 10.0))
		self.assertGreater(by_key[LATELY_KEY].suggested, 30)
		self.assertEqual(by_key[LATELY_KEY].leaning, Leaning.TELLING)
		(judged,) = found.dates
		self.assertEqual((judged.as_of, judged.learned_from), (late_day(), (early_day(),)))
		self.assertEqual((judged.customers, judged.lapsed), (CUSTOMERS, 80))
		self.assertGreater(found.gain.low, 0.1)

	def test_the_form_shows_it_beside_todays(self):
		card = self.shown(self.finished())
		self.assertEqual((card["scorecard"], card["may_enter"], card["notes"]), (CARD, True, []))
		self.assertIn("Other weights would have told better", card["sentences"][0])
		(dimension,) = card["dimensions"]
		self.assertEqual(
			(dimension["label"], dimension["today"], dimension["suggested"]),
			(DIMENSION, "100.0 %", "100.0 %"),
		)
		rows = {row["label"]: row for row in dimension["metrics"]}
		self.assertEqual(rows[TENURE]["today"], "90.0 %")
		self.assertRegex(rows[LATELY]["why"], r"^Tells: \d\d in 100 \(\d\d to \d\d\)$")
		self.assertEqual([band["band"] for band in card["bands"]], ["Healthy", "Watch", "At Risk"])

	def test_it_is_entered_unsaved_and_only_a_person_saves_it(self):
		doc = self.finished()
		before = frappe.get_doc(SCORECARD, CARD).as_dict()
		card = self.entered(doc)
		self.assertEqual(sum(row.weight for row in card.metrics), 100)
		answer = scorecard_form.what_would_change(frappe.as_json(card))
		self.assertGreater(answer["concerned"], 0)
		self.assertEqual(frappe.get_doc(SCORECARD, CARD).as_dict(), before)
		card.save()
		frappe.db.commit()
		after = self.shown(self.finished())
		self.assertIn("Keep today's weights", after["sentences"][0])

	def test_one_date_suggests_nothing_and_says_why(self):
		card = self.shown(self.finished(late_day()))
		self.assertEqual((card["dimensions"], card["notes"], card["may_enter"]), ([], [], False))
		self.assertIn("Take earlier dates too.", card["sentences"][0])

	def test_other_readers_have_other_words(self):
		doc = self.finished()
		frappe.local.lang = "zh"
		self.addCleanup(setattr, frappe.local, "lang", "en")
		card = self.shown(doc)
		for words in (*card["sentences"], *(row["why"] for row in card["dimensions"][0]["metrics"])):
			self.assertNotRegex(words, "[A-Za-z]{3}")
		self.assertEqual(card["bands"][2]["label"], frappe._("At Risk"))

	def test_an_error_in_suggesting_takes_the_figures_from_nobody(self):
		before = back_test_work.suggestions_of
		self.addCleanup(setattr, back_test_work, "suggestions_of", before)
		back_test_work.suggestions_of = lambda *arguments: 1 / 0
		doc = self.finished()
		self.assertTrue(doc.figures)
		self.assertEqual(suggested_weights(doc.name), [])
		self.assertTrue(frappe.db.exists("Error Log", {"reference_name": doc.name}))

	# ---- what changes meanwhile ----------------------------------------------------------------------------

	def test_an_edited_scorecard_is_told_of(self):
		doc = self.finished()
		self.weigh({TENURE: 80, LATELY: 20})
		card = self.shown(doc)
		self.assertTrue(card["may_enter"])
		self.assertIn("has been edited since", card["notes"][0])

	def test_other_names_of_everything_are_followed(self):
		doc = self.finished()
		new = {SCORECARD: "Renamed Card", METRIC: "Renamed Metric", "Health Dimension": "Renamed Dimension"}
		old = {SCORECARD: CARD, METRIC: LATELY, "Health Dimension": DIMENSION}
		for doctype, name in new.items():
			frappe.rename_doc(doctype, old[doctype], name)
		card = self.shown(doc)
		self.assertEqual((card["scorecard"], card["notes"]), ("Renamed Card", []))
		self.assertIn("Renamed Metric", [row["label"] for row in card["dimensions"][0]["metrics"]])
		values = weights_to_enter(doc.name, "Renamed Card")
		self.assertEqual(values["dimensions"], {"Renamed Dimension": 100.0})
		self.assertEqual(set(values["metrics"]), {"Renamed Metric", TENURE})

	def test_a_metric_that_is_disabled_or_taken_out_is_named(self):
		doc = self.finished()
		frappe.db.set_value(METRIC, TENURE, "enabled", 0)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, METRIC, TENURE, "enabled", 1)
		self.assertEqual(self.shown(doc)["notes"], [f"No longer weighed by this scorecard: {TENURE}."])
		frappe.db.set_value(METRIC, TENURE, "enabled", 1)
		self.weigh({LATELY: 10, "Invoices 365 Days": 5})
		self.assertEqual(
			weights_to_enter(doc.name, CARD)["notes"],
			[
				f"No longer weighed by this scorecard: {TENURE}.",
				"Not known to the back-test, their weights stay as they are: Invoices 365 Days.",
			],
		)

	def test_weights_of_other_dimensions_are_not_entered(self):
		doc = self.finished()
		frappe.db.set_value(METRIC, TENURE, "dimension", "Value")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, METRIC, TENURE, "dimension", DIMENSION)
		with self.assertRaisesRegex(frappe.ValidationError, "gone to other dimensions"):
			weights_to_enter(doc.name, CARD)

	def test_a_deleted_scorecard_is_told_of_and_can_be_deleted(self):
		doc = self.finished()
		new = frappe.copy_doc(frappe.get_doc(SCORECARD, CARD))
		new.scorecard_name = "Another Default"
		new.insert()
		frappe.delete_doc(SCORECARD, CARD)
		frappe.db.commit()
		card = self.shown(doc)
		self.assertEqual((card["scorecard"], card["title"], card["may_enter"]), ("", CARD, False))
		self.assertEqual(card["notes"], ["This scorecard has been deleted since."])
		self.assertGreater(len(card["sentences"]), 2)
		with self.assertRaisesRegex(frappe.ValidationError, "suggests nothing for"):
			weights_to_enter(doc.name, CARD)

	def test_a_back_test_is_deleted_with_what_it_suggests(self):
		doc = self.finished()
		frappe.delete_doc(BACK_TEST, doc.name)
		self.assertEqual(frappe.db.count(BACK_TEST_SUGGESTION), 0)

	# ---- who may -------------------------------------------------------------------------------------------

	def test_who_may_not_edit_scorecards_has_no_button(self):
		doc = self.finished()
		frappe.set_user(MANAGER)
		self.assertTrue(self.shown(doc)["may_enter"])
		frappe.set_user("Administrator")
		self.addCleanup(frappe.clear_cache)
		self.addCleanup(frappe.permissions.reset_perms, SCORECARD)
		frappe.permissions.update_permission_property(SCORECARD, "Customer Success Manager", 0, "write", 0)
		frappe.set_user(MANAGER)
		self.assertFalse(self.shown(doc)["may_enter"])
		with self.assertRaises(frappe.PermissionError):
			weights_to_enter(doc.name, CARD)

	def test_who_may_not_read_the_back_test_sees_nothing_of_it(self):
		doc = self.finished()
		frappe.set_user(factories.make_user("weights-reader@example.com", "Customer Success User"))
		for ask in (lambda: suggested_weights(doc.name), lambda: weights_to_enter(doc.name, CARD)):
			with self.assertRaises(frappe.PermissionError):
				ask()
