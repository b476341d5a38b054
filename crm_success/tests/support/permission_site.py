"""A site with one user a role, two scored customers, and requests as a browser sends them. Checks nothing."""

import contextvars
import io
import json
from contextlib import redirect_stdout
from typing import Any

import frappe
from frappe.utils import add_days, get_test_client, getdate
from frappe.utils.password import set_encrypted_password
from werkzeug.test import TestResponse

from crm_success.audiences.hand_picked import add_members
from crm_success.record_names import (
	ACCOUNT,
	ADJUSTMENT,
	BACKFILL,
	DUE_DOCUMENT,
	EARNING_RULE,
	LEDGER_ENTRY,
	REFERRAL,
	STANDING,
	SWITCH_OVER,
	TIER_CHANGE,
)
from crm_success.scoring.backtest.suggestion_records import keep_suggestions
from crm_success.scoring.engine.definitions import Scorecard
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.weight_suggestion import Suggestion
from crm_success.scoring.shared.kept_suggestions import CardSuggestion
from crm_success.tests.support import factories
from crm_success.tests.support import permission_matrix as matrix
from crm_success.tests.support.audience_site import forget_audiences, make_audience
from crm_success.tests.support.permission_matrix import BY_HAND, GUEST, READERS, ROLES, SUCCESS_USER
from crm_success.tests.support.points_site import forget_points
from crm_success.tests.support.scoring_site import ScoringTestCase, drain, start_and_prepare
from crm_success.tests.support.tier_site import forget_tiers, set_policy

OWN, OTHER = "PM-1", "PM-2"
# in no request, so that an answer that has it leaks it
SECRET = "Zirconium Secrets"
OWN_NAME = "Permitted Own"
MAIL = "@matrix.example.com"
METRIC = {
	"metric_name": "PM Half",
	"metric_key": "pm_half",
	"measure": "Expression",
	"expression": "net_revenue_365d / 2",
	"scale": "Linear",
	"worst": 0,
	"best": 10,
}
AUDIENCE = {
	"audience_name": "PM Audience",
	"how": "By Filters",
	"conditions": [{"looks_at": "Customer Health", "filters": '[["revenue", ">", 0]]'}],
}
_PROGRAM = "PM Program"
# what a site notes about people's requests
_NOTES = ("Access Log", "Activity Log", "Comment", "Deleted Document", "Error Log", "Version", "View Log")


class Visitor:
	"""Somebody who sends HTTP requests to the site; each is answered with a database connection of its own."""

	client = get_test_client()

	def __init__(self, user: str) -> None:
		self.user = user
		self.headers = {"X-Frappe-Site-Name": frappe.local.site, "Accept": "application/json"}
		if user != GUEST:
			self.headers["Authorization"] = f"token {_key_of(user)}"

	def get(self, path: str, **parameters: Any) -> TestResponse:
		return self._send("get", path, query_string=_as_text(parameters))

	def post(self, path: str, **values: Any) -> TestResponse:
		return self._send("post", path, json=values)

	def put(self, path: str, **values: Any) -> TestResponse:
		return self._send("put", path, json=values)

	def delete(self, path: str) -> TestResponse:
		return self._send("delete", path)

	def call(self, method: str, verb: str = "POST", /, **arguments: Any) -> TestResponse:
		return (self.get if verb == "GET" else self.post)(f"/api/method/{method}", **arguments)

	def list(self, doctype: str, **arguments: Any) -> TestResponse:
		"""As the desk's list asks."""
		arguments = {"fields": ["name"], "page_length": 100, **arguments}
		arguments["fields"] = json.dumps(arguments["fields"])
		return self.call("frappe.desk.reportview.get_list", doctype=doctype, **arguments)

	def _send(self, verb: str, path: str, **more: Any) -> TestResponse:
		# our transaction must neither hide from the request what was done, nor keep rows locked from it
		frappe.db.commit()
		send = getattr(self.client, verb)

		def answered() -> TestResponse:
			try:
				return send(path, headers=self.headers, **more)
			finally:
				# a refusal keeps its connection alive in the frames of its traceback, until the server takes no more
				frappe.destroy()

		# Frappe prints the traceback of each refusal
		with redirect_stdout(io.StringIO()):
			answer = contextvars.Context().run(answered)
		frappe.db.rollback()
		return answer


