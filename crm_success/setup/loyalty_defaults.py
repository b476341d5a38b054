"""The default tiers, as plain constants with the field names of Customer Tier. Needs no Frappe.

Seeded once. Nobody has one before an administrator turns the tiers on in the settings, and has looked at the amounts.
"""


def _revenue(amount):
	return [{"measure": "Net Revenue", "at_least": amount}]


TIERS = [
	{
		"tier_name": "Silver",
		"tier_level": 1,
		"tier_color": "#8D99A6",
		"description": "Set the revenue that earns it for you",
		"requirements": _revenue(10_000),
	},
	{
		"tier_name": "Gold",
		"tier_level": 2,
		"tier_color": "#CB9B2D",
		"description": "Set the revenue that earns it for you",
		"requirements": _revenue(50_000),
	},
	{
		"tier_name": "Diamond",
		"tier_level": 3,
		"tier_color": "#2F9AC4",
		"description": "Set the revenue that earns it for you",
		"requirements": _revenue(200_000),
	},
]
