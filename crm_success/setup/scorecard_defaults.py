"""The default scorecard: what each dimension and metric weighs, and where the bands begin. Plain constants, no Frappe.

Chosen by back-tests on made companies of many kinds and on early dates of real invoices; `tools/truth` makes and judges
them, and docs/scoring.md says what came of it.
"""

SCORECARDS = [
	{
		"scorecard_name": "Standard",
		"enabled": 1,
		"is_default": 1,
		"priority": 0,
		"customer_filters": [],
		"dimensions": [
			{"dimension": "Value", "weight": 25},
			{"dimension": "Payment", "weight": 10},
			{"dimension": "Service", "weight": 10},
			{"dimension": "Engagement", "weight": 55},
		],
		"metrics": [
			{"metric": "Net Revenue 365 Days", "weight": 50},
			{"metric": "Revenue Change 90 Days", "weight": 40},
			{"metric": "Return Rate", "weight": 10},
			{"metric": "Overdue Share of Billed", "weight": 60},
			{"metric": "Average Days Late", "weight": 40},
			{"metric": "Open Issues", "weight": 25},
			{"metric": "Issues 180 Days", "weight": 15},
			{"metric": "Failed SLA Share", "weight": 25},
			{"metric": "Average Resolution Hours", "weight": 20},
			{"metric": "High Priority Issue Share", "weight": 15},
			{"metric": "Lapse Risk", "weight": 50},
			{"metric": "Invoices 365 Days", "weight": 20},
			{"metric": "Days Since Last Invoice", "weight": 20},
			{"metric": "Consecutive Declining Months", "weight": 10},
		],
		"healthy_from": 65,
		"watch_from": 35,
		"caps": [
			{
				"metric": "Overdue Share of Billed",
				"operator": ">=",
				"value": 50,
				"cap": 60,
				"reason": "Half or more of what was billed is overdue",
			},
		],
	},
]
