"""The points of the walk's site. Imports nothing: both the site and the browser's side read it."""

# by which the made-up customers earned
RULE = "A Point for Each Ten"
RULE_VALUES = {
	"event": "Invoice Submitted",
	"basis": "For Each Amount",
	"points": 1,
	"each_amount": 10,
	"lapse": "End of a Year",
	"lapse_number": 1,
}
# what was sold in so many days waits for a backfill
DAYS_LEFT = 60
