"""A background worker as `bench worker --queue long,short` starts it, which also counts the conflicts that it meets, and
notes who was told to enter an audience or to leave it.

python -m tools.soak.worker CONFLICTS     a file; one letter is added for each conflict   (from the sites folder)
"""

import os
import sys

# before the fork: jobs need not load them again
import pandas  # noqa: F401
from frappe.utils.background_jobs import start_worker

from crm_success.audiences import audience_pass
from crm_success.audiences.audience_changed import HOOK
from crm_success.customer_loyalty.earning import due_earning
from crm_success.customer_loyalty.points import points_night
from crm_success.customer_loyalty.tiers import tier_review
from crm_success.database import conflicts
from crm_success.tests.support import audience_witness
from crm_success.tests.support.utils import registered


def count_conflicts(path: str) -> None:
	is_conflict = conflicts._is_conflict

	def counting(error: Exception) -> bool:
		found = is_conflict(error)
		if found:
			file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
			os.write(file, b"c")
			os.close(file)
		return found

	conflicts._is_conflict = counting


if __name__ == "__main__":
	count_conflicts(sys.argv[1])
	# so that a pass, a review of tiers, and a night of points has many
	audience_pass.BATCH_SIZE = tier_review.BATCH_SIZE = points_night.BATCH_SIZE = 20
	due_earning.AT_ONCE = 5
	# in the worker's own memory: what Redis keeps of hooks is flushed
	with registered(HOOK, f"{audience_witness.__name__}.note"):
		start_worker(queue="long,short", quiet=True)
