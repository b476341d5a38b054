"""A real server that speaks TLS, with a certificate of its own, and one that does not: what the options bring about."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from database_servers import NotInstalled, mariadb_port, postgres_port

from crm_success.database.dialects import Statement
from crm_success.standalone.command_errors import CommandError
from crm_success.standalone.connections import connect

MARIADB_CIPHER = Statement("SHOW SESSION STATUS LIKE 'Ssl_cipher'", {})
POSTGRES_IS_ENCRYPTED = Statement("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", {})
POSTGRES_CLIENT = Statement("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()", {})


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
	"""server.pem and server-key.pem for the name localhost, which are their own authority; other.pem is a stranger's."""
	if not shutil.which("openssl"):
		pytest.skip("openssl is not installed: install the package openssl to run these tests")
	folder = tmp_path_factory.mktemp("certificates")
	for name in ("server", "other"):
		subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
		files = ["-keyout", f"{name}-key.pem", "-out", f"{name}.pem"]
		command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *subject]
		subprocess.run(command, cwd=folder, check=True, capture_output=True)
	return folder


@pytest.fixture(scope="module")
def mariadb(certificates: Path) -> Iterator[int]:
	yield from port_of(mariadb_port(certificates / "server.pem", certificates / "server-key.pem"))


@pytest.fixture(scope="module")
def plain_mariadb() -> Iterator[int]:
	yield from port_of(mariadb_port())


@pytest.fixture(scope="module")
def postgres(certificates: Path) -> Iterator[int]:
	yield from port_of(postgres_port(certificates / "server.pem", certificates / "server-key.pem"))


@pytest.fixture(scope="module")
def plain_postgres() -> Iterator[int]:
	yield from port_of(postgres_port())


def port_of(server) -> Iterator[int]:
	try:
		with server as port:
			yield port
	except NotInstalled as reason:
		pytest.skip(str(reason))


def answer(url: str, statement: Statement) -> str:
	with connect(url) as database:
		return str(database.execute(statement).rows[0][-1])


def refusal(url: str) -> str:
	with pytest.raises(CommandError) as error, connect(url):
		pass
	return str(error.value)


def test_mariadb_is_read_encrypted_by_whoever_asks_for_it(mariadb: int, certificates: Path):
	ca = certificates / "server.pem"
	for host, options in (
		("localhost", f"ssl_ca={ca}"),
		("localhost", f"ssl_ca={ca}&ssl_verify=full"),
		("127.0.0.1", f"ssl_ca={ca}&ssl_verify=ca"),
		("127.0.0.1", "ssl_verify=none"),
		("localhost", f"ssl_ca={ca}&ssl_cert={ca}&ssl_key={certificates / 'server-key.pem'}"),
	):
		assert answer(f"mysql://root@{host}:{mariadb}/mysql?{options}", MARIADB_CIPHER), options


def test_another_mariadb_than_the_certificate_says_is_refused(mariadb: int, certificates: Path):
	for host, options in (
		("localhost", f"ssl_ca={certificates / 'other.pem'}"),
		("localhost", "ssl_verify=full"),
		("localhost", "ssl_verify=ca"),
		("127.0.0.1", f"ssl_ca={certificates / 'server.pem'}"),
	):
		said = refusal(f"mysql://root@{host}:{mariadb}/mysql?{options}")
		assert said.startswith(f"Cannot connect to the MariaDB database mysql on {host}:{mariadb}: "), options
		assert "CERTIFICATE_VERIFY_FAILED" in said
		assert said.endswith(f"Check {', '.join(part.partition('=')[0] for part in options.split('&'))} too.")


def test_a_mariadb_without_tls_is_read_only_by_whoever_asks_for_none(plain_mariadb: int):
	assert answer(f"mysql://root@127.0.0.1:{plain_mariadb}/mysql", MARIADB_CIPHER) == ""
	said = refusal(f"mysql://root@127.0.0.1:{plain_mariadb}/mysql?ssl_verify=none")
	assert said.startswith("Cannot connect to the MariaDB database mysql on ")
	assert "TLS" in said or "SSL" in said


def test_postgresql_is_read_encrypted_by_whoever_asks_for_it(postgres: int, certificates: Path):
	ca = certificates / "server.pem"
	for host, options in (
		("localhost", f"sslmode=verify-full&sslrootcert={ca}"),
		("127.0.0.1", f"sslmode=verify-ca&sslrootcert={ca}"),
		("127.0.0.1", "sslmode=require"),
	):
		url = f"postgresql://postgres@{host}:{postgres}/postgres?{options}"
		assert answer(url, POSTGRES_IS_ENCRYPTED) == "True", options
	own = f"sslmode=require&sslcert={ca}&sslkey={certificates / 'server-key.pem'}"
	assert (
		answer(f"postgresql://postgres@localhost:{postgres}/postgres?{own}", POSTGRES_CLIENT)
		== "/CN=localhost"
	)
	url = f"postgresql://postgres@127.0.0.1:{postgres}/postgres?sslmode=disable"
	assert answer(url, POSTGRES_IS_ENCRYPTED) == "False"


def test_another_postgresql_than_the_certificate_says_is_refused(postgres: int, certificates: Path):
	for host, options in (
		("localhost", f"sslmode=verify-full&sslrootcert={certificates / 'other.pem'}"),
		("127.0.0.1", f"sslmode=verify-full&sslrootcert={certificates / 'server.pem'}"),
	):
		said = refusal(f"postgresql://postgres@{host}:{postgres}/postgres?{options}")
		assert said.startswith(f"Cannot connect to the PostgreSQL database postgres on {host}:{postgres}: ")
		assert said.endswith("Check sslmode, sslrootcert too.")


def test_a_postgresql_without_tls_is_refused_by_whoever_asks_for_it(plain_postgres: int):
	said = refusal(f"postgresql://postgres@127.0.0.1:{plain_postgres}/postgres?sslmode=require")
	assert "server does not support SSL" in said
