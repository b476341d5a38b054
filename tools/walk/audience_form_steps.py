"""What somebody does with audiences in their list and their form: reads one, makes one, evaluates it, picks by hand."""

import re

from playwright.sync_api import Locator

from tools.walk.browser import Window
from tools.walk.walk_audiences import AT_RISK, BY_HAND, PICKED
from tools.walk.walkers import Person

NUMBER = re.compile(r"\d")
CONDITIONS = '.frappe-control[data-fieldname="conditions"]'
# while a row is edited the desk is covered, which `settle` would wait to see the end of
ROW = ".grid-row-open .form-in-grid"
FOCUS_MILLISECONDS = 1000


def audiences(window: Window, person: Person) -> None:
	audience_list(window)
	audience_form(window, person)
	if person.makes_audiences:
		new_audience(window, person)
	if person.manages:
		pick_by_hand(window)


def audience_list(window: Window) -> None:
	window.step = "list of audiences"
	window.open("/customer-audience")
	window.shown.locator(".audience-list-size").first.wait_for()
	window.look("list of audiences")
	sizes = window.shown.locator(".audience-list-size").all_inner_texts()
	window.expect(all(map(NUMBER.search, sizes)), f"the sizes of audiences are {sizes}")


def audience_form(window: Window, person: Person) -> None:
	window.step = "Customer Audience"
	window.shown.locator(f'a[data-doctype="Customer Audience"][data-name="{AT_RISK}"]').first.click()
	members = wait_for_members(window)
	window.shown.locator(".audience-members-history svg").wait_for()
	window.look("Customer Audience", title_is_ours=False)
	window.expect(members > 0, "nobody is in the audience")
	words = window.shown.locator(f"{CONDITIONS} .grid-body [data-fieldname=summary]").first.inner_text()
	window.expect(words.strip(), "the condition is not told in words")
	choose_period(window)
	if not person.manages:
		window.expect(not window.button("Evaluate Now").count(), "Evaluate Now is offered")
		window.expect(not window.shown.locator(".audience-preview").count(), "a preview is shown")
		return
	total = wait_for_total(window)
	window.expect(str(members) in total, f"{members} are in the audience, the preview says {total!r}")
	window.press("Evaluate Now")
	window.page.locator(".desk-alert").first.wait_for()
	wait_for_members(window)
	window.look("evaluated audience", title_is_ours=False)


def choose_period(window: Window) -> None:
	choice = window.shown.locator(".audience-members-period select")
	before = window.shown.locator(".audience-members-history p").inner_text()
	choice.select_option("365")
	window.page.wait_for_function(
		"""before => {
			const words = [...document.querySelectorAll(".audience-members-history p")].find((each) => each.checkVisibility());
			return words && words.innerText !== before;
		}""",
		arg=before,
	)
	window.look("a year of an audience", title_is_ours=False)


def wait_for_members(window: Window) -> int:
	"""How many customers the form says are in."""
	count = window.shown.locator(".audience-members-count")
	count.wait_for()
	window.settle()
	return int(re.sub(r"\D", "", count.inner_text()))


def wait_for_total(window: Window) -> str:
	"""What the preview says, once it is of the conditions as they stand."""
	current = window.shown.locator(
		".audience-preview:not(.audience-preview-outdated) .audience-preview-total"
	)
	current.wait_for()
	return current.inner_text()


def wait_for_lines(window: Window, number: int) -> None:
	"""Until the preview tells of so many conditions and filters."""
	window.page.wait_for_function(
		"""number => {
			const lines = ".audience-preview:not(.audience-preview-outdated) .audience-preview-table tbody tr";
			return [...document.querySelectorAll(lines)].filter((line) => line.checkVisibility()).length === number;
		}""",
		arg=number,
	)


def new_audience(window: Window, person: Person) -> None:
	window.step = "new audience"
	name = f"Walked by {person.full_name} {window.view.name}"
	start_audience(window, name)
	add_band_condition(window)
	wait_for_lines(window, 1)
	window.look("preview of an audience")
	add_not_in_audience(window)
	wait_for_lines(window, 2)
	window.look("preview of two conditions")
	save(window)
	window.look("saved audience", title_is_ours=False)
	window.page.wait_for_function("() => cur_frm.doc.evaluated_on", timeout=60_000)
	window.expect(wait_for_members(window) > 0, "nobody was found for the new audience")
	open_members(window)


def start_audience(window: Window, name: str) -> None:
	window.open("/customer-audience/new")
	field = window.shown.locator('input[data-fieldname="audience_name"]')
	field.fill(name)
	field.press("Tab")


