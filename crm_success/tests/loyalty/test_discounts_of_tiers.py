"""What a customer pays by their tier: real orders, quotations, invoices and visits at a till, priced by a real Pricing Rule."""

import json

import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return
from erpnext.selling.doctype.quotation.quotation import make_sales_order
from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice
from erpnext.stock.get_item_details import get_item_details
from frappe.model.rename_doc import rename_doc
from frappe.utils import nowdate

from crm_success.customer_loyalty.api.tier_rules_form import tier_of
from crm_success.record_names import TIER
from crm_success.tests.support import factories, tills
from crm_success.tests.support.tiered_documents import (
	GOLD,
	PRICE,
	SILVER,
	give_tier,
	make_rules,
	make_sale,
	make_tier,
	new_sale,
	visit_till,
)
from crm_success.tests.support.utils import IS_VERSION_15, SiteTestCase, messages

ANNA = "Anna Buys"
DOCUMENTS = ("Quotation", "Sales Order", "Sales Invoice", "Delivery Note")


class DiscountTestCase(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		for name, level, discount in ((SILVER, 51, 5), (GOLD, 52, 10)):
			make_rules(make_tier(name, level, discount=discount))

	def setUp(self):
		super().setUp()
		factories.make_customer(ANNA)
		give_tier(ANNA, GOLD)

	def assert_priced(self, doc, tier: str | None, rate: float) -> None:
		self.assertEqual((doc.customer_tier or None, [row.rate for row in doc.items]), (tier, [rate]))


class TestPrices(DiscountTestCase):
	def test_each_document_of_a_sale_gets_the_discount(self):
		for doctype in DOCUMENTS:
			with self.subTest(doctype):
				doc = make_sale(doctype, ANNA)
				self.assert_priced(doc, GOLD, 90)
				self.assertEqual(doc.items[0].discount_percentage, 10)
				self.assertEqual(doc.reload().net_total, 180)

	def test_who_has_no_tier_pays_the_whole_price(self):
		give_tier(ANNA, None)
		self.assert_priced(make_sale("Sales Order", ANNA), None, PRICE)
		factories.make_customer("Never Seen")
		self.assert_priced(make_sale("Sales Order", "Never Seen"), None, PRICE)

	def test_a_visit_at_a_till_gets_the_price(self):
		tills.open_till()
		kinds = ["POS Invoice"] if IS_VERSION_15 else ["POS Invoice", "Sales Invoice"]
		for doctype in kinds:
			with self.subTest(doctype), tills.till_that_writes(doctype):
				sale = visit_till(doctype, ANNA, 180)
				self.assert_priced(sale.reload(), GOLD, 90)
				self.assertEqual((sale.grand_total, sale.outstanding_amount), (180, 0))
				give_tier(ANNA, SILVER)
				self.assert_priced(visit_till(doctype, ANNA, 190).reload(), SILVER, 95)
				give_tier(ANNA, GOLD)

	def test_a_browser_that_has_the_tier_gets_the_price_of_a_row_before_anything_is_saved(self):
		doc = new_sale("Sales Order", ANNA, conversion_rate=1)
		self.assertFalse(self.asked_by_a_browser(doc).get("discount_percentage"))
		doc.customer_tier = tier_of(ANNA)
		self.assertEqual(self.asked_by_a_browser(doc)["discount_percentage"], 10)

	def test_an_item_that_is_chosen_in_a_form_of_version_16_is_priced_by_the_tier_alone(self):
		if IS_VERSION_15:
			return
		for tier, rate in ((GOLD, 90), (SILVER, 95), (None, PRICE)):
			with self.subTest(tier=tier):
				doc = new_sale(
					"Sales Order", ANNA, customer_tier=tier, conversion_rate=1, plc_conversion_rate=1
				)
				doc.currency = doc.price_list_currency = frappe.get_cached_value(
					"Company", doc.company, "default_currency"
				)
				doc.items[0].idx = 1
				doc.run_method("process_item_selection", item_idx=1)
				self.assert_priced(doc, tier, rate)
				self.assertEqual(doc.net_total, 2 * rate)

	def asked_by_a_browser(self, doc) -> dict:
		currency = frappe.get_cached_value("Company", doc.company, "default_currency")
		args = {"item_code": doc.items[0].item_code, "doctype": doc.doctype, "name": "new-sales-order-1"}
		args |= {
			"customer": ANNA,
			"company": doc.company,
			"qty": 1,
			"conversion_rate": 1,
			"currency": currency,
		}
		args |= {
			"price_list": doc.selling_price_list,
			"price_list_currency": currency,
			"plc_conversion_rate": 1,
		}
		args |= {"child_doctype": "Sales Order Item", "transaction_type": "selling"}
		get_details = getattr(get_item_details, "__wrapped__", get_item_details)
		return get_details(frappe._dict(args), doc=json.dumps(doc.as_dict(), default=str))

	def test_a_tier_that_changes_changes_the_next_order_and_no_submitted_one(self):
		order = make_sale("Sales Order", ANNA).submit()
		give_tier(ANNA, SILVER)
		self.assert_priced(make_sale("Sales Order", ANNA), SILVER, 95)
		order.reload()
		order.po_no = "A-1"
		order.save()
		self.assert_priced(order.reload(), GOLD, 90)

	def test_what_a_request_says_of_the_tier_is_not_believed(self):
		give_tier(ANNA, SILVER)
		order = make_sale("Sales Order", ANNA, customer_tier=GOLD)
		self.assert_priced(order, SILVER, 95)
		order.customer_tier = GOLD
		order.submit()
		self.assert_priced(order.reload(), SILVER, 95)


class TestDrafts(DiscountTestCase):
	def test_another_customer_of_a_draft_is_priced_by_their_own_tier(self):
		factories.make_customer("Ben Buys")
		for tier, rate in ((SILVER, 95), (None, PRICE)):
			with self.subTest(tier=tier):
				order = make_sale("Sales Order", ANNA)
				give_tier("Ben Buys", tier)
				order.update({"customer": "Ben Buys", "customer_name": None})
				order.save()
				self.assert_priced(order.reload(), tier, rate)
		self.assertIn("Rows that were priced anew: 1", messages())

	def test_a_draft_follows_the_tier_at_its_next_save_but_is_submitted_as_it_was_seen(self):
		order, other = make_sale("Sales Order", ANNA), make_sale("Sales Order", ANNA)
		give_tier(ANNA, SILVER)
		order.save()
		self.assert_priced(order.reload(), SILVER, 95)
		other.submit()
		self.assert_priced(other.reload(), GOLD, 90)

	def test_a_discount_that_somebody_gave_by_hand_is_theirs(self):
		give_tier(ANNA, None)
		order = new_sale("Sales Order", ANNA)
		order.items[0].update({"discount_percentage": 20, "price_list_rate": PRICE, "rate": 80})
		order.insert()
		order.save()
		self.assert_priced(order.reload(), None, 80)

	def test_a_document_without_pricing_rules_keeps_its_prices(self):
		order = new_sale("Sales Order", ANNA, ignore_pricing_rule=1)
		order.items[0].update({"rate": 70, "price_list_rate": PRICE})
		order.insert()
		self.assert_priced(order.reload(), GOLD, 70)


class TestDocumentsMadeFromOthers(DiscountTestCase):
	def test_an_order_keeps_the_price_and_the_tier_of_its_quotation(self):
		quotation = make_sale("Quotation", ANNA).submit()
		give_tier(ANNA, SILVER)
		order = make_sales_order(quotation.name)
		self.assert_priced(order, GOLD, 90)
		order.delivery_date = nowdate()
		for row in order.items:
			row.delivery_date = nowdate()
		order.insert().submit()
		self.assert_priced(order.reload(), GOLD, 90)

	def test_an_invoice_keeps_the_price_and_the_tier_of_its_order(self):
		order = make_sale("Sales Order", ANNA).submit()
		for tier in (SILVER, None):
			with self.subTest(tier=tier):
				give_tier(ANNA, tier)
				invoice = make_sales_invoice(order.name)
				self.assert_priced(invoice, GOLD, 90)
				self.assert_priced(invoice.insert(), GOLD, 90)
				invoice.save()
				self.assert_priced(invoice.reload(), GOLD, 90)

	def test_an_order_without_a_tier_gives_its_invoice_none(self):
		give_tier(ANNA, None)
		order = make_sale("Sales Order", ANNA).submit()
		give_tier(ANNA, GOLD)
		self.assert_priced(make_sales_invoice(order.name).insert(), None, PRICE)

	def test_an_invoice_of_two_tiers_goes_by_the_customers_own_and_keeps_both_prices(self):
		orders = [make_sale("Sales Order", ANNA).submit()]
		give_tier(ANNA, SILVER)
		orders.append(make_sale("Sales Order", ANNA).submit())
		invoice = make_sales_invoice(orders[1].name, make_sales_invoice(orders[0].name))
		invoice.insert()
		self.assertEqual(invoice.customer_tier, SILVER)
		self.assertEqual(len(invoice.items), 2)

	def test_what_is_brought_back_has_the_tier_of_the_invoice(self):
		invoice = make_sale("Sales Invoice", ANNA).submit()
		give_tier(ANNA, SILVER)
		returned = make_sales_return(invoice.name)
		returned.insert().submit()
		self.assert_priced(returned.reload(), GOLD, 90)
		self.assertEqual(returned.grand_total, -180)

	def test_an_amended_order_has_the_tier_of_the_cancelled_one_unless_it_is_anothers(self):
		order = make_sale("Sales Order", ANNA).submit()
		give_tier(ANNA, SILVER)
		order.cancel()
		amended = frappe.copy_doc(order)
		amended.update({"docstatus": 0, "amended_from": order.name})
		amended.insert()
		self.assert_priced(amended, GOLD, 90)
		factories.make_customer("Ben Buys")
		amended.update({"customer": "Ben Buys", "customer_name": None})
		amended.save()
		self.assert_priced(amended.reload(), None, PRICE)

	def test_a_copy_of_an_old_order_is_priced_by_todays_tier(self):
		order = make_sale("Sales Order", ANNA).submit()
		give_tier(ANNA, SILVER)
		copy = frappe.copy_doc(order)
		copy.docstatus = 0
		self.assert_priced(copy.insert(), SILVER, 95)

	def test_a_lead_has_no_tier_even_one_with_the_name_of_a_customer(self):
		lead = frappe.get_doc({"doctype": "Lead", "lead_name": ANNA, "email_id": "anna@example.com"}).insert()
		give_tier(lead.name, GOLD)
		quotation = make_sale("Quotation", ANNA, quotation_to="Lead", party_name=lead.name)
		self.assert_priced(quotation, None, PRICE)


class TestNames(DiscountTestCase):
	def test_a_renamed_customer_keeps_tier_and_price(self):
		order = make_sale("Sales Order", ANNA)
		rename_doc("Customer", ANNA, "Anna Renamed", force=True)
		give_tier("Anna Renamed", GOLD)
		order.reload().save()
		self.assert_priced(order.reload(), GOLD, 90)

	def test_a_renamed_tier_goes_on_in_documents_of_every_state_and_in_its_rule(self):
		draft = make_sale("Sales Order", ANNA)
		submitted = make_sale("Sales Order", ANNA).submit()
		rename_doc(TIER, GOLD, "Platinum", force=True)
		self.assertEqual(draft.reload().customer_tier, "Platinum")
		self.assertEqual(submitted.reload().customer_tier, "Platinum")
		give_tier(ANNA, "Platinum")
		draft.save()
		self.assert_priced(draft.reload(), "Platinum", 90)
		self.assert_priced(make_sale("Sales Order", ANNA), "Platinum", 90)

	def test_a_form_that_was_open_while_the_tier_was_renamed_is_saved(self):
		order = make_sale("Sales Order", ANNA)
		rename_doc(TIER, GOLD, "Platinum", force=True)
		give_tier(ANNA, "Platinum")
		order.save()
		self.assert_priced(order.reload(), "Platinum", 90)
