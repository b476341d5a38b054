"""Takes the pictures of the guides, as a Customer Success Manager sees the pages. Checks nothing that the walk has not."""

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tools.bench.folder import CHECKOUT
from tools.walk.audience_figure_steps import open_movement
from tools.walk.audience_form_steps import (
	add_not_in_audience,
	wait_for_lines,
	wait_for_members,
	wait_for_total,
)
from tools.walk.audience_list_steps import (
	ADDRESSES,
	ask_for_audience,
	cell_buttons,
	choose_audience,
	fill_audience,
	open_matrix,
	save_cell,
)
from tools.walk.back_test_steps import wait_for_figures
from tools.walk.browser import View, Window, browser_of, window_of
from tools.walk.desk import Desk
from tools.walk.points_steps import open_customer_with_points, open_rule, try_rule
from tools.walk.steps import METRIC, SCORECARD, change_healthy_from, fill_override, start_run, wait_for_health
from tools.walk.tier_steps import (
	a_year_ago,
	decide,
	open_customer_with_tier,
	open_policy,
	open_tier,
	open_waiting,
)
from tools.walk.walk_audiences import AT_RISK, BY_HAND
from tools.walk.walkers import PEOPLE

FOLDER = CHECKOUT / "docs/images"
COLOURS = 128
DESKTOP = View("pictures", 1280, 800, "en")
PHONE = View("pictures on a phone", 375, 812, "en")
CHINESE = View("pictures in Chinese", 1280, 800, "zh")
# one whose story is worth reading: a good customer who pays late and buys less and less
CUSTOMER = "Granite Sports SARL"
DEFAULT_AUDIENCE = "Dormant High Value"

AUDIENCE = "Bought Lately and Often"

Picture = tuple[str, int, Callable[[Window], None]]


def take_pictures(desk: Desk, password: str, chromium: str) -> list[str]:
	"""Every picture anew; the problems met on the way."""
	manager = next(person for person in PEOPLE if person.manages)
	problems = []
	with sync_playwright() as playwright, browser_of(playwright, chromium) as browser:
		for view, pictures in PICTURES.items():
			with window_of(browser, desk, view, manager.roles[0]) as window:
				window.log_in(manager.user(view.language), password)
				for name, height, show in pictures:
					window.step = name
					take(window, name, height, show)
			problems += window.problems
	return problems


def take(window: Window, name: str, height: int, show: Callable[[Window], None]) -> None:
	window.page.set_viewport_size({"width": window.view.width, "height": height})
	show(window)
	window.settle()
	window.wait_for_charts()
	# what comes and goes by itself
	window.page.evaluate("document.querySelectorAll('.desk-alert').forEach((alert) => alert.remove())")
	window.page.mouse.move(window.view.width / 2, 30)
	shot = window.page.screenshot(animations="disabled")
	write(FOLDER / f"{name}.png", shot)
	if window.dialog.count():
		window.close_dialog()


def write(path: Path, shot: bytes) -> None:
	"""With a palette: screens have few colours, and the file is a third of the size."""
	image = Image.open(io.BytesIO(shot)).convert("RGB")
	image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
	print(f"walk: {path.name}, {path.stat().st_size // 1024} KB", flush=True)


def workspace(window: Window) -> None:
	window.open("/crm-success")
	window.shown.locator(".number-widget-box .number").first.wait_for()
	window.shown.locator(".dashboard-widget-box svg.frappe-chart").last.wait_for()


def without_onboarding(window: Window) -> None:
	workspace(window)
	window.page.evaluate("document.querySelectorAll('.onboarding-widget-box').forEach((box) => box.remove())")


def onboarding(window: Window) -> None:
	workspace(window)
	window.shown.locator(".onboarding-widget-box").wait_for()


def report(name: str) -> Callable[[Window], None]:
	def show(window: Window) -> None:
		window.open(f"/query-report/{name}")
		window.shown.locator(".dt-cell--1-0").first.wait_for()

	return show


def health(window: Window) -> None:
	window.open(f"/customer-health/{CUSTOMER}")
	wait_for_health(window)


