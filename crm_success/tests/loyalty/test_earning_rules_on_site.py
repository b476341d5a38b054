"""Rules of all kinds on real documents: what they refuse, what they give, and what Try It says."""

import frappe
from frappe.utils import add_days, add_years

from crm_success.customer_loyalty.api.earning_rule_form import try_rule
from crm_success.record_names import EARNING_RULE, LEDGER_ENTRY
from crm_success.tests.support import factories
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	earn_now,
	entries_of,
	make_rule,
	points_of,
)

CUSTOMER = "Points by Rule"
BY_ISSUE = {"event": "Document Matches", "document_type": "Issue", "basis": "Fixed Number", "points": 7}
SOLVED = '[["status", "=", "Closed"]]'


class TestEarningRules(PointsTestCase):
	def setUp(self):
		super().setUp()
		factories.make_customer(CUSTOMER)

	def test_what_cannot_be_meant_is_refused_in_words(self):
		for values, words in (
			({"points": 0}, "Enter 1 or more"),
			({"each_amount": 0}, "above 0"),
			({"basis": "Formula", "formula": "amount **"}, "Formula"),
			({"basis": "Formula", "formula": "amont"}, "Did you mean <strong>amount"),
			({"basis": "Formula", "formula": "grand_total"}, "currency of the company"),
			({"lapse": "After Days", "lapse_number": 0}, "1 or more"),
			({"valid_from": TODAY, "valid_upto": add_days(TODAY, -1)}, "not before"),
			({"filters": '[["nonsense", "=", 1]]'}, "has no field"),
			({"event": "Document Matches", "basis": "Fixed Number"}, "kind of documents"),
			({**BY_ISSUE}, "Enter a condition"),
			({**BY_ISSUE, "document_type": "Brand", "filters": SOLVED}, "names no customer"),
			({**BY_ISSUE, "document_type": LEDGER_ENTRY, "filters": SOLVED}, "earns no points"),
			({**BY_ISSUE, "filters": SOLVED, "minimum_amount": 5}, "holds the amount"),
			({**BY_ISSUE, "event": "Yearly Date"}, "returns each year"),
		):
			with self.subTest(values), self.assertRaisesRegex(frappe.ValidationError, words):
				make_rule("Refused", **values)
			frappe.db.rollback()

	def test_conditions_hold_for_both_kinds_of_invoices_and_dicts_are_written_as_lists(self):
		rule = make_rule(filters='{"remarks": ["like", "%x%"]}')
		self.assertEqual(rule.filters, '[["remarks", "like", "%x%"]]')
		rule.filters = '[["Sales Invoice", "remarks", "like", "%x%", false]]'
		rule.save()
		self.assertEqual(rule.filters, '[["remarks", "like", "%x%"]]')

	def test_a_rule_that_was_used_keeps_its_event_and_is_not_deleted(self):
		rule = make_rule()
		factories.make_invoice(CUSTOMER, 100, TODAY)
		earn_now()
		rule.event = "Invoice Paid in Full"
		with self.assertRaisesRegex(frappe.ValidationError, "make another rule"):
			rule.save()
		with self.assertRaisesRegex(frappe.ValidationError, "Disable it instead"):
			frappe.delete_doc(EARNING_RULE, rule.name)

	def test_a_disabled_rule_gives_nothing_more_and_still_takes_back(self):
		rule = make_rule()
		first = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		rule.update({"enabled": 0}).save()
		frappe.db.commit()
		factories.make_invoice(CUSTOMER, 1000, TODAY)
		first.cancel()
		earn_now()
		self.assertEqual(entries_of(CUSTOMER), (("Earn", 100), ("Reverse", -100)))

	def test_a_document_earns_when_it_reaches_the_condition_and_once(self):
		make_rule(**BY_ISSUE, filters=SOLVED)
		issue = factories.make_issue(CUSTOMER, f"{TODAY} 09:00:00")
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		for status in ("Closed", "Open", "Closed"):
			frappe.get_doc("Issue", issue.name).update({"status": status}).save()
			earn_now()
		self.assertEqual(entries_of(CUSTOMER), (("Earn", 7),))

	def test_a_cap_counts_the_day_of_payment_and_parts_as_a_whole(self):
		make_rule(event="Invoice Paid in Proportion", cap=150, cap_period="Month")
		invoices = [
			factories.make_invoice(CUSTOMER, 1000, add_days(TODAY, -40 * number)) for number in (0, 1, 2)
		]
		for invoice in invoices:
			factories.make_payment(invoice.reload(), TODAY, 500)
		earn_now()
		for invoice in invoices:
			factories.make_payment(invoice.reload(), TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (150, 0, 150))

	def test_a_day_that_returns_each_year_earns_once_a_year(self):
		make_rule(
			event="Yearly Date",
			document_type="Customer",
			date_field="creation",
			basis="Fixed Number",
			points=50,
		)
		frappe.db.set_value("Customer", CUSTOMER, "creation", f"{add_years(TODAY, -3)} 10:00:00")
		frappe.db.commit()
		for _night in range(2):
			self.night()
		self.assertEqual(entries_of(CUSTOMER), (("Earn", 50),))

	def test_try_it_says_what_a_real_invoice_would_earn_and_why_not(self):
		rule = make_rule(minimum_amount=500, wait_days=14)
		invoice = factories.make_invoice(CUSTOMER, 1009, TODAY)
		small = factories.make_invoice(CUSTOMER, 499, TODAY)
		lines = try_rule(rule.as_dict(no_nulls=True), "Sales Invoice", invoice.name)["lines"]
		self.assertEqual(lines[0], f"100 points for {CUSTOMER}")
		self.assertIn("1 point for each 10 of 1,009", lines)
		self.assertTrue(any(line.startswith("They can be spent from") for line in lines))
		lines = try_rule(rule.as_dict(no_nulls=True), "Sales Invoice", small.name)["lines"]
		self.assertEqual(lines, ["The amount of 499 is below the minimum of 500"])
		self.assertEqual(entries_of(CUSTOMER), ())
		with self.assertRaisesRegex(frappe.ValidationError, "does not earn by this rule"):
			try_rule(rule.as_dict(no_nulls=True), "Customer", CUSTOMER)
