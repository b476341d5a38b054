"""From the engine's frame to plain rows that a database takes: Python values, lengths and amounts that fit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from frappe import _

from crm_success.batches.messages import EXAMPLES, WARNING, Message
from crm_success.record_checks.markup import without_markup
from crm_success.scoring.engine.definitions import Definitions
from crm_success.scoring.queries.repeated_fields import CUSTOMER_DISABLED, REPEATED_FIELDS

if TYPE_CHECKING:
	import pandas as pd

Row = dict[str, Any]

# decimal(21,9), the column of every amount and float
LARGEST_STORABLE = 999_999_999_999.0
_LONGEST_DATA = 140

# json.dumps would make one for each row
_ENCODER = json.JSONEncoder(ensure_ascii=False)

_AMOUNTS = ("revenue", "overdue", "expected_spend", "clv")
_REPEATED_TEXTS = tuple(name for name in REPEATED_FIELDS if name != CUSTOMER_DISABLED)


@dataclass(frozen=True)
class ScoredRows:
	"""One row a customer, keyed by the fields of Customer Health, and what had to be said about them."""

	rows: tuple[Row, ...]
	# the moment before anything was read, in UTC by the database's clock
	read_at: datetime
	messages: tuple[Message, ...] = ()


def to_rows(scored: "pd.DataFrame", definitions: Definitions, read_at: datetime) -> ScoredRows:
	"""The scored customers as rows, with drivers, risk facts and components as JSON."""
	frame = scored.rename_axis("customer").reset_index()
	plain = frame.astype(object).where(frame.notna(), None)
	records = plain.to_dict("records")
	too_large = [row["customer"] for row in records if _exceeds(row)]
	currency = definitions.money.currency
	return ScoredRows(
		tuple(_row(record, currency) for record in records),
		read_at,
		(_about_amounts(too_large),) if too_large else (),
	)


def storable(amount: float | None) -> float | None:
	"""The amount, or the nearest one that a column can hold."""
	return None if amount is None else min(max(float(amount), -LARGEST_STORABLE), LARGEST_STORABLE)


def repeated(values: Mapping[str, Any]) -> Row:
	"""What a health repeats of its customer, as its columns hold it."""
	texts = {name: _storable_text(values[name]) for name in _REPEATED_TEXTS}
	# the title of a health, which the desk puts on pages as HTML, in places of its own too: a quick list, a search
	texts["customer_name"] = without_markup(texts["customer_name"] or "") or None
	return {**texts, CUSTOMER_DISABLED: int(bool(values[CUSTOMER_DISABLED]))}


def as_json(facts: Any) -> str | None:
	"""As it is stored; None where there is nothing."""
	return _ENCODER.encode(facts) if facts else None


def _row(record: Mapping[str, Any], currency: str) -> Row:
	return {
		**record,
		**{name: storable(record[name]) for name in _AMOUNTS},
		**repeated(record),
		"cap_reason": _storable_text(record["cap_reason"]),
		"currency": currency,
		"driver_facts": as_json(record["drivers"]),
		"risk_facts": as_json(record["risk_facts"]),
		"components": as_json(record["components"]),
	}


def _storable_text(text: Any) -> str | None:
	return str(text or "")[:_LONGEST_DATA] or None


def _exceeds(record: Mapping[str, Any]) -> bool:
	return any(abs(record[name] or 0) > LARGEST_STORABLE for name in _AMOUNTS)


def _about_amounts(customers: list[str]) -> Message:
	reason = _("An amount is too large to store and was cut to the largest possible one. Check the invoices.")
	return Message(WARNING, reason, "Customer", len(customers), tuple(customers[:EXAMPLES]))
