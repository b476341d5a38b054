"""A background worker as `bench worker --queue long` starts it, which also counts the conflicts that it meets.

python -m tools.soak.worker CONFLICTS     a file; one letter is added for each conflict   (from the sites folder)
"""

import os
import sys

# before the fork: jobs need not load them again
import pandas  # noqa: F401
from frappe.utils.background_jobs import start_worker

from crm_success.database import conflicts


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
	start_worker(queue="long", quiet=True)
