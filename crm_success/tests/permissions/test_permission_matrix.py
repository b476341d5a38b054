"""Every role at every DocType, report and endpoint, by HTTP requests: what is allowed works, nothing else does."""

from collections.abc import Callable
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from crm_success.batches.run_life import cancel_run
from crm_success.record_names import MODULES
from crm_success.tests.support import factories
from crm_success.tests.support.permission_matrix import (
	BACK_TEST,
	BY_HAND,
	MADE_BY_SCORING,
	OF_A_CUSTOMER,
	OLD_RULE,
	REPORTS,
	RIGHTS,
	RIGHTS_ON_OWN,
	RIGHTS_THERE_ARE,
	ROLES,
)
from crm_success.tests.support.permission_site import (
	AUDIENCE,
	OWN,
	SECRET,
	PermissionTestCase,
	Visitor,
	make_user,
	rows_of,
)

SETTINGS, LOYALTY_SETTINGS = "CRM Success Settings", "Customer Loyalty Settings"
# records of which there is one
SINGLES = (SETTINGS, LOYALTY_SETTINGS)
NEW = "PM New"
# in no audience
THIRD = "PM-3"

# what a request writes: a field that a person may change where anybody may change anything
CHANGES: dict[str, dict[str, Any]] = {
	"Customer Health": {
		"override_score": 77,
		"override_until": add_days(nowdate(), 7),
		"override_reason": "PM Reason",
	},
	"Customer Health Snapshot": {"score": 77},
	"Customer Segment": {"strategy": "PM Changed"},
	"Health Dimension": {"description": "PM Changed"},
	"Health Metric": {"description": "PM Changed"},
	"Health Scorecard": {"priority": 77},
	SETTINGS: {"scoring_hour": 17},
	"Work Run": {"status": "Failed"},
	"Work Batch": {"status": "Failed"},
	"Score Calibration": {"retention": 77},
	"Score Back-test": {"horizon": 77},
	"Score Back-test Part": {"batch_no": 77},
	"Customer Audience": {"description": "PM Changed"},
	"Customer Audience Member": {"visit": 77},
	"Customer Tier": {"description": "PM Changed"},
	"Customer Tier Standing": {
		"protected_tier": "Gold",
		"protected_until": add_days(nowdate(), 7),
		"protection_reason": "PM Reason",
	},
	"Customer Tier Change": {"note": "PM Changed"},
	LOYALTY_SETTINGS: {"grace_days": 17},
	"Customer Loyalty Account": {"balance": 77},
	"Loyalty Ledger Entry": {"points": 77},
	"Loyalty Adjustment": {"reason": "PM Changed"},
	"Customer Referral": {"note": "PM Changed"},
	"Loyalty Backfill": {"from_date": "1999-12-31"},
	"Loyalty Due Document": {"attempts": 77},
	"Loyalty Earning Rule": {"description": "PM Changed"},
	"Loyalty Switch Over": {"note": "PM Changed"},
}

# documents whose numbers stay
NUMBERED = ("Loyalty Adjustment", "Customer Referral", "Loyalty Backfill", "Loyalty Switch Over")

