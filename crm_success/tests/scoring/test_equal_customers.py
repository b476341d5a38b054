"""Customers who buy alike are scored alike, in the middle of their group, from real invoices."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, health_rows

# yearly plans by their monthly price, and how many have each
PLANS = {100: 3, 300: 2, 900: 1}
RFM = ("recency_score", "frequency_score", "monetary_score")
MONTHS = 3


def subscribe(customer: str, price: float) -> None:
	factories.make_customer(customer)
	for month in range(MONTHS):
		factories.make_invoice(customer, price, getdate(add_days(getdate(), -10 - 30 * month)))


class TestSubscribers(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for price, number in PLANS.items():
			for place in range(number):
				subscribe(f"Equal {price} {place}", price)

	def test_equal_customers_are_in_the_middle_and_their_plan_makes_the_difference(self):
		run = self.score_all()
		found = {}
		for customer, row in health_rows().items():
			scores = [row[name] for name in RFM]
			found.setdefault(int(customer.split()[1]), []).append(
				(scores, row["segment"], row["value_class"])
			)
		# middle ranks by revenue: 1.5, 4 and 5.5 of 6; counted from the highest 4.5, 2 and 0.5
		self.assertEqual(
			found,
			{
				100: [([3, 3, 2], "Mid Value", "Low")] * 3,
				300: [([3, 3, 4], "High Value", "Potential")] * 2,
				900: [([3, 3, 5], "High Value", "High")],
			},
		)
		cuts = ["recency_cuts", "frequency_cuts", "monetary_cuts", "value_high_revenue"]
		shown = frappe.db.get_value("Score Calibration", run.calibration, cuts)
		self.assertEqual(shown, ("– · – · – · –", "– · – · – · –", "– · 600 · 600 · 1,800", 2700))


class TestASingleCustomer(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		subscribe("Equal Only", 100)

	def test_a_single_customer_is_neither_best_nor_worst(self):
		self.score_all()
		(row,) = health_rows().values()
		self.assertEqual([row[name] for name in RFM], [3, 3, 3])
		self.assertEqual((row["segment"], row["value_class"]), ("Mid Value", "Potential"))
