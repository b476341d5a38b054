"""The options of a database URL, all about TLS: which there are, which go together, what the drivers take for them.

The names are those of the databases' own programs. What is misspelled is never ignored: a connection that somebody
wanted encrypted or verified would be neither.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from crm_success.database.dialects import Dialect
from crm_success.standalone.command_errors import CommandError, one_line

Options = Mapping[str, str]

# whether the server's certificate is checked: with its host name, against the authority alone, or not at all
_FULL, _CA, _NONE = "full", "ca", "none"
_VERIFYING_MODES = ("verify-ca", "verify-full")
_ENCRYPTING_MODES = ("require", *_VERIFYING_MODES)
_CHOICES = {
	"ssl_verify": (_FULL, _CA, _NONE),
	"sslmode": ("disable", "allow", "prefer", *_ENCRYPTING_MODES),
}
_FILES = {
	Dialect.MARIADB: ("ssl_ca", "ssl_cert", "ssl_key"),
	Dialect.POSTGRES: ("sslrootcert", "sslcert", "sslkey", "sslcrl"),
}
_CHOICE = {Dialect.MARIADB: "ssl_verify", Dialect.POSTGRES: "sslmode"}
# the certificates that come with the system, in the place of a file
_SYSTEM = ("sslrootcert", "system")


def parse_options(dialect: Dialect, query: str) -> dict[str, str]:
	"""What stands after the question mark; a CommandError says what is wrong with it."""
	options: dict[str, str] = {}
	for part in (part for part in query.split("&") if part):
		name, _separator, value = part.partition("=")
		_check_name(dialect, name)
		if name in options:
			raise CommandError(f"The database URL has the option {name} twice. Keep it once.")
		options[name] = unquote(value)
		_check_value(name, options[name])
	(_check_mariadb if dialect is Dialect.MARIADB else _check_postgres)(options)
	return options


def mariadb_context(options: Options) -> ssl.SSLContext | None:
	"""How MariaDB is connected to, or None where nothing was asked for. Raises CommandError where a file is no PEM."""
	if not options:
		return None
	try:
		# without ssl_ca, the authorities that the system knows
		context = ssl.create_default_context(cafile=options.get("ssl_ca"))
	except (ssl.SSLError, OSError) as error:
		raise _unreadable("ssl_ca", options["ssl_ca"], error) from error
	# MariaDB's own certificates do not pass the strictest reading of the standard
	context.verify_flags &= ~ssl.VERIFY_X509_STRICT
	verify = options.get("ssl_verify", _FULL)
	context.check_hostname = verify == _FULL
	context.verify_mode = ssl.CERT_NONE if verify == _NONE else ssl.CERT_REQUIRED
	if "ssl_cert" in options:
		try:
			context.load_cert_chain(options["ssl_cert"], options["ssl_key"], password=_no_password)
		except (ssl.SSLError, OSError, ValueError) as error:
			raise _unreadable("ssl_cert", options["ssl_cert"], error) from error
	return context


def _check_name(dialect: Dialect, name: str) -> None:
	known = (*_FILES[dialect], _CHOICE[dialect])
	if name in known:
		return
	raise CommandError(
		f"The database URL has an option that is not known here: {name}. Known are {', '.join(known)}."
	)


def _check_value(name: str, value: str) -> None:
	choices = _CHOICES.get(name)
	if choices and value not in choices:
		raise CommandError(f"The option {name} of the database URL is not one of {', '.join(choices)}.")
	if choices or (name, value) == _SYSTEM:
		return
	if not value:
		raise CommandError(
			f"The option {name} of the database URL names no file. Give its path, or leave it out."
		)
	if not Path(value).is_file():
		raise CommandError(
			f"There is no file {value}, which the option {name} of the database URL names. Check the path."
		)


def _check_mariadb(options: Options) -> None:
	_check_pair(options, "ssl_cert", "ssl_key")
	if options.get("ssl_verify") == _NONE and "ssl_ca" in options:
		raise CommandError(
			"With ssl_verify=none nothing is compared with ssl_ca. Leave one of them out, or write ssl_verify=ca or full."
		)


def _check_postgres(options: Options) -> None:
	_check_pair(options, "sslcert", "sslkey")
	mode = options.get("sslmode", "prefer")
	# PostgreSQL's own library would go on without a word
	for name, modes in (
		("sslrootcert", _VERIFYING_MODES),
		("sslcrl", _VERIFYING_MODES),
		("sslcert", _ENCRYPTING_MODES),
	):
		if name in options and mode not in modes:
			raise CommandError(
				f"The option {name} of the database URL has no effect with sslmode={mode}. Write sslmode={' or '.join(modes)}."
			)


def _check_pair(options: Options, certificate: str, key: str) -> None:
	given = [name for name in (certificate, key) if name in options]
	if len(given) == 1:
		raise CommandError(
			f"The database URL has only {given[0]}: a certificate and its key go together, {certificate} and {key}."
		)


def _unreadable(name: str, path: str, error: Exception) -> CommandError:
	return CommandError(
		f"The file {path} of the option {name} cannot be used: {one_line(error)}. Give files in the PEM format, the key "
		"without a password"
	)


def _no_password() -> str:
	# OpenSSL would ask for it on the terminal
	return ""