# new records: valid ones, so that nothing but the permission refuses them
RECORDS: dict[str, dict[str, Any]] = {
	"Customer Health": {"customer": THIRD, "score": 77},
	"Customer Health Snapshot": {"customer": OWN, "as_of": "2020-02-20", "score": 77},
	"Customer Segment": {
		"segment_name": NEW,
		"priority": 900,
		**{f"{letter}_{end}": value for letter in "rfm" for end, value in (("min", 1), ("max", 5))},
	},
	"Health Dimension": {"dimension_name": NEW},
	"Health Metric": {
		"metric_name": NEW,
		"metric_key": "pm_new",
		"measure": "Expression",
		"expression": "net_revenue_365d / 2",
		"scale": "Linear",
		"worst": 0,
		"best": 10,
	},
	"Health Scorecard": {
		"scorecard_name": NEW,
		"dimensions": [{"dimension": "Value", "weight": 100}],
		"metrics": [{"metric": "Net Revenue 365 Days", "weight": 100}],
	},
	"Work Run": {"kind": "Scoring", "as_of": "2020-02-20", "triggered_by": "Desk", "status": "Completed"},
	"Work Batch": {"batch_no": 99, "status": "Done"},
	"Score Calibration": {"as_of": "2020-02-20", "customers": 2},
	"Score Back-test": {"horizon": 30},
	"Score Back-test Part": {"back_test": BACK_TEST, "batch_no": 99},
	"Customer Audience": {**AUDIENCE, "audience_name": NEW},
	"Customer Audience Member": {"audience": BY_HAND, "customer": THIRD},
	"Customer Tier": {"tier_name": NEW, "tier_level": 77, "points_multiplier": 1},
	"Customer Tier Standing": {"customer": THIRD, "tier": "Gold"},
	"Customer Tier Change": {"customer": THIRD, "to_tier": "Gold", "decision": "Applied"},
	"Customer Loyalty Account": {"customer": THIRD},
	"Loyalty Ledger Entry": {"customer": THIRD, "kind": "Adjust", "points": 5},
	"Loyalty Adjustment": {"customer": THIRD, "points": 5, "reason": "PM"},
	"Customer Referral": {"customer": THIRD, "referrer": OWN},
	"Loyalty Backfill": {"earning_rule": OLD_RULE, "from_date": "2020-02-20", "to_date": "2020-02-22"},
	"Loyalty Due Document": {"reference_doctype": "Customer", "reference_name": OWN},
	"Loyalty Switch Over": {"switch_date": nowdate()},
	"Loyalty Earning Rule": {
		"rule_name": NEW,
		"enabled": 0,
		"event": "Invoice Submitted",
		"basis": "Fixed Number",
		"points": 1,
	},
}


