"""Customers who refer each other, for tests: referrals through their controller, and what jobs make of them. Checks nothing but refusals."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from crm_success.customer_loyalty.referrals.due_referrals import convert_due_referrals
from crm_success.customer_loyalty.referrals.referral_chains import hold_chains
from crm_success.record_names import REFERRAL
from crm_success.tests.support import factories
from crm_success.tests.support.points_site import (
	PointsTestCase,
	earn_now,
	make_rule,
)

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
