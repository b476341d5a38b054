"""Our records filled in every wrong way, as a Customer Success Manager saves them: refused in words, or usable.

FUZZ_TIMES=50 tries fifty times as many (`make soak`); without it, as many as take some seconds.
"""

import json
import os
import traceback
import unittest
from collections import Counter
from collections.abc import Callable
from typing import Any

import frappe
from frappe.utils import add_days, getdate
from frappe.utils.password import set_encrypted_password

from crm_success.record_names import SETTINGS

try:
	from hypothesis import HealthCheck, given, settings
except ImportError as error:
	raise unittest.SkipTest(
		"Fuzzing needs the Python package hypothesis, of Frappe's development requirements"
	) from error

from crm_success.batches.statuses import BATCH
from crm_success.scoring.api.metric_form import preview_metric
from crm_success.tests.support import factories, rough_records
from crm_success.tests.support.permission_site import Visitor
from crm_success.tests.support.rough_records import SCRIPT
from crm_success.tests.support.scoring_site import ScoringTestCase, components, health_rows

MANAGER = "fuzz.manager@example.com"
ROLES = ("Customer Success Manager", "Accounts User", "Sales User", "Stock User", "Support Team")
METRIC, SCORECARD, SEGMENT = "Health Metric", "Health Scorecard", "Customer Segment"
FEW = 40 * int(os.environ.get("FUZZ_TIMES") or 1)
MOST_IN_A_RUN = 40
# the second is Frappe's own, for names such as <b>
REFUSALS = (frappe.ValidationError, frappe.NameError)

# what a request sends in place of usable values, and whether that can be saved
REQUESTS: list[tuple[dict[str, Any], bool]] = [
	({}, True),
	({"filters": [["is_return", "=", 0]]}, True),
	({"filters": [["customer", "like", "%s%(p1)s';--\\"]]}, True),
	({"filters": [["customer", "=", "\ud800"]]}, False),
	({"filters": [["total_qty", "=", 10**400]]}, False),
	({"filters": [["customer", "=", "x"]] * 1200}, False),
	({"filters": {"customer": {"deeper": 1}}}, False),
	({"measure": ["Sum"]}, False),
	({"date_field": ["posting_date"]}, False),
	({"metric_key": {"a": 1}}, False),
	({"measure": "Expression", "expression": 9**9}, True),
	({"measure": "Expression", "expression": ["9"]}, False),
	({"worst": 1e15}, False),
	({"best": "\x00"}, False),
	({"description": "\ud800"}, False),
]


