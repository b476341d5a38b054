"""What somebody does on each page of the walk, in order. Each step checks what that person should and should not find."""

import re

from tools.walk.audience_form_steps import audiences
from tools.walk.back_test_steps import back_tests
from tools.walk.browser import Window
from tools.walk.walkers import Person

METRIC = "Net Revenue 365 Days"
SCORECARD = "Standard"
# the made-up company has oddities, which a run warns of
DONE = "Completed with Warnings"
CARDS, CHARTS = 10, 4
MANAGERS_PAGES = ("work-run", "score-back-test", "crm-success-settings")


def walk(window: Window, person: Person) -> None:
	workspace(window, person)
	report(window)
	health(window, person)
	customer(window, person)
	metric(window, person)
	scorecard(window, person)
	override(window, person)
	run(window, person)
	back_tests(window, person)
	audiences(window, person)
	other_pages(window, person)


def workspace(window: Window, person: Person) -> None:
	window.step = "workspace"
	go_to_workspace(window)
	window.page.wait_for_url(re.compile("/crm-success$"))
	links = window.shown.locator(".links-widget-box .link-item")
	links.first.wait_for()
	window.settle()
	cards_and_charts(window)
	window.look("workspace")
	# /app/crm-success-settings or, in version 16, with the name of the document behind it
	targets = {link.get_attribute("href").split("/")[2] for link in links.all()}
	for page in MANAGERS_PAGES:
		window.expect((page in targets) == person.manages, f"{page} is offered: {page in targets}")


def go_to_workspace(window: Window) -> None:
	"""From where somebody is after logging in: version 16 shows icons, version 15 a sidebar of workspaces."""
	if window.desk.version > 15:
		window.page.locator('.desktop-icon[data-id="CRM Success"]:visible').click()
		return
	if window.view.is_phone:
		window.shown.locator(".sidebar-toggle-btn").first.click()
	window.page.locator('.desk-sidebar a[href="/app/crm-success"]:visible').click()


def cards_and_charts(window: Window) -> None:
	cards = window.shown.locator(".number-widget-box .number")
	cards.first.wait_for()
	window.wait_for_charts()
	numbers = cards.all_inner_texts()
	window.expect(len(numbers) >= CARDS, f"{len(numbers)} number cards are shown")
	window.expect(
		all(re.search(r"\d", number) for number in numbers), f"a number card says no number: {numbers}"
	)
	charts = window.shown.locator(".dashboard-widget-box").all()
	window.expect(len(charts) >= CHARTS, f"{len(charts)} charts are shown")
	for chart in charts:
		window.expect(
			chart.locator("svg.frappe-chart .dataset-units > *").count(), f"empty: {chart.inner_text()!r}"
		)


def report(window: Window) -> None:
	window.step = "report Customer Health"
	window.shown.locator(f'.link-item[href="{window.desk.path}/query-report/Customer Health"]').click()
	window.shown.locator(".dt-cell a").first.wait_for()
	window.look("report Customer Health")
	window.expect(
		window.shown.locator(".report-summary .summary-item").count() >= 3, "the summary is missing"
	)


def health(window: Window, person: Person) -> None:
	window.step = "Customer Health"
	window.shown.locator(".dt-cell a").first.click()
	wait_for_health(window)
	window.look("Customer Health", title_is_ours=False)
	label = window.shown.locator(".health-gauge svg").get_attribute("aria-label") or ""
	window.expect(re.search(r"\d", label), f"the gauge's text alternative says {label!r}")
	window.step = "evidence"
	window.shown.locator(".health-part-evidence button").first.click()
	window.dialog.locator("p").first.wait_for()
	window.look("evidence", title_is_ours=False)
	window.close_dialog()
	if not person.reads_customers:
		documents_without_links(window)
	window.step = "contacts"
	contacts = window.shown.locator('[data-fieldname="contacts"]')
	window.expect(contacts.locator('a[href^="mailto:"]').count(), "no contact can be written to")


