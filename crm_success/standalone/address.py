"""Reads database URLs: the kind of database, its place and its user. Connects to nothing, never shows a password."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from crm_success.database.dialects import Dialect
from crm_success.standalone.command_errors import CommandError
from crm_success.standalone.tls_options import parse_options

_DIALECTS = {
	"sqlite": Dialect.SQLITE,
	"mysql": Dialect.MARIADB,
	"mariadb": Dialect.MARIADB,
	"postgresql": Dialect.POSTGRES,
	"postgres": Dialect.POSTGRES,
}
_PORTS = {Dialect.MARIADB: 3306, Dialect.POSTGRES: 5432}
_FORMS = "sqlite:///path, mysql://user:password@host:port/database or postgresql://user:password@host:port/database"


@dataclass(frozen=True)
class Address:
	"""A database; `options` are those of TLS. On SQLite `database` is the path of the file and the rest is empty."""

	dialect: Dialect
	database: str
	host: str = ""
	port: int = 0
	user: str = ""
	password: str = field(default="", repr=False)
	options: Mapping[str, str] = field(default_factory=dict)

	@property
	def label(self) -> str:
		"""The database in words, without user and password."""
		if self.dialect is Dialect.SQLITE:
			return f"SQLite file {self.database}"
		kind = "MariaDB" if self.dialect is Dialect.MARIADB else "PostgreSQL"
		return f"{kind} database {self.database} on {self.host}:{self.port}"

	def without_password(self, text: str) -> str:
		"""The text with stars instead of the password, which drivers may quote in their errors."""
		# as a word of its own: striking every "x" out of a message would spell the password "x"
		alone = rf"(?<!\w){re.escape(self.password)}(?!\w)"
		return re.sub(alone, "***", text) if self.password else text


def parse_address(url: str) -> Address:
	"""The Address of a URL. Raises a CommandError that quotes no part of the URL that could be a password."""
	scheme, separator, rest = url.partition("://")
	dialect = _DIALECTS.get(scheme.lower().partition("+")[0])
	if not separator or dialect is None:
		raise CommandError(f"The database URL is not one of {_FORMS}.")
	if dialect is Dialect.SQLITE:
		return _sqlite(rest)
	return _server(dialect, url)


def sqlite_url(path: Path) -> str:
	"""The URL of an SQLite file, whatever characters its path has."""
	return f"sqlite:///{quote(str(path))}"


def _sqlite(rest: str) -> Address:
	path, question_mark, _options = rest.partition("?")
	if question_mark:
		raise CommandError("An SQLite URL takes no options. In a path, write %3F for a question mark.")
	path = unquote(path)
	if not path.startswith("/") or path == "/":
		raise CommandError(
			"An SQLite URL has three slashes and a path, four for an absolute one: sqlite:////tmp/erp.db."
		)
	return Address(Dialect.SQLITE, path[1:])


def _server(dialect: Dialect, url: str) -> Address:
	try:
		parts = urlsplit(url)
		port = parts.port or _PORTS[dialect]
	except ValueError as error:
		raise _unreadable() from error
	# a slash or an at sign in a password that is not percent-encoded ends up here
	if "@" in parts.path + parts.query or "#" in url or "?" in parts.netloc:
		raise _unreadable()
	database = unquote(parts.path.strip("/"))
	if not parts.hostname or not database:
		raise CommandError(f"The database URL lacks a host or the name of the database: {_FORMS}.")
	user, password = unquote(parts.username or ""), unquote(parts.password or "")
	options = parse_options(dialect, parts.query)
	return Address(dialect, database, parts.hostname, port, user, password, options)


def _unreadable() -> CommandError:
	return CommandError(
		"The database URL cannot be read: the port must be a number, and @ : / ? # % in a user or password must be "
		"percent-encoded (@ is %40), also in an option."
	)
