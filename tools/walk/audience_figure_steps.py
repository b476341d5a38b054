"""How two audiences overlap, and who went from one to the other. Makes no audience."""

import re

from tools.walk.browser import Window, encode

FOUND = "number => frappe.query_report?.data?.length === number && frappe.query_report.data[0].customer"


def movement(window: Window, first: str, second: str) -> None:
	"""A number of the matrix opens as many customers. Somebody must be in one of the audiences."""
	open_movement(window, first, second)
	window.look("report Audience Movement")
	cell = window.shown.locator(".dt-scrollable .dt-cell a").last
	number = int(re.sub(r"\D", "", cell.inner_text()))
	cell.click()
	window.page.wait_for_function(FOUND, arg=number)
	window.look("customers behind a movement")


def open_movement(window: Window, first: str, second: str) -> None:
	window.step = "report Audience Movement"
	asked = f"first_audience={encode(first)}&second_audience={encode(second)}"
	window.open(f"/query-report/Audience Movement?{asked}")
	window.shown.locator(".dt-scrollable .dt-cell a").first.wait_for()