def documents_without_links(window: Window) -> None:
	"""Who may open no document sees which there are, and whom to ask; the first metrics may have none behind them."""
	table = window.dialog.locator(".health-documents tbody tr")
	buttons = window.shown.locator(".health-part-evidence button")
	for button in buttons.filter(has_text=window.word("Documents")).all():
		button.click()
		window.dialog.locator("p").first.wait_for()
		is_listed = table.count() > 0
		if is_listed:
			window.expect(not table.locator("a").count(), "documents are offered that may not be opened")
			window.expect(
				window.dialog.locator("p.small").count(), "nothing says whom to ask for the documents"
			)
		window.close_dialog()
		if is_listed:
			return
	window.expect(False, "no document behind any value is listed")


def wait_for_health(window: Window) -> None:
	window.shown.locator(".health-gauge svg").wait_for()
	window.shown.locator(".health-part").first.wait_for()
	window.settle()


def customer(window: Window, person: Person) -> None:
	window.step = "Customer"
	if not person.reads_customers:
		window.expect(
			not window.button("Customer", "View").count(), "the customer is offered, but may not be read"
		)
		return
	window.press("Customer", "View")
	panel = window.shown.locator(".customer-health-panel")
	panel.wait_for()
	window.look("Customer", title_is_ours=False)
	panel.get_by_role("button", name=window.word("Open Health")).click()
	wait_for_health(window)


def metric(window: Window, person: Person) -> None:
	window.step = "list of metrics"
	window.open("/health-metric")
	window.look("list of metrics")
	window.step = "Health Metric"
	window.shown.locator(f'a[data-doctype="Health Metric"][data-name="{METRIC}"]').first.click()
	window.shown.locator('.frappe-control[data-fieldname="measure"]').wait_for()
	window.look("Health Metric", title_is_ours=False)
	is_called(window, "Health Metric", METRIC)
	if not person.manages:
		window.expect(not window.button("Preview").count(), "Preview is offered")
		return
	window.shown.locator(".metric-histogram svg").first.wait_for()
	window.look("histogram of a metric", title_is_ours=False)
	window.press("Preview")
	window.dialog.locator("table tbody tr").first.wait_for()
	window.look("preview of a metric", title_is_ours=False)
	window.close_dialog()


def is_called(window: Window, doctype: str, name: str) -> None:
	"""The form has the record's name in the reader's language: version 16 in the breadcrumbs."""
	place = ".title-text-form" if window.desk.version > 15 else ".title-text"
	shown = window.shown.locator(f".page-head {place}").last.inner_text().strip()
	word = window.page.evaluate("([name, doctype]) => __(name, null, doctype)", [name, doctype])
	window.expect(shown == word, f"the form of {name} is called {shown!r}, not {word!r}")


def scorecard(window: Window, person: Person) -> None:
	window.step = "Health Scorecard"
	window.open("/health-scorecard")
	window.look("list of scorecards")
	window.shown.locator(f'a[data-doctype="Health Scorecard"][data-name="{SCORECARD}"]').first.click()
	window.shown.locator('.frappe-control[data-fieldname="dimensions"] .grid-row').first.wait_for()
	window.look("Health Scorecard", title_is_ours=False)
	is_called(window, "Health Scorecard", SCORECARD)
	if not person.manages:
		window.expect(not window.button("What Would Change").count(), "What Would Change is offered")
		return
	change_healthy_from(window)
	window.press("What Would Change")
	window.dialog.locator("table").first.wait_for()
	window.look("what would change", title_is_ours=False)
	window.close_dialog()
	# nothing was saved; the form lets go of what was typed
	window.page.evaluate("cur_frm.reload_doc()")
	window.settle()


def change_healthy_from(window: Window) -> None:
	field = window.shown.locator('input[data-fieldname="healthy_from"]')
	field.fill("80")
	field.press("Tab")
	window.settle()