class PermissionTestCase(ScoringTestCase):
	"""`plain` has a visitor a role; `limited` has those of READERS who may see customer OWN only."""

	plain: dict[str, Visitor]
	limited: dict[str, Visitor]

	@classmethod
	def make_documents(cls):
		today = getdate()
		factories.make_fiscal_years(today.year - 1, today.year)
		make_customers()
		cls.plain = {GUEST: Visitor(GUEST)}
		for role in ROLES[1:]:
			cls.plain[role] = Visitor(make_user(frappe.scrub(role), role))
		cls.limited = {role: Visitor(_make_limited_user(role)) for role in READERS}
		frappe.db.commit()
		cls.runs = [start_and_prepare(add_days(today, -30)), None]
		drain(cls.runs[0])
		cls.runs[1] = start_and_prepare()
		drain(cls.runs[1])
		make_back_test()
		make_audience_by_hand(cls.plain[SUCCESS_USER].user)
		cls.addClassCleanup(forget_audiences)
		make_standings()
		cls.addClassCleanup(forget_tiers)
		make_points()
		cls.addClassCleanup(forget_points)
		cls.addClassCleanup(forget_native_points)

	@classmethod
	def _take_back(cls):
		users = frappe.get_all("User", {"name": ("like", f"%{MAIL}")}, pluck="name")
		for doctype in _NOTES:
			frappe.db.delete(doctype, {"owner": ("in", [*users, GUEST])})
		super()._take_back()

	def assert_leaks_nothing(self, answer: TestResponse) -> None:
		"""Neither the name nor, unless it was asked for by name, the ID of the other customer."""
		asked = answer.request.path + answer.request.query_string.decode()
		self.assertNotIn(SECRET, answer.text)
		if OTHER not in asked:
			self.assertNotIn(OTHER, answer.text)

	def assert_refused(self, answer: TestResponse) -> None:
		self.assertIn(answer.status_code, (401, 403), answer.text[:600])
		self.assertNotIn(SECRET, answer.text)

	def assert_allowed(self, answer: TestResponse) -> None:
		self.assertEqual(answer.status_code, 200, answer.text[:1500])

	def assert_answer(self, answer: TestResponse, may: bool) -> None:
		(self.assert_allowed if may else self.assert_refused)(answer)


def make_customers() -> None:
	"""OWN and OTHER, each with invoices and an issue."""
	today = getdate()
	for customer, name in ((OWN, OWN_NAME), (OTHER, SECRET)):
		factories.make_customer(customer)
		frappe.db.set_value("Customer", customer, "customer_name", name)
		factories.make_invoice(customer, 100, str(add_days(today, -70)))
		factories.make_invoice(customer, 500, str(add_days(today, -7)))
		factories.make_issue(customer, f"{add_days(today, -3)} 10:00:00", subject=f"Issue of {name}")


def make_back_test() -> None:
	"""One that is cancelled, with what a batch of it kept: past the controllers, which would start it."""
	rows = {
		"Score Back-test": {"name": matrix.BACK_TEST, "horizon": 90, "status": "Cancelled"},
		"Score Back-test Part": {"name": "PM Part", "back_test": matrix.BACK_TEST, "batch_no": 1},
	}
	for doctype, values in rows.items():
		frappe.new_doc(doctype).update(values).db_insert()
	keep_suggestions(matrix.BACK_TEST, [suggestion_for("Standard")])


def suggestion_for(scorecard: str) -> CardSuggestion:
	"""Other thresholds for a scorecard, and nothing else."""
	card, nothing = Scorecard(scorecard, (), (), healthy_from=65.0), Estimate(0.0, 0.0, 0.0)
	found = Suggestion(
		scorecard=card,
		keeps_weights=True,
		keeps_thresholds=False,
		metrics=(),
		dates=(),
		gain=nothing,
		band_gain=nothing,
		bands_today=(),
		bands_suggested=(),
		moved=0.0,
		left_out=(),
	)
	return CardSuggestion(card, found)


def make_standings() -> None:
	"""OWN and OTHER have a tier each, past the controllers; tiers are kept."""
	set_policy()
	for customer, name, change in (
		(OWN, OWN_NAME, matrix.OWN_CHANGE),
		(OTHER, SECRET, matrix.OTHER_CHANGE),
	):
		values = {"customer": customer, "customer_name": name}
		standing = {"tier": "Silver", "tier_since": "2020-02-20", "changes": 1}
		frappe.new_doc(STANDING).update({**values, **standing}).db_insert()
		row = {
			"name": change,
			"to_tier": "Silver",
			"decision": "Applied",
			"movement": "Up",
			"change_number": 1,
		}
		row |= {"applied_on": getdate(), "found_on": getdate()}
		frappe.new_doc(TIER_CHANGE).update({**values, **row}).db_insert()
	frappe.db.commit()


def make_points() -> None:
	"""OWN and OTHER have an account, an entry, an adjustment and a referral each, past the controllers."""
	for customer, name, adjustment in (
		(OWN, OWN_NAME, matrix.OWN_ADJUSTMENT),
		(OTHER, SECRET, matrix.OTHER_ADJUSTMENT),
	):
		values = {"customer": customer, "customer_name": name, "posting_date": getdate()}
		frappe.new_doc(ACCOUNT).update({**values, "balance": 5, "entries": 1}).db_insert()
		frappe.new_doc(LEDGER_ENTRY).update(
			{**values, "kind": "Adjust", "points": 5, "entry_number": 1, "event_key": adjustment}
		).db_insert()
		of_adjustment = {"customer": customer, "points": 5, "company": factories.default_company()}
		doc = frappe.get_doc({"doctype": ADJUSTMENT, **of_adjustment, "reason": "PM"})
		doc.insert(set_name=adjustment)
		# of itself: who may see one customer only sees nothing that names another one
		frappe.new_doc(REFERRAL).update({**values, "referrer": customer, "referrer_name": name}).db_insert()
	rule = {"rule_name": "PM Rule", "enabled": 0, "event": "Invoice Submitted", "basis": "Fixed Number"}
	frappe.get_doc({"doctype": EARNING_RULE, **rule, "points": 1}).insert()
	# by which nothing earns any more
	old = {**rule, "rule_name": matrix.OLD_RULE, "enabled": 1, "valid_upto": "2001-01-01"}
	frappe.get_doc({"doctype": EARNING_RULE, **old, "points": 1}).insert()
	days = {"from_date": "2000-01-01", "to_date": "2000-01-02"}
	doc = frappe.get_doc({"doctype": BACKFILL, "earning_rule": matrix.OLD_RULE, **days})
	doc.insert(set_name=matrix.BACKFILL)
	make_switches()
	due = {"reference_doctype": ADJUSTMENT, "reference_name": matrix.OWN_ADJUSTMENT, "attempts": 3}
	frappe.new_doc(DUE_DOCUMENT).update(due).db_insert()
	frappe.db.commit()


