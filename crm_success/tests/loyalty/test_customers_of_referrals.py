"""What becomes of referrals with their customers: renamed, merged and deleted."""

import frappe

from crm_success.record_names import REFERRAL
from crm_success.tests.support import tills
from crm_success.tests.support.points_site import (
	TODAY,
	days_ago,
	points_of,
)
from crm_success.tests.support.referral_site import (
	ANN,
	BEN,
	CAT,
	DAN,
	ReferralTestCase,
	convert_now,
	make_referral_rule,
	refer,
	somebody_entering,
	status_of,
)


class TestCustomersOfReferrals(ReferralTestCase):
	def merge(self, old: str, new: str) -> None:
		frappe.rename_doc("Customer", old, new, merge=True, force=True, show_alert=False)
		convert_now()

	def pairs(self) -> list[tuple[str, str]]:
		frappe.db.commit()
		return list(frappe.get_all(REFERRAL, fields=["referrer", "customer"], order_by="name", as_list=True))

	def comments_on(self, customer: str) -> str:
		found = {"reference_doctype": "Customer", "reference_name": customer, "comment_type": "Info"}
		return " ".join(frappe.get_all("Comment", found, pluck="content"))

	def test_a_customer_that_is_renamed(self):
		refer(ANN, BEN)
		refer(BEN, CAT)
		frappe.rename_doc("Customer", BEN, "Ref Benedict", force=True, show_alert=False)
		self.assertEqual(self.pairs(), [(ANN, "Ref Benedict"), ("Ref Benedict", CAT)])

	def test_the_referrer_merged_into_the_referred_leaves_no_referral_of_oneself(self):
		for old, new in ((ANN, BEN), (CAT, DAN)):
			name = refer(old, new).name
			self.merge(old, new)
			self.assertEqual(self.pairs(), [])
			self.assertIn("Both are one customer now.", self.comments_on(new))
			self.assertTrue(frappe.db.exists("Deleted Document", {"deleted_name": name}))

	def test_a_merge_that_would_close_a_circle(self):
		refer(ANN, BEN)
		refer(BEN, CAT)
		self.merge(CAT, ANN)
		self.assertEqual(self.pairs(), [(ANN, BEN)])
		self.assertIn("It would close a circle now.", self.comments_on(ANN))

	def test_of_two_referrals_of_merged_customers_the_converted_one_stays_and_earns(self):
		make_referral_rule()
		refer(ANN, BEN, posting_date=days_ago(5))
		refer(CAT, DAN)
		tills.sell_for_cash(DAN, 100, TODAY)
		convert_now()
		self.assertEqual(points_of(CAT), (100, 0, 100))
		self.merge(DAN, BEN)
		self.assertEqual(self.pairs(), [(CAT, BEN)])
		self.assertEqual((status_of(BEN), points_of(CAT)), ("Converted", (100, 0, 100)))
		self.assertIn("one referral counts", self.comments_on(BEN))

	def test_two_converted_ones_that_are_merged(self):
		make_referral_rule()
		for referrer, customer, days in ((ANN, BEN, 5), (CAT, DAN, 3)):
			refer(referrer, customer, posting_date=days_ago(days))
			tills.sell_for_cash(customer, 100, TODAY)
		convert_now()
		self.merge(BEN, DAN)
		self.assertEqual(self.pairs(), [(ANN, DAN)])
		self.assertEqual((points_of(ANN), points_of(CAT)), ((100, 0, 100), (0, 0, 0)))

	def test_referrers_that_are_merged(self):
		make_referral_rule()
		refer(ANN, BEN)
		refer(CAT, DAN)
		tills.sell_for_cash(BEN, 100, TODAY)
		convert_now()
		self.merge(ANN, CAT)
		self.assertEqual(self.pairs(), [(CAT, BEN), (CAT, DAN)])
		self.assertEqual(points_of(CAT), (100, 0, 100))

	def test_what_a_merged_customer_bought_counts(self):
		refer(ANN, BEN, posting_date=days_ago(5))
		tills.sell_for_cash(CAT, 100, days_ago(1))
		convert_now()
		self.assertEqual(status_of(BEN), "Open")
		self.merge(CAT, BEN)
		self.assertEqual(status_of(BEN), "Converted")

	def test_a_merge_goes_through_while_somebody_enters_a_referral(self):
		"""What would be said of it waits for a second at most, and is left out then."""
		refer(ANN, BEN)
		refer(CAT, DAN)
		with somebody_entering():
			self.merge(DAN, BEN)
		self.assertEqual(self.pairs(), [(ANN, BEN)])
		with somebody_entering():
			self.merge(ANN, BEN)
		self.assertEqual(self.pairs(), [])

	def test_deleting_a_customer_is_never_stopped(self):
		make_referral_rule()
		refer(ANN, BEN)
		refer(BEN, CAT)
		frappe.delete_doc("Customer", BEN)
		self.assertEqual(self.pairs(), [])
		refer(ANN, CAT)
		frappe.delete_doc("Customer", ANN)
		self.assertEqual(self.pairs(), [])
		self.assertTrue(frappe.db.exists("Customer", CAT))
