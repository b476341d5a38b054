"""A named part of the customers, by ranges of their recency, frequency and monetary scores, and by growth."""

import frappe
from frappe import _
from frappe.utils import cint, escape_html

from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered
from crm_success.record_names import SEGMENT
from crm_success.scoring import door
from crm_success.scoring.engine.definitions import Segment
from crm_success.scoring.engine.records import segments_from_records
from crm_success.scoring.writers import take_away_segment

LETTERS = {"r": "Recency", "f": "Frequency", "m": "Monetary"}
EXAMPLES = 3


class CustomerSegment(PrintedAsText):
	def before_insert(self):
		check_entered(self)

	def validate(self):
		check_entered(self)
		for letter, label in LETTERS.items():
			self.check_range(_(label), cint(self.get(f"{letter}_min")), cint(self.get(f"{letter}_max")))

	def on_update(self):
		warn_of_uncovered_customers()
		warn_of_hidden_segments()

	def on_trash(self):
		"""Frappe would not delete a segment that customers have. It holds the segment: no batch writes it any more."""
		take_away_segment(self.name)

	def after_delete(self):
		warn_of_uncovered_customers()

	def check_range(self, label: str, lowest: int, highest: int):
		if 1 <= lowest <= highest <= 5:
			return
		frappe.throw(
			_(
				"{0}: the range from {1} to {2} holds no score. Scores go from 1 to 5, and the first must not be above the last."
			).format(frappe.bold(label), lowest, highest),
			title=_("Please Check {0}").format(_("Customer Segment")),
		)


def warn_of_uncovered_customers() -> None:
	"""Say which scores fall into no enabled segment, while segments are being changed one by one."""
	cells = uncovered_cells()
	if not cells:
		return
	examples = ", ".join(
		f"R{recency} F{frequency} M{monetary}" for recency, frequency, monetary in cells[:EXAMPLES]
	)
	about_gaps = _(
		"{0} of the 125 combinations of scores fall into no segment, such as {1}. Customers with them will have none: widen a segment, or add one for the rest."
	)
	if any(segment.growth_from is not None for segment in enabled_segments()):
		about_gaps = _(
			"{0} of the 125 combinations of scores fall into no segment for customers who do not grow, such as {1}. Those customers will have none: widen a segment that asks no growth, or add one for the rest."
		)
	frappe.msgprint(
		about_gaps.format(len(cells), examples), title=_("Segments Leave Gaps"), indicator="orange"
	)


def warn_of_hidden_segments() -> None:
	"""Say which enabled segments can have no customers."""
	names = door.hidden_segments(enabled_segments())
	if not names:
		return
	frappe.msgprint(
		_(
			"No customer can be in {0}: segments with a lower priority take all of its scores. Change its ranges or its priority, or disable it."
		).format(", ".join(frappe.bold(escape_html(_(name, context=SEGMENT))) for name in names)),
		title=_("Segments Without Customers"),
		indicator="orange",
	)


def uncovered_cells() -> list[tuple[int, int, int]]:
	"""The combinations of recency, frequency and monetary scores with which a customer may be in no enabled segment."""
	return door.uncovered_cells(enabled_segments())


def enabled_segments() -> tuple[Segment, ...]:
	return segments_from_records(frappe.get_all(SEGMENT, fields=["*"]))
