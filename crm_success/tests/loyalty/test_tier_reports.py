"""The reports of tiers: who moved, by movement, owner and territory, and what each tier costs and brings."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.customer_loyalty.report.tier_costs_and_revenue.tier_costs_and_revenue import execute as costs
from crm_success.customer_loyalty.report.tier_movements.tier_movements import execute as movements
from crm_success.record_names import TIER
from crm_success.tests.support import factories
from crm_success.tests.support.tier_site import DIAMOND, GOLD, GOLD_FROM, SILVER, SILVER_FROM, TierTestCase
from crm_success.tests.support.utils import forget_cached_values

TODAY = getdate()
LAST_MONTH = add_days(TODAY, -30)
SPENT = {"Moved None": 1_000, "Moved Silver": SILVER_FROM, "Moved Gold": GOLD_FROM}
NONE, OF_SILVER, OF_GOLD = SPENT
READER, MANAGER = "reader.of.moves@example.com", "manager.of.moves@example.com"
LIST_PRICE, DISCOUNT = 800, 300


class TierReportTestCase(TierTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(TODAY.year - 1, TODAY.year)
		factories.make_user(READER, "Sales User")
		factories.make_user(MANAGER, "Sales User")
		for customer, amount in SPENT.items():
			factories.make_customer(customer, account_manager=MANAGER if customer == OF_GOLD else None)
			factories.make_invoice(customer, amount, LAST_MONTH)

	def setUp(self):
		super().setUp()
		self.evaluate()
		frappe.db.rollback()

	def lose_gold(self) -> None:
		doc = frappe.get_doc(TIER, GOLD)
		doc.requirements[0].at_least = GOLD_FROM + 1
		doc.save()
		self.review()
		frappe.db.rollback()


class TestMovements(TierReportTestCase):
	def test_by_movement(self):
		self.lose_gold()
		_columns, rows, message, _chart, summary = movements()
		told = [(row["kind"], row["movement"], row["customers"], row["revenue"]) for row in rows]
		self.assertEqual(
			told,
			[
				("Up", f"No Tier → {GOLD}", 1, GOLD_FROM),
				("Up", f"No Tier → {SILVER}", 1, SILVER_FROM),
				("Down", f"{GOLD} → {SILVER}", 1, GOLD_FROM),
			],
		)
		self.assertIsNone(message)
		self.assertEqual([figure["value"] for figure in summary][:3], [2, GOLD_FROM + SILVER_FROM, 1])

	def test_by_owner_and_by_territory(self):
		_columns, rows, *_rest = movements({"group_by": "Account Manager"})
		self.assertEqual(
			next((row["group"], row["up"], row["up_revenue"]) for row in rows), (MANAGER, 1, GOLD_FROM)
		)
		_columns, rows, *_rest = movements({"group_by": "Territory"})
		self.assertEqual(sum(row["up"] for row in rows), 2)

	def test_customer_by_customer_of_one_movement(self):
		asked = {"group_by": "Customer", "kind": "Up", "move": f"- > {SILVER}"}
		_columns, rows, *_rest = movements(asked)
		self.assertEqual([row["customer"] for row in rows], [OF_SILVER])
		_columns, rows, *_rest = movements({**asked, "kind": "Down"})
		self.assertEqual(rows, [])

	def test_days_before_are_left_out(self):
		days = {"from_date": str(add_days(TODAY, -20)), "to_date": str(add_days(TODAY, -1))}
		_columns, rows, message = movements(days)
		self.assertEqual(rows, [])
		self.assertIn("Nobody moved", message)

	def test_disabled_customers_only_where_asked_for(self):
		frappe.db.set_value("Customer", OF_GOLD, "disabled", 1)
		self.addCleanup(frappe.db.set_value, "Customer", OF_GOLD, "disabled", 0)
		self.assertEqual(len(movements({"group_by": "Customer"})[1]), 1)
		self.assertEqual(len(movements({"group_by": "Customer", "include_disabled": 1})[1]), 2)

	def test_an_unknown_group_is_refused_in_words(self):
		with self.assertRaisesRegex(frappe.ValidationError, "Choose"):
			movements({"group_by": "Moon"})


class TestCosts(TierReportTestCase):
	def row_of(self, tier: str) -> dict:
		_columns, rows, *_rest = costs()
		return next(row for row in rows if row["tier_name"] == tier)

	def test_revenue_and_customers_of_each_tier(self):
		_columns, rows, *_rest = costs()
		self.assertEqual([row["tier_name"] for row in rows], [DIAMOND, GOLD, SILVER, ""])
		told = {row["tier_name"]: (row["customers"], row["revenue"]) for row in rows}
		self.assertEqual(told[GOLD], (1, GOLD_FROM))
		self.assertEqual(told[SILVER], (1, SILVER_FROM))
		self.assertEqual(told[DIAMOND], (0, 0))
		self.assertGreaterEqual(told[""][1], 1_000)

	def test_discounts_of_rows_and_of_invoices_count(self):
		"""A row that is 500 instead of 800, twice, and 100 off the whole."""
		invoice = factories.make_invoice(OF_SILVER, 500, TODAY, submit=False, qty=2)
		row = invoice.items[0]
		# the item may have a price, above which ERPNext takes the rest for a margin
		row.update({"margin_type": None, "margin_rate_or_amount": 0, "rate_with_margin": 0})
		row.update(
			{"price_list_rate": LIST_PRICE, "discount_amount": DISCOUNT, "rate": LIST_PRICE - DISCOUNT}
		)
		invoice.update({"apply_discount_on": "Net Total", "discount_amount": 100})
		invoice.save()
		self.assertEqual((invoice.items[0].rate, invoice.base_discount_amount), (500, 100))
		invoice.submit()
		self.assertEqual(self.row_of(SILVER)["discount"], 2 * DISCOUNT + 100)
		self.assertEqual(self.row_of(GOLD)["discount"], 0)
		self.assertEqual(self.row_of(SILVER)["revenue"], SILVER_FROM + 900)
		share = 100 * 700 / (SILVER_FROM + 900 + 700)
		self.assertAlmostEqual(self.row_of(SILVER)["discount_share"], share)

	def test_issues_and_hours_on_them(self):
		issue = factories.make_issue(OF_GOLD, f"{LAST_MONTH} 10:00:00")
		self.assertEqual(self.row_of(GOLD)["issues"], 1)
		self.assertIsNone(self.row_of(GOLD)["hours"])
		task = frappe.get_doc({"doctype": "Task", "subject": "Repair", "issue": issue.name}).insert()
		sheet = frappe.get_doc(
			{"doctype": "Timesheet", "company": factories.default_company(), "docstatus": 1}
		)
		sheet.name, row = (
			"TIER-SHEET",
			{"hours": 2.5, "task": task.name, "from_time": f"{LAST_MONTH} 11:00:00"},
		)
		sheet.append("time_logs", row)
		sheet.set_parent_in_children()
		# Timesheet's own rules want an employee, a cost and a project
		sheet.db_insert()
		sheet.time_logs[0].db_insert()
		self.assertEqual(self.row_of(GOLD)["hours"], 2.5)


class TestWhoSees(TierReportTestCase):
	def test_user_permissions_hold_in_both_reports(self):
		permission = {"user": READER, "allow": "Customer", "for_value": OF_SILVER}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert()
		self.addCleanup(frappe.db.delete, "User Permission", {"user": READER})
		frappe.db.commit()
		frappe.set_user(READER)
		self.addCleanup(frappe.set_user, "Administrator")
		forget_cached_values()
		_columns, rows, *_rest = movements({"group_by": "Customer"})
		self.assertEqual([row["customer"] for row in rows], [OF_SILVER])
		_columns, rows, *_rest = costs()
		told = {row["tier_name"]: (row["customers"], row["revenue"], row["issues"]) for row in rows}
		self.assertEqual(
			told, {DIAMOND: (0, 0, 0), GOLD: (0, 0, 0), SILVER: (1, SILVER_FROM, 0), "": (0, 0, 0)}
		)
