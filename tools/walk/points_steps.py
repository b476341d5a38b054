"""What people do with points: a rule from nothing, tried on an invoice; a customer's points, its ledger and its account."""

from tools.walk.audience_form_steps import save
from tools.walk.backfill_steps import backfill
from tools.walk.browser import Window
from tools.walk.clicks import begin_counting, expect_at_most
from tools.walk.walk_points import RULE
from tools.walk.walkers import Person

ACCOUNT, ENTRY, RULES = "Customer Loyalty Account", "Loyalty Ledger Entry", "Loyalty Earning Rule"
# what a rule from nothing, saved and tried on a real invoice, may take
RULE_ACTIONS = 14
INVOICE = "(await frappe.db.get_list('Sales Invoice', { filters: { docstatus: 1, is_return: 0 }, fields: ['name'], order_by: 'base_net_total desc', limit: 1 }))[0].name"
RICHEST = f"(await frappe.db.get_list('{ACCOUNT}', {{ fields: ['name', 'customer', 'balance'], order_by: 'balance desc', limit: 1 }}))[0]"


def walk_points(window: Window, person: Person) -> None:
	if person.manages:
		rule(window)
		rule_from_nothing(window)
		backfill(window)
	accounts(window)
	if person.reads_customers:
		customer(window, person)
	ledger(window)


def rule(window: Window) -> None:
	window.step = "list of earning rules"
	window.open("/loyalty-earning-rule")
	window.shown.locator(".list-row").first.wait_for()
	window.look("list of earning rules")
	open_rule(window)
	window.look("Loyalty Earning Rule", title_is_ours=False)


def open_rule(window: Window) -> None:
	window.open(f"/loyalty-earning-rule/{RULE}")
	window.shown.locator('[data-fieldname="event"]').first.wait_for()


def rule_from_nothing(window: Window) -> None:
	"""Named, with its event and its amount, saved, and tried on the largest invoice."""
	window.step = "an earning rule from nothing"
	name = f"Walked {window.view.name}"
	window.open("/loyalty-earning-rule/new")
	begin_counting(window)
	field = window.shown.locator('input[data-fieldname="rule_name"]')
	field.fill(name)
	field.press("Tab")
	window.shown.locator('select[data-fieldname="event"]').select_option("Invoice Submitted")
	window.shown.locator('input[data-fieldname="each_amount"]').fill("25")
	window.shown.locator('input[data-fieldname="each_amount"]').press("Tab")
	window.look("an earning rule from nothing")
	try_rule(window)
	window.look("an earning rule is tried", title_is_ours=False)
	window.close_dialog()
	save(window)
	if not window.view.is_phone:
		expect_at_most(window, RULE_ACTIONS, "a rule from nothing")
	# the next one begins from nothing, too
	window.page.evaluate(
		f"name => frappe.xcall('frappe.client.delete', {{ doctype: '{RULES}', name }})", name
	)
	window.settle()


def try_rule(window: Window) -> None:
	"""On the largest invoice; the answer says how many points."""
	window.press("Try It")
	window.dialog.locator('input[data-fieldname="document"]').wait_for()
	window.wait_for_rest()
	invoice = window.page.evaluate(f"(async () => {INVOICE})()")
	field = window.dialog.locator('input[data-fieldname="document"]')
	field.click()
	field.fill(invoice)
	window.dialog.locator(".awesomplete [role=option]").filter(has_text=invoice).first.click()
	window.dialog.locator(".btn-modal-primary").click()
	line = window.dialog.locator('[data-fieldname="outcome"] li').first
	line.wait_for()
	window.expect(any(map(str.isdigit, line.inner_text())), f"trying a rule says {line.inner_text()!r}")


def accounts(window: Window) -> None:
	window.step = "list of loyalty accounts"
	window.open("/customer-loyalty-account")
	window.shown.locator(".list-row").first.wait_for()
	window.look("list of loyalty accounts")
	name = window.page.evaluate(f"(async () => ({RICHEST}).name)()")
	window.page.evaluate(f"name => frappe.set_route('Form', '{ACCOUNT}', name)", name)
	window.shown.locator('[data-fieldname="balance"]').first.wait_for()
	window.look("Customer Loyalty Account", title_is_ours=False)


def customer(window: Window, person: Person) -> None:
	window.step = "points of a customer"
	balance = open_customer_with_points(window)
	panel = window.shown.locator(".customer-points-panel")
	window.look("points of a customer", title_is_ours=False)
	digits = "".join(filter(str.isdigit, panel.locator("strong").first.inner_text()))
	window.expect(digits == str(balance), f"a customer with {balance} points has {digits!r} on its form")
	entries = panel.locator("tbody tr").count()
	window.expect(entries, "the newest entries are not shown")
	adjusts = panel.locator("button").filter(has_text=window.word("Adjust Points")).count()
	window.expect(bool(adjusts) == person.manages, "who may adjust points is wrong")


def open_customer_with_points(window: Window) -> int:
	"""The one with the most; its balance."""
	richest = window.page.evaluate(f"(async () => {RICHEST})()")
	window.page.evaluate("name => frappe.set_route('Form', 'Customer', name)", richest["customer"])
	window.shown.locator(".customer-points-panel").wait_for()
	window.settle()
	return richest["balance"]


def ledger(window: Window) -> None:
	window.step = "points ledger"
	customer = window.page.evaluate(f"(async () => ({RICHEST}).customer)()")
	window.page.evaluate(f"customer => frappe.set_route('List', '{ENTRY}', {{ customer }})", customer)
	window.shown.locator(".list-row").first.wait_for()
	window.look("points ledger")
	window.shown.locator(f'.list-row a[data-doctype="{ENTRY}"]').first.click()
	window.shown.locator('[data-fieldname="kind"]').first.wait_for()
	window.look("Loyalty Ledger Entry", title_is_ours=False)
