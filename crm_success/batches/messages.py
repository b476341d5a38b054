"""What a run has to say about data and definitions: collected, joined and kept with the run. Finds nothing itself."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

INFO = "Info"
WARNING = "Warning"
ERROR = "Error"

EXAMPLES = 5
_GRAVEST_FIRST = (ERROR, WARNING, INFO)


@dataclass(frozen=True)
class Message:
	"""One finding: how bad, what and what to do about it, in which DocType, how often, and up to five examples."""

	severity: str
	reason: str
	reference_doctype: str = ""
	count: int = 1
	examples: tuple[str, ...] = ()


def merge(messages: Iterable[Message]) -> list[Message]:
	"""The same finding of several batches becomes one, with counts added; the gravest first."""
	merged: dict[tuple[str, str, str], Message] = {}
	for message in messages:
		key = (message.severity, message.reason, message.reference_doctype)
		before = merged.get(key, Message(*key, count=0))
		examples = tuple(dict.fromkeys(before.examples + message.examples))[:EXAMPLES]
		merged[key] = replace(before, count=before.count + message.count, examples=examples)
	return sorted(merged.values(), key=lambda message: _GRAVEST_FIRST.index(message.severity))


def as_text(messages: Iterable[Message]) -> str:
	"""The messages as text for a record, in which the desk finds no HTML."""
	rows = [asdict(message) for message in messages]
	return json.dumps({"messages": rows}, ensure_ascii=False).replace("<", "\\u003c")


def from_text(text: str | None) -> tuple[Message, ...]:
	"""The messages that `as_text` wrote."""
	rows = json.loads(text)["messages"] if text else []
	return tuple(Message(**{**row, "examples": tuple(row["examples"])}) for row in rows)


def last_line(traceback: str | None) -> str:
	"""What a traceback comes down to: the error itself."""
	return (traceback or "").strip().rpartition("\n")[2]


def as_row(message: Message) -> dict[str, Any]:
	"""The message as the values of a Work Run Message."""
	texts = {"reason": message.reason, "examples": "\n".join(message.examples)}
	return {**asdict(message), **{name: _as_html(text) for name, text in texts.items()}}


def _as_html(text: str) -> str:
	"""The desk shows it as HTML, and these rows are written past Frappe, which cleans what people enter."""
	return text.replace("<", "&lt;")
