"""Who referred whom: what may be entered, in which ways, and by whom."""

import frappe
from frappe.client import insert_many
from frappe.desk.notifications import get_open_count
from frappe.utils import add_days

from crm_success.record_names import REFERRAL
from crm_success.tests.support import factories, tills
from crm_success.tests.support.data_import import import_rows
from crm_success.tests.support.permission_site import Visitor, make_user
from crm_success.tests.support.points_site import (
	TODAY,
	days_ago,
	points_of,
	side_by_side,
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
	state_of,
	status_of,
)


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