def make_switches() -> None:
	"""OWN and OTHER have points in ERPNext of an invoice that is gone, and a switch stands at each step, past the controllers."""
	company = factories.default_company()
	for customer in (OWN, OTHER):
		entry = {"customer": customer, "company": company, "loyalty_points": 5, "posting_date": getdate()}
		entry |= {"invoice_type": "Sales Invoice", "invoice": "PM Gone"}
		frappe.new_doc("Loyalty Point Entry").update({**entry, "expiry_date": getdate()}).db_insert()
	for status, name in matrix.SWITCHES.items():
		switch = {"name": name, "company": company, "switch_date": getdate(), "status": status}
		frappe.new_doc(SWITCH_OVER).update({**switch, "carry": "Corrected Balance"}).db_insert()
	rule = {"tier_name": "PM", "min_spent": 0, "collection_factor": 10}
	program = {"loyalty_program_name": _PROGRAM, "from_date": "2020-02-20", "conversion_factor": 1}
	program |= {"company": company, "loyalty_program_type": "Single Tier Program", "collection_rules": [rule]}
	frappe.get_doc({"doctype": "Loyalty Program", **program}).insert()


def forget_native_points() -> None:
	"""What ERPNext itself has of points."""
	frappe.db.delete("Loyalty Point Entry", {"customer": ("in", (OWN, OTHER))})
	frappe.db.delete("Loyalty Program Collection", {"parent": _PROGRAM})
	frappe.db.delete("Loyalty Program", {"name": _PROGRAM})
	frappe.db.commit()


def make_audience_by_hand(owner: str) -> None:
	"""One of that user, with OWN and OTHER in it."""
	make_audience(BY_HAND, how="By Hand")
	frappe.db.set_value("Customer Audience", BY_HAND, "owner", owner)
	add_members(BY_HAND, [OWN, OTHER])
	frappe.db.commit()


def rows_of(answer: TestResponse) -> list[dict]:
	"""The rows of a list, however it was asked for; none of a refusal."""
	if answer.status_code != 200:
		return []
	found = answer.json.get("data", answer.json.get("message")) or []
	if isinstance(found, dict):
		return [dict(zip(found["keys"], values, strict=True)) for values in found["values"]]
	return found


def arguments_for(arguments: dict[str, Any], runs: list[str]) -> dict[str, Any]:
	"""The arguments of an endpoint of the matrix, with what its placeholders stand for; `runs`: a failed one, another."""
	scorecard = frappe.get_doc("Health Scorecard", {"is_default": 1})
	meant = {
		matrix.OWN: OWN,
		matrix.OTHER: OTHER,
		matrix.FAILED_RUN: runs[0],
		matrix.RUN: runs[1],
		matrix.METRIC: json.dumps(METRIC),
		matrix.SCORECARD: frappe.as_json(scorecard.as_dict()),
		matrix.OWN_LIST: json.dumps([OWN]),
		matrix.OTHER_LIST: json.dumps([OTHER]),
		matrix.AUDIENCE: json.dumps(AUDIENCE),
	}
	return {name: meant.get(value, value) for name, value in arguments.items()}


def make_user(name: str, *roles: str) -> str:
	"""Somebody with exactly these roles, who may send requests; the user's name."""
	user = factories.make_user(f"{name}{MAIL}", *roles)
	# the field holds stars in place of the secret: without them, saving the user would drop it
	frappe.db.set_value("User", user, {"api_key": frappe.generate_hash(length=15), "api_secret": "*" * 15})
	set_encrypted_password("User", user, frappe.generate_hash(length=15), "api_secret")
	return user


def _make_limited_user(role: str) -> str:
	user = make_user(f"limited_{frappe.scrub(role)}", role)
	values = {"user": user, "allow": "Customer", "for_value": OWN, "apply_to_all_doctypes": 1}
	frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
	return user


def _key_of(user: str) -> str:
	doc = frappe.get_doc("User", user)
	return f"{doc.api_key}:{doc.get_password('api_secret')}"


def _as_text(parameters: dict[str, Any]) -> dict[str, Any]:
	return {
		key: json.dumps(value) if isinstance(value, list | dict) else value
		for key, value in parameters.items()
	}
