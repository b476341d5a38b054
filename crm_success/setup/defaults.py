"""The default records, as plain constants with the field names of our DocTypes. Needs no Frappe.

The desk seeds them once (`setup/seed.py`); the standalone command scores with them as they are.
"""

DIMENSIONS = [
	{
		"dimension_name": "Value",
		"sequence": 1,
		"description": "How much the customer buys, and whether it is getting more or less",
	},
	{
		"dimension_name": "Payment",
		"sequence": 2,
		"description": "Whether invoices are paid, and when",
	},
	{
		"dimension_name": "Service",
		"sequence": 3,
		"description": "What goes wrong for the customer, and how well it is put right",
	},
	{
		"dimension_name": "Engagement",
		"sequence": 4,
		"description": "How lately, how often and for how long the customer has been buying",
	},
]

_INVOICES = {
	"source_doctype": "Sales Invoice",
	"customer_field": "customer",
	"date_field": "posting_date",
	"window_days": 365,
}
_NO_RETURNS = [["is_return", "=", 0]]
_PURCHASES = [["is_purchase", "=", 1]]
_LEDGER = {
	"source_doctype": "Payment Ledger Entry",
	"customer_field": "party",
	"date_field": "posting_date",
	"window_days": 365,
}
_RECEIVABLE = ["account_type", "=", "Receivable"]
_ISSUES = {
	"source_doctype": "Issue",
	"customer_field": "customer",
	"date_field": "opening_date",
	"window_days": 180,
}


def _linear(worst, best):
	return {"scale": "Linear", "worst": worst, "best": best}


def _percentile(better="Higher"):
	return {"scale": "Percentile", "better": better}


_VALUE_METRICS = [
	{
		"metric_name": "Net Revenue 365 Days",
		"metric_key": "net_revenue_365d",
		"dimension": "Value",
		"description": "Invoiced within a year, returns taken off",
		"measure": "Sum",
		**_INVOICES,
		"value_field": "base_net_total",
		"unit": "Currency",
		**_percentile(),
	},
	{
		"metric_name": "Revenue Change 90 Days",
		"metric_key": "revenue_change_90d",
		"dimension": "Value",
		"description": "Net revenue of the last 90 days against the 90 days before",
		"measure": "Change Against Previous Window",
		**_INVOICES,
		"value_field": "base_net_total",
		"window_days": 90,
		"unit": "Percent",
		**_linear(-50, 25),
	},
	{
		"metric_name": "Gross Revenue 365 Days",
		"metric_key": "gross_revenue_365d",
		"description": "Invoiced within a year, before returns. Used by Return Rate",
		"measure": "Sum",
		**_INVOICES,
		"value_field": "base_net_total",
		"filters": _NO_RETURNS,
		"unit": "Currency",
		**_percentile(),
	},
	{
		"metric_name": "Returned Value 365 Days",
		"metric_key": "returned_value_365d",
		"description": "Credited for returns within a year, as a negative amount. Used by Return Rate",
		"measure": "Sum",
		**_INVOICES,
		"value_field": "base_net_total",
		"filters": [["is_return", "=", 1]],
		"unit": "Currency",
		**_percentile(),
	},
	{
		"metric_name": "Return Rate",
		"metric_key": "return_rate",
		"dimension": "Value",
		"description": "How much of the year's revenue was returned: 100 % where as much or more was",
		"measure": "Expression",
		"expression": (
			"100 if abs(returned_value_365d) > gross_revenue_365d"
			" else 100 * abs(returned_value_365d) / gross_revenue_365d"
		),
		"unit": "Percent",
		**_linear(20, 0),
	},
]

_PAYMENT_METRICS = [
	{
		"metric_name": "Billed 365 Days",
		"metric_key": "billed_365d",
		"description": "Billed within a year, with taxes. Used by Overdue Share of Billed",
		"measure": "Sum",
		**_LEDGER,
		"value_field": "billed_amount",
		"filters": [_RECEIVABLE],
		"unit": "Currency",
		**_percentile(),
	},
	{
		"metric_name": "Overdue Amount",
		"metric_key": "overdue_amount",
		"description": "Owed and past its due date on the scoring date",
		"measure": "Sum",
		**_LEDGER,
		"value_field": "overdue_amount",
		"filters": [_RECEIVABLE],
		"window_days": 0,
		"unit": "Currency",
		**_percentile("Lower"),
	},
	{
		"metric_name": "Overdue Share of Billed",
		"metric_key": "overdue_share",
		"dimension": "Payment",
		"description": "How much of what was billed within a year is overdue: 100 % where as much or more is",
		"measure": "Expression",
		"expression": "100 if overdue_amount > billed_365d else 100 * overdue_amount / billed_365d",
		"unit": "Percent",
		**_linear(50, 0),
	},
	{
		"metric_name": "Average Days Late",
		"metric_key": "average_days_late",
		"dimension": "Payment",
		"description": "How long after the due date payments of the last year came in",
		"measure": "Average",
		**_LEDGER,
		"value_field": "days_late",
		"filters": [_RECEIVABLE, ["is_payment", "=", 1]],
		"unit": "Days",
		**_linear(45, 0),
	},
]

