"""A company leaves ERPNext's own Loyalty Program: years of its entries, made by ERPNext's own documents, with all that goes
wrong there; compared, carried over once, and taken back.
"""

import frappe
from frappe.desk.query_report import run as run_report
from frappe.utils import add_days, getdate

from crm_success.batches import run_life
from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.customer_loyalty.api import switch_over as api
from crm_success.customer_loyalty.points.given import given_points
from crm_success.customer_loyalty.switching import native_programs, switch_over_work, switch_overs
from crm_success.customer_loyalty.switching.native_reading import compared_in
from crm_success.customer_loyalty.switching.native_values import Reason, Step
from crm_success.database.dialects import KeyRange
from crm_success.record_names import ADJUSTMENT, LEDGER_ENTRY, SWITCH_OVER
from crm_success.tests.support import factories, tills
from crm_success.tests.support.companies import invoice_in, make_company, remove_companies
from crm_success.tests.support.native_points import (
	ENROLLED,
	FOR_EVER,
	PROGRAM,
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
	PointsTestCase,
	days_ago,
	earn_now,
	entries_of,
	make_rule,
	points_of,
	side_by_side,
	spend,
)
from crm_success.tests.support.scoring_site import drop_jobs

CUSTOMER, SECOND = "Native One", "Native Two"


