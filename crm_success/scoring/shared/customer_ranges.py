"""Cuts the customers into ranges of names, in the database's own order. Reads nothing else."""

from collections.abc import Iterator

from crm_success.database.dialects import KeyRange
from crm_success.database.port import DatabasePort
from crm_success.scoring.queries.read_statements import next_keys_statement
from crm_success.scoring.queries.tables import Table


def customer_ranges(database: DatabasePort, customer: Table, size: int) -> list[tuple[KeyRange, int]]:
	"""Ranges and how many customers each has. Together they hold every possible name exactly once, so that
	records of customers that do not exist any more, and customers made meanwhile, fall into one of them too.
	"""
	bounds = list(_bounds(database, customer, size))
	if not bounds:
		return [(KeyRange(), 0)]
	afters = [None, *(upto for upto, _ in bounds[:-1])]
	uptos = [*(upto for upto, _ in bounds[:-1]), None]
	counts = [count for _, count in bounds]
	return [(KeyRange(after, upto), n) for after, upto, n in zip(afters, uptos, counts, strict=True)]


def _bounds(database: DatabasePort, customer: Table, size: int) -> Iterator[tuple[str, int]]:
	after = None
	while True:
		statement = next_keys_statement(customer, database.dialect, after, size)
		names = [name for (name,) in database.execute(statement).rows]
		if names:
			yield names[-1], len(names)
		if len(names) < size:
			return
		after = names[-1]
