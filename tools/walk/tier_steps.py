"""What people do with tiers: a policy from nothing to a review, changes decided in bulk, and the tier on its customer."""

from tools.walk.browser import Window
from tools.walk.walk_tiers import AMOUNTS
from tools.walk.walkers import Person

GOLD = "Gold"
WAITING = "frappe.db.count('Customer Tier Change', { filters: { decision: 'Proposed' } })"
NEXT_EVALUATION = "frappe.xcall('crm_success.customer_loyalty.api.tier_policy.newest_evaluation', {}, 'GET')"
EVALUATION_IS_OVER = f"async (name) => {{ const run = await {NEXT_EVALUATION}; return run.name !== name && !['Queued', 'Preparing', 'Running'].includes(run.status); }}"
# as many as are decided in one go
DECIDED = 2


def walk_tiers(window: Window, person: Person) -> None:
	if person.manages:
		policy(window)
		tier(window)
	changes(window, person)
	if person.reads_customers:
		customer(window)
	reports(window)


def policy(window: Window) -> None:
	"""Off, in other words, tried, on again, and evaluated: nothing that was decided is lost."""
	window.step = "policy of tiers"
	open_policy(window)
	window.look("policy of tiers")
	before = window.page.evaluate(f"(async () => (await {NEXT_EVALUATION}).name)()")
	choose(window, "review", "Monthly")
	sentences = window.shown.locator(".loyalty-policy-words").inner_text()
	window.expect(
		window.word("Reviews are on the first day of each month.") in sentences, f"says {sentences!r}"
	)
	window.press("What Would Change")
	window.dialog.locator("table").first.wait_for()
	window.look("what a policy would change")
	window.close_dialog()
	window.page.evaluate("cur_frm.reload_doc()")
	window.settle()
	window.press("Evaluate Now")
	window.wait_until(EVALUATION_IS_OVER, before)
	window.settle()
	window.look("tiers are evaluated")


def open_policy(window: Window) -> None:
	window.open("/customer-loyalty-settings")
	window.shown.locator(".loyalty-policy-words li").first.wait_for()
	window.shown.locator(".loyalty-policy-status p").first.wait_for()


def choose(window: Window, fieldname: str, value: str) -> None:
	window.shown.locator(f'.frappe-control[data-fieldname="{fieldname}"] select').select_option(value)
	window.settle()


def tier(window: Window) -> None:
	window.step = "list of tiers"
	window.open("/customer-tier")
	window.shown.locator(".list-row").first.wait_for()
	window.look("list of tiers")
	window.step = "Customer Tier"
	open_tier(window)
	window.look("Customer Tier", title_is_ours=False)
	said = window.shown.locator(".customer-tier-earned-by").inner_text()
	amount = f"{AMOUNTS[GOLD]:,}"
	window.expect(amount in said, f"a tier of {amount} says {said!r}")


def open_tier(window: Window) -> None:
	window.open(f"/customer-tier/{GOLD}")
	window.shown.locator(".customer-tier-holders a").first.wait_for()
	window.shown.locator(".customer-tier-earned-by li").first.wait_for()


def changes(window: Window, person: Person) -> None:
	window.step = "list of tier changes"
	open_waiting(window)
	window.look("list of tier changes")
	if not person.manages:
		choose_rows(window)
		window.expect(not action(window, "Approve").count(), "Approve is offered")
		return
	before = window.page.evaluate(WAITING)
	decide(window, "Approve")
	window.look("approve changes of tiers")
	confirm(window)
	left = window.page.evaluate(WAITING)
	window.expect(before - left == DECIDED, f"{before} waited, and {left} after {DECIDED} were approved")
	decide(window, "Reject")
	confirm(window)
	window.step = "Customer Tier Change"
	window.shown.locator('.list-row a[data-doctype="Customer Tier Change"]').first.click()
	window.shown.locator('.frappe-control[data-fieldname="reasons"]').wait_for()
	window.look("Customer Tier Change", title_is_ours=False)
	said = window.page.evaluate("cur_frm.doc.reasons")
	window.expect(said, "no figures are told of a change")


def open_waiting(window: Window) -> None:
	window.open("/customer-tier-change?decision=Proposed")
	window.shown.locator(".list-row").first.wait_for()
	window.settle()


def choose_rows(window: Window) -> None:
	for row in window.shown.locator(".list-row .list-row-checkbox").all()[:DECIDED]:
		row.click()


def action(window: Window, label: str):
	words = window.word(label)
	return window.shown.locator(".actions-btn-group .dropdown-item").filter(has_text=words)


def decide(window: Window, label: str) -> None:
	"""Choose some, and ask for the dialog."""
	choose_rows(window)
	window.shown.locator(".actions-btn-group > button").click()
	action(window, label).first.click()
	window.dialog.locator('textarea[data-fieldname="note"]').wait_for()
	window.wait_for_rest()


def confirm(window: Window) -> None:
	"""Until what was decided has left the list."""
	names = window.page.evaluate("cur_list.get_checked_items(true)")
	window.dialog.locator('textarea[data-fieldname="note"]').fill("As the figures say")
	window.dialog.locator(".btn-modal-primary").click()
	window.dialog.wait_for(state="hidden")
	is_gone = "names => cur_list.data.every(({ name }) => !names.includes(name))"
	window.page.wait_for_function(is_gone, arg=names)
	window.settle()


def customer(window: Window) -> None:
	window.step = "tier of a customer"
	open_customer_with_tier(window)
	window.look("tier of a customer", title_is_ours=False)


def open_customer_with_tier(
	window: Window, filters: str = '{ next_tier: ["is", "set"], tier: ["is", "set"] }'
) -> None:
	ask = (
		f"(async () => (await frappe.db.get_list('Customer Tier Standing', "
		f"{{ filters: {filters}, fields: ['customer'], order_by: 'revenue desc', limit: 1 }}))[0].customer)()"
	)
	name = window.page.evaluate(ask)
	window.page.evaluate("name => frappe.set_route('Form', 'Customer', name)", name)
	window.shown.locator(".customer-tier-panel").wait_for()
	window.settle()


def reports(window: Window) -> None:
	for name in ("Tier Movements", "Tier Costs and Revenue"):
		window.step = f"report {name}"
		window.open(f"/query-report/{name}?from_date={a_year_ago(window)}")
		window.shown.locator(".dt-cell--1-0").first.wait_for()
		window.look(f"report {name}")


def a_year_ago(window: Window) -> str:
	return window.page.evaluate("frappe.datetime.add_days(frappe.datetime.get_today(), -364)")
