"""Keeps what a transaction touched until that is committed, and acts on it then. Decides nothing about it.

Nothing of it is part of a user's save: no lock, no conflict and no error in it can reach whoever saved.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import frappe

from crm_success.database import conflicts


@dataclass(frozen=True)
class AfterCommit:
	"""What is noted in a transaction is acted on once, when it is committed, and that is a transaction of its own.

	`flag` names it among what Frappe keeps for a request; `failed` is the title in the Error Log where acting fails.
	"""

	flag: str
	act: Callable[[Any], None]
	failed: str

	def note(self, things: Iterable[Hashable]) -> None:
		"""What was noted in a transaction that is rolled back may stay noted: to act once too often must harm nobody."""
		if noted := set(things):
			frappe.flags.setdefault(self.flag, set()).update(noted)
			frappe.db.after_commit.add(self.act_on_noted)

	def act_on_noted(self) -> None:
		"""Never rolls back: other apps wait for this very commit, and a rollback would make the site forget them."""
		noted = frappe.flags.pop(self.flag, None)
		if not noted:
			return
		shown = list(frappe.local.message_log)
		try:
			self.act(noted)
			# the user's own commit is over, and nothing commits after it
			frappe.db.commit()  # nosemgrep: frappe-manual-commit
		except Exception as error:
			# what was saved is saved: whatever went wrong here, its author must not hear of it
			conflicts.raise_if_out_of_time(error)
			frappe.local.message_log = shown
			self._log()

	def _log(self) -> None:
		failure = frappe.get_traceback(with_context=True)
		try:
			frappe.log_error(title=self.failed, message=failure)
			# as above
			frappe.db.commit()  # nosemgrep: frappe-manual-commit
		except Exception as error:
			# the connection is lost, perhaps
			conflicts.raise_if_out_of_time(error)
			frappe.logger("crm_success").error(failure)