class SwitchCase(PointsTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(drop_jobs)
		factories.make_fiscal_years(*range(TODAY.year - 2, TODAY.year + 1))
		make_program(ENROLLED, 365)
		for customer in (CUSTOMER, SECOND):
			factories.make_customer(customer, loyalty_program=ENROLLED)
		frappe.db.commit()

	def compared(self, customer: str = CUSTOMER):
		frappe.db.commit()
		found = compared_in(factories.default_company(), KeyRange(names=(customer,)), TODAY)[customer]
		# the differences explain all of it
		self.assertEqual(
			sum(line.corrected - line.native for line in found.lines), found.corrected - found.native
		)
		self.assertEqual(sum(lot.left for lot in found.native_lots), max(found.native, 0))
		self.assertEqual(sum(lot.left for lot in found.corrected_lots), max(found.corrected, 0))
		return found

	def differing(self, customer: str = CUSTOMER):
		return [
			(line.step, line.document.name, line.native, line.corrected, line.reason)
			for line in self.compared(customer).lines
			if line.differs
		]

	def assert_balances(self, native: int, corrected: int, customer: str = CUSTOMER, program: str = ENROLLED):
		found = self.compared(customer)
		self.assertEqual((found.native, found.corrected), (native, corrected))
		self.assertEqual(shown_by_erpnext(customer, program), native)


class TestWhatDiffers(SwitchCase):
	def test_what_went_right_is_the_same(self):
		sell(CUSTOMER, 1000, 200)
		sell(CUSTOMER, 100, 100, points=30)
		self.assert_balances(100 - 30 + 7, 77)
		self.assertEqual(self.differing(), [])

	def test_a_return_gives_back_what_a_sale_was_paid_with(self):
		sell(CUSTOMER, 1000, 200)
		paid = sell(CUSTOMER, 500, 150, points=80)
		factories.make_return(paid, 50, days_ago(140))
		self.assert_balances(100 + 37, 57)
		self.assertEqual(self.differing(), [(Step.SPENT, paid.name, 0, -80, Reason.GIVEN_BACK)])

	def test_a_spent_lot_grows_and_what_was_spent_beyond_it_comes_back_when_it_is_over(self):
		oldest = sell(CUSTOMER, 1000, 400)
		sell(CUSTOMER, 1000, 300)
		sell(CUSTOMER, 100, 200, points=80)
		sell(CUSTOMER, 60, 150, points=60)
		self.assert_balances(102, 62)
		self.assertEqual(self.differing(), [(Step.LOST, oldest.name, 40, 0, Reason.SPENT_BEYOND)])

	def test_a_lot_keeps_its_last_day_whatever_erpnext_took_it_from(self):
		sell(CUSTOMER, 1000, 300)
		newest = sell(CUSTOMER, 1000, 250)
		sell(CUSTOMER, 80, 200, points=80)
		sell(CUSTOMER, 80, 150, points=80)
		(lot,) = self.compared().corrected_lots
		self.assertEqual((lot.key.name, lot.left), (newest.name, 40))
		self.assertEqual(lot.expires_on, add_days(days_ago(250), 365))

	def test_points_of_the_till_pay_an_invoice_and_are_not_taken(self):
		tills.make_till()
		with tills.till_that_writes("POS Invoice"):
			shift = tills.open_till()
			tills.visit(CUSTOMER, 1000, TODAY)
			paid = sell(CUSTOMER, 100, 0, points=100)
		self.assertEqual(shift.docstatus, 1)
		self.assert_balances(100, 0)
		self.assertEqual(self.differing(), [(Step.SPENT, paid.name, 0, -100, Reason.NOT_TAKEN)])

	def test_points_without_a_duration_were_lost_on_their_first_day(self):
		make_program(FOR_EVER, 0)
		frappe.db.set_value("Customer", CUSTOMER, "loyalty_program", FOR_EVER)
		sale = sell(CUSTOMER, 1000, 100)
		self.assert_balances(0, 100, program=FOR_EVER)
		self.assertEqual(self.differing(), [(Step.LOST, sale.name, -100, 0, Reason.NO_DURATION)])
		self.assertIsNone(self.compared().corrected_lots[0].expires_on)

	def test_a_return_after_the_customer_left_the_program_took_nothing_back(self):
		sale = sell(CUSTOMER, 1000, 100)
		frappe.db.set_value("Customer", CUSTOMER, "loyalty_program", None)
		factories.make_return(sale, 400, days_ago(50))
		self.assert_balances(100, 60)
		self.assertEqual(self.differing(), [(Step.EARNED, sale.name, 100, 60, Reason.RETURNED)])

	def test_an_entry_that_somebody_deleted(self):
		sale = sell(CUSTOMER, 1000, 100)
		sell(CUSTOMER, 500, 90)
		entry = frappe.get_all("Loyalty Point Entry", {"invoice": sale.name}, pluck="name")[0]
		frappe.delete_doc("Loyalty Point Entry", entry)
		self.assert_balances(50, 150)
		self.assertEqual(self.differing(), [(Step.EARNED, sale.name, 0, 100, Reason.MISSING)])

	def test_entries_of_documents_that_are_cancelled_or_gone(self):
		cancelled, deleted, lapsed = (sell(CUSTOMER, 1000, days) for days in (100, 90, 400))
		for sale in (cancelled, lapsed):
			# ERPNext knows the program of a sale from this field alone
			frappe.db.set_value("Sales Invoice", sale.name, "loyalty_program", None)
			frappe.get_doc("Sales Invoice", sale.name).cancel()
		frappe.db.delete("Sales Invoice", {"name": deleted.name})
		self.assert_balances(200, 0)
		self.assertCountEqual(
			self.differing(),
			[
				(Step.EARNED, cancelled.name, 100, 0, Reason.CANCELLED),
				(Step.EARNED, deleted.name, 100, 0, Reason.DELETED),
				(Step.EARNED, lapsed.name, 100, 0, Reason.CANCELLED),
				(Step.LOST, lapsed.name, -100, 0, Reason.NOT_EARNED),
			],
		)

	def test_sales_of_another_company_are_its_own(self):
		other = make_company("Native Other", "NATO", "EUR", "Germany")
		self.addCleanup(remove_companies, other)
		sell(CUSTOMER, 1000, 100)
		invoice_in(other, CUSTOMER, 5000, 10)
		self.assert_balances(100, 100)
		with self.assertRaisesRegex(frappe.ValidationError, "has no Loyalty Program of"):
			make_switch_over(company=other)

	def test_a_preview_counts_and_changes_nothing(self):
		sell(CUSTOMER, 1000, 200)
		paid = sell(CUSTOMER, 500, 150, points=80)
		factories.make_return(paid, 50, days_ago(140))
		sell(SECOND, 1000, 100)
		programs = native_programs.programs_of(factories.default_company())
		doc = previewed()
		for _time in range(2):
			self.assertEqual(doc.status, "Previewed")
			figures = (doc.customers, doc.native_points, doc.corrected_points, doc.lines_differing)
			self.assertEqual(figures, (2, 237, 157, 1))
			self.assertEqual((doc.customers_with_more, doc.customers_with_less), (0, 1))
			work(switch_overs.start_preview(doc.name))
			doc.reload()
		self.assertEqual(frappe.db.count(LEDGER_ENTRY), 0)
		self.assertEqual(native_programs.programs_of(factories.default_company()), programs)

	def test_the_report_shows_both_balances_and_each_reason(self):
		sell(CUSTOMER, 1000, 200)
		paid = sell(CUSTOMER, 500, 150, points=80)
		factories.make_return(paid, 50, days_ago(140))
		sell(SECOND, 1000, 100)
		frappe.db.commit()
		asked = run_report("Loyalty Balances Compared", filters={"show": "Differences"})
		shown = [
			(
				row["customer"],
				row["step"],
				row["document"],
				row["native"],
				row["corrected"],
				row["difference"],
			)
			for row in asked["result"]
		]
		self.assertEqual(
			shown,
			[
				(CUSTOMER, "Balance", None, 137, 57, -80),
				(CUSTOMER, "Spent", paid.name, 0, -80, -80),
			],
		)
		self.assertIn("a return gave all of them back", asked["result"][1]["reason"])
		everything = run_report("Loyalty Balances Compared", filters={"show": "Balances"})
		self.assertEqual([row["customer"] for row in everything["result"]], [CUSTOMER, SECOND])


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
			switch_overs.start_switch(doc.name)
		frappe.db.rollback()
		self.assertEqual(points_of(CUSTOMER), (50, 0, 50))

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
