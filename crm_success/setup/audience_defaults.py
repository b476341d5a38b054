"""The default audiences, as plain constants with the field names of Customer Audience. Needs no Frappe.

Seeded once, disabled: an administrator looks at them, changes what does not fit, and enables them.
"""

_HIGH_VALUE = ["value_class", "=", "High"]


def _on_health(*filters):
	return [{"looks_at": "Customer Health", "filters": [list(each) for each in filters]}]


AUDIENCES = [
	{
		"audience_name": "At Risk High Value",
		"description": "Customers of high value whose health is At Risk",
		"enabled": 0,
		"conditions": _on_health(_HIGH_VALUE, ["band", "=", "At Risk"]),
	},
	{
		"audience_name": "Dormant High Value",
		"description": "Customers of high value who have not bought, paid or asked for anything lately",
		"enabled": 0,
		"conditions": _on_health(_HIGH_VALUE, ["stage", "in", ["Silent", "Lost"]]),
	},
	{
		"audience_name": "Large Debtors",
		"description": "Customers who owe a large amount that is past due. Set the amount that is large for you",
		"enabled": 0,
		"conditions": _on_health(["overdue", ">=", 10000]),
	},
	{
		"audience_name": "New Customers",
		"description": "Customers who bought for the first time not long ago",
		"enabled": 0,
		"conditions": _on_health(["stage", "=", "New"]),
	},
]
