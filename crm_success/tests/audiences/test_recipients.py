"""Email Groups filled from an audience: whom they hold, whom never, and who is taken out again. Frappe's newsletters judge."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import frappe
from frappe.email.doctype.email_queue.email_queue import QueueBuilder

from crm_success.audiences import recipients
from crm_success.audiences.api import audience_recipients
from crm_success.audiences.api.audience_recipients import fill
from crm_success.audiences.recipient_contacts import ALL, PRIMARY
from crm_success.audiences.recipient_jobs import fill_and_tell
from crm_success.record_names import AUDIENCE, MEMBER, RECIPIENT
from crm_success.tests.support.audience_rows import store_audience
from crm_success.tests.support.audience_site import AudienceTestCase
from crm_success.tests.support.factories import make_customer, make_health, make_user
from crm_success.tests.support.utils import IS_VERSION_15
from crm_success.tests.support.worker_processes import connect

A, B, C, D = CUSTOMERS = ("Letter A", "Letter B", "Letter C", "Letter D")
INSIDE, GROUP = "Letter Inside", "Letter Group"
WRITER = "letter-writer@example.com"
GROUP_MEMBER, UNSUBSCRIBE = "Email Group Member", "Email Unsubscribe"
OURS = (GROUP_MEMBER, UNSUBSCRIBE, RECIPIENT, "Email Group", "Notification Log")
NEWSLETTERS = ("Newsletter", "Newsletter Email Group") if IS_VERSION_15 else ()


class RecipientsTestCase(AudienceTestCase):
	@classmethod
	def make_documents(cls):
		for name in CUSTOMERS:
			make_customer(name)
			make_health(name)

	def setUp(self):
		super().setUp()
		self.addCleanup(self.forget)
		self.forget()
		store_audience(INSIDE, A, B, C)
		frappe.get_doc({"doctype": "Email Group", "title": GROUP}).insert()

	def forget(self) -> None:
		frappe.db.rollback()
		for doctype in (*OURS, *NEWSLETTERS):
			frappe.db.delete(doctype)
		frappe.db.delete("User Permission", {"user": WRITER})
		contacts = frappe.get_all("Contact", {"first_name": ("like", "Of Letter %")}, pluck="name") or [""]
		for doctype in ("Contact Email", "Dynamic Link"):
			frappe.db.delete(doctype, {"parenttype": "Contact", "parent": ("in", contacts)})
		frappe.db.delete("Contact", {"name": ("in", contacts)})
		frappe.db.set_value("Customer", {"name": ("in", CUSTOMERS)}, "customer_primary_contact", None)
		frappe.db.commit()

	def contact(self, customer: str, *emails: str, **values: Any) -> str:
		"""A contact of that customer, the first address its primary one."""
		rows = [{"email_id": email, "is_primary": not number} for number, email in enumerate(emails)]
		links = [{"link_doctype": "Customer", "link_name": customer}]
		record = {"doctype": "Contact", "first_name": f"Of {customer} {frappe.generate_hash(length=5)}"}
		return frappe.get_doc({**record, "email_ids": rows, "links": links, **values}).insert().name

	def fill(self, contacts: str = ALL, audience: str = INSIDE) -> recipients.Filled:
		return recipients.fill_email_group(audience, GROUP, contacts)

	def leave(self, customer: str, audience: str = INSIDE) -> None:
		values = {"audience": audience, "customer": customer}
		frappe.db.set_value(MEMBER, values, "left_on", frappe.utils.now_datetime())

	def come_back(self, customer: str) -> None:
		frappe.db.set_value(MEMBER, {"audience": INSIDE, "customer": customer}, "left_on", None)

	def unsubscribe(self, email: str, **values: Any) -> None:
		frappe.get_doc({"doctype": UNSUBSCRIBE, "email": email, **values}).insert()

	def add_by_hand(self, email: str) -> None:
		frappe.get_doc({"doctype": GROUP_MEMBER, "email_group": GROUP, "email": email}).insert()

	def letters_go_to(self) -> list[str]:
		"""Whom Frappe writes to."""
		if IS_VERSION_15:
			return sorted(self.newsletter().get_recipients())
		filters = {"email_group": GROUP, "unsubscribed": 0}
		return frappe.get_all(GROUP_MEMBER, filters, pluck="email", order_by="email")

	def newsletter(self) -> Any:
		values = {"sender_email": "letters@example.com", "email_group": [{"email_group": GROUP}]}
		return frappe.get_doc({"doctype": "Newsletter", "subject": "Letter", "message": "Text", **values})


class TestWhoIsInTheGroup(RecipientsTestCase):
	def test_all_contacts_of_members_and_of_nobody_else(self):
		self.contact(A, "one@a.example")
		self.contact(A, "two@a.example", "private@a.example")
		self.contact(B, "one@b.example")
		self.contact(D, "one@d.example")
		filled = self.fill()
		self.assertEqual(self.letters_go_to(), ["one@a.example", "one@b.example", "two@a.example"])
		self.assertEqual((filled.added, filled.kept, filled.removed, filled.without_address), (3, 0, 0, 1))
		self.assertEqual(frappe.db.get_value("Email Group", GROUP, "total_subscribers"), 3)

	def test_primary_contacts_are_the_customers_own_or_else_those_that_say_so(self):
		self.contact(A, "first@a.example", is_primary_contact=1)
		chosen = self.contact(A, "chosen@a.example")
		frappe.db.set_value("Customer", A, "customer_primary_contact", chosen)
		self.contact(B, "primary@b.example", is_primary_contact=1)
		self.contact(B, "other@b.example")
		self.contact(C, "other@c.example")
		filled = self.fill(PRIMARY)
		self.assertEqual(self.letters_go_to(), ["chosen@a.example", "primary@b.example"])
		self.assertEqual(filled.without_address, 1)

	def test_whoever_unsubscribed_in_any_way_is_left_out(self):
		self.contact(A, "Contact@a.example", unsubscribed=1)
		self.contact(A, "fine@a.example")
		# a contact of somebody else with the same address
		self.contact(B, "contact@A.example")
		self.contact(B, "everything@b.example")
		self.contact(B, "group@b.example")
		self.contact(C, "member@c.example")
		self.unsubscribe("Everything@B.example", global_unsubscribe=1)
		self.unsubscribe("GROUP@b.example", reference_doctype="Email Group", reference_name=GROUP)
		self.add_by_hand("Member@c.example")
		frappe.db.set_value(GROUP_MEMBER, {"email": "Member@c.example"}, "unsubscribed", 1)
		refused = 4
		if IS_VERSION_15:
			refused += 1
			letter = self.newsletter().insert().name
			self.contact(C, "letter@c.example")
			self.unsubscribe("Letter@c.example", reference_doctype="Newsletter", reference_name=letter)
		filled = self.fill()
		self.assertEqual(self.letters_go_to(), ["fine@a.example"])
		self.assertEqual((filled.added, filled.unsubscribed), (1, refused))
		self.assertEqual(frappe.db.count(GROUP_MEMBER, {"email_group": GROUP}), 2)

	def test_an_address_stands_once_however_it_is_written(self):
		self.contact(A, "Same@a.example")
		self.contact(B, "same@A.EXAMPLE")
		self.contact(B, "Hand@b.example")
		self.add_by_hand("hand@b.example")
		filled = self.fill()
		self.assertCountEqual(self.letters_go_to(), ["Same@a.example", "hand@b.example"])
		self.assertEqual((filled.added, filled.kept), (1, 1))

	def test_what_is_no_address_is_left_out_and_named(self):
		wrong = self.contact(A, "right@a.example")
		for table, filters in (("Contact", {"name": wrong}), ("Contact Email", {"parent": wrong})):
			frappe.db.set_value(table, filters, "email_id", "no <address")
		self.contact(B, "right@b.example")
		filled = self.fill()
		self.assertEqual(filled.invalid, [f"{wrong}: no <address"])
		self.assertEqual(filled.without_address, 2)
		self.assertEqual(self.letters_go_to(), ["right@b.example"])
		sentences = fill(INSIDE, GROUP, ALL)["sentences"]
		self.assertIn("no &lt;address", sentences[-1])

	def test_a_contact_without_a_primary_address_is_written_to_at_its_first(self):
		name = self.contact(A, "first@a.example", "second@a.example")
		frappe.db.set_value("Contact", name, "email_id", None)
		frappe.db.set_value("Contact Email", {"parent": name}, "is_primary", 0)
		self.fill()
		self.assertEqual(self.letters_go_to(), ["first@a.example"])


class TestWhoIsTakenOut(RecipientsTestCase):
	def setUp(self):
		super().setUp()
		for name in (A, B):
			self.contact(name, f"{name[-1].lower()}@example.com")

	def test_twice_changes_nothing(self):
		self.fill()
		rows = frappe.get_all(GROUP_MEMBER, fields=["*"], order_by="name")
		filled = self.fill()
		self.assertEqual((filled.added, filled.kept, filled.removed), (0, 2, 0))
		self.assertEqual(frappe.get_all(GROUP_MEMBER, fields=["*"], order_by="name"), rows)
		self.assertEqual(frappe.db.count(RECIPIENT), 2)

	def test_who_left_is_taken_out_and_comes_in_again(self):
		self.fill()
		self.leave(A)
		filled = self.fill()
		self.assertEqual(self.letters_go_to(), ["b@example.com"])
		self.assertEqual((filled.kept, filled.removed), (1, 1))
		self.come_back(A)
		self.assertEqual(self.fill().added, 1)
		self.assertEqual(self.letters_go_to(), ["a@example.com", "b@example.com"])

	def test_what_people_added_by_hand_stays(self):
		for email in ("A@example.com", "friend@example.com"):
			self.add_by_hand(email)
		self.fill()
		for name in (A, B):
			self.leave(name)
		filled = self.fill()
		self.assertEqual(filled.removed, 1)
		self.assertEqual(self.letters_go_to(), ["A@example.com", "friend@example.com"])

	def test_who_unsubscribed_from_the_group_stays_so_after_leaving_and_coming_back(self):
		self.fill()
		frappe.db.set_value(GROUP_MEMBER, {"email": "a@example.com"}, "unsubscribed", 1)
		self.leave(A)
		self.assertEqual(self.fill().removed, 0)
		self.come_back(A)
		self.assertEqual(self.fill().unsubscribed, 1)
		self.assertEqual(self.letters_go_to(), ["b@example.com"])

	def test_who_unsubscribed_from_everything_is_taken_out(self):
		self.fill()
		self.unsubscribe("a@example.com", global_unsubscribe=1)
		self.assertEqual(self.fill().removed, 1)
		self.assertEqual(self.letters_go_to(), ["b@example.com"])

	def test_an_address_of_two_customers_stays_until_both_have_left(self):
		self.contact(C, "A@example.com")
		self.fill()
		self.leave(A)
		self.assertEqual(self.fill().removed, 0)
		self.leave(C)
		self.assertEqual(self.fill().removed, 1)

	def test_an_address_of_two_audiences_stays_until_both_let_go(self):
		store_audience("Letter Other", A)
		self.fill()
		self.fill(audience="Letter Other")
		self.leave(A)
		self.assertEqual(self.fill().removed, 0)
		self.leave(A, "Letter Other")
		self.assertEqual(self.fill(audience="Letter Other").removed, 1)
		self.assertEqual(self.letters_go_to(), ["b@example.com"])

	def test_a_customer_that_is_gone_is_taken_out_and_nothing_of_ours_stops_that(self):
		name = make_customer("Letter Gone")
		make_health(name)
		store_audience("Letter Short", name)
		self.contact(name, "gone@example.com")
		self.fill(audience="Letter Short")
		frappe.db.delete("Contact", {"email_id": "gone@example.com"})
		frappe.db.delete("Dynamic Link", {"link_name": name})
		frappe.delete_doc("Customer", name)
		self.assertEqual(self.fill(audience="Letter Short").removed, 1)

	def test_a_deleted_group_or_audience_is_no_matter(self):
		self.fill()
		frappe.delete_doc(AUDIENCE, INSIDE)
		self.assertEqual(frappe.db.count(RECIPIENT), 0)
		self.assertEqual(len(self.letters_go_to()), 2)
		store_audience(INSIDE, A)
		self.fill()
		frappe.db.delete("Newsletter Email Group") if IS_VERSION_15 else None
		frappe.delete_doc("Email Group", GROUP)
		frappe.get_doc({"doctype": "Email Group", "title": GROUP}).insert()
		self.assertEqual(self.fill().added, 1)
		self.assertEqual(frappe.db.count(RECIPIENT), 1)

	def test_a_renamed_audience_and_group_know_what_they_put_in(self):
		self.fill()
		frappe.rename_doc(AUDIENCE, INSIDE, "Letter Renamed")
		frappe.rename_doc("Email Group", GROUP, "Letter Group Renamed")
		self.leave(A, "Letter Renamed")
		filled = recipients.fill_email_group("Letter Renamed", "Letter Group Renamed", ALL)
		self.assertEqual((filled.kept, filled.removed), (1, 1))


class TestWhoMayFill(RecipientsTestCase):
	def setUp(self):
		super().setUp()
		for name in (A, B):
			self.contact(name, f"{name[-1].lower()}@example.com")

	def limit(self, user: str, *customers: str) -> None:
		for name in customers:
			values = {"user": user, "allow": "Customer", "for_value": name, "apply_to_all_doctypes": 1}
			frappe.get_doc({"doctype": "User Permission", **values}).insert()

	def test_one_right_alone_is_not_enough_and_it_is_said_whom_to_ask(self):
		for roles, words in (
			(["Sales User"], "Newsletter Manager"),
			(["Newsletter Manager", "Customer Success Manager"], "reads Contact"),
		):
			frappe.set_user(make_user(WRITER, *roles))
			with self.subTest(roles=roles), self.assertRaises(frappe.PermissionError) as refusal:
				fill(INSIDE, GROUP, ALL)
			self.assertIn(words, str(refusal.exception))
			frappe.set_user("Administrator")
		self.assertEqual(self.letters_go_to(), [])

	def test_nothing_is_told_of_audiences_that_are_not_there_or_not_read(self):
		frappe.set_user(make_user(WRITER, "Newsletter Manager", "Purchase User"))
		for audience in (INSIDE, "No Such Audience"):
			with self.assertRaises(frappe.PermissionError):
				fill(audience, GROUP, ALL)
		frappe.set_user("Administrator")
		with self.assertRaises(frappe.ValidationError) as refusal:
			fill("No Such Audience", GROUP, ALL)
		self.assertIn("no audience", str(refusal.exception))

	def test_only_customers_that_the_filler_may_see(self):
		self.fill()
		user = make_user(WRITER, "Newsletter Manager", "Sales User")
		self.limit(user, B, C)
		self.contact(C, "c@example.com")
		for name in (A, B):
			self.leave(name)
		frappe.db.commit()
		frappe.set_user(user)
		told = fill(INSIDE, GROUP, ALL)
		frappe.set_user("Administrator")
		# whether A is still in is not for this user to know
		self.assertEqual(self.letters_go_to(), ["a@example.com", "c@example.com"])
		self.assertIn("1 added, 0 were there already, 1 removed", told["sentences"][0])

	def test_contacts_that_the_filler_may_not_read_are_left_out(self):
		user = make_user(WRITER, "Newsletter Manager", "Sales User")
		only = frappe.db.get_value("Contact", {"email_id": "a@example.com"})
		values = {"user": user, "allow": "Contact", "for_value": only, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **values}).insert()
		frappe.set_user(user)
		fill(INSIDE, GROUP, ALL)
		frappe.set_user("Administrator")
		self.assertEqual(self.letters_go_to(), ["a@example.com"])

	def test_contacts_that_another_filler_may_read_stay(self):
		self.fill()
		user = make_user(WRITER, "Newsletter Manager", "Sales User")
		only = frappe.db.get_value("Contact", {"email_id": "a@example.com"})
		values = {"user": user, "allow": "Contact", "for_value": only, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **values}).insert()
		frappe.set_user(user)
		fill(INSIDE, GROUP, ALL)
		frappe.set_user("Administrator")
		self.assertEqual(self.letters_go_to(), ["a@example.com", "b@example.com"])
		self.unsubscribe("b@example.com", global_unsubscribe=1)
		frappe.set_user(user)
		fill(INSIDE, GROUP, ALL)
		frappe.set_user("Administrator")
		self.assertEqual(self.letters_go_to(), ["a@example.com"])

	def test_without_a_group_one_is_made_with_the_name_of_the_audience(self):
		frappe.set_user(make_user(WRITER, "Newsletter Manager", "Sales User"))
		for _time in range(2):
			self.assertEqual(fill(INSIDE)["email_group"], INSIDE)
		self.assertEqual(frappe.db.count("Email Group", {"name": INSIDE}), 1)

	def test_what_is_no_choice_is_refused_in_words(self):
		for arguments, words in (
			((INSIDE, "No Group"), "no Email Group"),
			((INSIDE, GROUP, "Some"), "no choice"),
		):
			with self.assertRaises(frappe.ValidationError) as refusal:
				fill(*arguments)
			self.assertIn(words, str(refusal.exception))


class TestManyAtOnce(RecipientsTestCase):
	def test_two_at_once_put_each_address_in_once(self):
		for number in range(30):
			self.contact(A, f"many{number}@example.com")
		frappe.db.commit()
		site = frappe.local.site

		def fill_in_a_thread(_number: int) -> tuple[int, int]:
			connect(site)
			try:
				filled = recipients.fill_email_group(INSIDE, GROUP, ALL)
				return filled.added, filled.kept
			finally:
				frappe.destroy()

		with ThreadPoolExecutor(3) as pool:
			found = sorted(pool.map(fill_in_a_thread, range(3)))
		frappe.db.rollback()
		self.assertEqual(found, [(0, 30), (0, 30), (30, 0)])
		self.assertEqual(len(self.letters_go_to()), 30)
		self.assertEqual(frappe.db.count(RECIPIENT), 30)

	def test_many_customers_are_filled_in_the_background_and_their_filler_is_told(self):
		self.contact(A, "a@example.com")
		frappe.db.commit()
		user = make_user(WRITER, "Newsletter Manager", "Sales User")
		frappe.set_user(user)
		with patch.object(audience_recipients, "RIGHT_AWAY", 0):
			told = fill(INSIDE, GROUP, ALL)
		self.assertFalse(told["is_done"])
		self.assertEqual(self.letters_go_to(), [])
		fill_and_tell(INSIDE, GROUP, ALL)
		log = frappe.get_last_doc("Notification Log")
		self.assertEqual((log.for_user, log.document_name), (user, GROUP))
		self.assertIn("1 added", log.subject)

	def test_a_job_that_fails_says_so(self):
		self.contact(A, "a@example.com")
		writer = make_user(WRITER, "Sales User")
		# the job rolls back before it tells
		frappe.db.commit()
		frappe.set_user(writer)
		with self.assertRaises(frappe.PermissionError):
			fill_and_tell(INSIDE, GROUP, ALL)
		self.assertIn("could not be filled", frappe.get_last_doc("Notification Log").subject)

	def test_frappe_sends_nothing_to_who_unsubscribes_between_filling_and_sending(self):
		for customer in (A, B):
			self.contact(customer, f"{customer[-1].lower()}@example.com")
		self.fill()
		self.unsubscribe("a@example.com", global_unsubscribe=1)
		queue = QueueBuilder(recipients=self.letters_go_to(), reference_doctype="Email Group")
		self.assertEqual(queue.final_recipients(), ["b@example.com"])
