"""Back-tests in the desk: figures worked out by hand, refusals, kills, what changes meanwhile, and who may see them."""

import json
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import frappe
import pandas as pd
from frappe.utils import add_days, getdate

from crm_success.batches.leases import claim
from crm_success.batches.preparing import prepare_run
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.run_life import RunInProgressError, cancel_run, retry_failed
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import do_batch, drain
from crm_success.crm_success.dashboard.cards import how_true
from crm_success.crm_success.doctype.score_back_test.score_back_test import ScoreBacktest
from crm_success.record_names import BACK_TEST, BACK_TEST_PART, CALIBRATION, HEALTH, SNAPSHOT
from crm_success.scoring.api.back_test_form import picture
from crm_success.scoring.backtest import back_test_work
from crm_success.scoring.backtest.back_test_parts import pack, unpack
from crm_success.scoring.backtest.back_test_records import stored_figures
from crm_success.scoring.backtest.past_scorer import PastScorer
from crm_success.scoring.engine.truth.what_is_compared import Grouping, RiskNumber
from crm_success.scoring.shared.past_comparison import figures_of
from crm_success.scoring.shared.past_suggestions import POINTS
from crm_success.standalone.backtest.replay import Replay
from crm_success.standalone.connections import connect
from crm_success.tests.support import factories, known_past
from crm_success.tests.support.known_past import BUYERS, DISABLED, HORIZON, LEFT, past_day
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	drop_jobs,
	forget_scores,
	start_and_prepare,
)
from crm_success.tests.support.standalone_command import site_url
from crm_success.tests.support.worker_processes import DyingWorker, finish_with_workers

SCORECARD = "Health Scorecard"


class BackTestCase(ScoringTestCase):
	batch_size = 30

	@classmethod
	def make_documents(cls):
		known_past.make_known_past()

	def setUp(self):
		super().setUp()
		forget_scores()
		self.addCleanup(forget_scores)

	def start(self, *days: Any, horizon: int = HORIZON) -> Any:
		"""A back-test whose run waits to be prepared."""
		dates = [{"as_of": day} for day in days]
		doc = frappe.get_doc({"doctype": BACK_TEST, "horizon": horizon, "dates": dates}).insert()
		frappe.db.commit()
		return doc

	def prepared(self, *days: Any, horizon: int = HORIZON) -> Any:
		doc = self.start(*days, horizon=horizon)
		prepare_run(doc.run)
		return doc

	def finished(self, *days: Any, horizon: int = HORIZON) -> Any:
		doc = self.prepared(*days, horizon=horizon)
		drain(doc.run)
		return self.again(doc)

	def again(self, doc: Any) -> Any:
		frappe.db.rollback()
		return frappe.get_doc(BACK_TEST, doc.name)

	def parts(self, doc: Any) -> int:
		frappe.db.rollback()
		return frappe.db.count(BACK_TEST_PART, {"back_test": doc.name})


class TestFigures(BackTestCase):
	def test_a_past_that_is_known_by_heart(self):
		doc = self.finished(past_day())
		self.assertEqual((doc.status, self.parts(doc)), ("Completed", 0))
		(figures,) = stored_figures(doc.figures).dates
		found = figures.found
		self.assertEqual((figures.as_of, figures.horizon, figures.disabled), (past_day(), HORIZON, DISABLED))
		self.assertEqual((found.customers, found.lapsed, found.share.value), (BUYERS, LEFT, LEFT / BUYERS))
		# 35 x 57 pairs right, 8 x 57 equal, of 43 x 57
		self.assertAlmostEqual(found.area_of(RiskNumber.RECENCY).area.value, (35 + 4) / 43, places=9)
		lost = found.calls.lost_revenue_called + found.calls.lost_revenue_not_called
		self.assertEqual(lost, 35 * 100 + 8 * 200)
		for grouping in (Grouping.BAND, Grouping.STAGE, Grouping.SEGMENT):
			self.assertEqual(sum(group.customers for group in found.groups_by(grouping)), BUYERS)
		self.assertEqual(doc.right_of_100, str(round(100 * found.score_area.value)))

	def test_the_command_says_the_same_of_the_same_database(self):
		(ours,) = stored_figures(self.finished(past_day()).figures).dates
		with connect(site_url()) as database:
			theirs = figures_of(Replay(database, past_day(), HORIZON, 40).run(lambda done: None))
		self.assertEqual(ours, theirs)

	def test_without_dates_the_last_ones_are_taken_and_shown(self):
		doc = self.finished()
		last = known_past.last_purchase() - timedelta(HORIZON)
		self.assertEqual([row.as_of for row in doc.dates], [last - timedelta(90), last])
		self.assertEqual(
			[each.as_of for each in stored_figures(doc.figures).dates], [last - timedelta(90), last]
		)

	def test_nothing_of_the_present_is_written_or_told(self):
		self.score_all()
		before = {doctype: rows_of(doctype) for doctype in (HEALTH, SNAPSHOT, CALIBRATION)}
		self.finished(past_day())
		self.assertEqual(before, {doctype: rows_of(doctype) for doctype in before})

	def test_a_batch_in_which_nobody_ever_bought_changes_nothing(self):
		for number in range(2 * self.batch_size):
			self.addCleanup(
				frappe.db.delete, "Customer", factories.make_customer(f"~ Never Bought {number:03}")
			)
		doc = self.finished(past_day())
		self.assertEqual(doc.status, "Completed")
		(figures,) = stored_figures(doc.figures).dates
		self.assertEqual((figures.found.customers, figures.found.lapsed), (BUYERS, LEFT))

	def test_the_size_of_batches_changes_nothing(self):
		few = self.finished(past_day())
		frappe.db.set_single_value("CRM Success Settings", "batch_size", 2000)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "CRM Success Settings", "batch_size", self.batch_size)
		frappe.db.commit()
		many = self.finished(past_day())
		self.assertEqual(many.figures, few.figures)
		self.assertEqual(frappe.db.count(BATCH, {"work_run": many.run}), 1)


