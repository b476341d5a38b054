"""Points for documents of the past: what a dry run says is what is given, once, and as it would have been given live."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_first_day, get_last_day, getdate

from crm_success.batches import leases, run_life
from crm_success.batches.preparing import prepare_run
from crm_success.batches.statuses import RUN
from crm_success.batches.working import do_batch
from crm_success.customer_loyalty.api import backfill_form
from crm_success.customer_loyalty.earning import backfill
from crm_success.record_names import ACCOUNT, BACKFILL, LEDGER_ENTRY
from crm_success.tests.support import factories
from crm_success.tests.support.backfill_site import (
	OF_DRY_RUN,
	OF_GIVING,
	done,
	dry_run,
	figures,
	give_points,
	make_backfill,
	reasons,
	whole_ledger,
)
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	days_ago,
	earn_now,
	entries_of,
	make_rule,
	points_of,
	spend,
)
from crm_success.tests.support.scoring_site import drop_jobs

FIRST, SECOND = "Old Buyer", "Old Buyer Too"


class TestBackfill(PointsTestCase):
	def setUp(self):
		super().setUp()
		for customer in (FIRST, SECOND):
			factories.make_customer(customer)

	def test_old_invoices_earn_what_they_would_have_earned_on_their_day(self):
		invoice = factories.make_invoice(FIRST, 1009, days_ago(40))
		factories.make_invoice(SECOND, 95, days_ago(30))
		factories.make_return(invoice, 500, days_ago(20))
		make_rule(wait_days=10, lapse="After Days", lapse_number=100)
		old = dry_run(make_backfill("One for Ten"))
		self.assertEqual(old.status, "Dry Run Done")
		self.assertEqual(figures(old, ("documents", *OF_DRY_RUN)), (3, 2, 59, 0, 2))
		self.assertEqual(
			reasons(old), {"Returns, opening invoices and sales within the company earn nothing": 1}
		)
		self.assertEqual(entries_of(FIRST), ())
		old = give_points(old)
		self.assertEqual(old.status, "Points Given")
		self.assertEqual(figures(old, OF_GIVING), (2, 59, 0, 2))
		entry = frappe.get_last_doc(LEDGER_ENTRY, {"reference_name": invoice.name})
		self.assertEqual(
			(entry.points, entry.full_points, entry.posting_date), (50, 100, getdate(days_ago(40)))
		)
		self.assertEqual(entry.available_from, getdate(days_ago(30)))
		self.assertEqual(entry.expires_on, getdate(add_days(days_ago(40), 100)))
		self.assertEqual((points_of(FIRST), points_of(SECOND)), ((50, 0, 50), (9, 0, 9)))

	def test_the_ledger_is_that_of_live_earning(self):
		"""By rules on which the order of documents has no influence."""
		for day in (50, 40, 30):
			factories.make_invoice(FIRST, 700 + day, days_ago(day))
		make_rule(lapse="End of a Year", lapse_number=1)
		frappe.db.sql("UPDATE `tabSales Invoice` SET modified = NOW() WHERE customer = %s", FIRST)
		self.night()
		live = [row[:11] for row in whole_ledger()]
		frappe.db.delete(LEDGER_ENTRY)
		frappe.db.delete(ACCOUNT)
		frappe.db.commit()
		give_points(dry_run(make_backfill("One for Ten")))
		self.assertEqual([row[:11] for row in whole_ledger()], live)
		self.assertEqual(len(live), 3)

	def test_a_limit_holds_within_the_run_and_the_oldest_document_comes_first(self):
		month = get_first_day(add_days(TODAY, -40))
		for number, day in enumerate((5, 4, 3, 2, 1, 0)):
			factories.make_invoice(FIRST, 400 + number, add_days(month, day))
		factories.make_invoice(FIRST, 400, add_days(get_last_day(month), 1))
		factories.make_invoice(SECOND, 400, month)
		make_rule(cap=100, cap_period="Month")
		old = dry_run(make_backfill("One for Ten"))
		self.assertEqual(figures(old, OF_DRY_RUN), (5, 180, 0, 2))
		self.assertEqual(
			reasons(old), {"The customer has the most points that the rule gives in the period": 3}
		)
		old = give_points(old)
		self.assertEqual(figures(old, OF_GIVING), figures(old, OF_DRY_RUN))
		given = frappe.get_all(
			LEDGER_ENTRY, {"customer": FIRST}, ["posting_date", "points"], order_by="posting_date"
		)
		self.assertEqual([row.points for row in given], [40, 40, 20, 40])
		self.assertEqual([row.posting_date for row in given[:3]], [add_days(month, day) for day in (0, 1, 2)])

	def test_what_was_given_live_counts_toward_the_limit_and_is_not_given_again(self):
		factories.make_invoice(FIRST, 600, days_ago(10))
		make_rule(cap=100, cap_period="Ever")
		factories.make_invoice(FIRST, 700, TODAY)
		earn_now()
		old = dry_run(make_backfill("One for Ten"))
		self.assertEqual(figures(old, OF_DRY_RUN), (1, 30, 0, 1))
		self.assertEqual(reasons(old), {"Has earned by this rule already": 1})
		old = give_points(old)
		self.assertEqual(figures(old, OF_GIVING), (1, 30, 0, 1))
		self.assertEqual(entries_of(FIRST), (("Earn", 70), ("Earn", 30)))

	def test_a_second_backfill_gives_nothing(self):
		factories.make_invoice(FIRST, 600, days_ago(10))
		make_rule()
		old = give_points(dry_run(make_backfill("One for Ten")))
		ledger = whole_ledger()
		old = dry_run(old)
		self.assertEqual(figures(old, OF_DRY_RUN), (0, 0, 0, 0))
		self.assertEqual(figures(give_points(old), OF_GIVING), (0, 0, 0, 0))
		self.assertEqual(whole_ledger(), ledger)

	def test_why_documents_earn_nothing(self):
		invoice = factories.make_invoice(FIRST, 300, days_ago(50))
		factories.make_payment(invoice, days_ago(45))
		factories.make_invoice(FIRST, 300, days_ago(51))
		factories.make_invoice(FIRST, 20, days_ago(52))
		factories.make_invoice(FIRST, 300, days_ago(90))
		factories.make_invoice(FIRST, 300, days_ago(5))
		# not in the range at all
		factories.make_invoice(FIRST, 300, days_ago(120))
		make_rule(
			event="Invoice Paid in Full",
			minimum_amount=100,
			valid_from=days_ago(60),
			valid_upto=days_ago(20),
		)
		old = dry_run(make_backfill("One for Ten", from_date=days_ago(100)))
		self.assertEqual(figures(old, ("documents", *OF_DRY_RUN)), (5, 1, 30, 0, 1))
		self.assertEqual(
			reasons(old),
			{
				"Is not paid yet": 1,
				"The amount is below the minimum": 1,
				"From before the rule is valid": 1,
				"From after the rule is valid": 1,
			},
		)
		give_points(old)
		entry = frappe.get_last_doc(LEDGER_ENTRY, {"customer": FIRST})
		self.assertEqual((entry.points, entry.posting_date), (30, getdate(days_ago(45))))

	def test_a_rule_that_comes_before_keeps_others_from_earning(self):
		factories.make_invoice(FIRST, 300, days_ago(50))
		factories.make_invoice(FIRST, 20, days_ago(51))
		make_rule("Large Ones", basis="Fixed Number", points=5, minimum_amount=100, stops=1, priority=1)
		make_rule(priority=2)
		old = dry_run(make_backfill("One for Ten"))
		self.assertEqual(figures(old, OF_DRY_RUN), (1, 2, 0, 1))
		self.assertEqual(reasons(old), {"A rule that comes before it lets no other one earn": 1})
		give_points(old)
		self.assertEqual(entries_of(FIRST), (("Earn", 2),))

	def test_points_whose_last_day_is_over_come_into_the_ledger_and_go_in_the_next_night(self):
		factories.make_invoice(FIRST, 300, days_ago(50))
		factories.make_invoice(FIRST, 200, days_ago(5))
		make_rule(lapse="After Days", lapse_number=30)
		old = dry_run(make_backfill("One for Ten"))
		self.assertEqual(figures(old, OF_DRY_RUN), (2, 50, 30, 1))
		old = give_points(old)
		self.assertEqual(figures(old, OF_GIVING), (2, 50, 30, 1))
		# nobody can spend them meanwhile
		self.assertEqual(
			frappe.db.get_value(ACCOUNT, {"customer": FIRST}, ["available", "qualifying"]), (20, 50)
		)
		self.night()
		self.assertEqual(points_of(FIRST), (20, 0, 20))
		self.assertEqual(entries_of(FIRST), (("Earn", 30), ("Earn", 20), ("Expire", -30)))

	def test_points_pay_what_is_owed(self):
		make_rule()
		invoice = factories.make_invoice(FIRST, 1000, days_ago(3))
		earn_now()
		spend(FIRST, 100)
		factories.make_return(invoice, 1000, TODAY)
		earn_now()
		self.assertEqual(points_of(FIRST), (0, 0, -100))
		for day in (300, 200):
			factories.make_invoice(FIRST, 900, days_ago(day))
		# as if they were from before the rule
		frappe.flags.pop("crm_success_due_documents", None)
		frappe.db.delete("Loyalty Due Document")
		old = give_points(dry_run(make_backfill("One for Ten")))
		self.assertEqual(figures(old, OF_GIVING), (2, 180, 0, 1))
		self.assertEqual(points_of(FIRST), (80, 0, 80))

	def test_documents_of_any_doctype_by_their_own_day(self):
		for day in (200, 100, 3):
			factories.make_issue(FIRST, f"{days_ago(day)} 09:00:00")
		make_rule(
			"For Asking",
			event="Document Matches",
			document_type="Issue",
			basis="Fixed Number",
			points=7,
			date_field="opening_date",
			filters='[["status", "!=", "Closed"]]',
		)
		old = give_points(dry_run(make_backfill("For Asking", from_date=days_ago(150), to_date=days_ago(3))))
		self.assertEqual(figures(old, OF_GIVING), (2, 14, 0, 1))
		days = frappe.get_all(
			LEDGER_ENTRY, {"customer": FIRST}, pluck="posting_date", order_by="posting_date"
		)
		self.assertEqual(days, [getdate(days_ago(100)), getdate(days_ago(3))])

	def test_stopped_it_keeps_what_it_gave_and_a_new_one_gives_the_rest(self):
		for customer in (FIRST, SECOND):
			factories.make_invoice(customer, 300, days_ago(50))
		make_rule()
		small = _batches_of(1)
		small.start()
		self.addCleanup(small.stop)
		old = dry_run(make_backfill("One for Ten"))
		run = backfill_form.give_points(old.name)["run"]
		frappe.db.commit()
		drop_jobs()
		prepare_run(run)
		do_batch(leases.claim(run), backfill.PointsBackfill(run))
		late = leases.claim(run)
		run_life.cancel_run(run)
		do_batch(late, backfill.PointsBackfill(run))
		old.reload()
		self.assertEqual((old.status, *figures(old, OF_GIVING)), ("Cancelled", 1, 30, 0, 1))
		self.assertEqual(frappe.db.count(LEDGER_ENTRY), 1)
		old = dry_run(old)
		self.assertEqual(figures(old, OF_DRY_RUN), (1, 30, 0, 1))
		give_points(old)
		self.assertEqual((points_of(FIRST), points_of(SECOND)), ((30, 0, 30), (30, 0, 30)))

	def test_the_run_says_how_many_it_gave(self):
		factories.make_invoice(FIRST, 300, days_ago(50))
		make_rule()
		old = dry_run(make_backfill("One for Ten"))
		old = give_points(old)
		run = frappe.db.get_value(RUN, old.run, ["status", "kind", "documents_earned", "points_given"])
		self.assertEqual(run, ("Completed", "Points Backfill", 1, 30))

	def test_without_documents_it_ends_at_once(self):
		make_rule()
		old = dry_run(make_backfill("One for Ten", from_date="2001-01-01", to_date="2001-12-31"))
		self.assertEqual(
			(old.status, *figures(old, ("documents", *OF_DRY_RUN))), ("Dry Run Done", 0, 0, 0, 0, 0)
		)


class TestWhatABackfillMayBe(PointsTestCase):
	def setUp(self):
		super().setUp()
		factories.make_customer(FIRST)
		factories.make_invoice(FIRST, 300, days_ago(50))
		self.rule = make_rule()

	def assert_refused(self, words: str, **values):
		with self.assertRaisesRegex(frappe.ValidationError, words):
			make_backfill(values.pop("rule", "One for Ten"), **values)
		frappe.db.rollback()

	def test_days(self):
		self.assert_refused("Enter today, or a day before", to_date=add_days(TODAY, 1))
		self.assert_refused("Enter a day that is not before", from_date=days_ago(5), to_date=days_ago(6))
		self.assert_refused("from_date", from_date=None)
		make_backfill("One for Ten", from_date=TODAY, to_date=TODAY)

	def test_rules(self):
		make_rule(
			"Birthday",
			event="Yearly Date",
			document_type="Customer",
			basis="Fixed Number",
			date_field="creation",
		)
		self.assert_refused("A yearly date earns when its day comes", rule="Birthday")
		self.rule.update({"enabled": 0}).save()
		self.assert_refused("is disabled, and gives nothing")

	def test_points_are_given_after_a_dry_run_of_the_same_alone(self):
		old = make_backfill("One for Ten")
		with self.assertRaisesRegex(frappe.ValidationError, "Press Dry Run first"):
			done(old, "give_points")
		dry_run(old)
		self.assertTrue(old.run_method("onload") or old.get_onload("may_give"))
		self.rule.update({"points": 2}).save()
		frappe.db.commit()
		with self.assertRaisesRegex(frappe.ValidationError, "was changed after the dry run"):
			done(old, "give_points")
		frappe.db.rollback()
		dry_run(old)
		old.update({"from_date": days_ago(40)}).save()
		self.assertEqual((old.status, old.dry_run_on, old.reasons), ("New", None, []))
		with self.assertRaisesRegex(frappe.ValidationError, "Press Dry Run first"):
			done(old, "give_points")
		frappe.db.rollback()
		old.reload().update({"from_date": days_ago(60)}).save()
		give_points(dry_run(old))
		with self.assertRaisesRegex(frappe.ValidationError, "Press Dry Run first"):
			done(old, "give_points")
		self.assertEqual(entries_of(FIRST), (("Earn", 60),))

	def test_a_change_of_another_rule_that_comes_later_needs_no_new_dry_run(self):
		old = dry_run(make_backfill("One for Ten"))
		make_rule("Later", priority=900, stops=1)
		give_points(old)
		self.assertEqual(entries_of(FIRST), (("Earn", 30),))

	def test_what_was_found_is_not_entered(self):
		old = make_backfill("One for Ten", points=5, status="Points Given", rule_version="x", documents=3)
		self.assertEqual(figures(old, ("status", "points", "rule_version", "documents")), ("New", 0, None, 0))
		old = dry_run(old)
		version = old.rule_version
		old.update(
			{"points": 5, "rule_version": "x", "reasons": [{"reason": "Is not paid yet", "documents": 3}]}
		)
		old.save()
		self.assertEqual(figures(old, ("points", "rule_version")), (30, version))
		self.assertEqual(old.reload().reasons, [])

	def test_while_it_is_worked_on_it_is_not_deleted_or_started_again(self):
		old = make_backfill("One for Ten")
		run = backfill_form.dry_run(old.name)["run"]
		frappe.db.commit()
		drop_jobs()
		with self.assertRaisesRegex(frappe.ValidationError, "Wait until it is finished"):
			backfill_form.dry_run(old.name)
		frappe.db.rollback()
		with self.assertRaisesRegex(frappe.ValidationError, "is being worked on"):
			old.reload().delete()
		frappe.db.rollback()
		run_life.cancel_run(run)
		frappe.delete_doc(BACKFILL, old.name)
		frappe.db.commit()

	def test_a_rule_that_is_gone_gives_nothing_and_the_run_says_so(self):
		old = dry_run(make_backfill("One for Ten"))
		run = backfill_form.give_points(old.name)["run"]
		frappe.db.commit()
		drop_jobs()
		prepare_run(run)
		frappe.rename_doc("Loyalty Earning Rule", "One for Ten", "Another Name")
		frappe.db.commit()
		do_batch(leases.claim(run), backfill.PointsBackfill(run))
		run_life.finish_if_done(run)
		self.assertEqual(frappe.db.count(LEDGER_ENTRY), 0)
		self.assertEqual(frappe.db.get_value(RUN, run, "status"), "Completed with Warnings")


def _batches_of(size: int):
	return patch.object(backfill, "BATCH_SIZE", size)
