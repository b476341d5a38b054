"""From a cell of the RFM Matrix to an audience, to the lists and the reports that it filters, and to whom a letter goes."""

import json

from playwright.sync_api import Locator

from tools.walk.browser import Window, encode
from tools.walk.walkers import Person

SIZE = """async (name) => (await frappe.xcall(
	"crm_success.audiences.api.audience_form.sizes", { audiences: JSON.stringify([name]) }))[name]"""
MEMBERS_ARE_FOUND = f"async (name) => await ({SIZE})(name) > 0"
LISTED = "frappe.db.count(cur_list.doctype, { filters: cur_list.get_filters_for_args() })"
# the field of each list that has the names of a customer's audiences
FIELDS = {"Customer Health": "audiences", "Customer": "customer_audiences"}
# each list without the filters that it remembers of this person
ADDRESSES = {"Customer Health": "/customer-health?customer_disabled=0", "Customer": "/customer?disabled=0"}


def walk_audience_lists(window: Window, person: Person) -> None:
	open_matrix(window)
	window.expect(
		bool(cell_buttons(window).count()) == person.makes_audiences,
		f"cells can be saved as audiences: {bool(cell_buttons(window).count())}",
	)
	if not person.makes_audiences:
		return
	name = f"Lately and often, for {person.full_name} ({window.view.name})"
	save_cell(window, name)
	filtered_list(window, "Customer Health", name)
	if person.reads_customers:
		filtered_list(window, "Customer", name)
		is_shown_on_customer(window, name)
	filtered_report(window, name)
	recipients(window, person, name)
	save_list(window)
	if not window.view.is_phone:
		add_to_audience(window, f"Picked by {person.full_name} ({window.view.name})")


def open_matrix(window: Window) -> None:
	window.step = "report RFM Matrix"
	window.open("/query-report/RFM Matrix")
	window.shown.locator(".dt-cell a").first.wait_for()
	window.look("report RFM Matrix")


def cell_buttons(window: Window) -> Locator:
	return window.shown.locator(".rfm-cell-save")


def save_cell(window: Window, name: str) -> None:
	"""Without a mouse where there is a keyboard; until its members are found."""
	window.step = "save a cell as an audience"
	button = window.shown.locator('.rfm-cell-save[data-recency="5"][data-frequency="5"]')
	label = button.get_attribute("aria-label") or ""
	window.expect("R5" in label and "F5" in label, f"the button of a cell is called {label!r}")
	if window.view.is_phone:
		button.click()
	else:
		window.shown.locator('input[data-fieldname="include_disabled"]').focus()
		window.reach(button, stops=150)
		window.page.keyboard.press("Enter")
	fill_audience(window, name)
	save_audience(window, name)
	window.wait_until(MEMBERS_ARE_FOUND, name)


def fill_audience(window: Window, name: str) -> None:
	window.shown.locator('.frappe-control[data-fieldname="conditions"] .grid-row').first.wait_for()
	window.look("new audience from a list")
	field = window.shown.locator('input[data-fieldname="audience_name"]')
	field.fill(name)
	# the form takes it before it can be saved
	field.press("Tab")


def save_audience(window: Window, name: str) -> None:
	window.shown.locator(".primary-action:visible").click()
	window.page.wait_for_function("name => cur_frm?.doc.name === name && !cur_frm.is_new()", arg=name)
	window.look("saved audience", title_is_ours=False)


def filtered_list(window: Window, doctype: str, name: str) -> None:
	"""By the filter of the list; on a phone, where it has no place, by its address."""
	window.step = f"list of {doctype} by audience"
	pattern = f"%|{name}|%"
	if window.view.is_phone:
		asked = json.dumps(["like", pattern])
		window.open(f"{ADDRESSES[doctype]}&{FIELDS[doctype]}={encode(asked)}")
	else:
		window.open(ADDRESSES[doctype])
		choose_audience(window, FIELDS[doctype], name)
	window.page.wait_for_function(
		"pattern => cur_list?.get_filters_for_args().some(([, , , value]) => value === pattern)", arg=pattern
	)
	window.shown.locator(".list-row").first.wait_for()
	window.look(f"list of {doctype} by audience")
	listed, members = window.page.evaluate(LISTED), window.page.evaluate(SIZE, name)
	window.expect(listed == members > 0, f"{listed} are listed of an audience of {members}")