class TestDocTypes(PermissionTestCase):
	@classmethod
	def make_documents(cls):
		super().make_documents()
		factories.make_customer(THIRD)
		RECORDS["Work Batch"]["work_run"] = cls.runs[0]
		for doctype in ("Loyalty Adjustment", "Loyalty Switch Over"):
			RECORDS[doctype]["company"] = factories.default_company()

	def for_each(self, check: Callable[..., None], *doctypes: str) -> None:
		"""Calls `check` with each DocType, each role's rights on it, and the visitor who has that role."""
		for doctype in doctypes or RIGHTS:
			for role in ROLES:
				with self.subTest(doctype=doctype, role=role):
					check(doctype, RIGHTS[doctype][role], self.plain[role])

	def test_the_rights_of_roles(self):
		for doctype in RIGHTS:
			for role in ROLES:
				user = self.plain[role].user
				found = {
					right
					for right in RIGHTS_THERE_ARE
					if frappe.permissions.has_permission(doctype, right, user=user)
				}
				with self.subTest(doctype=doctype, role=role):
					self.assertEqual(found, RIGHTS[doctype][role])

	def test_no_doctype_is_missing_here(self):
		filters = {"module": ("in", MODULES), "istable": 0}
		self.assertEqual(set(frappe.get_all("DocType", filters, pluck="name")), set(RIGHTS))
		reports = frappe.get_all("Report", {"module": ("in", MODULES)}, pluck="name")
		self.assertEqual(set(reports), set(REPORTS))

	def test_child_tables_grant_nothing_of_their_own(self):
		for doctype in frappe.get_all("DocType", {"module": ("in", MODULES), "istable": 1}, pluck="name"):
			self.assertFalse(frappe.get_meta(doctype).permissions, doctype)
			for visitor in self.plain.values():
				answer = visitor.get(f"/api/resource/{doctype}")
				with self.subTest(doctype=doctype, user=visitor.user):
					self.assert_refused(answer)

	def test_reading(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			may, name = "read" in rights, an_existing(doctype)
			self.assert_answer(visitor.get(f"/api/resource/{doctype}/{name}"), may)
			self.assert_answer(visitor.get(f"/api/v2/document/{doctype}/{name}"), may)
			arguments = {"doctype": doctype, "name": name}
			self.assert_answer(visitor.call("frappe.desk.form.load.getdoc", "GET", **arguments), may)

		self.for_each(check)

	def test_lists(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			may, everything = "read" in rights, frappe.db.count(doctype)
			for answer in (
				visitor.get(f"/api/resource/{doctype}", limit_page_length=0),
				# no limit is none at all in version 15, and no row in version 16
				visitor.get(f"/api/v2/document/{doctype}", limit=everything + 1),
				visitor.list(doctype, page_length=0),
			):
				self.assert_answer(answer, may)
				self.assertEqual(len(rows_of(answer)), everything if may else 0)
			counted = visitor.call("frappe.desk.reportview.get_count", doctype=doctype)
			self.assert_answer(counted, may)
			if may:
				self.assertEqual(counted.json["message"], everything)

		self.for_each(check, *tables())

	def test_link_fields_find(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			answer = visitor.call("frappe.desk.search.search_link", "GET", doctype=doctype, txt="")
			# where a search of our own refuses, Frappe says that there is no such method
			self.assertEqual(answer.status_code == 200, "read" in rights, answer.text[:600])
			self.assertNotIn(SECRET, "" if "read" in rights else answer.text)

		self.for_each(check, *tables())

	def test_exporting(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			arguments = {"doctype": doctype, "fields": ["name"], "file_format_type": "CSV"}
			answer = visitor.call("frappe.desk.reportview.export_query", **arguments)
			self.assert_answer(answer, "export" in rights)

		self.for_each(check, *tables())

	def test_printing(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			answer = visitor.get("/printview", doctype=doctype, name=an_existing(doctype))
			self.assert_answer(answer, "print" in rights)

		self.for_each(check, *OF_A_CUSTOMER)

	def test_writing(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			name, change = an_existing(doctype), CHANGES[doctype]
			before = values_of(doctype, name)
			answer = visitor.put(f"/api/resource/{doctype}/{name}", **change)
			self.assert_answer(answer, "write" in rights)
			self.assertEqual(values_of(doctype, name) == before, "write" not in rights)
			put_back(doctype, name, before)

		self.for_each(check)

	def test_saving_in_the_desk(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			name = an_existing(doctype)
			before = values_of(doctype, name)
			doc = {**frappe.get_doc(doctype, name).as_dict(), **CHANGES[doctype]}
			answer = visitor.call("frappe.desk.form.save.savedocs", doc=frappe.as_json(doc), action="Save")
			self.assert_answer(answer, "write" in rights)
			self.assertEqual(values_of(doctype, name) == before, "write" not in rights)
			put_back(doctype, name, before)

		self.for_each(check)

	def test_creating(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			may = "create" in rights and doctype not in MADE_BY_SCORING
			before = names_of(doctype)
			answer = visitor.post(f"/api/resource/{doctype}", **RECORDS[doctype])
			made = names_of(doctype) - before
			stop_runs()
			for name in made:
				frappe.delete_doc(doctype, name, force=True, delete_permanently=True)
			# those who might start a run are told why they cannot make one: that is no 403
			self.assertEqual(answer.status_code == 200, may, answer.text[:600])
			self.assertEqual(len(made), int(may))
			self.assertNotIn(SECRET, answer.text)

		self.for_each(check, *tables())

	def test_deleting(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			victim = a_victim(doctype)
			answer = visitor.delete(f"/api/resource/{doctype}/{victim}")
			self.assertEqual(answer.status_code in (200, 202), "delete" in rights, answer.text[:600])
			self.assertEqual(frappe.db.exists(doctype, victim) is None, "delete" in rights)
			frappe.db.delete(doctype, {"name": victim})
			frappe.db.commit()

		self.for_each(check, *tables())

	def test_what_a_role_may_do_to_what_it_created(self):
		"""And to nothing that somebody else did, whoever the request says that was."""
		for doctype, by_role in RIGHTS_ON_OWN.items():
			for role, rights in by_role.items():
				visitor, other = self.plain[role], make_user("another_creator", role)
				for owner, right in ((visitor.user, True), (other, False)):
					with self.subTest(doctype=doctype, role=role, owner=owner):
						self.check_own(doctype, visitor, owner, {each: right for each in rights})

	def check_own(self, doctype: str, visitor: Visitor, owner: str, may: dict[str, bool]) -> None:
		name = frappe.get_doc({"doctype": doctype, **RECORDS[doctype]}).insert().name
		self.addCleanup(frappe.db.delete, doctype, {"name": ("in", [name, "PM Renamed"])})
		frappe.db.set_value(doctype, name, "owner", owner)
		path, change = f"/api/resource/{doctype}/{name}", CHANGES[doctype]
		as_mine = {**frappe.get_doc(doctype, name).as_dict(), **change, "owner": visitor.user}
		renamed = {"doctype": doctype, "old_name": name, "new_name": "PM Renamed"}
		for answer in (
			visitor.put(path, **change),
			visitor.put(path, **change, owner=visitor.user),
			visitor.put(f"/api/v2/document/{doctype}/{name}", **change, owner=visitor.user),
			visitor.call(
				"frappe.client.save", doc=frappe.as_json({**as_mine, "modified": modified_of(doctype, name)})
			),
			visitor.call(
				"frappe.desk.form.save.savedocs",
				doc=frappe.as_json({**as_mine, "modified": modified_of(doctype, name)}),
				action="Save",
			),
		):
			self.assert_answer(answer, may["write"])
			self.assertEqual(frappe.db.get_value(doctype, name, "owner"), owner)
		if not may["write"]:
			self.assertNotEqual(frappe.db.get_value(doctype, name, [*change], as_dict=True), change)
			self.assertEqual(visitor.call("frappe.client.rename_doc", **renamed).status_code == 200, False)
		answer = visitor.delete(path)
		self.assertEqual(answer.status_code in (200, 202), may["delete"], answer.text[:600])
		self.assertEqual(frappe.db.exists(doctype, name) is None, may["delete"])
		frappe.delete_doc(doctype, name, force=True, ignore_missing=True)
		frappe.db.commit()

	def test_renaming(self):
		def check(doctype: str, rights: frozenset[str], visitor: Visitor) -> None:
			victim = a_victim(doctype)
			answer = visitor.call(
				"frappe.client.rename_doc", doctype=doctype, old_name=victim, new_name="PM Renamed"
			)
			may = "write" in rights and doctype not in (*MADE_BY_SCORING, *NUMBERED)
			self.assertEqual(answer.status_code == 200, may, answer.text[:600])
			self.assertEqual(bool(frappe.db.exists(doctype, "PM Renamed")), may)
			frappe.db.delete(doctype, {"name": ("in", [victim, "PM Renamed"])})
			frappe.db.commit()

		self.for_each(check, *tables())


def tables() -> list[str]:
	"""The DocTypes that have a list."""
	return [doctype for doctype in RIGHTS if doctype not in SINGLES]


def an_existing(doctype: str) -> str:
	"""A record that requests read and write: of customer OWN, where it is a customer's."""
	if doctype in SINGLES:
		return doctype
	filters = {"customer": OWN} if doctype in OF_A_CUSTOMER else {}
	return frappe.get_all(doctype, filters, pluck="name", order_by="creation, name", limit=1)[0]


def values_of(doctype: str, name: str) -> dict[str, Any]:
	return {field: str(frappe.db.get_value(doctype, name, field)) for field in CHANGES[doctype]}


def modified_of(doctype: str, name: str) -> Any:
	"""Of now: a save of somebody else would be refused for other reasons."""
	return frappe.db.get_value(doctype, name, "modified")


def put_back(doctype: str, name: str, before: dict[str, Any]) -> None:
	values = {field: None if value == "None" else value for field, value in before.items()}
	if doctype in SINGLES:
		for field, value in values.items():
			frappe.db.set_single_value(doctype, field, value)
	else:
		frappe.db.set_value(doctype, name, values)
	frappe.db.commit()
	frappe.clear_document_cache(doctype, name)


def stop_runs() -> None:
	"""A record may have started one, and cannot be deleted before its end."""
	for run in frappe.get_all("Work Run", {"active": ("is", "set")}, pluck="name"):
		cancel_run(run)


def names_of(doctype: str) -> set[str]:
	return set(frappe.get_all(doctype, pluck="name"))


def a_victim(doctype: str) -> str:
	"""A record to be deleted, as an insertion would make it."""
	doc = frappe.get_doc({"doctype": doctype, **RECORDS[doctype]})
	doc.set_new_name()
	if not frappe.db.exists(doctype, doc.name):
		doc.db_insert()
	frappe.db.commit()
	return doc.name
