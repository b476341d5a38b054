"""When a referral is converted and earns, and when it is open again."""

import frappe
from frappe.utils import get_datetime

from crm_success.batches.statuses import RUN
from crm_success.customer_loyalty.points.points_night import KIND, start_points_night
from crm_success.record_names import LEDGER_ENTRY, REFERRAL
from crm_success.tests.support import factories, tills
from crm_success.tests.support.points_site import (
	TODAY,
	days_ago,
	entries_of,
	points_of,
)
from crm_success.tests.support.referral_site import (
	ANN,
	BEN,
	ReferralTestCase,
	convert_now,
	make_referral_rule,
	refer,
	state_of,
	status_of,
)
from crm_success.watching.watched_doctypes import ask_again, watched_doctypes


class TestConversion(ReferralTestCase):
	def test_the_first_invoice_that_is_paid_converts_and_earns_for_both(self):
		make_referral_rule()
		make_referral_rule("Referred", customer_field="customer", points=30)
		refer(ANN, BEN, posting_date=days_ago(5))
		invoice = factories.make_invoice(BEN, 1000, days_ago(3))
		convert_now()
		self.assertEqual(state_of(BEN), ("Open", None, None))
		factories.make_payment(invoice, days_ago(2), 400)
		convert_now()
		self.assertEqual((status_of(BEN), points_of(ANN)), ("Open", (0, 0, 0)))
		factories.make_payment(invoice.reload(), days_ago(1))
		convert_now()
		self.assertEqual(state_of(BEN), ("Converted", days_ago(1), invoice.name))
		self.assertEqual((points_of(ANN), points_of(BEN)), ((100, 0, 100), (30, 0, 30)))
		earned_on = frappe.db.get_value(LEDGER_ENTRY, {"customer": ANN}, "posting_date")
		self.assertEqual(earned_on, days_ago(1))

	def test_a_payment_that_is_cancelled_opens_it_again_and_one_more_converts_it_again(self):
		make_referral_rule()
		name = refer(ANN, BEN).name
		invoice = factories.make_invoice(BEN, 1000, TODAY)
		payment = factories.make_payment(invoice, TODAY)
		convert_now()
		self.assertEqual(points_of(ANN), (100, 0, 100))
		payment.reload().cancel()
		convert_now()
		self.assertEqual(state_of(BEN), ("Open", None, None))
		self.assertEqual(points_of(ANN), (0, 0, 0))
		factories.make_payment(invoice.reload(), TODAY)
		convert_now()
		self.assertEqual(status_of(BEN), "Converted")
		self.assertEqual(entries_of(ANN), (("Earn", 100), ("Reverse", -100), ("Reverse", 100)))
		comments = {"reference_doctype": REFERRAL, "reference_name": name, "comment_type": "Info"}
		(text,) = frappe.get_all("Comment", comments, pluck="content")
		self.assertIn("is not paid any more, or was cancelled or returned.", text)

	def test_a_cancelled_invoice_opens_it_again(self):
		make_referral_rule()
		refer(ANN, BEN)
		invoice = tills.sell_for_cash(BEN, 100, TODAY)
		convert_now()
		self.assertEqual(points_of(ANN), (100, 0, 100))
		invoice.cancel()
		convert_now()
		self.assertEqual((status_of(BEN), points_of(ANN)), ("Open", (0, 0, 0)))
		(cause,) = frappe.get_all("Loyalty Ledger Entry", {"customer": ANN, "kind": "Reverse"}, pluck="cause")
		self.assertEqual(cause, "Open Again")

	def test_a_deleted_invoice_opens_it_again_and_is_not_kept_by_the_referral(self):
		refer(ANN, BEN)
		invoice = tills.sell_for_cash(BEN, 100, TODAY)
		convert_now()
		self.assertEqual(status_of(BEN), "Converted")
		invoice.cancel()
		# otherwise version 16 keeps what has rows in the ledger
		frappe.db.set_single_value("Accounts Settings", "delete_linked_ledger_entries", 1)
		frappe.delete_doc("Sales Invoice", invoice.name)
		convert_now()
		self.assertEqual(state_of(BEN), ("Open", None, None))

	def test_a_return_in_full_opens_it_again_and_one_in_part_does_not(self):
		make_referral_rule()
		refer(ANN, BEN)
		invoice = factories.make_invoice(BEN, 1000, TODAY)
		factories.make_payment(invoice, TODAY)
		convert_now()
		factories.make_return(invoice, 400, TODAY)
		convert_now()
		self.assertEqual(status_of(BEN), "Converted")
		rest = factories.make_return(invoice, 600, TODAY)
		convert_now()
		self.assertEqual((status_of(BEN), points_of(ANN)), ("Open", (0, 0, 0)))
		rest.reload().cancel()
		convert_now()
		self.assertEqual((status_of(BEN), points_of(ANN)), ("Converted", (100, 0, 100)))

	def test_a_purchase_after_one_that_was_returned_is_the_first(self):
		refer(ANN, BEN, posting_date=days_ago(9))
		for days in range(8, 1, -1):
			sold = tills.sell_for_cash(BEN, 100, days_ago(days))
			tills.return_for_cash(sold, 100, days_ago(days))
		kept = tills.sell_for_cash(BEN, 100, TODAY)
		convert_now()
		self.assertEqual(state_of(BEN), ("Converted", TODAY, kept.name))

	def test_the_first_invoice_counts_and_no_later_one(self):
		refer(ANN, BEN, posting_date=days_ago(9))
		first = factories.make_invoice(BEN, 1000, days_ago(3))
		tills.sell_for_cash(BEN, 100, days_ago(2))
		convert_now()
		self.assertEqual(status_of(BEN), "Open")
		factories.make_payment(first, TODAY)
		convert_now()
		self.assertEqual(state_of(BEN), ("Converted", TODAY, first.name))

	def test_an_earlier_invoice_that_is_entered_later_opens_none_again(self):
		make_referral_rule()
		refer(ANN, BEN, posting_date=days_ago(20))
		bought = tills.sell_for_cash(BEN, 100, days_ago(10))
		convert_now()
		self.assertEqual((status_of(BEN), points_of(ANN)), ("Converted", (100, 0, 100)))
		factories.make_invoice(BEN, 500, days_ago(12))
		convert_now()
		self.assertEqual((state_of(BEN)[2], points_of(ANN)), (bought.name, (100, 0, 100)))
		# the first one that is left decides, once it is undone
		bought.cancel()
		convert_now()
		self.assertEqual((status_of(BEN), points_of(ANN)), ("Open", (0, 0, 0)))

	def test_a_visit_to_a_till_converts_and_so_it_stays_when_the_shift_ends(self):
		make_referral_rule()
		refer(ANN, BEN, posting_date=days_ago(2))
		with tills.till_that_writes("POS Invoice"):
			shift = tills.open_till()
			sale = tills.visit(BEN, 100, days_ago(1))
			convert_now()
			self.assertEqual(state_of(BEN), ("Converted", days_ago(1), sale.name))
			self.assertEqual(points_of(ANN), (100, 0, 100))
			tills.close_till(shift)
		convert_now()
		self.assertEqual((state_of(BEN)[2], points_of(ANN)), (sale.name, (100, 0, 100)))

	def test_who_bought_on_the_day_before_anybody_entered_the_referral(self):
		tills.sell_for_cash(BEN, 100, days_ago(1))
		refer(ANN, BEN, posting_date=days_ago(1))
		convert_now()
		self.assertEqual(status_of(BEN), "Converted")

	def test_nothing_is_watched_where_nobody_refers(self):
		# referrals of other tests are gone past their events
		ask_again()
		frappe.db.commit()
		self.assertNotIn("Referrals", watched_doctypes().get("Sales Invoice", {}))
		refer(ANN, BEN)
		self.assertIn("Referrals", watched_doctypes().get("Sales Invoice", {}))

	def test_what_nobody_heard_of_is_found_at_night(self):
		make_referral_rule()
		refer(ANN, BEN)
		convert_now()
		invoice = tills.sell_for_cash(BEN, 100, TODAY)
		frappe.flags.pop("crm_success_documents_of_referrals", None)
		convert_now()
		self.assertEqual(status_of(BEN), "Open")
		self.night()
		self.assertEqual((status_of(BEN), points_of(ANN)), ("Converted", (100, 0, 100)))
		# as a company's transactions are deleted: past their events
		frappe.db.delete("Sales Invoice", {"name": invoice.name})
		self.night()
		self.assertEqual((state_of(BEN), points_of(ANN)), (("Open", None, None), (0, 0, 0)))

	def test_the_night_begins_by_the_clock_where_somebody_referred(self):
		start_points_night()
		self.assertEqual(frappe.get_all(RUN, {"kind": KIND}), [])
		refer(ANN, BEN)
		start_points_night()
		self.assertEqual(len(frappe.get_all(RUN, {"kind": KIND})), 1)

	def test_looking_again_changes_nothing(self):
		refer(ANN, BEN)
		tills.sell_for_cash(BEN, 100, TODAY)
		convert_now()
		before = frappe.db.get_value(REFERRAL, {"customer": BEN}, "modified")
		self.night()
		self.assertEqual(frappe.db.get_value(REFERRAL, {"customer": BEN}, "modified"), get_datetime(before))

	def test_a_referral_that_is_deleted_gives_nothing(self):
		make_referral_rule()
		name = refer(ANN, BEN).name
		tills.sell_for_cash(BEN, 100, TODAY)
		convert_now()
		frappe.delete_doc(REFERRAL, name)
		convert_now()
		self.assertEqual(points_of(ANN), (0, 0, 0))
