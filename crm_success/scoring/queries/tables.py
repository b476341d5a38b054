"""What the builders may know of a database table: its columns and their kinds. Reads no database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crm_success.scoring.engine.errors import SourceError

# Frappe's own rule for the names of DocTypes and fields; anything else never reaches a statement
_IDENTIFIER = re.compile(r"\w[\w \-]*")

NUMBER = "number"
CURRENCY = "currency"
DATE = "date"
DATETIME = "datetime"
TIME = "time"
TEXT = "text"
DURATION = "duration"

NUMERIC_KINDS = frozenset({NUMBER, CURRENCY, DURATION})

KIND_OF_FIELDTYPE = {
	"Int": NUMBER,
	"Float": NUMBER,
	"Percent": NUMBER,
	"Check": NUMBER,
	"Rating": NUMBER,
	"Long Int": NUMBER,
	"Currency": CURRENCY,
	"Duration": DURATION,
	"Date": DATE,
	"Datetime": DATETIME,
	"Time": TIME,
}


def kind_of(fieldtype: str) -> str:
	"""The kind of a Frappe fieldtype; everything that is not a number, a date or a time is text."""
	return KIND_OF_FIELDTYPE.get(fieldtype, TEXT)


@dataclass(frozen=True)
class Column:
	"""A column and its kind, one of the constants above."""

	name: str
	kind: str = TEXT

	def __post_init__(self) -> None:
		check_identifier(self.name)


@dataclass(frozen=True)
class PartyField:
	"""A Dynamic Link and the column that says to which DocType it points."""

	name: str
	type_field: str


@dataclass(frozen=True)
class Table:
	"""The table of a DocType: its columns, whether only submitted rows count, whether it is a child table.

	`only_names` is a SELECT of the names of the documents that count, without a %, where not all do: what one person may
	read.
	"""

	doctype: str
	columns: tuple[Column, ...]
	submittable: bool = False
	is_child: bool = False
	party_fields: tuple[PartyField, ...] = ()
	only_names: str = ""

	def __post_init__(self) -> None:
		check_identifier(self.doctype)

	@property
	def name(self) -> str:
		"""The table's name in the database."""
		return f"tab{self.doctype}"

	def has(self, fieldname: str) -> bool:
		"""Whether the table has that column."""
		return fieldname in self.kinds

	@property
	def kinds(self) -> Mapping[str, str]:
		"""Kind by column name."""
		return {column.name: column.kind for column in self.columns}

	def type_field(self, fieldname: str) -> str:
		"""The column that holds the DocType of a Dynamic Link, or nothing for a plain Link."""
		return next((party.type_field for party in self.party_fields if party.name == fieldname), "")


def check_identifier(name: str) -> None:
	"""SourceError where a name could not be the name of a DocType or a field."""
	if not _IDENTIFIER.fullmatch(name):
		raise SourceError("{0} cannot be the name of a DocType or a field", repr(name))
