"""Counts what somebody does in a window until a thing is done: clicks, and fields that are filled in or chosen."""

from tools.walk.browser import Window

_LISTEN = """() => {
	window.walk_actions = 0;
	if (window.walk_listens) return;
	window.walk_listens = true;
	for (const kind of ["click", "change"]) {
		document.addEventListener(kind, (event) => (window.walk_actions += event.isTrusted ? 1 : 0), true);
	}
}"""


def begin_counting(window: Window) -> None:
	window.page.evaluate(_LISTEN)


def expect_at_most(window: Window, number: int, what: str) -> None:
	"""Since `begin_counting`; the page must not have been loaded anew."""
	done = window.page.evaluate("window.walk_actions")
	window.expect(done <= number, f"{what} takes {done} clicks and fields, more than {number}")