def override(window: Window, person: Person) -> None:
	window.step = "override"
	window.open("/customer-health")
	window.look("list of Customer Health")
	window.shown.locator('a[data-doctype="Customer Health"]').first.click()
	wait_for_health(window)
	window.look("Customer Health from its list", title_is_ours=False)
	if not person.manages:
		window.expect(not window.button("Override Score").count(), "Override Score is offered")
		return
	window.press("Override Score")
	fill_override(window)
	window.look("override dialog", title_is_ours=False)
	window.dialog.locator(".btn-modal-primary").click()
	window.dialog.wait_for(state="hidden")
	window.shown.locator(".form-message").wait_for()
	wait_for_health(window)
	window.look("overridden Customer Health", title_is_ours=False)
	window.press("End Override")
	window.button("Override Score").wait_for(state="attached")
	window.look("after the override", title_is_ours=False)


def fill_override(window: Window) -> None:
	in_a_month = "frappe.datetime.str_to_user(frappe.datetime.add_days(frappe.datetime.get_today(), 30))"
	values = {
		"override_score": "75",
		"override_until": window.page.evaluate(in_a_month),
		"override_reason": "New contract signed, first invoice next month",
	}
	window.wait_for_rest()
	for fieldname, value in values.items():
		control = window.dialog.locator(f':is(input, textarea)[data-fieldname="{fieldname}"]')
		control.fill(value)
		control.press("Tab")
		# the dialog takes it a moment later
		window.page.wait_for_function("name => cur_dialog.get_value(name)", arg=fieldname)


def run(window: Window, person: Person) -> None:
	if not person.manages:
		return
	window.step = "list of runs"
	window.open("/work-run")
	window.look("list of runs")
	bars_have_width(window)
	window.page.evaluate(
		"frappe.realtime.on('crm_success_work_progress', () => (window.told = (window.told || 0) + 1))"
	)
	window.step = "run"
	start_run(window)
	window.page.wait_for_function("status => cur_frm?.doc.status === status", arg=DONE, timeout=60_000)
	window.look("Work Run", title_is_ours=False)
	window.expect(window.page.evaluate("window.told || 0"), "no progress was told while the run went on")
	pill = window.shown.locator(".page-head .indicator-pill:visible").first
	# on a phone version 16 shows the colour, and the word as its tooltip
	told = (pill.get_attribute(name) for name in ("title", "data-original-title"))
	status = pill.inner_text().strip() or next(filter(None, told), "")
	window.expect(status == window.word(DONE), f"the run is called {status!r}")


def bars_have_width(window: Window) -> None:
	"""How far finished runs came is seen: version 16 gives columns the field's name as a class."""
	bars = window.shown.locator(".list-row .progress-bar:visible").all()
	# neither a phone nor version 15 has room for them
	window.expect(bars or window.view.is_phone or window.desk.version == 15, "the list has no bars")
	widths = [bar.evaluate("element => element.getBoundingClientRect().width") for bar in bars]
	window.expect(all(width > 20 for width in widths), f"the bars are so wide: {widths[:3]}")


def start_run(window: Window) -> None:
	window.shown.locator(".primary-action:visible").click()
	window.page.wait_for_url(re.compile("/work-run/.+"))


def other_pages(window: Window, person: Person) -> None:
	pages = [
		("report RFM Matrix", "/query-report/RFM Matrix", ".dt-cell a"),
		("report Score Movers", "/query-report/Score Movers", ".dt-cell a"),
		("list of segments", "/customer-segment", ".list-row"),
		("list of dimensions", "/health-dimension", ".list-row"),
		("list of snapshots", "/customer-health-snapshot", ".list-row"),
	]
	if person.manages:
		pages.append(("report Metric Quality", "/query-report/Metric Quality", ".dt-cell--1-0"))
		pages.append(("settings", "/crm-success-settings", '[data-fieldname="batch_size"]'))
	if person.reads_customers:
		pages.append(("list of customers", "/customer", ".list-row"))
	for name, path, awaited in pages:
		window.step = name
		window.open(path)
		window.shown.locator(awaited).first.wait_for()
		window.look(name)
