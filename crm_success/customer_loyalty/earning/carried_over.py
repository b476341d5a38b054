"""Which sales had their points carried over from ERPNext's own program. They earn nothing here, even when a return has made
ERPNext delete its entry since. Writes nothing.
"""

from collections.abc import Sequence

import frappe

from crm_success.customer_loyalty.points.event_keys import key_of
from crm_success.record_names import LEDGER_ENTRY, SWITCH_OVER

# how far a switch is: these have carried points over, or begun to
SWITCHING, SWITCHED, UNDOING = "Switching", "Switched", "Undoing"
SWITCH_INTERRUPTED, UNDO_INTERRUPTED = "Switch Interrupted", "Undo Interrupted"
CARRYING = (SWITCHING, SWITCHED, UNDOING, SWITCH_INTERRUPTED, UNDO_INTERRUPTED)


def carried_key(switch_over: str, doctype: str, name: str) -> str:
	"""The key of the entry by which a switch carries over what a document earned."""
	return key_of("carried over", switch_over, doctype, name)


def carried_among(doctype: str, names: Sequence[str]) -> set[str]:
	"""Those of the documents whose points were carried over by a switch that was not undone."""
	switches = frappe.get_all(SWITCH_OVER, {"status": ("in", CARRYING)}, pluck="name", order_by=None)
	keys = {carried_key(switch, doctype, name): name for switch in switches for name in names}
	if not keys:
		return set()
	found = frappe.get_all(LEDGER_ENTRY, {"event_key": ("in", list(keys))}, pluck="event_key", order_by=None)
	return {keys[key] for key in found}