class TestFuzzedRecords(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		today = getdate()
		factories.make_fiscal_years(today.year - 1, today.year)
		for customer in ("Fuzzed One", "Fuzzed Two"):
			factories.make_customer(customer)
			factories.make_invoice(customer, 100, str(add_days(today, -9)))
			factories.make_issue(customer, f"{add_days(today, -3)} 10:00:00")
		factories.make_delivery_note("Fuzzed One", add_days(today, -5))
		factories.make_user(MANAGER, *ROLES)
		# words of ours that nobody translated would stay English
		frappe.db.set_value("User", MANAGER, {"language": "zh", "api_key": frappe.generate_hash(length=15)})
		set_encrypted_password("User", MANAGER, frappe.generate_hash(length=15), "api_secret")

	def test_any_metric_is_refused_in_words_or_previewed_and_scored(self):
		saved: list[dict[str, Any]] = []

		def check(record: dict[str, Any]) -> str:
			doc = frappe.get_doc({"doctype": METRIC, **record}).insert()
			doc.reload()
			self.assert_measured(doc)
			saved.append(doc.as_dict(no_default_fields=True))
			return "saved"

		self.fuzz(rough_records.metrics(), check, FEW * 2)
		self.assert_scored(saved[-MOST_IN_A_RUN:])

	def test_any_scorecard_is_refused_in_words_or_used(self):
		def check(record: dict[str, Any]) -> str:
			frappe.get_doc({"doctype": SCORECARD, **record}).insert()
			self.assert_definitions_stand()
			return "saved"

		self.fuzz(rough_records.scorecards(), check, FEW)

	def test_any_segment_is_refused_in_words_or_used(self):
		def check(record: dict[str, Any]) -> str:
			frappe.get_doc({"doctype": SEGMENT, **record}).insert()
			self.assert_definitions_stand()
			return "saved"

		self.fuzz(rough_records.segments(), check, FEW)

	def test_any_settings_are_refused_in_words_or_used(self):
		def check(record: dict[str, Any]) -> str:
			frappe.get_doc(SETTINGS).update(record).save()
			self.assert_definitions_stand()
			return "saved"

		self.fuzz(rough_records.settings_values(), check, FEW)

	def test_a_request_with_values_that_no_form_would_send_is_answered_in_words(self):
		"""The whole way of a request: whatever it sends, nobody sees a traceback, and nothing half is saved."""
		self.addCleanup(self.forget_metrics)
		visitor, good = Visitor(MANAGER), {"measure": "Count", "source_doctype": "Delivery Note", "best": 10}
		for number, (changes, saved) in enumerate(REQUESTS):
			with self.subTest(**changes):
				name = f"Fuzzed {number}"
				answer = visitor.post(f"/api/resource/{METRIC}", metric_name=name, **{**good, **changes})
				self.assertEqual(answer.status_code, 200 if saved else 417, answer.text[-1500:])
				self.assertEqual(bool(frappe.db.exists(METRIC, name)), saved)
				self.assertTrue(saved or "_server_messages" in answer.json)

	def fuzz(self, strategy: Any, check: Callable[[dict[str, Any]], str], number: int) -> None:
		"""Each record is saved as the manager would, and taken back."""
		outcomes: Counter[str] = Counter()

		@settings(
			max_examples=number,
			deadline=None,
			derandomize=True,
			database=None,
			suppress_health_check=list(HealthCheck),
		)
		@given(strategy)
		def each(record: dict[str, Any]) -> None:
			outcomes[self.outcome_of(record, check)] += 1

		each()
		print(dict(outcomes), end=" ", flush=True)
		self.assertGreater(min(outcomes["saved"], outcomes["refused"]), number / 20)

	def outcome_of(self, record: dict[str, Any], check: Callable[[dict[str, Any]], str]) -> str:
		frappe.set_user(MANAGER)
		frappe.local.lang = "zh"
		frappe.db.savepoint("fuzzed")
		try:
			return check(record)
		except REFUSALS as error:
			self.assertGreater(len(str(error)), 4)
			# Frappe's own refusals show what was entered as it is, and some have no words in Chinese
			if is_ours(error):
				self.assert_in_words(str(error))
			return "refused"
		finally:
			frappe.set_user("Administrator")
			frappe.db.rollback(save_point="fuzzed")
			frappe.db.value_cache.clear()
			frappe.clear_document_cache(SETTINGS, SETTINGS)
			frappe.clear_messages()

	def assert_in_words(self, text: str) -> None:
		self.assertLess(len(text), 1500, text[:300])
		self.assertNotIn("Traceback", text)
		self.assertNotIn(SCRIPT, text)
		self.assertTrue(
			any("\u4e00" <= character <= "\u9fff" for character in text), f"not translated: {text}"
		)

	def assert_measured(self, doc: Any) -> None:
		"""The form can preview what was saved, or says why not."""
		try:
			shown = preview_metric(json.dumps(doc.as_dict(), default=str))
		except frappe.ValidationError as error:
			self.assert_in_words(str(error))
			return
		self.assertEqual(shown["measured"] + shown["missing"], frappe.db.count("Customer"))

	def assert_definitions_stand(self) -> None:
		"""A run could begin with what is saved, and score these customers."""
		from crm_success.database import clock
		from crm_success.database.dialects import KeyRange
		from crm_success.scoring.engine.calibrated import Calibration
		from crm_success.scoring.frozen_definitions import freeze
		from crm_success.scoring.scorer import Scorer

		frozen = freeze(getdate())
		scorer = Scorer(frozen, Calibration(getdate()), getdate())
		keys = KeyRange(names=("Fuzzed One", "Fuzzed Two"))
		# a commit would keep what was entered
		self.assertEqual(len(scorer.score_in_transaction(keys, clock.utc_now()).rows), 2)

	def assert_scored(self, records: list[dict[str, Any]]) -> None:
		"""A real run over all these metrics ends, and each of them has a component or is named."""
		self.addCleanup(self.forget_metrics)
		for number, record in enumerate(records):
			names = {"metric_name": f"Fuzzed {number}", "metric_key": f"fuzzed_{number}"}
			frappe.get_doc({**record, **names, "doctype": METRIC, "dimension": "Value"}).insert()
		weights = [{"metric": f"Fuzzed {number}", "weight": 1} for number in range(len(records))]
		card = {
			"scorecard_name": "Fuzzed",
			"dimensions": [{"dimension": "Value", "weight": 1}],
			"metrics": weights,
		}
		frappe.get_doc({"doctype": SCORECARD, **card, "healthy_from": 70, "watch_from": 40}).insert()
		frappe.db.commit()  # nosemgrep: runs read what is committed
		run = self.score_all()
		failed = frappe.get_all(BATCH, {"work_run": run.name, "status": "Failed"}, pluck="error")
		self.assertEqual((run.status in ("Completed", "Completed with Warnings"), failed), (True, []))
		row = health_rows("Fuzzed One")["Fuzzed One"]
		named = " ".join(message.reason for message in run.messages)
		for number in range(len(records)):
			self.assertTrue(
				f"fuzzed_{number}" in components(row) or f"Fuzzed {number} " in named, records[number]
			)

	def forget_metrics(self) -> None:
		frappe.db.rollback()
		for doctype in (SCORECARD, METRIC):
			for name in frappe.get_all(doctype, {"name": ("like", "Fuzzed%")}, pluck="name"):
				frappe.delete_doc(doctype, name, force=True)
		frappe.db.commit()  # nosemgrep: the run above committed them


def is_ours(error: Exception) -> bool:
	"""Whether a check of this app refused, and not one of the framework's after it."""
	places = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
	return any("/crm_success/crm_success/" in place for place in places)
