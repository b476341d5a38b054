"""The same for the desk's scripts: each rule is a function from the text of a script to line numbers. Parses no JavaScript."""

import re
from collections.abc import Callable, Iterator

Rule = Callable[[str], Iterator[int]]

QUOTED = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`\\])//[^\n]*", re.S)
SAID = re.compile(rf"\b(?:frappe\.(?:msgprint|throw|show_alert)|\w+\.add_custom_button)\(\s*({QUOTED})")
TITLE = re.compile(rf"\b(?:title|message|label|primary_action_label)\s*:\s*({QUOTED})")
LOOP = re.compile(r"\b(?:for|while)\s*\(|\.(?:forEach|map)\(")
ASKING = re.compile(r"\bfrappe\.(?:call|xcall|db\.\w+)\(")


def message_is_not_translated(script: str) -> Iterator[int]:
	"""What people read is in their language."""
	for found in (*SAID.finditer(script), *TITLE.finditer(script)):
		if re.search(r"[A-Za-z]{2}", re.sub(r"\$\{[^}]*\}", "", found[1])):
			yield line_of(script, found.start())


def translated_text_is_composed(script: str) -> Iterator[int]:
	"""What is put together before it is translated is found in no dictionary."""
	composed = rf"__\(\s*`|__\(\s*{QUOTED}\s*\+|__\([^()]*\)\s*\+\s*__\(|__\([^)\n]*\\\s*\n"
	yield from places(composed, script)


def translated_text_is_empty_or_padded(script: str) -> Iterator[int]:
	"""Spaces at its ends get lost in a dictionary, and nothing needs no translation."""
	yield from places(r"""__\(\s*(?:""|''|["'][ \t]|["'][^"'\n]*[ \t]["'])""", script)


def form_of_the_moment(script: str) -> Iterator[int]:
	"""cur_frm is whatever form is open: a handler is given its own."""
	yield from places(r"\bcur_frm\b", script)


def wrapper_of_includes(script: str) -> Iterator[int]:
	"""list.includes(item) says the same."""
	yield from places(r"\bin_list\(", script)


def debounced_anew_each_time(script: str) -> Iterator[int]:
	"""A debounced function is made once and called often."""
	for found in re.finditer(r"frappe\.utils\.debounce\(", script):
		if script[end_of_brackets(script, found.end() - 1) :].lstrip().startswith("("):
			yield line_of(script, found.start())


def server_is_asked_in_a_loop(script: str) -> Iterator[int]:
	"""One request for all of them."""
	for found in LOOP.finditer(script):
		end = end_of_brackets(script, found.end() - 1)
		body = script[end:].lstrip()
		if not found[0].startswith(".") and body.startswith("{"):
			end = end_of_brackets(script, script.index("{", end))
		if ASKING.search(script[found.start() : end]):
			yield line_of(script, found.start())


def choice_is_translated(script: str) -> Iterator[int]:
	"""An option is compared in code: its label is translated, its value is not."""
	for found in re.finditer(r"\boptions\s*:\s*\[", script):
		options = script[found.end() : end_of_brackets(script, found.end() - 1)]
		without_objects = re.sub(r"\{[^{}]*\}", "", options)
		if re.search(r"\b__\(", without_objects):
			yield line_of(script, found.start())


def left_from_debugging(script: str) -> Iterator[int]:
	"""Nobody reads a browser's console."""
	yield from places(r"\bconsole\.\w+\(|\bdebugger\b|\balert\(", script)


def text_is_executed(script: str) -> Iterator[int]:
	"""Whoever may write the text may do what the reader may do."""
	yield from places(r"(?<![\w.])eval\(|\bnew Function\(", script)


def way_around_frappe(script: str) -> Iterator[int]:
	"""frappe.call sends what protects against requests from elsewhere, and shows what was refused."""
	yield from places(r"\$\.(?:ajax|get|post)\(|\bfetch\(|\bXMLHttpRequest\b", script)


def places(pattern: str, script: str) -> Iterator[int]:
	return (line_of(script, found.start()) for found in re.finditer(pattern, script))


def line_of(script: str, place: int) -> int:
	return script.count("\n", 0, place) + 1


def end_of_brackets(script: str, start: int) -> int:
	"""Behind the bracket that closes the one at `start`; texts with brackets in them are passed over."""
	depth = 0
	for found in re.finditer(rf"{QUOTED}|[(){{}}\[\]]", script[start:]):
		if found[0] in "([{":
			depth += 1
		elif found[0] in ")]}":
			depth -= 1
			if not depth:
				return start + found.end()
	return len(script)


def without_comments(script: str) -> str:
	"""With as many lines as before."""
	return COMMENT.sub(lambda found: "\n" * found[0].count("\n"), script)


RULES: tuple[Rule, ...] = (
	message_is_not_translated,
	translated_text_is_composed,
	translated_text_is_empty_or_padded,
	form_of_the_moment,
	wrapper_of_includes,
	debounced_anew_each_time,
	server_is_asked_in_a_loop,
	choice_is_translated,
	left_from_debugging,
	text_is_executed,
	way_around_frappe,
)
