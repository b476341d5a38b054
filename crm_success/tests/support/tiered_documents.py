"""Tiers of a site for tests, who has them, and documents of ERPNext that are priced and served by them."""

import frappe
from frappe.email.receive import InboundMail
from frappe.utils import add_days, nowdate

from crm_success.customer_loyalty.tiers.benefit_rules import BY_BENEFIT, make_rule
from crm_success.record_names import STANDING, TIER
from crm_success.tests.support import factories, tills
from crm_success.tests.support import permission_matrix as matrix
from crm_success.tests.support.factories import default_company

SILVER, GOLD = "Steel", "Gilt"
# of the item, in the price list of the site
PRICE = 100
ITEM = "CRM Success Tiered Service"
SUPPORT = "support@tiers.example.com"


def make_tier(name: str, level: int, **benefits: float):
	"""A tier with these benefits: discount=10, promise=2."""
	kinds = {"discount": "Discount", "promise": "Support Promise"}
	rows = [{"benefit": kinds[word], "benefit_value": value} for word, value in benefits.items()]
	return frappe.get_doc(
		{"doctype": TIER, "tier_name": name, "tier_level": level, "points_multiplier": 1, "benefits": rows}
	).insert()


def make_rules(tier) -> list:
	"""As the buttons of the form do."""
	rows = {row.benefit for row in tier.benefits}
	return [
		make_rule(frappe.get_doc(TIER, tier.name), kind)
		for kind in BY_BENEFIT.values()
		if kind.benefit in rows
	]


def make_discount_tiers() -> None:
	"""Those of the matrix of permissions."""
	make_tier(matrix.TIER_WITHOUT_RULE, 91, discount=5)
	make_rules(make_tier(matrix.TIER_WITH_RULE, 92, discount=5))
	frappe.db.commit()


def forget_discount_rule(tier: str) -> None:
	"""Delete the Pricing Rule that somebody made for the tier."""
	rule = frappe.db.get_value(TIER, tier, "pricing_rule")
	if rule:
		frappe.delete_doc("Pricing Rule", rule)
		frappe.db.commit()


def forget_discount_tiers() -> None:
	"""With their rules."""
	frappe.set_user("Administrator")
	for tier in (matrix.TIER_WITHOUT_RULE, matrix.TIER_WITH_RULE):
		frappe.delete_doc(TIER, tier)
	frappe.db.commit()


def give_tier(customer: str, tier: str | None) -> None:
	"""As an evaluation leaves it."""
	standing = frappe.db.get_value(STANDING, {"customer": customer})
	if not standing:
		doc = frappe.get_doc({"doctype": STANDING, "customer": customer})
		doc.name = standing = frappe.generate_hash(length=10)
		doc.db_insert()
	frappe.db.set_value(STANDING, standing, "tier", tier, update_modified=False)


def make_priced_item() -> str:
	"""An item without stock, with a price in the site's price list; its own, as ERPNext notes what other tests charged."""
	if not frappe.db.exists("Item", ITEM):
		like = frappe.db.get_value("Item", factories.make_item(), "item_group")
		item = {"item_code": ITEM, "item_group": like, "stock_uom": "Nos", "is_stock_item": 0}
		frappe.get_doc({"doctype": "Item", **item}).insert()
		price = {"item_code": ITEM, "price_list": selling_price_list(), "price_list_rate": PRICE}
		frappe.get_doc({"doctype": "Item Price", **price}).insert()
	return ITEM


def selling_price_list() -> str:
	return (
		frappe.db.get_single_value("Selling Settings", "selling_price_list")
		or frappe.get_all("Price List", {"selling": 1, "enabled": 1}, pluck="name")[0]
	)


def new_sale(doctype: str, customer: str, **values):
	"""Not saved: one row without a price, as an integration sends it."""
	days = {"transaction_date": nowdate(), "delivery_date": add_days(nowdate(), 7)}
	if doctype in ("Sales Invoice", "Delivery Note", "POS Invoice"):
		days = {"posting_date": nowdate()}
	who = {"customer": customer}
	if doctype == "Quotation":
		who = {"quotation_to": "Customer", "party_name": customer}
	row = {"item_code": make_priced_item(), "qty": 2}
	row |= {"cost_center": frappe.get_cached_value("Company", default_company(), "cost_center")}
	head = {"doctype": doctype, "company": default_company(), "selling_price_list": selling_price_list()}
	return frappe.get_doc({**head, **days, **who, **values, "items": [row]})


def make_sale(doctype: str, customer: str, **values):
	return new_sale(doctype, customer, **values).insert()


def visit_till(doctype: str, customer: str, amount: float):
	"""Two of the item at a till that is open, paid in cash; a POS Invoice, or in version 16 a Sales Invoice."""
	cash = {"mode_of_payment": "Cash", "amount": amount, "account": tills.account_of("Cash")}
	till = {"is_pos": 1, "pos_profile": tills.TILL, "account_for_change_amount": tills.account_of("Cash")}
	if doctype == "Sales Invoice":
		till["is_created_using_pos"] = 1
	currency = frappe.get_cached_value("Company", default_company(), "default_currency")
	sale = new_sale(doctype, customer, **till, currency=currency, payments=[cash])
	sale.items[0].income_account = tills.company_account("default_income_account")
	return sale.insert().submit()


def make_contact(customer: str, email: str) -> None:
	contact = {
		"doctype": "Contact",
		"first_name": customer,
		"email_ids": [{"email_id": email, "is_primary": 1}],
	}
	link = {"link_doctype": "Customer", "link_name": customer}
	frappe.get_doc({**contact, "links": [link]}).insert()


def receive_mail(sender: str, subject: str):
	"""A message as it comes from a server, read by an account whose messages become issues; the Issue."""
	account = frappe.get_doc("Email Account", _support_account())
	message = f"From: {sender}\nTo: {SUPPORT}\nSubject: {subject}\nMessage-ID: <{frappe.generate_hash()}@example.com>\n"
	message += "Content-Type: text/plain; charset=utf-8\n\nIt does not work.\n"
	communication = InboundMail(message.encode(), account, 1, 1, "Issue").process()
	return frappe.get_doc("Issue", communication.reference_name)


def _support_account() -> str:
	if name := frappe.db.exists("Email Account", {"email_id": SUPPORT}):
		return name
	account = frappe.get_doc(
		{
			"doctype": "Email Account",
			"email_account_name": "Tiers",
			"email_id": SUPPORT,
			"service": "",
			"enable_incoming": 0,
			"enable_outgoing": 0,
			"append_to": "Issue",
		}
	)
	# no server is asked
	return account.insert(ignore_mandatory=True).name
