"""What people see of a customer's points: the panel on the customer."""

import frappe
from frappe.utils import add_days

from crm_success.customer_loyalty.api.points_panel import NEWEST, get_points
from crm_success.record_names import ADJUSTMENT, EARNING_RULE, LEDGER_ENTRY
from crm_success.tests.support import factories
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	earn_now,
	make_rule,
	spend,
)

EARNER, OTHER = "Panel of Points", "Panel of Nobody"
READER = "reader.of.points@example.com"


class TestPanel(PointsTestCase):
	def setUp(self):
		super().setUp()
		for name in (EARNER, OTHER):
			factories.make_customer(name)

	def sell(self, amount: float, days_ago: int = 1):
		invoice = factories.make_invoice(EARNER, amount, add_days(TODAY, -days_ago))
		earn_now()
		return invoice

	def test_nothing_is_shown_of_who_has_no_points(self):
		self.assertIsNone(get_points(OTHER))

	def test_it_says_what_can_be_spent_what_is_pending_and_what_is_lost_next(self):
		make_rule(lapse="After Days", lapse_number=30)
		self.sell(1000, 1)
		frappe.db.set_value(EARNING_RULE, "One for Ten", "wait_days", 20)
		frappe.clear_cache()
		self.sell(500, 2)
		panel = get_points(EARNER)
		self.assertEqual((panel["available"], panel["pending"], panel["balance"]), (100, 50, 150))
		self.assertEqual((panel["next_expiry"], panel["expiring"]), (add_days(TODAY, 28), 50))

	def test_the_newest_entries_come_first_with_their_documents(self):
		make_rule()
		invoices = [self.sell(100 * number) for number in range(1, NEWEST + 2)]
		spend(EARNER, 30)
		panel = get_points(EARNER)
		self.assertEqual(panel["entries"], frappe.db.count(LEDGER_ENTRY, {"customer": EARNER}))
		self.assertGreater(panel["entries"], NEWEST)
		self.assertEqual(len(panel["newest"]), NEWEST)
		newest = panel["newest"][0]
		self.assertEqual((newest.kind, newest.points < 0), ("Redeem", True))
		earned = [entry for entry in panel["newest"] if entry.kind == "Earn"]
		self.assertEqual(earned[0].reference_name, invoices[-1].name)
		self.assertEqual(earned[0].points, 10 * (NEWEST + 1))

	def test_what_is_owed_is_below_zero(self):
		make_rule()
		invoice = self.sell(1000)
		spend(EARNER, 80)
		invoice.reload().cancel()
		earn_now()
		self.assertEqual(get_points(EARNER)["balance"], -80)

	def test_only_who_may_see_the_customer_sees_its_points(self):
		make_rule()
		self.sell(1000)
		factories.make_user(READER, "Sales User")
		frappe.set_user(READER)
		panel = get_points(EARNER)
		self.assertEqual((panel["balance"], panel["may_adjust"]), (100, False))
		frappe.set_user("Administrator")
		permission = {"user": READER, "allow": "Customer", "for_value": OTHER}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert()
		self.addCleanup(frappe.db.delete, "User Permission", {"user": READER})
		frappe.set_user(READER)
		self.assertRaises(frappe.PermissionError, get_points, EARNER)
		self.assertIsNone(get_points(OTHER))

	def test_who_may_adjust_is_told(self):
		frappe.get_doc(
			{"doctype": ADJUSTMENT, "customer": EARNER, "points": 5, "posting_date": TODAY, "reason": "Kind"}
		).insert().submit()
		panel = get_points(EARNER)
		self.assertEqual((panel["available"], panel["may_adjust"]), (5, True))
		self.assertEqual(panel["newest"][0].note, "Kind")