class TestRefusals(BackTestCase):
	def test_too_short_a_history_is_refused_before_any_customer_is_scored(self):
		doc = self.finished(horizon=300)
		figures = stored_figures(doc.figures)
		self.assertEqual((doc.status, figures.dates), ("Refused", ()))
		self.assertIn("Take a horizon of at most 181 days.", str(figures.refusal))
		run = frappe.get_doc(RUN, doc.run)
		self.assertEqual((run.status, run.batches_total, run.active), ("Completed with Warnings", 0, None))
		self.assert_message(run, "Take a horizon of at most", reference_doctype=BACK_TEST, severity="Warning")

	def test_a_sample_in_which_chance_decides_is_refused_in_words(self):
		doc = self.finished(add_days(getdate(), -205), horizon=1)
		self.assertEqual(doc.status, "Refused")
		answer = picture(doc.name)
		self.assertIn(
			"Only 0 of 100 customers bought again afterwards, and at least 20 are needed to tell them from the others. "
			"Take a longer horizon.",
			answer["dates"][0]["summary"],
		)
		self.assertEqual((answer["verdict"], answer["refusal"]), ((), ""))

	def test_what_can_be_refused_at_once_is_not_started(self):
		today = getdate()
		for days, horizon, words in (
			([today], HORIZON, "are not over"),
			([add_days(today, 1)], HORIZON, "has not come yet"),
			([past_day(), past_day()], HORIZON, "each date once"),
			([], 4000, "from 1 to 3650"),
			([add_days(today, -200 - number) for number in range(13)], HORIZON, "12 dates at most"),
		):
			with self.subTest(words=words), self.assertRaisesRegex(frappe.ValidationError, words):
				self.start(*days, horizon=horizon)
		self.assertFalse(frappe.db.count(RUN))

	def test_a_back_test_is_not_changed(self):
		doc = self.finished(past_day())
		doc.horizon = 30
		with self.assertRaisesRegex(frappe.ValidationError, "is not changed"):
			doc.save()

	def test_nobody_makes_figures_up(self):
		doc = frappe.get_doc(
			{
				"doctype": BACK_TEST,
				"horizon": HORIZON,
				"status": "Completed",
				"right_of_100": "99",
				"figures": "{}",
			}
		).insert()
		self.assertEqual((doc.status, doc.right_of_100, doc.figures), ("Queued", None, None))


