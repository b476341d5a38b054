"""Tiers from nothing to a reviewed policy, as an administrator makes them who never did: counted in clicks and fields."""

from playwright.sync_api import Locator

from tools.walk.audience_form_steps import save
from tools.walk.browser import Window
from tools.walk.clicks import begin_counting, expect_at_most
from tools.walk.tier_steps import choose, open_policy

NAME = "Platinum"
AT_LEAST = "90000"
ENABLED = 'input[data-fieldname="enabled"]'
# at ten seconds each, thinking included, both take less than ten minutes
TIER_ACTIONS, POLICY_ACTIONS = 25, 15


def walk_from_nothing(window: Window) -> None:
	switch_off(window)
	tier_from_nothing(window)
	policy_from_nothing(window)
	take_back(window)


def switch_off(window: Window) -> None:
	window.step = "tiers are switched off"
	open_policy(window)
	window.shown.locator(ENABLED).uncheck()
	save(window)


def tier_from_nothing(window: Window) -> None:
	"""With what earns it and what it gives, looked at before it is saved."""
	window.step = "a tier from nothing"
	window.open("/customer-tier/new")
	begin_counting(window)
	fill(window.shown.locator('input[data-fieldname="tier_name"]'), NAME)
	fill(window.shown.locator('input[data-fieldname="tier_level"]'), "4")
	row = new_row(window, "requirements", "measure")
	row.locator('select[data-fieldname="measure"]').select_option("Net Revenue")
	fill(row.locator('input[data-fieldname="at_least"]'), AT_LEAST)
	close_row(window)
	row = new_row(window, "benefits", "benefit")
	row.locator('select[data-fieldname="benefit"]').select_option("Discount")
	fill(row.locator('input[data-fieldname="benefit_value"]'), "7.5")
	close_row(window)
	said = window.shown.locator(".customer-tier-earned-by").inner_text()
	window.expect("90,000" in said, f"the new tier says {said!r}")
	save(window)
	window.look("a tier from nothing", title_is_ours=False)
	expect_at_most(window, TIER_ACTIONS, "a tier from nothing")


def policy_from_nothing(window: Window) -> None:
	"""Switched on, in other words, and tried before it is saved."""
	window.step = "a policy from nothing"
	open_policy(window)
	begin_counting(window)
	window.shown.locator(ENABLED).check()
	choose(window, "period", "Calendar Year")
	choose(window, "review", "Monthly")
	window.press("What Would Change")
	window.dialog.locator("table").first.wait_for()
	window.look("what a policy from nothing would change")
	window.close_dialog()
	save(window)
	window.look("a policy from nothing")
	expect_at_most(window, POLICY_ACTIONS, "a policy from nothing")
	choose(window, "period", "Rolling 12 Months")
	choose(window, "review", "Quarterly")
	save(window)


def take_back(window: Window) -> None:
	"""The walk goes on with the tiers that it began with."""
	window.page.evaluate(
		"name => frappe.xcall('frappe.client.delete', { doctype: 'Customer Tier', name })", NAME
	)
	window.settle()


def fill(field: Locator, text: str) -> None:
	field.fill(text)
	field.press("Tab")


def new_row(window: Window, table: str, first_field: str) -> Locator:
	"""The fields of a new row of a table, opened."""
	place = window.shown.locator(f'.frappe-control[data-fieldname="{table}"]')
	place.locator(".grid-add-row").click()
	row = window.shown.locator(".grid-row-open .form-in-grid")
	if not row.is_visible():
		place.locator(".grid-row .btn-open-row").last.click()
	row.locator(f'[data-fieldname="{first_field}"]').first.wait_for()
	return row


def close_row(window: Window) -> None:
	window.shown.locator(".grid-row-open .grid-collapse-row").click()
	window.shown.locator(".grid-row-open").wait_for(state="hidden")
	window.settle()
