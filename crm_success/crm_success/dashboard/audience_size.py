"""How many customers that the user may see were in each of some audiences, week by week or month by month."""

from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate

from crm_success.audiences.membership_history import size_on_days
from crm_success.audiences.visible_members import readable_audience
from crm_success.crm_success.dashboard.asked_days import asked_days
from crm_success.record_checks.asked_filters import text
from crm_success.record_checks.markup import without_markup
from crm_success.record_checks.sizes import of_bounded_size, parsed
from crm_success.record_names import AUDIENCE
from crm_success.visibility import check_reads_health

Chart = dict[str, Any]

# as many lines as can be told apart
MOST = 8


@frappe.whitelist()
@of_bounded_size
def audience_size(
	timespan: str | None = None,
	time_interval: str | None = None,
	from_date: str | None = None,
	to_date: str | None = None,
	chart_name: str | None = None,
	filters: str | dict | list | None = None,
	**asked: Any,
) -> Chart:
	"""A line for each audience that the chart is set to, of those that the user may read."""
	check_reads_health()
	audiences = asked_audiences(filters)
	if not audiences:
		return {}
	days = asked_days(chart_name, timespan, time_interval, from_date, to_date)
	return {
		"labels": [formatdate(day) for day in days],
		"datasets": [
			{
				"name": without_markup(_(audience, context=AUDIENCE)),
				"values": [size["members"] for size in size_on_days(audience, days)],
			}
			for audience in audiences
		],
	}


def asked_audiences(filters: Any) -> list[str]:
	"""The audiences that a chart is set to, each once; those that the user may not read are left out."""
	asked = parsed(filters, _("Send filters as JSON.")) if filters else {}
	chosen = asked.get("audiences") if isinstance(asked, dict) else None
	chosen = chosen if isinstance(chosen, list) else [chosen]
	names = [readable_audience(text(_("Audiences"), each)) for each in chosen[:MOST] if each]
	return list(dict.fromkeys(name for name in names if name))