_SERVICE_METRICS = [
	{
		"metric_name": "Open Issues",
		"metric_key": "open_issues",
		"dimension": "Service",
		"description": "Issues that were not resolved on the scoring date",
		"measure": "Count",
		**_ISSUES,
		# nothing open is good news where something was resolved lately; an issue of years ago tells nothing
		"date_field": "open_until",
		"filters": [["is_open", "=", 1]],
		"unit": "Count",
		**_linear(5, 0),
	},
	{
		"metric_name": "Issues 180 Days",
		"metric_key": "issues_180d",
		"dimension": "Service",
		"description": "Issues opened within half a year",
		"measure": "Count",
		**_ISSUES,
		"unit": "Count",
		**_linear(10, 0),
	},
	{
		"metric_name": "Failed SLA Share",
		"metric_key": "failed_sla_share",
		"dimension": "Service",
		"description": "Share of the issues with a service level agreement that did not keep it",
		"measure": "Share of Matching Documents",
		**_ISSUES,
		"filters": [["service_level_agreement", "is", "set"]],
		"matching": [["is_sla_failed", "=", 1]],
		"unit": "Percent",
		**_linear(50, 0),
	},
	{
		"metric_name": "Average Resolution Hours",
		"metric_key": "average_resolution_hours",
		"dimension": "Service",
		"description": "Hours from opening to resolution of the issues resolved within half a year",
		"measure": "Average",
		**_ISSUES,
		"date_field": "resolved_on",
		"value_field": "hours_to_resolve",
		"unit": "Hours",
		**_linear(168, 8),
	},
	{
		"metric_name": "High Priority Issue Share",
		"metric_key": "high_priority_issue_share",
		"dimension": "Service",
		"description": "Share of the issues of half a year that were of high priority",
		"measure": "Share of Matching Documents",
		**_ISSUES,
		"matching": [["priority", "in", ["High", "Urgent"]]],
		"unit": "Percent",
		**_linear(60, 0),
	},
]

_ENGAGEMENT_METRICS = [
	{
		"metric_name": "Invoices 365 Days",
		"metric_key": "invoices_365d",
		"dimension": "Engagement",
		"description": "Purchases invoiced within a year: neither returns nor corrections of a price",
		"measure": "Count",
		**_INVOICES,
		"filters": _PURCHASES,
		"unit": "Count",
		**_percentile(),
	},
	{
		"metric_name": "Days Since Last Invoice",
		"metric_key": "days_since_last_invoice",
		"dimension": "Engagement",
		"description": "How long ago the customer last bought",
		"measure": "Days Since Last",
		**_INVOICES,
		"filters": _PURCHASES,
		"window_days": 0,
		"unit": "Days",
		**_linear(180, 7),
	},
	{
		"metric_name": "Consecutive Declining Months",
		"metric_key": "consecutive_declining_months",
		"dimension": "Engagement",
		"description": "Complete months in a row, up to the last one, in which net revenue fell",
		"measure": "Consecutive Declining Months",
		**_INVOICES,
		"value_field": "base_net_total",
		"unit": "Months",
		**_linear(4, 0),
	},
	{
		"metric_name": "Tenure",
		"metric_key": "tenure_days",
		"dimension": "Engagement",
		"description": "How long ago the customer first bought",
		"measure": "Days Since First",
		**_INVOICES,
		"filters": _PURCHASES,
		"window_days": 0,
		"unit": "Days",
		**_linear(0, 1095),
	},
	{
		"metric_name": "Lapse Risk",
		"metric_key": "lapse_risk",
		"dimension": "Engagement",
		"description": "How many of 100 customers like this one buy nothing within the horizon of the settings",
		"measure": "Lapse Risk",
		"unit": "Percent",
		**_linear(90, 10),
	},
]

# expressions come after the metrics they use
METRICS = [
	{"enabled": 1, "missing_treatment": "Ignore", **metric}
	for metric in (*_VALUE_METRICS, *_PAYMENT_METRICS, *_SERVICE_METRICS, *_ENGAGEMENT_METRICS)
]

_ANY = {"r_min": 1, "r_max": 5, "f_min": 1, "f_max": 5, "m_min": 1, "m_max": 5}

SEGMENTS = [
	{
		"segment_name": "High Value",
		"priority": 10,
		**_ANY,
		# who buy as everybody does, such as subscribers of one plan, are in the middle of R and F
		"r_min": 3,
		"f_min": 3,
		"m_min": 4,
		"color": "#15803D",
		"strategy": "Give them a dedicated manager: know their plans, review the year with them, ask for references",
		"service_promise": "A manager of their own and a priority channel",
	},
	{
		"segment_name": "Frequent Low Spend",
		"priority": 20,
		**_ANY,
		"f_min": 4,
		"m_max": 2,
		"color": "#0E7490",
		"strategy": "Automate ordering and service, lower the cost to serve, offer bundles and larger quantities",
		"service_promise": "Quick answers by self-service and automated ordering",
	},
	{
		"segment_name": "Dormant High Value",
		"priority": 30,
		**_ANY,
		"r_max": 2,
		"m_min": 4,
		"color": "#B91C1C",
		"strategy": "Win them back in person: call, find out why they stopped, make an offer that answers it",
		"service_promise": "A personal call, and one person to talk to until the matter is settled",
	},
	{
		"segment_name": "Low Value High Potential",
		"priority": 40,
		**_ANY,
		# of those who buy little only who came back, and for no less than before, spends more than others afterwards
		"r_min": 3,
		"m_max": 3,
		"asks_growth": 1,
		"growth_from": 0,
		"color": "#7C3AED",
		"strategy": "Guide them to an upgrade: show what others like them use, help with the next order",
		"service_promise": "Help to get started, and advice on what fits next",
	},
	{
		"segment_name": "Low Value Low Potential",
		"priority": 50,
		**_ANY,
		"r_max": 2,
		"f_max": 2,
		"m_max": 2,
		"color": "#6B7280",
		"strategy": "Self-service first: keep them informed at little cost, no visits",
		"service_promise": "Self-service, and an answer within 24 hours",
	},
	{
		"segment_name": "Mid Value",
		"priority": 60,
		**_ANY,
		"color": "#B45309",
		"strategy": "Keep the relationship steady, watch which way it moves, and offer what raises frequency or value",
		"service_promise": "The regular service, with an answer within one working day",
	},
]
