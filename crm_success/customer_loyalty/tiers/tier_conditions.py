"""The condition by which a rule of ERPNext asks for a tier, as text of Python. Runs none."""

import json
import re

# what stands for the tier: a Pricing Rule sees the fields of a document, an agreement the document
IN_PRICING_RULE = "customer_tier"
IN_AGREEMENT = "doc.customer_tier"


def asks_for(place: str, tier: str) -> str:
	"""`customer_tier == "Gold"`."""
	return f"{place} == {_literal(tier)}"


def asks_for_new_name(condition: str | None, old: str, new: str) -> str:
	"""The same condition with each comparison of a tier made with the new name, whatever else somebody wrote beside it."""
	pattern = rf"(\bcustomer_tier\s*==\s*)(?:{re.escape(_literal(old))}|{re.escape(repr(old))})"
	return re.sub(pattern, lambda found: found.group(1) + _literal(new), condition or "")


def _literal(tier: str) -> str:
	# a text of JSON is one of Python too
	return json.dumps(tier, ensure_ascii=False)
