"""For functions that the scheduler calls: an error leaves a trace. Schedules nothing."""

from collections.abc import Callable
from functools import wraps

import frappe


def logged(entry_point: Callable[[], None]) -> Callable[[], None]:
	"""The scheduler swallows errors, and some releases leave no trace of them: write them down, then let them go on."""

	@wraps(entry_point)
	def call() -> None:
		try:
			entry_point()
		except Exception:
			# half of a job that failed is not kept
			frappe.db.rollback()
			frappe.log_error(title=f"{entry_point.__name__} failed")
			# Frappe rolls back after the error that is raised next
			frappe.db.commit()
			raise

	return call
