"""Reports of an audience, how two of them overlap, and letters to one. Makes no audience."""

import re

from tools.walk.browser import Window, encode
from tools.walk.walkers import Person

NUMBER = re.compile(r"\d")
SIZE_OF_GROUP = "name => frappe.db.count('Email Group Member', { filters: { email_group: name } })"


def walk_audience_figures(window: Window, person: Person, first: str, second: str) -> None:
	"""`first` and `second`: audiences that have members."""
	filtered_report(window, first)
	movement(window, first, second)
	if person.writes_letters:
		fill_email_group(window, first)


def filtered_report(window: Window, audience: str) -> None:
	window.step = "report of an audience"
	window.open(f"/query-report/Customer Health?audience={encode(audience)}")
	window.shown.locator(".dt-cell a").first.wait_for()
	window.look("report of an audience")
	shown = window.page.evaluate("frappe.query_report.get_filter_value('audience')")
	window.expect(shown == audience, f"the filter shows {shown!r}")


def movement(window: Window, first: str, second: str) -> None:
	"""A number of the matrix opens as many customers."""
	open_movement(window, first, second)
	window.look("report Audience Movement")
	cell = window.shown.locator(".dt-scrollable .dt-cell a").last
	number = int(re.sub(r"\D", "", cell.inner_text()))
	cell.click()
	window.page.wait_for_function(
		"number => frappe.query_report?.data?.length === number && frappe.query_report.data[0].customer",
		arg=number,
	)
	window.look("customers behind a movement")


def open_movement(window: Window, first: str, second: str) -> None:
	asked = f"first_audience={encode(first)}&second_audience={encode(second)}"
	window.step = "report Audience Movement"
	window.open(f"/query-report/Audience Movement?{asked}")
	window.shown.locator(".dt-scrollable .dt-cell a").first.wait_for()


def fill_email_group(window: Window, audience: str) -> None:
	window.step = "fill an Email Group"
	ask_for_group(window, audience)
	window.look("fill an Email Group", title_is_ours=False)
	window.dialog.locator(".btn-modal-primary").click()
	told = window.page.locator(".msgprint p").first
	told.wait_for()
	window.look("filled Email Group", title_is_ours=False)
	window.expect(
		NUMBER.search(told.inner_text()), f"nothing is said of what was filled: {told.inner_text()!r}"
	)
	window.expect(window.page.evaluate(SIZE_OF_GROUP, audience), "nobody is in the Email Group")
	window.close_dialog()


def ask_for_group(window: Window, audience: str) -> None:
	window.open(f"/customer-audience/{audience}")
	window.page.wait_for_function("name => cur_frm?.doc.name === name", arg=audience)
	window.press("Fill Email Group", "Use")
	window.dialog.locator('[data-fieldname="contacts"] select').wait_for()
	window.page.wait_for_function("() => window.cur_dialog")
