"""A query with one row and one column, as a value of another query."""

from typing import Any

from pypika.queries import QueryBuilder
from pypika.terms import Term


class Scalar(Term):
	"""What the query answers with; NULL where it has no row."""

	def __init__(self, query: QueryBuilder) -> None:
		super().__init__()
		self._query = query

	def get_sql(self, **options: Any) -> str:
		"""The query in brackets."""
		return self._query.get_sql(**{**options, "subquery": True, "with_alias": False})
