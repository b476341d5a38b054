"""The walk without a mouse: Tab reaches and Enter works what the app adds to the desk."""

from playwright.sync_api import Locator

from tools.walk import audience_form_steps
from tools.walk.browser import Window
from tools.walk.steps import fill_override, wait_for_health
from tools.walk.walkers import Person


def walk_by_keyboard(window: Window, person: Person) -> None:
	report_rows(window)
	documents(window)
	if person.manages:
		override_dialog(window)
	audience_form_steps.by_keyboard(window, person)


def report_rows(window: Window) -> None:
	window.step = "keyboard: rows of the report"
	window.open("/query-report/Customer Health")
	link = window.shown.locator(".dt-cell a")
	window.shown.locator('input[data-fieldname="limit"]').focus()
	window.reach(link)
	window.page.keyboard.press("Enter")
	wait_for_health(window)


def documents(window: Window) -> None:
	window.step = "keyboard: documents"
	button = window.shown.locator(".health-part-evidence button")
	window.reach(button)
	window.page.keyboard.press("Enter")
	window.dialog.locator("p").first.wait_for()
	window.settle()
	is_inside = window.becomes(window.dialog, "element => element.contains(document.activeElement)")
	window.expect(is_inside, "the focus does not move into the dialog")
	window.page.keyboard.press("Escape")
	window.dialog.wait_for(state="hidden")
	is_back = window.becomes(button, "element => element === document.activeElement")
	window.expect(is_back, "the focus does not return to the button that opened the dialog")


def top_of_page(window: Window) -> Locator:
	"""What the Tab key reaches before the buttons of a form."""
	if window.desk.version > 15:
		return window.shown.locator(".navbar-breadcrumbs a").first
	return window.page.locator(".navbar-home")


def override_dialog(window: Window) -> None:
	window.step = "keyboard: override"
	top_of_page(window).focus()
	window.reach(window.button("Override Score"))
	window.page.keyboard.press("Enter")
	window.dialog.wait_for()
	fill_override(window)
	window.reach(window.dialog.locator(".btn-modal-primary"))
	window.page.keyboard.press("Enter")
	window.dialog.wait_for(state="hidden")
	wait_for_health(window)
	window.reach(window.button("End Override"))
	window.page.keyboard.press("Enter")
	window.button("Override Score").wait_for()
