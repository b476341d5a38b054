"""Hundreds of documents made through ERPNext's own API, and the metric values that a person works out by hand."""

from datetime import date

import frappe
from frappe.utils import add_days

from crm_success.tests.support import factories, measuring
from crm_success.tests.support.utils import SiteTestCase

AS_OF = date(2026, 6, 30)
PREFIX = "Real"


class TestRealDocuments(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		factories.make_fiscal_years(2025, 2026)
		factories.make_service_level_agreement(response_hours=4, resolution_hours=24)
		for make in (_pays_late, _returns_goods, _declines, _needs_service, _has_nothing, _buys_daily):
			make()
		cls.as_of_june = raw_values(AS_OF)
		cls.as_of_march = raw_values(date(2026, 3, 31))

	def assert_values(self, customer: str, expected: dict, values=None):
		"""Every named metric, to six decimals; None means missing."""
		row = (self.as_of_june if values is None else values).loc[f"{PREFIX} {customer}"]
		for key, value in expected.items():
			with self.subTest(customer=customer, metric=key):
				if value is None:
					self.assertTrue(row[key] != row[key], f"{key} is {row[key]}, not missing")
				else:
					self.assertAlmostEqual(row[key], value, places=6)

	def test_monthly_buyer_who_pays_ten_days_late(self):
		self.assert_values(
			"Pays Late",
			{
				"net_revenue_365d": 1200,
				"invoices_365d": 12,
				"days_since_last_invoice": 29,
				# 2 invoices from 2 April on against 3 from 2 January to 1 April
				"revenue_change_90d": 100 * (200 - 300) / 300,
				"consecutive_declining_months": 0,
				"return_rate": 0,
				"billed_365d": 1200,
				# May's was due on 31 May; June's is due on 1 July
				"overdue_amount": 100,
				"overdue_share": 100 * 100 / 1200,
				# ten payments ten days late, one early that counts as 0
				"average_days_late": 100 / 11,
				"tenure_days": 365,
			},
		)

	def test_the_same_buyer_three_months_earlier(self):
		self.assert_values(
			"Pays Late",
			{
				# 50 on 30 June 2025 and nine invoices of 100 up to 1 March
				"net_revenue_365d": 950,
				"invoices_365d": 10,
				"days_since_last_invoice": 30,
				# February's was due on 3 March and paid on 13 March; March's is due on 31 March: not yet late
				"overdue_amount": 0,
				"average_days_late": 80 / 9,
				"tenure_days": 274,
			},
			self.as_of_march,
		)

	def test_returns_take_revenue_back_and_drafts_and_cancelled_never_count(self):
		self.assert_values(
			"Returns Goods",
			{
				"net_revenue_365d": 10 * 200 - 3 * 50,
				"gross_revenue_365d": 2000,
				"returned_value_365d": -150,
				"return_rate": 7.5,
				"invoices_365d": 10,
				"days_since_last_invoice": 51,
				"billed_365d": 2000,
				"overdue_amount": 1850 - 120,
				"overdue_share": 100 * 1730 / 2000,
				# the one payment, 20 June, for an invoice that was due on 31 May
				"average_days_late": 20,
			},
		)

	def test_declining_months_are_counted_from_the_last_complete_one(self):
		self.assert_values("Declines", {"consecutive_declining_months": 5, "net_revenue_365d": 2100})
		# as of 31 March: March below February below January; nothing in December
		self.assert_values("Declines", {"consecutive_declining_months": 2}, self.as_of_march)

	def test_issues_opened_resolved_and_past_their_agreement(self):
		self.assert_values(
			"Needs Service",
			{
				# 20 in time, 10 late, 5 never resolved, and 5 opened long before the window but still open
				"open_issues": 10,
				"issues_180d": 35,
				"failed_sla_share": 100 * (10 + 5) / 35,
				"average_resolution_hours": (20 * 12 + 10 * 48) / 30,
				"high_priority_issue_share": 100 * 10 / 35,
				"net_revenue_365d": None,
				"tenure_days": None,
			},
		)

	def test_issues_are_open_as_of_the_date_not_as_of_now(self):
		# on 31 March the 35 of April to June did not exist, the 5 old ones were open
		self.assert_values(
			"Needs Service",
			# none was opened in the half year before, and that says nothing
			{"open_issues": 5, "issues_180d": None, "failed_sla_share": None},
			self.as_of_march,
		)

	def test_a_customer_without_documents_has_no_values(self):
		row = self.as_of_june.loc[f"{PREFIX} Has Nothing"]
		self.assertTrue(row.isna().all())

	def test_a_hundred_daily_invoices(self):
		self.assert_values(
			"Buys Daily",
			{
				# 23 March to 30 June, 10 each; the last 90 days hold 90, the 90 before hold 10
				"net_revenue_365d": 1000,
				"invoices_365d": 100,
				"revenue_change_90d": 100 * (900 - 100) / 100,
				"days_since_last_invoice": 0,
				# due the same day; the last ten are not paid, and that of 30 June is not late yet
				"overdue_amount": 90,
				"average_days_late": 0,
				"tenure_days": 99,
			},
		)


def raw_values(as_of: date):
	"""Raw values of the enabled metrics for the customers of these tests."""
	names = frappe.get_all("Customer", {"name": ("like", f"{PREFIX} %")}, pluck="name")
	return measuring.raw_values(as_of, names).filter(regex="^[^_]")


def _pays_late():
	customer = factories.make_customer(f"{PREFIX} Pays Late")
	early = factories.make_invoice(customer, 50, "2025-06-30")
	factories.make_payment(early, "2025-07-25")
	months = [f"2025-{month:02}-01" for month in range(7, 13)] + [
		f"2026-{month:02}-01" for month in range(1, 7)
	]
	for number, day in enumerate(months):
		invoice = factories.make_invoice(customer, 100, day)
		if number < 10:
			factories.make_payment(invoice, add_days(day, 40))


def _returns_goods():
	customer = factories.make_customer(f"{PREFIX} Returns Goods")
	invoices = [factories.make_invoice(customer, 200, f"2026-05-{day:02}") for day in range(1, 11)]
	for invoice in invoices[1:4]:
		factories.make_return(invoice, 50, "2026-05-20")
	factories.make_payment(invoices[0], "2026-06-20", amount=120)
	factories.make_invoice(customer, 999, "2026-05-15", submit=False)
	factories.make_invoice(customer, 999, "2026-05-15").cancel()


def _declines():
	customer = factories.make_customer(f"{PREFIX} Declines")
	for month, amount in enumerate((600, 500, 400, 300, 200, 100), start=1):
		factories.make_invoice(customer, amount, f"2026-{month:02}-15")


def _needs_service():
	customer = factories.make_customer(f"{PREFIX} Needs Service")
	for day in range(1, 21):
		factories.resolve_issue(factories.make_issue(customer, f"2026-04-{day:02} 09:00:00"), after_hours=12)
	for day in range(1, 11):
		issue = factories.make_issue(customer, f"2026-05-{day:02} 09:00:00", priority="High")
		factories.resolve_issue(issue, after_hours=48)
	for day in range(1, 6):
		factories.make_issue(customer, f"2026-06-{day:02} 09:00:00")
		factories.make_issue(customer, f"2025-09-{day:02} 09:00:00")


def _has_nothing():
	factories.make_customer(f"{PREFIX} Has Nothing")


def _buys_daily():
	customer = factories.make_customer(f"{PREFIX} Buys Daily")
	for number in range(100):
		day = add_days("2026-03-23", number)
		invoice = factories.make_invoice(customer, 10, day, due_in_days=0)
		if number < 90:
			factories.make_payment(invoice, day)
