"""Works through rows together, and through each alone where that fails, so that a bad one keeps no other from its turn."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import frappe

from crm_success.database import conflicts

Row = TypeVar("Row")


def work_through(
	rows: Sequence[Row], work: Callable[[Sequence[Row]], None], give_up: Callable[[Row, Exception], None]
) -> None:
	"""All of them in one transaction, that is done again after a conflict; where it fails, each in its own. What fails alone
	is given up. Commits.
	"""

	def whole() -> None:
		work(rows)
		# each piece is kept as it is done
		frappe.db.commit()  # nosemgrep: frappe-manual-commit

	try:
		conflicts.again_after_conflict(whole)
	except Exception as error:
		conflicts.raise_if_out_of_time(error)
		conflicts.start_over()
		if len(rows) > 1:
			for row in rows:
				work_through([row], work, give_up)
			return
		give_up(rows[0], error)
		# the next one begins a transaction of its own
		frappe.db.commit()  # nosemgrep: frappe-manual-commit
