"""A back-test of the scores: what is asked, how far it is, and what was found. Making one starts it; nothing is edited later."""

import frappe
from frappe import _
from frappe.utils import add_days, cint, getdate, nowdate
from frappe.utils.formatters import format_value

from crm_success.batches.statuses import RUN
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.field_errors import bold, refuse
from crm_success.record_names import BACK_TEST, BACK_TEST_DATE, BACK_TEST_SUGGESTION, SETTINGS
from crm_success.scoring.backtest.back_test_records import (
	check_may_start,
	delete_parts,
	forget_what_was_found,
	start_back_test,
)
from crm_success.scoring.scoring_day import check_day
from crm_success.scoring.shared.horizons import LONGEST_HORIZON, SHORTEST_HORIZON
from crm_success.setup.log_days import BACK_TEST_DAYS

MOST_DATES = 12
CLEARED_AT_ONCE = 100


class ScoreBacktest(PrintedAsText):
	def before_insert(self):
		check_may_start()
		forget_what_was_found(self)
		self.set_horizon()

	def validate(self):
		self.refuse_change()
		self.check_horizon()
		self.check_dates()

	def after_insert(self):
		start_back_test(self)

	def on_trash(self):
		self.check_is_finished()
		delete_parts([self.name])

	def set_horizon(self):
		"""Where nobody says how long to wait, as long as the lapse risk is told for."""
		self.horizon = cint(self.horizon) or frappe.db.get_single_value(SETTINGS, "horizon_days")

	def refuse_change(self):
		if not self.is_new():
			frappe.throw(_("A back-test is not changed. Start a new one."))

	def check_horizon(self):
		if not SHORTEST_HORIZON <= self.horizon <= LONGEST_HORIZON:
			message = _("Enter a number of days from {0} to {1}.").format(SHORTEST_HORIZON, LONGEST_HORIZON)
			refuse(self, "horizon", message)

	def check_dates(self):
		"""What can be said of them without reading a single purchase."""
		days = [getdate(row.as_of) for row in self.dates]
		if len(days) > MOST_DATES:
			refuse(self, "dates", _("Enter {0} dates at most.").format(MOST_DATES))
		if len(set(days)) < len(days):
			refuse(self, "dates", _("Enter each date once."))
		for day in days:
			check_day(day)
			if add_days(day, self.horizon) > getdate():
				message = _(
					"The {0} days after {1} are not over. Choose an earlier date, or a shorter horizon."
				)
				refuse(self, "dates", message.format(self.horizon, format_value(day, "Date")))

	def check_is_finished(self):
		if self.run and frappe.db.get_value(RUN, self.run, "active"):
			frappe.throw(
				_("{0} is not finished. Cancel its run before deleting it.").format(bold(self.name)),
				title=_("Run Not Finished"),
			)

	@staticmethod
	def clear_old_logs(days: int = BACK_TEST_DAYS) -> None:
		"""Called by Log Settings every day. Commits between chunks."""
		filters = {"creation": ("<", add_days(nowdate(), -days)), "finished_at": ("is", "set")}
		while names := frappe.get_all(
			BACK_TEST, filters=filters, pluck="name", limit=CLEARED_AT_ONCE, order_by="creation"
		):
			delete_parts(names)
			for table in (BACK_TEST_DATE, BACK_TEST_SUGGESTION):
				frappe.db.delete(table, {"parenttype": BACK_TEST, "parent": ("in", names)})
			frappe.db.delete(BACK_TEST, {"name": ("in", names)})
			# in chunks, as for runs
			frappe.db.commit()  # nosemgrep: frappe-manual-commit