def risk(window: Window) -> None:
	"""Coverage on the gauge stands above; here are the risk, what moves it, and the rhythm."""
	health(window)
	window.page.evaluate(
		"document.querySelector('[data-fieldname=risk_drivers]').closest('.form-section').scrollIntoView()"
	)
	window.page.mouse.wheel(0, -110)


def health_parts(window: Window) -> None:
	health(window)
	window.shown.locator(".health-parts").scroll_into_view_if_needed()
	window.page.evaluate("document.querySelector('.health-parts').closest('.form-section').scrollIntoView()")
	window.page.mouse.wheel(0, -110)


def contacts(window: Window) -> None:
	health(window)
	window.page.evaluate(
		"document.querySelector('[data-fieldname=contacts]').closest('.form-section').scrollIntoView()"
	)
	window.page.mouse.wheel(0, -110)


def evidence(window: Window) -> None:
	health(window)
	window.shown.locator(".health-part-evidence button").first.click()
	window.dialog.locator("table, p").first.wait_for()


def override(window: Window) -> None:
	health(window)
	window.press("Override Score")
	fill_override(window)


def customer(window: Window) -> None:
	window.open(f"/customer/{CUSTOMER}")
	window.shown.locator(".customer-health-panel").wait_for()


def listed(doctype: str) -> Callable[[Window], None]:
	def show(window: Window) -> None:
		window.open(f"/{doctype}")
		window.shown.locator(".list-row").first.wait_for()

	return show


def preview(window: Window) -> None:
	window.open(f"/health-metric/{METRIC}")
	window.press("Preview")
	window.dialog.locator("table tbody tr").first.wait_for()


def metric(window: Window) -> None:
	window.open(f"/health-metric/{METRIC}")
	window.shown.locator('.frappe-control[data-fieldname="measure"]').wait_for()


def histogram(window: Window) -> None:
	window.open(f"/health-metric/{METRIC}")
	drawing = window.shown.locator(".metric-histogram svg").first
	drawing.wait_for()
	drawing.evaluate("element => element.closest('.form-section').scrollIntoView()")
	window.page.mouse.wheel(0, -120)


def scorecard(window: Window) -> None:
	window.open(f"/health-scorecard/{SCORECARD}")
	window.shown.locator('.frappe-control[data-fieldname="dimensions"] .grid-row').first.wait_for()


def scorecard_changes(window: Window) -> None:
	scorecard(window)
	change_healthy_from(window)
	window.press("What Would Change")
	window.dialog.locator("table").first.wait_for()


def settings(window: Window) -> None:
	window.open("/crm-success-settings")
	window.shown.locator('[data-fieldname="batch_size"]').first.wait_for()


def back_test(window: Window) -> None:
	"""That of the site's beginning."""
	window.open("/score-back-test")
	window.shown.locator('.list-row a[data-doctype="Score Back-test"]').last.click()
	wait_for_figures(window)


def suggested(window: Window) -> None:
	back_test(window)
	window.shown.locator(".suggested-weights p").first.wait_for()
	window.page.evaluate(
		"document.querySelector('[data-fieldname=suggested_weights]').closest('.form-section').scrollIntoView()"
	)
	window.page.mouse.wheel(0, -110)


def audience_list(window: Window) -> None:
	window.open("/customer-audience")
	window.shown.locator(".audience-list-size").first.wait_for()


def audience(window: Window) -> None:
	window.open(f"/customer-audience/{AT_RISK}")
	wait_for_total(window)
	wait_for_members(window)
	window.shown.locator(".audience-members-history svg").wait_for()


def audience_preview(window: Window) -> None:
	"""Of a default audience with one more condition, which is not saved."""
	window.open(f"/customer-audience/{DEFAULT_AUDIENCE}")
	wait_for_total(window)
	add_not_in_audience(window)
	# one condition with two filters, and one more
	wait_for_lines(window, 4)
	window.page.evaluate(
		"document.querySelector('[data-fieldname=conditions]').closest('.form-section').scrollIntoView()"
	)
	window.page.mouse.wheel(0, -110)


def run(window: Window) -> None:
	window.open("/work-run")
	start_run(window)
	window.page.wait_for_function("() => cur_frm?.doc.percent_done > 0 && cur_frm.doc.status === 'Running'")


def audience_movement(window: Window) -> None:
	open_movement(window, AT_RISK, BY_HAND)


