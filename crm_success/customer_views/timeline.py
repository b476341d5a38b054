"""What happened with a customer, newest first, from every part that has something to tell.

A part names a function in its hooks.py:

    customer_timeline = ["my_app.my_module.timeline_entries"]

It is called as `timeline_entries(customer, before, limit)`: the newest `limit` entries, at most, of that customer that
happened before that moment (None: until now), and that the user may read, in the user's language.
"""

from dataclasses import dataclass
from datetime import datetime

from crm_success.customer_views.sources import asked

HOOK = "customer_timeline"
ENTRIES = 50


@dataclass(frozen=True)
class TimelineEntry:
	"""One thing that happened, and the document to open for it; `happened_at` in the site's time zone."""

	happened_at: datetime
	title: str
	detail: str = ""
	reference_doctype: str = ""
	reference_name: str = ""


def timeline_of(customer: str, before: datetime | None = None, limit: int = ENTRIES) -> list[TimelineEntry]:
	"""The newest entries of all parts before that moment. Who may see the customer is for the caller to check."""
	found = asked(HOOK, TimelineEntry, customer, before, limit)
	earlier = (entry for entry in found if before is None or entry.happened_at < before)
	return sorted(earlier, key=lambda entry: entry.happened_at, reverse=True)[:limit]