def choose_audience(window: Window, fieldname: str, name: str) -> None:
	field = window.shown.locator(f'.standard-filter-section input[data-fieldname="{fieldname}"]')
	field.click()
	asked_by = f"{fieldname}%22%2C%22like"
	# the list waits a moment before it asks
	with window.page.expect_response(
		lambda answer: answer.url.endswith(".reportview.get") and asked_by in (answer.request.post_data or "")
	):
		window.shown.locator(".awesomplete li").filter(has_text=name).click()
	window.settle()
	window.expect(field.input_value() == name, f"the filter shows {field.input_value()!r}")


def is_shown_on_customer(window: Window, name: str) -> None:
	window.step = "audiences of a customer"
	window.shown.locator('.list-row a[data-doctype="Customer"]').first.click()
	link = window.shown.locator(".customer-health-panel .customer-audiences a").filter(has_text=name)
	link.wait_for()
	window.look("audiences of a customer", title_is_ours=False)
	raw = window.shown.locator('.frappe-control[data-fieldname="customer_audiences"]:visible')
	window.expect(not raw.count(), "the names are shown as they are stored, too")


def filtered_report(window: Window, name: str) -> None:
	window.step = "report Customer Health by audience"
	window.open(f"/query-report/Customer Health?audience={encode(name)}")
	window.shown.locator(".dt-cell a").first.wait_for()
	window.look("report Customer Health by audience")
	rows, members = window.page.evaluate("frappe.query_report.data.length"), window.page.evaluate(SIZE, name)
	window.expect(rows == members, f"{rows} rows are shown of an audience of {members}")


def recipients(window: Window, person: Person, name: str) -> None:
	window.step = "recipients of an audience"
	window.open(f"/customer-audience/{encode(name)}")
	window.shown.locator('.frappe-control[data-fieldname="conditions"] .grid-row').first.wait_for()
	if not person.writes_letters:
		window.expect(not window.button("Fill Email Group", "Use").count(), "Fill Email Group is offered")
		return
	window.press("Fill Email Group", "Use")
	window.dialog.locator('[data-fieldname="contacts"]').first.wait_for()
	window.look("recipients of an audience", title_is_ours=False)
	window.dialog.locator(".btn-modal-primary").click()
	window.dialog.locator('a[href*="email-group"]').wait_for()
	window.look("an Email Group is filled", title_is_ours=False)
	count = "(name) => frappe.db.count('Email Group Member', { filters: { email_group: name } })"
	addresses, members = window.page.evaluate(count, name), window.page.evaluate(SIZE, name)
	# each of the made-up customers has one primary contact
	window.expect(addresses == members, f"{addresses} addresses are in the group of {members} customers")
	window.close_dialog()


def save_list(window: Window) -> None:
	"""What the list cannot say as a condition is told; nothing is saved."""
	window.step = "save a list as an audience"
	window.open(f"/customer-health?band=Healthy&_assign={encode(json.dumps(['like', '%nobody%']))}")
	window.page.wait_for_function("() => window.cur_list?.doctype === 'Customer Health'")
	window.settle()
	window.shown.locator(".menu-btn-group > button").click()
	word = window.word("Save as Audience")
	window.shown.locator(".menu-btn-group .dropdown-item").filter(has_text=word).click()
	window.dialog.locator("li").first.wait_for()
	window.look("what an audience cannot take over of a list")
	window.close_dialog()
	conditions = window.page.evaluate("cur_frm.doc.conditions.map(({ filters }) => filters)")
	window.expect('["band","=","Healthy"]' in str(conditions), f"the conditions are {conditions}")


def add_to_audience(window: Window, name: str) -> None:
	window.step = "add to an audience"
	ask_for_audience(window, name)
	window.look("add to an audience")
	window.dialog.locator(".btn-modal-primary").click()
	window.dialog.wait_for(state="hidden")
	size = window.page.evaluate(SIZE, name)
	window.expect(size == 2, f"{size} customers were added, not two")


def ask_for_audience(window: Window, name: str) -> None:
	"""Two customers are selected, and a new audience is named for them."""
	window.open(ADDRESSES["Customer Health"])
	window.shown.locator(".list-row").first.wait_for()
	for row in window.shown.locator(".list-row .list-row-checkbox").all()[:2]:
		row.click()
	window.shown.locator(".actions-btn-group > button").click()
	words = window.word("Add to Audience")
	window.shown.locator(".actions-btn-group .dropdown-item").filter(has_text=words).click()
	field = window.dialog.locator('input[data-fieldname="new_audience"]')
	field.wait_for()
	window.wait_for_rest()
	field.fill(name)
	field.press("Tab")
