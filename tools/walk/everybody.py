"""Everybody's walk in every view, one after the other. Collects what went wrong."""

from playwright.sync_api import Browser, sync_playwright

from tools.walk.audience_figure_steps import movement
from tools.walk.audience_list_steps import walk_audience_lists
from tools.walk.browser import View, browser_of, window_of
from tools.walk.desk import Desk
from tools.walk.keyboard import walk_by_keyboard
from tools.walk.points_steps import walk_points
from tools.walk.steps import walk
from tools.walk.tier_from_nothing import walk_from_nothing
from tools.walk.tier_steps import walk_tiers
from tools.walk.walk_audiences import AT_RISK, BY_HAND
from tools.walk.walkers import PEOPLE, Person

VIEWS = (
	View("desktop", 1280, 800, "en"),
	View("phone", 375, 812, "en"),
	View("Chinese", 1280, 800, "zh"),
	View("Chinese phone", 375, 812, "zh"),
)


def walk_everybody(desk: Desk, password: str, chromium: str, keys: list[str]) -> list[str]:
	"""The problems of all people, or of those named."""
	problems = []
	with sync_playwright() as playwright, browser_of(playwright, chromium) as browser:
		for person in PEOPLE:
			for view in VIEWS if not keys or person.key in keys else ():
				problems += walk_one(browser, desk, password, person, view)
	return problems


def walk_one(browser: Browser, desk: Desk, password: str, person: Person, view: View) -> list[str]:
	with window_of(browser, desk, view, person.roles[0]) as window:
		window.log_in(person.user(view.language), password)
		walk(window, person)
		walk_audience_lists(window, person)
		movement(window, AT_RISK, BY_HAND)
		walk_tiers(window, person)
		walk_points(window, person)
		if view is VIEWS[0] and person.manages:
			walk_from_nothing(window)
		if view is VIEWS[0]:
			walk_by_keyboard(window, person)
	print(f"walk: {person.roles[0]}, {view.name}: {len(window.problems) or 'no'} problems", flush=True)
	return window.problems