def audience_recipients(window: Window) -> None:
	window.open(f"/customer-audience/{AT_RISK}")
	wait_for_members(window)
	window.press("Fill Email Group", "Use")
	window.dialog.locator('[data-fieldname="contacts"]').first.wait_for()


def audience_from_matrix(window: Window) -> None:
	open_matrix(window)
	cell_buttons(window).first.click()
	fill_audience(window, AUDIENCE)


def customers_of_audience(window: Window) -> None:
	open_matrix(window)
	save_cell(window, AUDIENCE)
	window.open(ADDRESSES["Customer"])
	choose_audience(window, "customer_audiences", AUDIENCE)
	window.shown.locator(".list-row").first.wait_for()


def audience_add(window: Window) -> None:
	ask_for_audience(window, "Summer Party")


def tier_changes(window: Window) -> None:
	open_waiting(window)
	decide(window, "Approve")


def tier_policy_changes(window: Window) -> None:
	open_policy(window)
	window.press("What Would Change")
	window.dialog.locator("table").first.wait_for()


def tier_movements(window: Window) -> None:
	report(f"Tier Movements?from_date={a_year_ago(window)}")(window)


def customer_with_tier(window: Window) -> None:
	window.open("/customer-tier")
	open_customer_with_tier(window)


def tried_rule(window: Window) -> None:
	open_rule(window)
	try_rule(window)


def given_backfill(window: Window) -> None:
	"""That of the walk."""
	window.open("/loyalty-backfill")
	row = window.shown.locator(".list-row").filter(has_text="Points Given").first
	row.locator('a[data-doctype="Loyalty Backfill"]').click()
	window.shown.locator('[data-fieldname="points_given"]').first.wait_for()


def customer_with_points(window: Window) -> None:
	window.open("/customer")
	open_customer_with_points(window)


PICTURES: dict[View, tuple[Picture, ...]] = {
	DESKTOP: (
		("workspace", 1300, without_onboarding),
		("onboarding", 560, onboarding),
		("report-customer-health", 1000, report("Customer Health")),
		("report-rfm-matrix", 640, report("RFM Matrix")),
		("report-score-movers", 760, report("Score Movers")),
		("report-metric-quality", 760, report("Metric Quality")),
		("customer-health", 900, health),
		("customer-health-risk", 480, risk),
		("customer-health-parts", 900, health_parts),
		("customer-health-documents", 800, evidence),
		("customer-health-contacts", 560, contacts),
		("customer-health-override", 800, override),
		("customer", 800, customer),
		("customer-list", 700, listed("customer")),
		("audience-from-matrix", 700, audience_from_matrix),
		("audience-customer-list", 700, customers_of_audience),
		("audience-add", 640, audience_add),
		("health-metric", 1000, metric),
		("health-metric-preview", 760, preview),
		("health-metric-histogram", 640, histogram),
		("health-scorecard", 1400, scorecard),
		("health-scorecard-changes", 1000, scorecard_changes),
		("customer-audience-list", 480, audience_list),
		("customer-audience", 1250, audience),
		("customer-audience-preview", 700, audience_preview),
		("customer-audience-recipients", 640, audience_recipients),
		("report-audience-movement", 760, audience_movement),
		("tier-policy", 1000, open_policy),
		("tier-policy-changes", 800, tier_policy_changes),
		("customer-tier", 900, open_tier),
		("tier-changes", 640, tier_changes),
		("customer-of-tier", 800, customer_with_tier),
		("earning-rule", 1100, open_rule),
		("earning-rule-tried", 700, tried_rule),
		("loyalty-backfill", 1000, given_backfill),
		("customer-points", 800, customer_with_points),
		("report-tier-movements", 760, tier_movements),
		("report-tier-costs", 760, report("Tier Costs and Revenue")),
		("settings", 900, settings),
		("scoring-run", 800, run),
		("score-back-test", 1700, back_test),
		("suggested-weights", 1100, suggested),
	),
	PHONE: (
		("phone-customer-health", 812, health),
		("phone-customer", 812, customer),
		("phone-customer-of-tier", 812, customer_with_tier),
	),
	CHINESE: (("chinese-customer-health", 900, health),),
}
