"""What each column of health.csv means. One table, shown by the command's help and at the end of the report."""

from typing import NamedTuple


class CsvColumn(NamedTuple):
	"""A column of health.csv; an empty unit means text."""

	name: str
	unit: str
	meaning: str


COLUMNS = (
	CsvColumn("customer", "", "ID of the Customer"),
	CsvColumn("customer_name", "", "Name of the customer"),
	CsvColumn("customer_group", "", "Customer group"),
	CsvColumn("territory", "", "Territory"),
	CsvColumn("account_manager", "", "User who looks after the customer"),
	CsvColumn("customer_disabled", "0 or 1", "1 where the customer is disabled; the report leaves it out"),
	CsvColumn("score", "0-100", "Health score; empty where there is nothing to measure"),
	CsvColumn("computed_score", "0-100", "The score before any override; here always equal to score"),
	CsvColumn(
		"coverage",
		"percent",
		"How much of what the scorecard weighs is on record; the score says nothing of the rest",
	),
	CsvColumn("band", "", "Healthy, Watch or At Risk, by the scorecard's thresholds"),
	CsvColumn("trend", "", "Up, Stable or Down against 30 days earlier; empty without earlier scores"),
	CsvColumn("change_30", "points", "Change of the score over 30 days; empty without earlier scores"),
	CsvColumn("scorecard", "", "The scorecard that was applied"),
	CsvColumn("cap_reason", "", "Why the score was limited, where a cap applied"),
	CsvColumn("recency_score", "0-5", "How recent the last invoice is; 5 is best, 0: never bought"),
	CsvColumn("frequency_score", "0-5", "How many invoices in the window; 5 is best, 0: never bought"),
	CsvColumn("monetary_score", "0-5", "How much net revenue in the window; 5 is best, 0: never bought"),
	CsvColumn("segment", "", "Customer segment of the three scores; empty for those who never bought"),
	CsvColumn("value_class", "", "High, Potential or Low, by rank of revenue or set amounts"),
	CsvColumn("activity", "", "Active, Silent or Lapsing, by days since the last activity"),
	CsvColumn("stage", "", "Lifecycle: Potential, New, Active, Silent, At Risk or Lost"),
	CsvColumn(
		"stage_reason", "", "Why stage and band differ, where one of them is At Risk or the stage is Lost"
	),
	CsvColumn("revenue", "currency", "Net revenue in the window, returns taken off"),
	CsvColumn("currency", "", "Currency of all amounts of the row"),
	CsvColumn("invoices", "count", "Invoices in the window, returns not counted"),
	CsvColumn("last_invoice", "date", "Date of the last invoice, returns not counted"),
	CsvColumn("open_issues", "count", "Issues that were open on the date"),
	CsvColumn("overdue", "currency", "Owed on the date and past its due date"),
	CsvColumn("expected_spend", "currency", "Expected spend within 90 days; empty: cannot be told"),
	CsvColumn(
		"clv",
		"currency",
		"Customer lifetime value: expected spend of 10 years at most, fading and discounted by 10 % a year; where "
		"spend cannot be told, yearly revenue x expected years x retention",
	),
	CsvColumn(
		"lapse_risk",
		"0-100",
		"How many of 100 such customers buy nothing within 90 days; empty: cannot be told",
	),
	CsvColumn("usual_gap", "days", "From one purchase to the next, by the customer's own rhythm"),
	CsvColumn("drivers", "", "What pulls the score down or up most, one reason a line"),
	CsvColumn("risk_drivers", "", "What raises and lowers the lapse risk most, one reason a line"),
	CsvColumn(
		"components", "JSON", "Raw value, points, weight and contribution of each metric, by metric key"
	),
	CsvColumn("as_of", "date", "The date the score is computed for; later documents are invisible"),
)

COLUMN_NAMES = tuple(column.name for column in COLUMNS)