class TestAtWork(BackTestCase):
	def test_a_second_one_waits_and_scoring_goes_on_beside_it(self):
		first = self.prepared(past_day())
		with self.assertRaisesRegex(RunInProgressError, first.run):
			self.start(past_day())
		frappe.db.rollback()
		self.assertEqual(frappe.db.count(BACK_TEST), 1)
		scoring = start_and_prepare()
		drain(scoring)
		drain(first.run)
		self.assertEqual(frappe.db.get_value(RUN, scoring, "status"), "Completed")
		self.assertEqual(self.again(first).status, "Completed")

	def test_killed_while_it_works_it_finds_the_same(self):
		whole = self.finished(past_day()).figures
		doc = self.prepared(past_day())
		drop_jobs()
		DyingWorker(doc.run, "before committing").die()
		requeue_expired_batches()
		finish_with_workers(doc.run)
		self.assertEqual(self.again(doc).figures, whole)
		self.assertEqual(frappe.db.count(BATCH, {"work_run": doc.run, "attempts": 2}), 1)

	def test_killed_while_the_figures_are_made_it_makes_them_again(self):
		whole = self.finished(past_day()).figures
		doc = self.prepared(past_day())
		drop_jobs()
		DyingWorker(doc.run, "while finishing").die()
		self.assertEqual((self.again(doc).status, self.parts(doc)), ("Running", 4))
		requeue_expired_batches()
		self.assertEqual((self.again(doc).figures, self.parts(doc)), (whole, 0))

	def test_a_preparation_that_is_killed_goes_on_at_the_next_date(self):
		doc, taken = self.start(add_days(past_day(), -40), past_day()), []
		take = back_test_work.calibrated_as_of

		def take_and_die(frozen: Any, as_of: Any, *arguments: Any) -> Any:
			taken.append(as_of)
			if len(taken) == 2:
				raise frappe.QueryDeadlockError("killed")
			return take(frozen, as_of, *arguments)

		with patch.object(back_test_work, "calibrated_as_of", take_and_die):
			prepare_run(doc.run)
		self.assertEqual(taken, [add_days(past_day(), -40), past_day(), past_day()])
		drain(doc.run)
		self.assertEqual(self.again(doc).status, "Completed")

	def test_definitions_that_are_edited_meanwhile_change_nothing_of_it(self):
		whole = self.finished(past_day()).figures
		doc = self.prepared(past_day())
		name = frappe.db.get_value(SCORECARD, {"is_default": 1})
		before = frappe.db.get_value(SCORECARD, name, ["healthy_from", "watch_from"], as_dict=True)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, SCORECARD, name, dict(before))
		frappe.db.set_value(SCORECARD, name, {"healthy_from": 99, "watch_from": 98})
		frappe.db.commit()
		drain(doc.run)
		self.assertEqual(self.again(doc).figures, whole)
		self.assertFalse(picture(doc.name)["is_outdated"], "nobody was scored by others yet")
		self.score_all()
		self.assertTrue(picture(doc.name)["is_outdated"])

	def test_a_customer_that_is_deleted_meanwhile_is_left_out(self):
		doc = self.prepared(past_day())
		gone = f"{known_past.PREFIX}Disabled 0"
		row = frappe.get_doc("Customer", gone)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(row.db_insert)
		frappe.db.delete("Customer", {"name": gone})
		frappe.db.commit()
		drain(doc.run)
		(figures,) = stored_figures(self.again(doc).figures).dates
		self.assertEqual((figures.disabled, figures.found.customers), (DISABLED - 1, BUYERS))

	def test_cancelled_it_has_no_figures_and_keeps_nothing(self):
		doc = self.prepared(past_day())
		drain(doc.run, until=lambda: True)
		self.assertEqual(self.parts(doc), 1)
		cancel_run(doc.run)
		self.assertEqual((self.again(doc).status, self.parts(doc)), ("Cancelled", 0))

	def test_what_a_batch_finds_after_the_end_is_not_kept(self):
		doc = self.prepared(past_day())
		work, batch = back_test_work.BackTestWork(doc.run), claim(doc.run)
		computed = work.compute(batch)
		cancel_run(doc.run)
		work.compute = lambda batch: computed
		do_batch(batch, work)
		self.assertEqual(self.parts(doc), 0)

	def test_batches_that_failed_are_tried_again(self):
		whole = self.finished(past_day()).figures
		doc = self.prepared(past_day())
		with patch.object(PastScorer, "replay", side_effect=ValueError("cannot be read")):
			drain(doc.run)
		self.assertEqual(self.again(doc).status, "Failed")
		retry_failed(doc.run)
		frappe.db.commit()
		drain(doc.run)
		self.assertEqual((self.again(doc).status, self.again(doc).figures), ("Completed", whole))

	def test_figures_that_cannot_be_made_end_it_all_the_same(self):
		doc = self.prepared(past_day())
		with patch.object(back_test_work, "replayed", side_effect=ValueError("no figures")):
			drain(doc.run)
		self.assertEqual((self.again(doc).status, self.parts(doc)), ("Failed", 0))
		self.assertTrue(frappe.db.exists("Error Log", {"reference_name": doc.name}))
		self.assertIsNone(frappe.db.get_value(RUN, doc.run, "active"))

	def test_it_is_deleted_with_what_it_kept_once_it_is_finished(self):
		doc = self.prepared(past_day())
		drain(doc.run, until=lambda: True)
		with self.assertRaisesRegex(frappe.ValidationError, "Cancel its run before deleting it"):
			frappe.delete_doc(BACK_TEST, doc.name)
		frappe.db.rollback()
		frappe.db.set_value(RUN, doc.run, "active", None)
		frappe.delete_doc(BACK_TEST, doc.name)
		self.assertEqual(frappe.db.count(BACK_TEST_PART), 0)

	def test_old_ones_are_cleared_and_unfinished_ones_stay(self):
		old, running = self.finished(past_day()), self.prepared(past_day())
		long_ago = add_days(getdate(), -800)
		frappe.db.set_value(BACK_TEST, {"name": ("in", [old.name, running.name])}, "creation", long_ago)
		ScoreBacktest.clear_old_logs()
		self.assertEqual(frappe.get_all(BACK_TEST, pluck="name"), [running.name])
		self.assertEqual(frappe.get_all("Score Back-test Date", pluck="parent"), [running.name])


