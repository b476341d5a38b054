"""Which defaults are the newest, and what the records that changed with them said before. Plain constants, no Frappe.

What a site has that is neither is its own: somebody edited it.
"""

from typing import Any

# one more whenever sites that are there already should be offered the defaults of new ones
NEWEST_DEFAULTS = 2

# by the key of the metric, which survives that somebody renames it: only the fields whose default changed
METRICS_BEFORE: dict[str, dict[str, Any]] = {
	"open_issues": {"date_field": "opening_date", "window_days": 0, "missing_treatment": "Best"},
	"issues_180d": {"missing_treatment": "Best"},
}
