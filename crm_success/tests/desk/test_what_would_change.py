"""What the form of a Health Scorecard foretells, against really saving it and scoring everybody."""

import json
from collections import Counter

import frappe
from frappe.utils import add_days, getdate

from crm_success.scoring.api import scorecard_form
from crm_success.scoring.explain import what_would_change
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores, health_rows

SCORECARD, STANDARD = "Health Scorecard", "Standard"
SETTINGS, CALIBRATION, RUN = "CRM Success Settings", "Score Calibration", "Work Run"
NEW_METRIC = "Change Items"
NO_SCORE = "No Score"
ODD = "<img src=x onerror=alert(1)>"
SILENT, OVERRIDDEN, NAMED_ODDLY = "Change Silent", "Change Overridden", "Change Odd"
BUYERS = [f"Change Buyer {number}" for number in range(1, 10)]
MANAGER, USER = "manager@change.example.com", "user@change.example.com"


def day(days_ago: int):
	return getdate(add_days(getdate(), -days_ago))


class TestWhatWouldChange(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 2, getdate().year - 1, getdate().year)
		cls.groups = frappe.get_all("Customer Group", {"is_group": 0}, pluck="name", order_by="name", limit=2)
		for number, name in enumerate([*BUYERS, NAMED_ODDLY, OVERRIDDEN]):
			factories.make_customer(name, customer_group=cls.groups[number % 2])
			for bought in range(1 + number % 4):
				invoice = factories.make_invoice(name, 50 * (number + 1), day(4 + 29 * number + 50 * bought))
			if number % 3:
				factories.make_payment(invoice, day(2 + number))
		frappe.db.set_value("Customer", NAMED_ODDLY, "customer_name", ODD)
		factories.make_customer(SILENT, customer_group=cls.groups[0])
		factories.make_user(MANAGER, "Customer Success Manager")
		factories.make_user(USER, "Customer Success User")

	def setUp(self):
		super().setUp()
		self.kept = {
			name: frappe.get_doc(SCORECARD, name) for name in frappe.get_all(SCORECARD, pluck="name")
		}
		self.addCleanup(self.restore)
		self.score_all()
		override = {"override_score": 55, "override_until": day(-9), "override_reason": "Test"}
		frappe.get_doc("Customer Health", OVERRIDDEN).update(override).save()
		frappe.db.commit()
		self.card = frappe.get_doc(SCORECARD, STANDARD)

	def restore(self):
		frappe.db.rollback()
		frappe.set_user("Administrator")
		for doc in self.kept.values():
			doc.db_update()
			# a row that was taken out is gone, so it is not enough to update them
			for table in doc.meta.get_table_fields():
				frappe.db.delete(table.options, {"parent": doc.name, "parentfield": table.fieldname})
				for row in doc.get(table.fieldname):
					row.db_insert()
		for name in frappe.get_all(SCORECARD, {"name": ("not in", list(self.kept))}, pluck="name"):
			frappe.delete_doc(SCORECARD, name, force=True)
			for doctype in ("Dimension", "Metric", "Cap"):
				frappe.db.delete(f"{SCORECARD} {doctype}", {"parent": name})
		frappe.db.set_single_value(SETTINGS, "calibration_frequency", "Monthly")
		frappe.delete_doc_if_exists("Health Metric", NEW_METRIC, force=True)
		as_installed = {"enabled": 1, "source_doctype": "Sales Invoice"}
		frappe.db.set_value("Health Metric", {"metric_key": "invoices_365d"}, as_installed)
		frappe.db.commit()

	# ---- helpers -------------------------------------------------------------------------------------------

	def ask(self, doc) -> dict:
		stored = [frappe.get_all(doctype, fields=["*"], order_by="name") for doctype in self.touched()]
		answer = scorecard_form.what_would_change(frappe.as_json(doc))
		after = [frappe.get_all(doctype, fields=["*"], order_by="name") for doctype in self.touched()]
		self.assertEqual(after, stored, "asking has changed something")
		json.dumps(answer)
		return answer

	def touched(self):
		return (SCORECARD, f"{SCORECARD} Metric", "Customer Health", "Score Calibration", "Version")

	def assert_foretold(self, doc) -> dict:
		"""The answer for the unsaved `doc` is what saving it and scoring everybody does."""
		before, answer = health_rows(), self.ask(doc)
		saved = frappe.get_doc(json.loads(frappe.as_json(doc)))
		saved.save()
		frappe.db.commit()
		self.score_all()
		after = health_rows()
		concerned = [
			name
			for name in after
			if saved.name in (before[name]["scorecard"], after[name]["scorecard"])
			or before[name]["scorecard"] != after[name]["scorecard"]
		]
		moves = Counter(
			(before[name]["band"] or NO_SCORE, after[name]["band"] or NO_SCORE) for name in concerned
		)
		told = {
			(start, end): number
			for start, ends in answer["bands"].items()
			for end, number in ends.items()
			if number
		}
		self.assertEqual(told, dict(moves))
		self.assertEqual((answer["concerned"], answer["compared"]), (len(concerned), len(concerned)))
		self.assertEqual(answer["taken_before"], count_of(before, saved.name))
		self.assertEqual(answer["taken_after"], count_of(after, saved.name))
		for when, rows in (("before", before), ("after", after)):
			self.assert_average(answer[f"average_{when}"], [rows[name]["score"] for name in concerned])
		self.assert_movers(answer["movers"], before, after)
		return answer

	def assert_average(self, told, scores):
		known = [score for score in scores if score is not None]
		if not known:
			self.assertIsNone(told)
		else:
			self.assertAlmostEqual(told, sum(known) / len(known), places=6)

	def assert_movers(self, movers, before, after):
		changed = {
			name: round(after[name]["score"] - before[name]["score"], 2)
			for name in after
			if None not in (before[name]["score"], after[name]["score"])
			and after[name]["score"] != before[name]["score"]
		}
		farthest = sorted((abs(change) for change in changed.values()), reverse=True)[
			: what_would_change.MOVERS
		]
		self.assertEqual([abs(mover["change"]) for mover in movers], farthest)
		for mover in movers:
			name = mover["customer"]
			self.assertEqual(mover["change"], changed[name])
			for when, rows in (("before", before), ("after", after)):
				for what in ("score", "band", "scorecard"):
					self.assertEqual(mover[f"{what}_{when}"], rows[name][what], (name, what, when))

	def new_card(self, **values):
		doc = frappe.copy_doc(self.card)
		head = {"scorecard_name": "Change Wholesale", "is_default": 0, "priority": 5, "name": "new-health-1"}
		doc.update({**head, "__islocal": 1, **values})
		return doc

	def weigh(self, doc, dimension: str, weight: float):
		next(row for row in doc.dimensions if row.dimension == dimension).weight = weight

	# ---- what is foretold happens --------------------------------------------------------------------------

	def test_nothing_moves_where_nothing_is_changed(self):
		answer = self.assert_foretold(self.card)
		self.assertEqual(answer["movers"], [])
		self.assertEqual(answer["average_before"], answer["average_after"])
		self.assertEqual(answer["concerned"], answer["customers"])

	def test_other_weights_and_other_limits(self):
		self.weigh(self.card, "Payment", 400)
		self.card.metrics[0].weight = 0
		self.card.update({"healthy_from": 62.5, "watch_from": 48})
		answer = self.assert_foretold(self.card)
		names = {mover["customer"]: mover["customer_name"] for mover in answer["movers"]}
		self.assertEqual(names[NAMED_ODDLY], ODD)
		moved = sum(n for start, ends in answer["bands"].items() for end, n in ends.items() if start != end)
		self.assertGreater(moved, 0)

	def test_an_override_keeps_its_score_and_follows_the_limits(self):
		self.card.update({"healthy_from": 52})
		answer = self.assert_foretold(self.card)
		self.assertEqual(answer["overridden"], 1)
		self.assertNotIn(OVERRIDDEN, [mover["customer"] for mover in answer["movers"]])
		self.assertEqual(health_rows(OVERRIDDEN)[OVERRIDDEN]["band"], "Healthy")

	def test_a_cap(self):
		cap = {"metric": "Days Since Last Invoice", "operator": ">", "value": 30, "cap": 12, "reason": "Gone"}
		self.card.append("caps", cap)
		answer = self.assert_foretold(self.card)
		self.assertIn(12, [mover["score_after"] for mover in answer["movers"]])

	def test_a_metric_that_is_disabled_counts_for_nobody(self):
		frappe.db.set_value("Health Metric", {"metric_key": "invoices_365d"}, "enabled", 0)
		frappe.db.commit()
		self.score_all()
		self.weigh(self.card, "Value", 70)
		self.assert_foretold(self.card)

	def test_a_metric_that_cannot_be_read_is_missing_and_named(self):
		frappe.db.set_value(
			"Health Metric", {"metric_key": "invoices_365d"}, "source_doctype", "No Such DocType"
		)
		frappe.db.commit()
		self.score_all()
		self.weigh(self.card, "Value", 70)
		answer = self.assert_foretold(self.card)
		self.assertTrue(
			[text for text in answer["messages"] if "Invoices 365 Days" in text], answer["messages"]
		)

	def test_a_percentile_metric_that_was_not_weighed_before(self):
		self.card.metrics = [row for row in self.card.metrics if row.metric != "Net Revenue 365 Days"]
		self.card.save()
		frappe.db.commit()
		self.score_all()
		self.card.append("metrics", {"metric": "Net Revenue 365 Days", "weight": 90})
		self.assert_foretold(self.card)

	def test_a_new_scorecard_takes_the_customers_that_its_filter_matches(self):
		filters = json.dumps([["customer_group", "=", self.groups[1]]])
		doc = self.new_card(customer_filters=filters, healthy_from=80)
		self.weigh(doc, "Payment", 300)
		answer = self.assert_foretold(doc)
		self.assertEqual(answer["taken_before"], 0)
		self.assertEqual(answer["taken_after"], answer["concerned"])
		self.assertLess(answer["concerned"], answer["customers"])

	def test_a_scorecard_that_is_disabled_gives_its_customers_back(self):
		self.new_card(healthy_from=90).insert()
		frappe.db.commit()
		self.score_all()
		doc = frappe.get_doc(SCORECARD, "Change Wholesale")
		doc.enabled = 0
		answer = self.assert_foretold(doc)
		self.assertEqual(answer["taken_after"], 0)
		self.assertEqual({mover["scorecard_after"] for mover in answer["movers"]} - {STANDARD}, set())

	def test_another_priority_decides_who_comes_first(self):
		self.new_card(healthy_from=90, priority=1).insert()
		second = self.new_card(scorecard_name="Change Late", healthy_from=45, priority=9).insert()
		frappe.db.commit()
		self.score_all()
		second = frappe.get_doc(SCORECARD, second.name)
		second.priority = 0
		answer = self.assert_foretold(second)
		self.assertEqual((answer["taken_before"], answer["taken_after"]), (0, answer["customers"]))

	def test_a_new_default_lets_the_filters_of_the_one_before_count_again(self):
		self.card.customer_filters = json.dumps([["customer_group", "=", self.groups[0]]])
		self.card.save()
		frappe.db.commit()
		self.score_all()
		doc = self.new_card(is_default=1, healthy_from=55)
		self.weigh(doc, "Value", 5)
		answer = self.assert_foretold(doc)
		self.assertEqual(
			answer["taken_after"],
			answer["customers"] - frappe.db.count("Customer Health", {"scorecard": STANDARD}),
		)

	def test_two_defaults_of_a_broken_site(self):
		other = self.new_card(healthy_from=90).insert()
		frappe.db.set_value(SCORECARD, other.name, "is_default", 1)
		frappe.db.commit()
		self.score_all()
		self.assert_foretold(frappe.get_doc(SCORECARD, STANDARD))

	# ---- by the cut points that the run goes by ------------------------------------------------------------

	def assert_foretold_to_the_last_digit(self, is_new: bool) -> dict:
		"""Every score of the run is the one that was told; whether the run took new cut points."""
		for row in self.card.dimensions:
			row.weight = {"Value": 90, "Payment": 2}.get(row.dimension, 1)
		for row in self.card.metrics:
			row.weight = 100 if row.metric in ("Net Revenue 365 Days", NEW_METRIC) else row.weight
		before, answer = frappe.db.count(CALIBRATION), self.ask(self.card)
		told = what_would_change.compare(self.card.as_dict(), getdate()).compared["score_after"].dropna()
		self.card.save()
		frappe.db.commit()
		run = self.score_all()
		self.assertEqual(frappe.db.count(CALIBRATION) - before, int(is_new))
		after = {name: row["computed_score"] for name, row in health_rows().items()}
		self.assertIsNone(after.pop(SILENT))
		self.assertEqual(told.to_dict(), after)
		self.assertEqual(set(after), {*BUYERS, NAMED_ODDLY, OVERRIDDEN})
		self.assertGreater(len(set(after.values())), 6)
		used = frappe.get_doc(CALIBRATION, run.calibration)
		cut_points = answer["cut_points"]
		self.assertEqual((cut_points["is_new"], cut_points["as_of"]), (is_new, str(used.as_of)))
		self.assertEqual(cut_points["read"], answer["customers"] if is_new else 0)
		return cut_points

	def score_as_of(self, days_ago: int):
		"""The only calibration is of that day, when fewer customers had bought."""
		forget_scores()
		self.score_all(day(days_ago))

	def test_cut_points_that_are_in_force_are_those_of_the_next_run(self):
		self.score_as_of(20)
		cut_points = self.assert_foretold_to_the_last_digit(is_new=False)
		self.assertEqual(cut_points["last_day"], str(day(20 - 29)))

	def test_cut_points_that_have_expired_are_taken_anew(self):
		self.score_as_of(45)
		self.assertIsNone(self.assert_foretold_to_the_last_digit(is_new=True)["last_day"])

	def test_cut_points_of_every_run_are_taken_anew(self):
		self.score_as_of(20)
		frappe.db.set_single_value(SETTINGS, "calibration_frequency", "Every Run")
		frappe.db.commit()
		self.assert_foretold_to_the_last_digit(is_new=True)

	def test_cut_points_are_taken_where_there_are_none(self):
		forget_scores()
		self.assert_foretold_to_the_last_digit(is_new=True)

	def test_cut_points_of_less_than_half_of_the_customers_are_taken_anew(self):
		self.score_as_of(20)
		(run,) = frappe.get_all(RUN, pluck="name")
		frappe.db.set_value(RUN, run, "customers_total", frappe.db.count("Customer") // 2 - 1)
		frappe.db.commit()
		self.assert_foretold_to_the_last_digit(is_new=True)

	def test_cut_points_of_a_new_percentile_metric_are_taken_anew(self):
		self.score_as_of(20)
		values = {"metric_name": NEW_METRIC, "metric_key": "change_items", "dimension": "Value"}
		source = {"source_doctype": "Sales Invoice", "customer_field": "customer", "window_days": 365}
		judged = {"measure": "Sum", "value_field": "total_qty", "scale": "Percentile", "better": "Lower"}
		values |= {"doctype": "Health Metric", "date_field": "posting_date", "enabled": 1, **source, **judged}
		frappe.get_doc(values).insert()
		frappe.db.commit()
		self.card.append("metrics", {"metric": NEW_METRIC, "weight": 1})
		self.assert_foretold_to_the_last_digit(is_new=True)

	def test_cut_points_of_a_sample_are_told(self):
		self.score_as_of(45)
		self.addCleanup(setattr, what_would_change, "SAMPLE", what_would_change.SAMPLE)
		what_would_change.SAMPLE = 4
		answer = self.ask(self.card)
		cut_points = {name: answer["cut_points"][name] for name in ("is_new", "read", "customers")}
		self.assertEqual(cut_points, {"is_new": True, "read": 4, "customers": answer["customers"]})

	# ---- many, few and none --------------------------------------------------------------------------------

	def test_of_many_customers_an_even_sample_is_compared(self):
		self.addCleanup(setattr, what_would_change, "SAMPLE", what_would_change.SAMPLE)
		what_would_change.SAMPLE = 4
		answer = self.ask(self.card)
		self.assertEqual(answer["compared"], 4)
		self.assertEqual(answer["concerned"], answer["customers"])
		self.assertEqual(sum(sum(ends.values()) for ends in answer["bands"].values()), 4)

	def test_nobody_was_ever_scored(self):
		forget_scores()
		answer = self.ask(self.card)
		self.assertEqual(answer["compared"], answer["customers"])
		self.assertEqual(answer["bands"][NO_SCORE][NO_SCORE], 1)
		self.assertFalse(frappe.db.count("Score Calibration"))

	def test_a_site_without_customers(self):
		names = frappe.get_all("Customer", pluck="name")
		frappe.db.set_value("Customer", {"name": ("in", names)}, "is_internal_customer", 1)
		answer = scorecard_form.what_would_change(frappe.as_json(self.card))
		frappe.db.rollback()
		self.assertEqual((answer["customers"], answer["concerned"], answer["movers"]), (0, 0, []))
		self.assertIsNone(answer["average_after"])

	# ---- who may ask, and what is refused ------------------------------------------------------------------

	def test_who_may_not_change_scorecards_may_not_ask(self):
		for user in (USER, "Guest"):
			frappe.set_user(user)
			with self.subTest(user), self.assertRaises(frappe.PermissionError):
				scorecard_form.what_would_change(frappe.as_json(self.card))
		self.assertEqual(
			frappe.allowed_http_methods_for_whitelisted_func[scorecard_form.what_would_change], ["POST"]
		)

	def test_who_sees_one_customer_only_learns_of_that_one_only(self):
		values = {"user": MANAGER, "allow": "Customer", "for_value": BUYERS[0], "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
		frappe.db.commit()
		self.weigh(self.card, "Payment", 400)
		frappe.set_user(MANAGER)
		answer = scorecard_form.what_would_change(frappe.as_json(self.card))
		self.assertEqual((answer["customers"], answer["compared"]), (1, 1))
		self.assertLessEqual({mover["customer"] for mover in answer["movers"]}, {BUYERS[0]})

	def test_what_saving_refuses_is_refused_in_the_same_words(self):
		for values in (
			{"healthy_from": 40, "watch_from": 40},
			{"metrics": []},
			{"dimensions": []},
			{"enabled": 0},
			{"is_default": 0},
			{"customer_filters": '[["no_such_field", "=", 1]]'},
			{"customer_filters": "no json"},
		):
			doc = frappe.get_doc(SCORECARD, STANDARD).update(values)
			with self.subTest(values):
				self.assert_refused_alike(doc)
		negative = frappe.get_doc(SCORECARD, STANDARD)
		negative.metrics[0].weight = -1
		self.assert_refused_alike(negative)
		unknown = frappe.get_doc(SCORECARD, STANDARD)
		unknown.append("metrics", {"metric": "No Such Metric", "weight": 1})
		self.assert_refused_alike(unknown)
		self.assert_refused_alike(self.new_card(scorecard_name=None))

	def assert_refused_alike(self, doc):
		text = frappe.as_json(doc)
		frappe.clear_messages()
		with self.assertRaises(frappe.ValidationError) as refusal:
			scorecard_form.what_would_change(text)
		shown = [message["message"] for message in frappe.get_message_log()]
		frappe.clear_messages()
		with self.assertRaises(type(refusal.exception)):
			frappe.get_doc(json.loads(text)).save()
		self.assertEqual(shown, [message["message"] for message in frappe.get_message_log()])
		self.assertTrue(shown)

	def test_a_name_that_is_taken(self):
		with self.assertRaisesRegex(frappe.DuplicateEntryError, "exists"):
			scorecard_form.what_would_change(frappe.as_json(self.new_card(scorecard_name=STANDARD)))

	def test_what_is_no_scorecard_is_refused_in_words(self):
		for value in ("", "null", "[]", "no json", json.dumps({"metrics": "text"})):
			with self.subTest(value), self.assertRaises(frappe.ValidationError):
				scorecard_form.what_would_change(value)


def count_of(rows: dict, scorecard: str) -> int:
	return sum(row["scorecard"] == scorecard for row in rows.values())
