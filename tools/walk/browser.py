"""One person's window of a headless Chromium: logs in, waits, clicks, and notes whatever goes wrong. Knows no pages of ours."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import quote

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Playwright, Request, Response
from playwright.sync_api import Error as BrowserError

from tools.walk.desk import Desk

ARGUMENTS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
]
PATIENCE = 40_000
# What a mistake in a page's code looks like to its reader, with the words around it. Frappe's hidden hints of list filters
# say "undefined" themselves.
FIND_SLIPS = r"""() => {
	const found = new Set();
	const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (nodes.nextNode()) {
		const { parentElement, data } = nodes.currentNode;
		if (!/\b(undefined|NaN)\b|\[object Object\]/.test(data)) continue;
		if (parentElement.matches(".tooltip-content") || !parentElement.checkVisibility()) continue;
		found.add(parentElement.closest("div, p, li, td").innerText.trim().slice(0, 300));
	}
	return [...found];
}"""
# What makes the page wider than the window; words for screen readers only are no width that anybody sees
# (innerWidth is of no use: on a phone it grows with the page). Frappe's own buttons above a timeline stick out by
# themselves where somebody may write both mails and events.
FIND_TOO_WIDE = """(width) => {
	if (document.documentElement.scrollWidth <= width) return [];
	const sticks_out = (element) => element.checkVisibility() && element.getBoundingClientRect().right > width + 1;
	const found = [...document.querySelectorAll("body *:not(.visually-hidden):not(.sr-only)")].filter(sticks_out);
	const scrolls = (element) => ["auto", "scroll", "hidden"].includes(getComputedStyle(element).overflowX);
	const is_inside = (element) => {
		for (let outer = element.parentElement; outer !== document.body; outer = outer.parentElement) {
			if (scrolls(outer)) return true;
		}
		return false;
	};
	const is_ours = (element) => !is_inside(element) && !element.closest(".timeline-actions");
	return found.filter(is_ours).map((element) => element.outerHTML.slice(0, 120)).slice(0, 3);
}"""
# Charts draw their bars from nothing, and move
CHARTS_REST = """() => [...document.querySelectorAll(".frappe-chart")].every((chart) => {
	const bars = [...chart.querySelectorAll("rect.bar")];
	return !chart.querySelector("animate") && (!bars.length || bars.some((bar) => +bar.getAttribute("height") > 0));
})"""
CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class View:
	"""How somebody looks at the desk."""

	name: str
	width: int
	height: int
	language: str

	@property
	def is_phone(self) -> bool:
		return self.width < 768

	@property
	def is_chinese(self) -> bool:
		return self.language.startswith("zh")


@dataclass
class Window:
	"""A page of the browser with somebody before it. `problems` are told with the step at which they came up."""

	page: Page
	desk: Desk
	view: View
	who: str
	problems: list[str] = field(default_factory=list)
	step: str = "login"

	def listen(self) -> None:
		self.page.set_default_timeout(PATIENCE)
		self.page.on("console", self.hear_console)
		self.page.on(
			"pageerror", lambda error: self.complain(f"error in the page: {error} {error.stack or ''}"[:900])
		)
		self.page.on("response", self.hear_response)
		self.page.on("requestfailed", self.hear_failure)

	def hear_console(self, message: ConsoleMessage) -> None:
		if message.type == "error":
			self.complain(f"console: {message.text[:400]} {message.location.get('url', '')}")

	def hear_response(self, response: Response) -> None:
		if response.status >= 400:
			self.complain(f"{response.status} from {response.request.method} {response.url}")

	def hear_failure(self, request: Request) -> None:
		# a page that is left ends its own requests
		if request.failure != "net::ERR_ABORTED":
			self.complain(f"{request.failure}: {request.method} {request.url}")

	def complain(self, problem: str) -> None:
		self.problems.append(f"{self.who}, {self.view.name}, {self.step}: {problem}")

	def log_in(self, user: str, password: str) -> None:
		self.page.goto(f"{self.desk.address}/login")
		self.page.fill("#login_email", user)
		self.page.fill("#login_password", password)
		self.page.locator(".form-login .btn-login").click()
		self.page.wait_for_url(re.compile(self.desk.path))
		self.settle()

	def open(self, path: str) -> None:
		"""Go to a page of the desk, such as /customer."""
		self.page.goto(f"{self.desk.address}{self.desk.path}{path}")
		self.settle()

	def settle(self) -> None:
		"""Wait until the desk asks for nothing and nothing covers it."""
		self.page.wait_for_load_state("networkidle")
		self.page.wait_for_function(
			"() => window.frappe?.request && !frappe.request.ajax_count && !$('#freeze:visible').length"
		)

	def wait_until(self, question: str, arg: object) -> None:
		"""Ask the desk every second until it says yes. (Playwright's own waiting takes the promise of an answer for a yes.)"""
		end = monotonic() + PATIENCE / 1000
		while not self.page.evaluate(question, arg):
			if monotonic() > end:
				raise BrowserError(f"The desk never said yes to {question} with {arg!r}")
			self.page.wait_for_timeout(1000)

	def word(self, text: str) -> str:
		"""The words of the desk, in this person's language."""
		return self.page.evaluate("text => __(text)", text)

	def button(self, label: str, group: str = "") -> Locator:
		"""A button of the page's head; on a phone they stand in its menu."""
		words = self.word(label)
		if self.view.is_phone:
			words = f"{self.word(group)} > {words}" if group else words
			return self.shown.locator(f'.menu-btn-group .menu-item-label[data-label="{encode(words)}"]')
		return self.shown.locator(f'.page-head-content .custom-actions [data-label="{encode(words)}"]')

	def press(self, label: str, group: str = "") -> None:
		button = self.button(label, group)
		button.wait_for(state="attached")
		if self.view.is_phone:
			self.shown.locator(".menu-btn-group > button").click()
		elif group:
			words = self.word(group)
			self.shown.locator(".inner-group-button > button").filter(has_text=words).click()
		button.click()
		self.settle()

	@property
	def dialog(self) -> Locator:
		return self.page.locator(".modal.show")

	def wait_for_rest(self) -> None:
		"""Wait until a dialog that opens has come to rest: it moves the focus no more, and can be closed."""
		self.page.wait_for_function("() => window.cur_dialog")

	def close_dialog(self) -> None:
		self.wait_for_rest()
		self.dialog.locator(".btn-modal-close").last.click()
		self.dialog.wait_for(state="hidden")

	def reach(self, target: Locator, stops: int = 90) -> None:
		"""Go to `target` with the Tab key, as somebody without a mouse would, from where the focus is."""
		target.first.wait_for()
		for _ in range(stops):
			if target.first.evaluate("element => element === document.activeElement"):
				return
			self.page.keyboard.press("Tab")
		self.complain(f"Tab does not reach {target}")
		target.first.focus()

	def wait_for_charts(self) -> None:
		self.page.wait_for_function(CHARTS_REST)

	@property
	def shown(self) -> Locator:
		"""The page of the desk that is shown; those visited before stay in the document."""
		return self.page.locator(".page-container:visible")

	def look(self, step: str, title_is_ours: bool = True) -> None:
		"""Check what everybody sees at once. `title_is_ours`: the title is a word of the desk, not a record's name."""
		self.step = step
		self.settle()
		for slip in self.page.evaluate(FIND_SLIPS):
			self.complain(f"the text says {slip!r}")
		for element in self.page.evaluate(FIND_TOO_WIDE, self.view.width):
			self.complain(f"the page is wider than the window, because of {element}")
		title = self.page.title()
		if self.view.is_chinese and title_is_ours and not CHINESE.search(title):
			self.complain(f"the title is not translated: {title!r}")

	def becomes(self, target: Locator, condition: str) -> bool:
		"""Whether a condition on an element comes true soon."""
		for _ in range(30):
			if target.first.evaluate(condition):
				return True
			self.page.wait_for_timeout(100)
		return False

	def expect(self, condition: object, complaint: str) -> None:
		if not condition:
			self.complain(complaint)


def encode(words: str) -> str:
	"""As encodeURIComponent does."""
	return quote(words, safe="!~*'()")


@contextmanager
def browser_of(playwright: Playwright, chromium: str) -> Iterator[Browser]:
	browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
	try:
		yield browser
	finally:
		browser.close()


@contextmanager
def window_of(browser: Browser, desk: Desk, view: View, who: str) -> Iterator[Window]:
	"""A window without anything remembered. What stops the walk is one more problem."""
	size = {"width": view.width, "height": view.height}
	context = browser.new_context(viewport=size, has_touch=view.is_phone, is_mobile=view.is_phone)
	window = Window(context.new_page(), desk, view, who)
	window.listen()
	try:
		yield window
	except BrowserError as error:
		window.complain(f"the walk stops here: {error.message[:600]}")
	finally:
		context.close()
