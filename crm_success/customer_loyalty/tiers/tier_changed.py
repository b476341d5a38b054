"""Tells other parts, and other apps, whose tier changed. Decides nothing and stores nothing.

Whoever wants to know names a function in its hooks.py:

    customer_tier_changed = ["my_app.my_module.my_function"]

It is called once for each batch of customers, and for each decision of a person, inside the transaction that writes the
tiers, as `my_function(changes)` with a list of `TierChange`. It must not commit. Where it fails, what it wrote is taken
back, the tiers stay, and the run names it, or the Error Log where it was no run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from frappe import _

from crm_success.batches.messages import Message
from crm_success.batches.subscribers import tell_subscribers

HOOK = "customer_tier_changed"


@dataclass(frozen=True)
class TierChange:
	"""A customer whose tier changed, and on which day; "" is no tier. `change` names the Customer Tier Change."""

	customer: str
	from_tier: str
	to_tier: str
	on: date
	change: str


def tell_tier_changes(changes: Iterable[TierChange]) -> list[Message]:
	"""Call every subscriber with the changes, if there are any; what to say of those who failed."""
	reason = _("{0} failed when it was told whose tier changed. The tiers are right; read the Error Log.")
	return tell_subscribers(HOOK, changes, reason)
