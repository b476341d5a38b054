"""What somebody who manages scores does with a back-test: starts one, waits, and reads what it found."""

from tools.walk.browser import Window
from tools.walk.walkers import Person

# a year of a made-up company's customers
DONE = "Completed"


def back_tests(window: Window, person: Person) -> None:
	if not person.manages:
		return
	window.step = "list of back-tests"
	window.open("/score-back-test")
	window.shown.locator(".list-row").first.wait_for()
	window.look("list of back-tests")
	window.step = "check the scores"
	window.shown.locator(".primary-action:visible").click()
	window.dialog.locator('[data-fieldname="horizon"] input').wait_for()
	window.wait_for_rest()
	window.look("check the scores")
	window.dialog.locator(".btn-modal-primary").click()
	window.dialog.wait_for(state="hidden")
	window.page.wait_for_function("status => cur_frm?.doc.status === status", arg=DONE, timeout=120_000)
	wait_for_figures(window)
	window.look("Score Back-test", title_is_ours=False)
	earlier = window.shown.locator(".back-test-dates button").last
	earlier.click()
	pressed = earlier.get_attribute("aria-pressed")
	window.expect(pressed == "true", f"the date that is chosen is {pressed!r}")
	window.look("another date of a back-test", title_is_ours=False)
	suggested_weights(window)


def suggested_weights(window: Window) -> None:
	"""Looks at them, tries them in the scorecard where there are any, and saves nothing."""
	window.step = "suggested weights"
	window.shown.locator(".suggested-weights p").first.wait_for()
	tried = window.shown.locator(".suggested-weights button")
	if not tried.count():
		return
	tried.first.click()
	window.dialog.locator("table").first.wait_for()
	window.wait_for_rest()
	window.look("suggested weights entered", title_is_ours=False)
	unsaved = window.page.evaluate("cur_frm.doctype === 'Health Scorecard' && cur_frm.is_dirty()")
	window.expect(unsaved, "the suggested weights are not entered, or are saved")
	window.close_dialog()
	window.page.evaluate("cur_frm.reload_doc()")
	window.settle()


def wait_for_figures(window: Window) -> None:
	window.shown.locator(".back-test-sentence").first.wait_for()
	window.shown.locator(".back-test-row").first.wait_for()
	window.settle()
