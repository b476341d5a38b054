"""Who referred whom: what is refused, when a referral is converted and earns, and what becomes of it with its customers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from frappe.client import insert_many
from frappe.desk.notifications import get_open_count
from frappe.utils import add_days, get_datetime

from crm_success.batches.statuses import RUN
from crm_success.customer_loyalty.points.points_night import KIND, start_points_night
from crm_success.customer_loyalty.referrals.due_referrals import convert_due_referrals
from crm_success.customer_loyalty.referrals.referral_chains import hold_chains
from crm_success.record_names import LEDGER_ENTRY, REFERRAL
from crm_success.tests.support import factories, tills
from crm_success.tests.support.data_import import import_rows
from crm_success.tests.support.permission_site import Visitor, make_user
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	days_ago,
	earn_now,
	entries_of,
	make_rule,
	points_of,
	side_by_side,
)
from crm_success.watching.watched_doctypes import ask_again, watched_doctypes

ANN, BEN, CAT, DAN = CUSTOMERS = ("Ref Ann", "Ref Ben", "Ref Cat", "Ref Dan")
CONVERTED = '[["status", "=", "Converted"]]'


def refer(referrer: str, customer: str, **values):
	"""A referral through its controller."""
	record = {"doctype": REFERRAL, "referrer": referrer, "customer": customer, **values}
	doc = frappe.get_doc(record).insert()
	frappe.db.commit()
	return doc


def make_referral_rule(name: str = "Referrer", **values):
	record = {"event": "Document Matches", "document_type": REFERRAL, "customer_field": "referrer"}
	record |= {"filters": CONVERTED, "basis": "Fixed Number", "points": 100, "date_field": "converted_on"}
	return make_rule(name, **{**record, **values})


def convert_now() -> None:
	"""What jobs do soon after something was saved."""
	frappe.db.commit()
	convert_due_referrals()
	earn_now()


def state_of(customer: str) -> tuple:
	frappe.db.rollback()
	return frappe.db.get_value(REFERRAL, {"customer": customer}, ["status", "converted_on", "invoice"])


def status_of(customer: str) -> str:
	return state_of(customer)[0]


@contextmanager
def somebody_entering() -> Iterator[None]:
	"""On another connection a referral is entered, and not saved yet."""
	site, entered, over = frappe.local.site, threading.Event(), threading.Event()

	def enter() -> None:
		frappe.init(site=site)
		frappe.connect()
		hold_chains()
		entered.set()
		over.wait(60)
		frappe.destroy()

	thread = threading.Thread(target=enter)
	thread.start()
	entered.wait(60)
	try:
		yield
	finally:
		over.set()
		thread.join()


class ReferralTestCase(PointsTestCase):
	def setUp(self):
		super().setUp()
		for name in CUSTOMERS:
			factories.make_customer(name)
		frappe.db.commit()

	def assert_refused(self, words: str, referrer: str, customer: str, **values) -> None:
		frappe.db.commit()
		with self.assertRaises(frappe.ValidationError) as refusal:
			refer(referrer, customer, **values)
		self.assertIn(words, frappe.utils.strip_html(str(refusal.exception)))
		frappe.db.rollback()
		self.assertFalse(frappe.db.exists(REFERRAL, {"referrer": referrer, "customer": customer}))


class TestWhatIsRefused(ReferralTestCase):
	def test_nobody_refers_themselves(self):
		self.assert_refused("Nobody refers themselves. Choose another customer.", ANN, ANN)

	def test_circles_of_any_length(self):
		refer(ANN, BEN)
		words = "directly or through others, and cannot be referred by them in turn."
		self.assert_refused(f"{ANN} referred {BEN}, {words}", BEN, ANN)
		refer(BEN, CAT)
		refer(CAT, DAN)
		self.assert_refused(f"{ANN} referred {CAT}, {words}", CAT, ANN)
		self.assert_refused(f"{ANN} referred {DAN}, {words}", DAN, ANN)

	def test_a_change_that_would_close_a_circle(self):
		first = refer(ANN, BEN)
		refer(BEN, CAT)
		first.referrer = CAT
		with self.assertRaisesRegex(frappe.ValidationError, "cannot be referred by them in turn"):
			first.save()
		frappe.db.rollback()
		first.reload().update({"referrer": DAN}).save()

	def test_a_customer_is_referred_once(self):
		name = refer(ANN, BEN).name
		self.assert_refused(f"{BEN} was referred already: {name}.", CAT, BEN)

	def test_who_had_bought_before(self):
		factories.make_invoice(BEN, 100, days_ago(3))
		self.assert_refused(f"{BEN} had bought before", ANN, BEN)
		self.assert_refused(f"{BEN} had bought before", ANN, BEN, posting_date=days_ago(2))
		refer(ANN, BEN, posting_date=days_ago(3))

	def test_who_had_bought_at_a_till_before(self):
		with tills.till_that_writes("POS Invoice"):
			tills.open_till()
			tills.visit(BEN, 100, days_ago(3))
		self.assert_refused(f"{BEN} had bought before", ANN, BEN)

	def test_what_is_no_purchase_refuses_nobody(self):
		factories.make_invoice(BEN, 100, days_ago(9), submit=False)
		factories.make_invoice(BEN, 100, days_ago(8)).cancel()
		factories.make_invoice(BEN, 100, days_ago(7), qty=-1, is_return=1)
		# ERPNext asks for accounts and companies of their own for these
		factories.make_invoice(BEN, 100, days_ago(6)).db_set("is_opening", "Yes")
		factories.make_invoice(BEN, 100, days_ago(5)).db_set("is_internal_customer", 1)
		factories.make_invoice(BEN, 100, days_ago(4)).db_set("is_consolidated", 1)
		refer(ANN, BEN)

	def test_customers_who_are_disabled_or_not_there(self):
		frappe.db.set_value("Customer", BEN, "disabled", 1)
		words = f"{BEN} is disabled. Choose another customer, or enable this one first."
		self.assert_refused(words, ANN, BEN)
		self.assert_refused(words, BEN, ANN)
		self.assert_refused("Nobody At All", ANN, "Nobody At All")
		self.assert_refused("Choose a customer.", ANN, "")
		self.assert_refused("Choose a customer.", "", ANN)

	def test_days_to_come(self):
		self.assert_refused("Enter today, or a day before.", ANN, BEN, posting_date=add_days(TODAY, 1))
		self.assert_refused("is not a date", ANN, BEN, posting_date="tomorrow")

	def test_a_converted_one_stays_but_for_its_note(self):
		refer(ANN, BEN)
		tills.sell_for_cash(BEN, 100, TODAY)
		convert_now()
		frappe.db.set_value("Customer", ANN, "disabled", 1)
		doc = frappe.get_doc(REFERRAL, {"customer": BEN})
		doc.update({"note": "At the fair"}).save()
		doc.referrer = CAT
		with self.assertRaisesRegex(frappe.ValidationError, "The referral is converted, and this stays."):
			doc.save()

	def test_two_people_at_once(self):
		"""One referral of a customer is entered, the other is refused in words."""
		refused, made = [], []

		def refer_ben(referrer: str) -> None:
			try:
				made.append(refer(referrer, BEN).name)
			except frappe.ValidationError as refusal:
				refused.append(frappe.utils.strip_html(str(refusal)))

		referrers = [ANN, CAT, DAN]
		side_by_side(3, lambda: refer_ben(referrers.pop()))
		self.assertEqual(frappe.get_all(REFERRAL, {"customer": BEN}, pluck="name"), made)
		self.assertEqual(len(made), 1)
		self.assertEqual(len(refused), 2)
		for words in refused:
			self.assertIn(f"{BEN} was referred already: {made[0]}.", words)

	def test_two_who_would_close_a_circle_at_once(self):
		refer(ANN, BEN)
		refer(CAT, DAN)
		made, refused, pairs = [], [], [(BEN, CAT), (DAN, ANN)]

		def refer_next() -> None:
			try:
				made.append(refer(*pairs.pop()))
			except frappe.ValidationError as refusal:
				refused.append(str(refusal))

		side_by_side(2, refer_next)
		self.assertEqual((len(made), len(refused)), (1, 1), refused)
		self.assertIn("cannot be referred by them in turn", refused[0])


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


class TestWaysIn(ReferralTestCase):
	def test_many_by_import(self):
		text = f"Referrer,Referred Customer,Date,Note\n{ANN},{BEN},{TODAY},Fair\n{BEN},{ANN},{TODAY},\n"
		log = import_rows(REFERRAL, f"{text}{CAT},{CAT},{TODAY},\n{ANN},{DAN},{TODAY},\n")
		self.assertEqual([row.success for row in log], [1, 0, 0, 1])
		self.assertIn("cannot be referred by them in turn", log[1].messages)
		self.assertIn("Nobody refers themselves", log[2].messages)
		self.assertEqual(frappe.get_all(REFERRAL, pluck="customer", order_by="customer"), [BEN, DAN])

	def test_many_at_once(self):
		records = [{"doctype": REFERRAL, "referrer": ANN, "customer": name} for name in (BEN, CAT)]
		insert_many(records)
		with self.assertRaisesRegex(frappe.ValidationError, "was referred already"):
			insert_many([{**records[0], "customer": DAN}, records[1]])
		frappe.db.rollback()

	def test_requests_write_no_status(self):
		seller = Visitor(make_user("ref_seller", "Sales User"))
		made = seller.post(
			f"/api/resource/{REFERRAL}",
			referrer=ANN,
			customer=BEN,
			status="Converted",
			converted_on=str(TODAY),
		)
		self.assertEqual(made.status_code, 200, made.text[:600])
		name = made.json["data"]["name"]
		self.assertEqual(state_of(BEN), ("Open", None, None))
		self.assertEqual(made.json["data"]["status"], "Open")
		for values in ({"status": "Converted"}, {"converted_on": str(TODAY)}):
			answer = seller.put(f"/api/resource/{REFERRAL}/{name}", **values)
			self.assertEqual((answer.status_code, state_of(BEN)), (200, ("Open", None, None)))
		again = seller.post(f"/api/resource/{REFERRAL}", referrer=CAT, customer=BEN)
		self.assertEqual(again.status_code, 417)
		self.assertIn("was referred already", again.text)
		self.assertEqual(seller.delete(f"/api/resource/{REFERRAL}/{name}").status_code, 403)

	def test_who_sells_nothing_enters_none(self):
		support = Visitor(make_user("ref_support", "Support Team"))
		answer = support.post(f"/api/resource/{REFERRAL}", referrer=ANN, customer=BEN)
		self.assertEqual(answer.status_code, 403)

	def test_a_job_writes_what_the_seller_may_not(self):
		"""Who may not touch points or invoices enters a referral, and it is converted by the job that their save queues."""
		make_referral_rule()
		seller = make_user("ref_seller", "Sales User")
		tills.sell_for_cash(BEN, 100, TODAY)
		frappe.set_user(seller)
		refer(ANN, BEN)
		convert_now()
		frappe.set_user("Administrator")
		self.assertEqual((status_of(BEN), points_of(ANN)), ("Converted", (100, 0, 100)))

	def test_nobody_hears_of_a_customer_by_way_of_another(self):
		refer(ANN, BEN)
		refer(ANN, CAT)
		user = make_user("ref_limited", "Sales User")
		for name in (ANN, CAT):
			values = {"user": user, "allow": "Customer", "for_value": name, "apply_to_all_doctypes": 1}
			frappe.get_doc({"doctype": "User Permission", **values}).insert()
		seller = Visitor(user)
		listed = seller.get(f"/api/resource/{REFERRAL}", fields=["customer"])
		self.assertEqual([row["customer"] for row in listed.json["data"]], [CAT])
		hidden = frappe.db.get_value(REFERRAL, {"customer": BEN})
		self.assertEqual(seller.get(f"/api/resource/{REFERRAL}/{hidden}").status_code, 403)
		answer = seller.post(f"/api/resource/{REFERRAL}", referrer=DAN, customer=ANN)
		self.assertEqual(answer.status_code, 403)

	def test_a_customer_shows_whom_it_referred_among_its_connections(self):
		refer(ANN, BEN)
		refer(BEN, CAT)
		counted = get_open_count("Customer", ANN)["count"]
		found = counted["external_links_found"] if isinstance(counted, dict) else counted
		self.assertEqual([row["count"] for row in found if row["doctype"] == REFERRAL], [1])
