"""Carries out the statements of a plan and lays the answers out for the engine. Judges nothing."""

from datetime import date

import pandas as pd

from crm_success.database.dialects import EVERYBODY, Dialect, KeyRange
from crm_success.database.port import Answer, DatabasePort
from crm_success.scoring.engine.definitions import Definitions
from crm_success.scoring.queries.plan import Read, ReadPlan, Tables
from crm_success.scoring.queries.read_statements import customers_statement, read_statement
from crm_success.scoring.queries.repeated_fields import CUSTOMER_DISABLED, REPEATED_FIELDS


class Reader:
	"""Reads customers and aggregates of a database for one set of definitions and tables."""

	def __init__(
		self, plan: ReadPlan, definitions: Definitions, tables: Tables, database: DatabasePort
	) -> None:
		self._plan = plan
		self._definitions = definitions
		self._tables = tables
		self._database = database

	def customers(self, keys: KeyRange = EVERYBODY) -> pd.DataFrame:
		"""Customers of the range, indexed by name: REPEATED_FIELDS (texts None where a table lacks one, disabled 0 or 1)
		and `scorecard`, the name of the first scorecard that matches (None where none does).
		"""
		scorecards = self._definitions.scorecards
		statement = customers_statement(scorecards, self._tables["Customer"], self._database.dialect, keys)
		frame = as_frame(self._database.execute(statement)).set_index("customer")
		result = frame.reindex(columns=list(REPEATED_FIELDS)).astype(object)
		result = result.where(result.notna(), None)
		result[CUSTOMER_DISABLED] = result[CUSTOMER_DISABLED].eq(1).astype("int64")
		result["scorecard"] = None
		# backwards, so that the first that matches is written last
		for number in reversed(range(len(scorecards))):
			fits = frame[f"scorecard_{number}"].eq(1) if scorecards[number].filters else slice(None)
			result.loc[fits, "scorecard"] = scorecards[number].name
		return result

	def aggregates(
		self, as_of: date, keys: KeyRange = EVERYBODY, customers: pd.Index | None = None
	) -> pd.DataFrame:
		"""One row a customer that any source names, columns `metric key.part`; NaN where a source has no row.

		With `customers`, a name that MariaDB takes for one of them, though it differs in capitals or in spaces at
		its end, becomes that one.
		"""
		frames = [self._aggregates(read, as_of, keys) for read in self._plan.reads]
		if customers is not None and self._database.dialect is Dialect.MARIADB:
			frames = [_with_exact_names(frame, customers) for frame in frames]
		return pd.concat(frames, axis=1) if frames else pd.DataFrame()

	def _aggregates(self, read: Read, as_of: date, keys: KeyRange) -> pd.DataFrame:
		dialect, money = self._database.dialect, self._definitions.money
		statement = read_statement(read, self._tables, as_of, dialect, money, keys)
		frame = as_frame(self._database.execute(statement))
		frame = frame[frame["customer"].notna() & (frame["customer"] != "")].set_index("customer")
		columns = {f"{part.metric}.{part.part}": frame[f"a{part.aggregate}"] for part in read.parts}
		return pd.DataFrame(columns, index=frame.index)


def as_frame(answer: Answer) -> pd.DataFrame:
	"""An answer as a frame with one column a selected name."""
	return pd.DataFrame.from_records(answer.rows, columns=answer.columns)


def _with_exact_names(frame: pd.DataFrame, customers: pd.Index) -> pd.DataFrame:
	strange = ~frame.index.isin(customers)
	if not strange.any():
		return frame
	exact = {str(name).casefold().rstrip(" "): name for name in customers.difference(frame.index)}
	names = [
		exact.get(str(name).casefold().rstrip(" "), name) if is_strange else name
		for name, is_strange in zip(frame.index, strange, strict=True)
	]
	return frame.set_axis(names, axis=0)
