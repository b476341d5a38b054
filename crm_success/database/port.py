"""How code that the site and the standalone command share asks a database. Who implements it connects and checks rights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from crm_success.database.dialects import Dialect, Statement


@dataclass(frozen=True)
class Answer:
	"""The rows of a statement as the driver gave them, and the selected names."""

	columns: tuple[str, ...]
	rows: Sequence[Sequence[Any]]

	def records(self) -> list[dict[str, Any]]:
		"""The rows as dicts, for the few answers that need no frame."""
		return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class DatabasePort(Protocol):
	"""A database with ERPNext's tables that can be read."""

	@property
	def dialect(self) -> Dialect:
		"""The dialect that statements must be written in."""

	def execute(self, statement: Statement) -> Answer:
		"""The rows of a statement."""
