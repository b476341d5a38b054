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
	window.step = "new back-test"
	window.open("/score-back-test/new")
	window.shown.locator('input[data-fieldname="horizon"]').wait_for()
	window.look("new back-test", title_is_ours=False)
	start = window.shown.locator(".primary-action:visible")
	window.expect(start.inner_text().strip() == window.word("Start"), f"it says {start.inner_text()!r}")
	start.click()
	window.page.wait_for_function("status => cur_frm?.doc.status === status", arg=DONE, timeout=120_000)
	wait_for_figures(window)
	window.look("Score Back-test", title_is_ours=False)
	earlier = window.shown.locator(".back-test-dates button").last
	earlier.click()
	pressed = earlier.get_attribute("aria-pressed")
	window.expect(pressed == "true", f"the date that is chosen is {pressed!r}")
	window.look("another date of a back-test", title_is_ours=False)


def wait_for_figures(window: Window) -> None:
	window.shown.locator(".back-test-sentence").first.wait_for()
	window.shown.locator(".back-test-row").first.wait_for()
	window.settle()
