"""Keys of events, by which the ledger takes each event once. Pure: no Frappe, no database."""

import hashlib


def key_of(*parts: object) -> str:
	"""The key of an event, whatever the length of what makes it up."""
	return hashlib.sha256("|".join([str(part) for part in parts]).encode()).hexdigest()[:40]
