"""Tells other parts, and other apps, who entered an audience and who left it. Decides nothing and stores nothing.

Whoever wants to know names a function in its hooks.py:

    audience_changed = ["my_app.my_module.my_function"]

It is called once for each batch of customers, inside the transaction that writes who is in, as `my_function(changes)`
with a list of `AudienceChange`. It must not commit. Where it fails, what it wrote is taken back, the members stay, and
the run names it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from frappe import _

from crm_success.batches.messages import Message
from crm_success.batches.subscribers import tell_subscribers

HOOK = "audience_changed"


@dataclass(frozen=True)
class AudienceChange:
	"""A customer that entered an audience, or left it, and when, in the site's time zone.

	`by_definition` is true where the definition of the audience, or of one that it is made of, differs from that by which
	its members were found before, also the first time: the customer may well be the same.
	"""

	audience: str
	customer: str
	entered: bool
	at: datetime
	by_definition: bool = False


def tell_audience_changes(changes: Iterable[AudienceChange]) -> list[Message]:
	"""Call every subscriber with the changes, if there are any; what to say of those who failed."""
	reason = _("{0} failed when it was told who entered and left. The members are right; read the Error Log.")
	return tell_subscribers(HOOK, changes, reason)