class TestReaders(BackTestCase):
	def test_a_form_draws_the_words_of_its_reader(self):
		doc = self.finished(past_day())
		english = picture(doc.name)
		self.assertIn("Of two customers, one of whom left", english["verdict"][0])
		(date,) = english["dates"]
		self.assertEqual([area["label"] for area in date["areas"]][:2], ["Health Score", "R + F + M"])
		json.dumps(english, default=str)
		frappe.local.lang = "zh"
		self.addCleanup(setattr, frappe.local, "lang", "en")
		chinese = picture(doc.name)
		self.assertNotIn("customers", "".join(chinese["verdict"]))
		self.assertEqual(chinese["dates"][0]["groups"][0]["rows"][2]["label"], frappe._("At Risk"))

	def test_the_card_says_it_in_one_line(self):
		self.assertIn("Not Checked Yet", how_true())
		self.assertRegex(how_true(), r'href="/(app|desk)/score-back-test"')
		doc = self.finished(past_day())
		self.assertIn(f"Right in {doc.right_of_100} of 100", how_true())
		self.assertIn(doc.name, how_true())

	def test_a_reader_of_scores_sees_the_card_and_no_way_to_the_back_test(self):
		doc = self.finished(past_day())
		frappe.set_user(factories.make_user("back-test-reader@example.com", "Sales User"))
		self.assertEqual(how_true(), f"Right in {doc.right_of_100} of 100")
		with self.assertRaises(frappe.PermissionError):
			picture(doc.name)
		with self.assertRaises(frappe.PermissionError):
			self.start(past_day())

	def test_who_may_see_some_customers_only_learns_nothing(self):
		self.finished(past_day())
		user = factories.make_user("back-test-limited@example.com", "Customer Success Manager")
		one = f"{known_past.PREFIX}Gone 00"
		permission = {"user": user, "allow": "Customer", "for_value": one, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert(ignore_permissions=True)
		frappe.set_user(user)
		self.assertEqual(how_true(), "–")
		with self.assertRaises(frappe.PermissionError):
			self.start(past_day())


class TestParts(BackTestCase):
	def test_what_is_packed_comes_back_as_it_was_but_for_the_names(self):
		frame = pd.DataFrame(
			{
				"score": [12.5, float("nan")],
				"band": ["At Risk", None],
				"stage": [None, None],
				"segment": ["Größe <b>", "Loyal"],
				"lapsed": [True, False],
				f"{POINTS}net_revenue_365d": pd.Series([99.99, float("nan")], dtype="float32").to_numpy(),
			},
			index=["A", "B"],
		)
		packed = pack([frame.iloc[:0], frame])
		pd.testing.assert_frame_equal(unpack(packed, 1), frame.reset_index(drop=True))
		self.assertEqual(len(unpack(packed, 0)), 0)

	def test_a_part_has_the_points_of_each_metric_and_what_was_spent(self):
		doc = self.prepared(past_day())
		frame = pd.concat(
			back_test_work.BackTestWork(doc.run).scorers[0].replay(back_test_work.keys_of(batch))
			for batch in frappe.get_all(BATCH, {"work_run": doc.run}, ["after_customer", "upto_customer"])
		)
		keys = frappe.get_all("Health Metric", {"enabled": 1}, pluck="metric_key")
		self.assertLessEqual({f"{POINTS}{key}" for key in keys}, set(frame.columns))
		self.assertEqual(frame.loc[f"{known_past.PREFIX}Stays 00", "spent"], 100)
		self.assertEqual(frame.loc[f"{known_past.PREFIX}Returns 0", "spent"], -40)
		self.assertEqual(int(frame["lapsed"].sum()), LEFT + DISABLED)


def rows_of(doctype: str) -> list[dict]:
	frappe.db.rollback()
	return frappe.get_all(doctype, fields=["*"], order_by="name")
