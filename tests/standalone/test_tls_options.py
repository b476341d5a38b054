"""Options of a database URL: each wrong one is said, and the right ones decide how the server is connected to."""

import ssl

import pytest

from crm_success.database.dialects import Dialect
from crm_success.standalone.address import parse_address
from crm_success.standalone.command_errors import CommandError
from crm_success.standalone.tls_options import mariadb_context, parse_options


@pytest.fixture
def pem(tmp_path):
	path = tmp_path / "some file.pem"
	path.write_text("no certificate")
	return path


def refusal(function, *arguments):
	with pytest.raises(CommandError) as error:
		function(*arguments)
	return str(error.value)


def test_options_are_read_with_the_address_and_decoded(pem):
	url = f"postgresql://u@h/d?sslmode=verify-full&sslrootcert={str(pem).replace(' ', '%20')}"
	assert parse_address(url).options == {"sslmode": "verify-full", "sslrootcert": str(pem)}
	assert parse_address("mysql://u@h/d?").options == {}
	assert (
		parse_address("postgresql://u@h/d?sslmode=verify-full&sslrootcert=system").options["sslrootcert"]
		== "system"
	)


@pytest.mark.parametrize(
	("dialect", "query", "said"),
	[
		(
			Dialect.MARIADB,
			"ssl-ca=x",
			"The database URL has an option that is not known here: ssl-ca. Known are ssl_ca, ssl_cert, ssl_key, ssl_verify.",
		),
		(
			Dialect.POSTGRES,
			"ssl_ca=x",
			"The database URL has an option that is not known here: ssl_ca. Known are sslrootcert, sslcert, sslkey, sslcrl, sslmode.",
		),
		(
			Dialect.MARIADB,
			"ssl_ca=/nowhere/ca.pem",
			"There is no file /nowhere/ca.pem, which the option ssl_ca of the database URL names. Check the path.",
		),
		(
			Dialect.MARIADB,
			"ssl_ca=",
			"The option ssl_ca of the database URL names no file. Give its path, or leave it out.",
		),
		(
			Dialect.MARIADB,
			"ssl_verify=yes",
			"The option ssl_verify of the database URL is not one of full, ca, none.",
		),
		(
			Dialect.POSTGRES,
			"sslmode=verify",
			"The option sslmode of the database URL is not one of disable, allow, prefer, require, verify-ca, verify-full.",
		),
		(
			Dialect.MARIADB,
			"ssl_verify=ca&ssl_verify=none",
			"The database URL has the option ssl_verify twice. Keep it once.",
		),
	],
)
def test_an_option_that_is_wrong_by_itself(dialect, query, said):
	assert refusal(parse_options, dialect, query) == said


@pytest.mark.parametrize(
	("dialect", "query", "said"),
	[
		(Dialect.MARIADB, "ssl_cert={pem}", "has only ssl_cert: a certificate and its key go together"),
		(Dialect.MARIADB, "ssl_key={pem}", "has only ssl_key: a certificate and its key go together"),
		(
			Dialect.MARIADB,
			"ssl_ca={pem}&ssl_verify=none",
			"With ssl_verify=none nothing is compared with ssl_ca.",
		),
		(Dialect.POSTGRES, "sslkey={pem}&sslmode=require", "has only sslkey: a certificate and its key"),
		(
			Dialect.POSTGRES,
			"sslrootcert={pem}",
			"sslrootcert of the database URL has no effect with sslmode=prefer.",
		),
		(
			Dialect.POSTGRES,
			"sslrootcert={pem}&sslmode=require",
			"has no effect with sslmode=require. Write sslmode=verify-ca or verify-full.",
		),
		(
			Dialect.POSTGRES,
			"sslcert={pem}&sslkey={pem}&sslmode=disable",
			"has no effect with sslmode=disable.",
		),
	],
)
def test_options_that_do_not_go_together(dialect, query, said, pem):
	assert said in refusal(parse_options, dialect, query.format(pem=pem))


def test_without_options_the_driver_decides():
	assert mariadb_context({}) is None


@pytest.mark.parametrize(
	("verify", "is_verified", "is_named"), [("full", True, True), ("ca", True, False), ("none", False, False)]
)
def test_how_much_of_the_server_is_verified(verify, is_verified, is_named):
	context = mariadb_context({"ssl_verify": verify})
	assert (context.verify_mode is ssl.CERT_REQUIRED, context.check_hostname) == (is_verified, is_named)


def test_a_file_that_is_no_certificate(pem):
	said = refusal(mariadb_context, {"ssl_ca": str(pem)})
	assert said.startswith(f"The file {pem} of the option ssl_ca cannot be used: ")
	assert said.endswith("Give files in the PEM format, the key without a password")
	said = refusal(mariadb_context, {"ssl_cert": str(pem), "ssl_key": str(pem)})
	assert said.startswith(f"The file {pem} of the option ssl_cert cannot be used: ")
