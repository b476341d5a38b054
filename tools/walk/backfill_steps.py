"""Old invoices earn by a rule: a dry run, what it says, and the points."""

from tools.walk.audience_form_steps import save
from tools.walk.browser import Window
from tools.walk.walk_points import DAYS_LEFT, RULE

WORK_MILLISECONDS = 90_000
DAY = "days => frappe.datetime.str_to_user(frappe.datetime.add_days(frappe.datetime.get_today(), -days))"
IS_DONE = "status => cur_frm?.doc.status === status && !cur_frm.is_dirty()"


def backfill(window: Window) -> None:
	window.step = "backfill of points"
	start_backfill(window)
	dry_run(window)
	window.look("dry run of a backfill", title_is_ours=False)
	looked_at, earning = window.page.evaluate("[cur_frm.doc.documents, cur_frm.doc.documents_earning]")
	window.expect(looked_at > 0, "the dry run of a backfill looked at nothing")
	if not earning:
		# somebody walked here before
		return
	give(window)
	given, points = window.page.evaluate("[cur_frm.doc.documents_earned, cur_frm.doc.points_given]")
	window.expect(given == earning, f"the dry run said {earning} documents, and {given} earned")
	window.expect(points > 0, "a backfill gave no points")
	window.look("backfill of points", title_is_ours=False)


def start_backfill(window: Window) -> None:
	window.open("/loyalty-backfill/new")
	rule = window.shown.locator('input[data-fieldname="earning_rule"]')
	rule.click()
	rule.fill(RULE[:7])
	window.shown.locator(".awesomplete [role=option]").filter(has_text=RULE).first.click()
	for fieldname, days_ago in (("from_date", DAYS_LEFT - 1), ("to_date", 0)):
		field = window.shown.locator(f'input[data-fieldname="{fieldname}"]')
		field.fill(window.page.evaluate(DAY, days_ago))
		field.press("Tab")
	save(window)


def dry_run(window: Window) -> None:
	window.press("Dry Run")
	wait_for(window, "Dry Run Done")


def give(window: Window) -> None:
	window.press("Give Points")
	window.wait_for_rest()
	window.dialog.locator(".btn-modal-primary").click()
	wait_for(window, "Points Given")


def wait_for(window: Window, status: str) -> None:
	window.page.wait_for_function(IS_DONE, arg=status, timeout=WORK_MILLISECONDS)
	window.settle()
