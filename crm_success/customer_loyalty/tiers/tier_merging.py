"""What becomes of the tiers of two customers that are merged. Moves no links: Frappe does."""

from frappe.utils import getdate

from crm_success.customer_loyalty.tiers.rules import merge
from crm_success.customer_loyalty.tiers.tier_records import policy_of_now
from crm_success.customer_loyalty.tiers.tier_standings import decided_values, held_standings
from crm_success.customer_loyalty.tiers.tier_writing import Notes, forget_customers
from crm_success.database import clock


def merge_standings(old: str, new: str) -> None:
	"""Where both have one, that of `new` stays, with what the other promised; without committing."""
	held = held_standings({old, new})
	if old == new or not {old, new} <= held.keys():
		return
	policy, today = policy_of_now(), getdate()
	after, events = merge(policy, held[new].standing, held[old].standing, today)
	values = {"customer": new, **decided_values(after)}
	if after.protected_until != held[new].standing.protected_until:
		row = held[old].row
		values.update({name: row[name] for name in ("protection_reason", "protected_by")})
	forget_customers([old])
	notes = Notes(policy, today, clock.now())
	notes.add(held[new], values, events, None)
	notes.write()