def add_row(window: Window) -> Locator:
	"""The fields of a new row, opened."""
	if not window.shown.locator(f"{CONDITIONS} .grid-body .grid-row").count():
		window.shown.locator(f"{CONDITIONS} .grid-empty").wait_for()
	window.shown.locator(f"{CONDITIONS} .grid-add-row").click()
	row = window.shown.locator(ROW)
	row.locator('select[data-fieldname="looks_at"]').wait_for()
	return row


def close_row(window: Window) -> None:
	"""A click in a dialog above it has closed it already."""
	if window.shown.locator(ROW).is_visible():
		window.shown.locator(f"{ROW} .grid-collapse-row").click()
	window.shown.locator(ROW).wait_for(state="hidden")
	window.settle()


def add_band_condition(window: Window) -> None:
	row = add_row(window)
	row.locator('select[data-fieldname="looks_at"]').select_option("Customer Health")
	row.locator('button[data-fieldname="edit_filters"]').click()
	filter_by_band(window)
	window.dialog.locator(".btn-modal-primary").click()
	window.dialog.wait_for(state="hidden")
	close_row(window)


def filter_by_band(window: Window) -> None:
	"""In the desk's filter area, which begins with one filter."""
	box = window.dialog.locator(".filter-box").first
	box.wait_for()
	window.wait_for_rest()
	field = box.locator(".fieldname-select-area input")
	field.fill(window.word("Band"))
	# the list moves while it is filtered: the first one is chosen by its key
	box.locator(".fieldname-select-area li").first.wait_for()
	field.press("Enter")
	box.locator('.filter-field select[data-fieldname="band"]').select_option("At Risk")


def add_not_in_audience(window: Window) -> None:
	row = add_row(window)
	row.locator('select[data-fieldname="looks_at"]').select_option("Audience")
	row.locator('input[data-fieldname="is_not"]').check()
	# the desk takes the focus back to the box for a moment, in which nobody types but a walk
	window.page.wait_for_timeout(FOCUS_MILLISECONDS)
	link = row.locator('input[data-fieldname="audience"]')
	link.click()
	link.fill(BY_HAND[:7])
	row.locator(".awesomplete [role=option]").filter(has_text=BY_HAND).first.click()
	close_row(window)


def save(window: Window) -> None:
	window.page.evaluate("cur_frm.save()")
	window.page.wait_for_function("() => !cur_frm.is_new() && !cur_frm.is_dirty()")
	window.settle()


def open_members(window: Window) -> None:
	window.step = "members of an audience"
	window.press("Members", "View")
	window.shown.locator(".list-row").first.wait_for()
	window.look("members of an audience")


def pick_by_hand(window: Window) -> None:
	window.step = "audience by hand"
	window.open(f"/customer-audience/{BY_HAND}")
	wait_for_members(window)
	window.press("Add Customers")
	choose_first(window)
	window.look("customers to add", title_is_ours=False)
	window.dialog.locator(".btn-modal-primary").click()
	expect_members(window, PICKED + 1)
	window.press("Remove Customers")
	choose_first(window)
	window.dialog.locator(".btn-modal-primary").click()
	expect_members(window, PICKED)


def choose_first(window: Window) -> None:
	line = window.dialog.locator(".audience-picker-line").first
	line.wait_for()
	line.click()
	window.page.wait_for_function("() => cur_dialog && !cur_dialog.get_primary_btn().prop('disabled')")


def expect_members(window: Window, number: int) -> None:
	window.dialog.wait_for(state="hidden")
	window.shown.locator(".audience-members-count").filter(has_text=re.compile(rf"^{number}$")).wait_for()
	window.settle()


def by_keyboard(window: Window, person: Person) -> None:
	"""Without a mouse: the preview is asked for again, and somebody is picked."""
	if not person.manages:
		return
	window.step = "keyboard: preview of an audience"
	window.open(f"/customer-audience/{AT_RISK}")
	wait_for_total(window)
	window.shown.locator(f"{CONDITIONS} .grid-add-row").focus()
	window.reach(window.shown.locator(".audience-preview-ask"))
	window.page.keyboard.press("Enter")
	wait_for_total(window)
	window.reach(window.shown.locator(".audience-members-period select"))
	window.step = "keyboard: customers by hand"
	window.open(f"/customer-audience/{BY_HAND}")
	wait_for_members(window)
	window.button("Add Customers").focus()
	window.page.keyboard.press("Enter")
	window.dialog.locator(".audience-picker-line").first.wait_for()
	window.reach(window.dialog.locator(".audience-picker-line input"))
	window.page.keyboard.press("Space")
	window.reach(window.dialog.locator(".btn-modal-primary"))
	window.page.keyboard.press("Escape")
	window.dialog.wait_for(state="hidden")
