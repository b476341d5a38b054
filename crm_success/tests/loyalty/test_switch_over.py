"""A company leaves ERPNext's own Loyalty Program: what is left is carried over once, and taken back."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches import run_life
from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.customer_loyalty.api import switch_over as api
from crm_success.customer_loyalty.earning.given import given_points
from crm_success.customer_loyalty.switching import native_programs, switch_over_work, switch_overs
from crm_success.record_names import ADJUSTMENT, LEDGER_ENTRY, SWITCH_OVER
from crm_success.tests.support import factories, tills
from crm_success.tests.support.native_points import (
	CUSTOMER,
	ENROLLED,
	PROGRAM,
	SECOND,
	SwitchCase,
	make_program,
	make_switch_over,
	previewed,
	sell,
	shown_by_erpnext,
	switched,
	work,
)
from crm_success.tests.support.points_site import (
	TODAY,
	days_ago,
	earn_now,
	entries_of,
	make_rule,
	points_of,
	side_by_side,
	spend,
)
from crm_success.tests.support.utils import messages


class TestSwitching(SwitchCase):
	def setUp(self):
		super().setUp()
		sell(CUSTOMER, 1000, 300)
		sell(CUSTOMER, 1000, 100)
		paid = sell(CUSTOMER, 150, 50, points=150)
		factories.make_return(paid, 10, days_ago(40))
		sell(SECOND, 700, 20)
		frappe.db.commit()

	def test_what_is_left_is_carried_over_with_its_last_days(self):
		doc = switched()
		self.assertEqual(doc.status, "Switched")
		# 200 less the 150 that the return gave back
		self.assertEqual(points_of(CUSTOMER), (50, 0, 50))
		self.assertEqual(points_of(SECOND), (70, 0, 70))
		self.assertEqual((doc.customers_carried, doc.points_carried), (2, 120))
		rows = frappe.get_all(
			LEDGER_ENTRY, {"customer": CUSTOMER}, ["kind", "points", "expires_on", "reference_name", "note"]
		)
		self.assertEqual([(row.kind, row.points) for row in rows], [("Opening", 50)])
		self.assertEqual(rows[0].expires_on, add_days(days_ago(100), 365))
		self.assertEqual(rows[0].reference_name, doc.name)
		self.assertIn("Sales Invoice", rows[0].note)

	def test_the_balance_of_erpnext_may_be_carried_over(self):
		switched(carry="Balance in ERPNext")
		self.assertEqual(points_of(CUSTOMER)[0], shown_by_erpnext(CUSTOMER))
		# the return has made ERPNext take a point for a sale that had earned none
		self.assertEqual(points_of(CUSTOMER)[0], 199)

	def test_points_lapse_when_they_would_have(self):
		switched()
		frappe.db.set_value(LEDGER_ENTRY, {"customer": CUSTOMER}, "expires_on", days_ago(1))
		self.night()
		self.assertEqual(entries_of(CUSTOMER)[-1], ("Expire", -50))

	def test_erpnext_collects_and_redeems_no_more(self):
		doc = switched()
		program = frappe.db.get_value(PROGRAM, ENROLLED, ["to_date", "company", "auto_opt_in"], as_dict=True)
		self.assertEqual((program.to_date, program.company), (days_ago(1), None))
		sale = sell(CUSTOMER, 1000, 0)
		self.assertFalse(frappe.db.exists("Loyalty Point Entry", {"invoice": sale.name}))
		with self.assertRaisesRegex(frappe.ValidationError, "isn't valid for the selected company"):
			sell(CUSTOMER, 1000, 0, points=10)
		frappe.db.rollback()
		self.assertEqual([row.loyalty_program for row in doc.programs], [ENROLLED])

	def test_a_program_stays_ended_whoever_saves_it(self):
		switched()
		# as ERPNext's form does when somebody opens it
		program = frappe.get_doc(PROGRAM, ENROLLED)
		program.update({"company": factories.default_company(), "to_date": None, "auto_opt_in": 1})
		program.save()
		program.reload()
		self.assertEqual((program.company, program.to_date, program.auto_opt_in), (None, days_ago(1), 0))

	def test_a_program_can_be_deleted(self):
		name = make_program("Native Third", 10)
		doc = switched()
		frappe.delete_doc(PROGRAM, name)
		doc.reload().update({"note": "Without the third"})
		doc.save()
		work(switch_overs.start_undo(doc.name))
		self.assertEqual(doc.reload().status, "Undone")

	def test_a_sale_at_the_till_earns_by_our_rules_alone(self):
		switched()
		make_rule("Till")
		tills.make_till()
		with tills.till_that_writes("POS Invoice"):
			tills.open_till()
			sale = tills.visit(SECOND, 100, TODAY)
		earn_now()
		self.assertFalse(frappe.db.exists("Loyalty Point Entry", {"invoice": sale.name}))
		self.assertEqual(entries_of(SECOND), (("Opening", 70), ("Earn", 10)))

	def test_a_sale_of_the_same_day_earns_once_though_a_return_deletes_its_entry(self):
		sale = sell(SECOND, 1000, 0)
		make_rule("Both")
		switched()
		factories.make_return(sale, 100, TODAY)
		self.assertFalse(frappe.db.exists("Loyalty Point Entry", {"invoice": sale.name}))
		earn_now()
		self.assertEqual(given_points("Sales Invoice", [sale.name]), {})
		self.assertEqual(points_of(SECOND), (170, 0, 170))

	def test_a_return_of_an_older_sale_is_submitted(self):
		older = frappe.get_all("Sales Invoice", {"customer": SECOND}, pluck="name")[0]
		switched()
		credit = factories.make_return(frappe.get_doc("Sales Invoice", older), 100, TODAY)
		self.assertEqual(credit.docstatus, 1)
		self.assertEqual(points_of(SECOND), (70, 0, 70))

	def test_pressed_twice_it_is_done_once(self):
		doc = switched()
		with self.assertRaisesRegex(frappe.ValidationError, "is switched over already"):
			switch_overs.start_preview(doc.name)
		frappe.db.rollback()
		work(switch_overs.start_switch(doc.name))
		self.assertEqual(
			(doc.reload().status, doc.customers_carried, doc.points_carried), ("Switched", 2, 120)
		)
		self.assertEqual(points_of(CUSTOMER), (50, 0, 50))

	def test_what_was_entered_late_is_carried_over_too(self):
		make_rule("Ours")
		doc = switched(switch_date=days_ago(5))
		late = sell(SECOND, 1000, 8)
		earn_now()
		self.assertTrue(
			frappe.db.exists("Loyalty Point Entry", {"invoice": late.name}), "ERPNext gives points"
		)
		self.assertEqual(points_of(SECOND), (70, 0, 70))
		work(switch_overs.start_switch(doc.name))
		earn_now()
		self.assertEqual(points_of(SECOND), (170, 0, 170))
		self.assertEqual((doc.reload().status, doc.points_carried), ("Switched", 220))
		work(switch_overs.start_undo(doc.name))
		self.assertEqual(points_of(SECOND), (0, 0, 0))

	def test_two_at_once_are_one(self):
		doc = previewed()
		frappe.db.commit()
		outcomes = []

		def press():
			try:
				outcomes.append(switch_overs.start_switch(doc.name))
				frappe.db.commit()
			except frappe.ValidationError as error:
				frappe.db.rollback()
				outcomes.append(str(error))

		side_by_side(2, press)
		runs = [outcome for outcome in outcomes if outcome.startswith("SWITCH-OVER-RUN-")]
		self.assertEqual((len(runs), len(outcomes)), (1, 2), outcomes)
		side_by_side(2, lambda: (prepare_run(runs[0]), drain(runs[0])))
		self.assertEqual(points_of(CUSTOMER), (50, 0, 50))
		self.assertEqual(frappe.db.get_value(SWITCH_OVER, doc.name, "status"), "Switched")

	def test_two_records_of_a_company_at_once(self):
		outcomes = []

		def make():
			try:
				outcomes.append(make_switch_over().name)
			except (frappe.ValidationError, frappe.QueryDeadlockError) as error:
				frappe.db.rollback()
				outcomes.append(type(error).__name__)

		side_by_side(2, make)
		self.assertEqual(frappe.db.count(SWITCH_OVER), 1, outcomes)
		with self.assertRaisesRegex(frappe.ValidationError, "already"):
			make_switch_over()

	def test_what_was_stopped_half_way_goes_on(self):
		before = switch_over_work.BATCH_SIZE
		switch_over_work.BATCH_SIZE = 1
		self.addCleanup(setattr, switch_over_work, "BATCH_SIZE", before)
		doc = previewed()
		run = switch_overs.start_switch(doc.name)
		frappe.db.commit()
		prepare_run(run)
		# as long as it takes to one of the two
		drain(run, until=lambda: bool(frappe.db.count(LEDGER_ENTRY)))
		run_life.cancel_run(run)
		self.assertEqual(doc.reload().status, "Switch Interrupted")
		self.assertEqual(frappe.db.count(LEDGER_ENTRY), 1)
		work(switch_overs.start_switch(doc.name))
		self.assertEqual((doc.reload().status, doc.points_carried), ("Switched", 120))
		self.assertEqual((points_of(CUSTOMER), points_of(SECOND)), ((50, 0, 50), (70, 0, 70)))

	def test_it_takes_a_preview_of_what_is_done(self):
		doc = make_switch_over()
		with self.assertRaisesRegex(frappe.ValidationError, "Press Preview first"):
			switch_overs.start_switch(doc.name)
		frappe.db.rollback()
		work(switch_overs.start_preview(doc.name))
		doc.reload()
		doc.carry = "Balance in ERPNext"
		doc.save()
		self.assertEqual(doc.status, "Draft")

	def test_a_record_at_work_stays_as_it_is(self):
		doc = switched()
		doc.update({"note": "Done in November", "status": "Undone", "points_carried": 5})
		doc.save()
		doc.reload()
		self.assertEqual((doc.note, doc.status, doc.points_carried), ("Done in November", "Switched", 120))
		doc.switch_date = days_ago(3)
		with self.assertRaisesRegex(frappe.ValidationError, "only the note can be changed"):
			doc.save()
		with self.assertRaisesRegex(frappe.ValidationError, "It stays"):
			frappe.delete_doc(SWITCH_OVER, doc.name)

	def test_another_company_that_earns_in_the_programs_is_named(self):
		make_switch_over().delete()
		self.assertNotIn("earned points in these programs too", messages())
		entry = frappe.get_all("Loyalty Point Entry", limit=1, pluck="name")[0]
		frappe.db.set_value("Loyalty Point Entry", entry, "company", "Their <b>Other</b> Company")
		make_switch_over()
		self.assertIn("earned points in these programs too", messages())
		self.assertIn("Their &lt;b&gt;Other", messages())

	def test_a_day_ahead_is_refused(self):
		with self.assertRaisesRegex(frappe.ValidationError, "Enter today, or a day before"):
			make_switch_over(switch_date=add_days(getdate(), 1))


class TestUndoing(SwitchCase):
	def setUp(self):
		super().setUp()
		sell(CUSTOMER, 1000, 100)
		frappe.db.commit()
		frappe.db.set_value(PROGRAM, ENROLLED, "auto_opt_in", 1)
		self.before = native_programs.programs_of(factories.default_company())

	def test_points_are_taken_back_and_programs_are_as_they_were(self):
		doc = switched()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		work(switch_overs.start_undo(doc.name))
		self.assertEqual(doc.reload().status, "Undone")
		self.assertEqual(entries_of(CUSTOMER), (("Opening", 100), ("Reverse", -100)))
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		self.assertEqual(native_programs.programs_of(factories.default_company()), self.before)
		sale = sell(CUSTOMER, 100, 0, points=20)
		self.assertTrue(frappe.db.exists("Loyalty Point Entry", {"invoice": sale.name}))

	def test_what_was_undone_can_be_switched_anew(self):
		work(switch_overs.start_undo(switched().name))
		switched()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))

	def test_what_somebody_changed_since_stays(self):
		doc = switched()
		frappe.db.set_value(PROGRAM, ENROLLED, "to_date", days_ago(10))
		work(switch_overs.start_undo(doc.name))
		now = frappe.db.get_value(PROGRAM, ENROLLED, ["company", "to_date"], as_dict=True)
		self.assertEqual((now.company, now.to_date), (factories.default_company(), days_ago(10)))

	def test_it_is_refused_once_points_were_spent(self):
		doc = switched()
		spend(CUSTOMER, 30)
		with self.assertRaisesRegex(frappe.ValidationError, f"{CUSTOMER}.*has spent 30 of the points"):
			switch_overs.start_undo(doc.name)
		frappe.db.rollback()
		self.assertEqual(points_of(CUSTOMER), (70, 0, 70))
		self.assertEqual(doc.reload().status, "Switched")

	def test_what_was_spent_before_does_not_stand_in_the_way(self):
		self.adjust(50)
		spend(CUSTOMER, 50)
		doc = switched()
		work(switch_overs.start_undo(doc.name))
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))

	def test_points_that_lapsed_meanwhile_are_not_owed(self):
		doc = switched()
		frappe.db.set_value(LEDGER_ENTRY, {"customer": CUSTOMER}, "expires_on", days_ago(1))
		self.night()
		work(switch_overs.start_undo(doc.name))
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))

	def adjust(self, points: int):
		values = {"customer": CUSTOMER, "company": factories.default_company(), "points": points}
		frappe.get_doc({"doctype": ADJUSTMENT, **values, "reason": "Test"}).insert().submit()


class TestWhoMaySwitch(SwitchCase):
	def asked_by(self, *roles: str):
		frappe.set_user(factories.make_user("switcher@example.com", *roles))
		self.addCleanup(frappe.set_user, "Administrator")

	def test_who_owns_the_settings_previews_and_who_writes_programs_switches(self):
		sell(CUSTOMER, 1000, 100)
		doc = make_switch_over()
		self.asked_by("Customer Success Manager")
		run = api.preview(doc.name)["run"]
		with self.assertRaises(frappe.PermissionError):
			api.switch(doc.name)
		frappe.set_user("Administrator")
		work(run)
		self.asked_by("System Manager")
		work(api.switch(doc.name)["run"])
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		work(api.undo(doc.name)["run"])
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))

	def test_others_do_neither(self):
		doc = make_switch_over()
		for role in ("Accounts Manager", "Customer Success User", "Sales User"):
			self.asked_by(role)
			for ask in (api.preview, api.switch, api.undo):
				with self.subTest(role=role, ask=ask.__name__), self.assertRaises(frappe.PermissionError):
					ask(doc.name)
