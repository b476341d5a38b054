"""Private database servers for one test session: each in a directory of its own, gone afterwards. Knows no tables."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATHS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
_SECONDS_TO_START = 60


class NotInstalled(Exception):
	"""A server that this machine does not have; the text says what to install."""


@contextmanager
def mariadb_socket() -> Iterator[str]:
	"""The socket of a fresh MariaDB that asks for no password."""
	with _mariadb("--skip-networking") as directory:
		yield str(directory / "socket")


@contextmanager
def mariadb_port(certificate: Path | None = None, key: Path | None = None) -> Iterator[int]:
	"""The port on this machine of such a MariaDB, with TLS where it gets a certificate."""
	port = _free_port()
	files = {"cert": certificate, "key": key, "ca": certificate}
	tls = [f"--ssl-{name}={path}" for name, path in files.items()] if certificate else ["--skip-ssl"]
	with _mariadb("--bind-address=127.0.0.1", f"--port={port}", *tls):
		yield port


@contextmanager
def _mariadb(*options: str) -> Iterator[Path]:
	server, install = _program("mariadbd", "mysqld"), _program("mariadb-install-db", "mysql_install_db")
	if not (server and install):
		raise NotInstalled("MariaDB is not installed: install the package mariadb-server to run these tests")
	with _directory() as directory:
		data, at = directory / "data", directory / "socket"
		user = ["--user=root"] if os.geteuid() == 0 else []
		# a server that starts deletes the temporary tables that it finds, also those of a server beside it
		(directory / "tmp").mkdir()
		common = ["--no-defaults", f"--datadir={data}", f"--tmpdir={directory / 'tmp'}", *user]
		fresh = ["--auth-root-authentication-method=normal", "--skip-test-db"]
		_run([install, *common, *fresh], directory)
		process = _start([server, *common, f"--socket={at}", *_MARIADB_OPTIONS, *options], directory)
		try:
			_wait_for(at, process, directory)
			yield directory
		finally:
			_stop(process, signal.SIGTERM)


@contextmanager
def postgres_socket_directory() -> Iterator[str]:
	"""The socket directory of a fresh PostgreSQL whose user postgres needs no password."""
	with _postgres(5432, "-h", "") as directory:
		yield str(directory)


@contextmanager
def postgres_port(certificate: Path | None = None, key: Path | None = None) -> Iterator[int]:
	"""The port on this machine of such a PostgreSQL, with TLS where it gets a certificate."""
	port = _free_port()
	with _postgres(port, "-h", "127.0.0.1", certificate=certificate, key=key):
		yield port


@contextmanager
def _postgres(
	port: int, *more: str, certificate: Path | None = None, key: Path | None = None
) -> Iterator[Path]:
	programs = _postgres_programs()
	user = _postgres_user()
	with _directory(user) as directory:
		data = directory / "data"
		locale = ["--encoding=UTF8", "--locale=C", "--auth=trust", "--username=postgres", "--no-sync"]
		_run([str(programs / "initdb"), f"--pgdata={data}", *locale], directory, user)
		options = ["-D", str(data), "-k", str(directory), "-p", str(port), *_POSTGRES_OPTIONS, *more]
		if certificate and key:
			options += _tls_of_postgres(data, certificate, key, user)
		process = _start([str(programs / "postgres"), *options], directory, user)
		try:
			_wait_for(directory / f".s.PGSQL.{port}", process, directory)
			yield directory
		finally:
			# a polite PostgreSQL would wait for every connection to end
			_stop(process, signal.SIGINT)


# nothing here has to survive a power cut
_MARIADB_OPTIONS = [
	"--skip-grant-tables",
	"--skip-log-bin",
	"--character-set-server=utf8mb4",
	"--collation-server=utf8mb4_unicode_ci",
	"--innodb-flush-log-at-trx-commit=0",
	"--innodb-buffer-pool-size=64M",
	"--innodb-log-file-size=16M",
	"--performance-schema=OFF",
]
_POSTGRES_OPTIONS = ["-F", "-c", "shared_buffers=32MB", "-c", "full_page_writes=off"]


def _tls_of_postgres(data: Path, certificate: Path, key: Path, user: str | None) -> list[str]:
	"""It takes a key only that its own user alone may read."""
	options = ["-c", "ssl=on"]
	for name, source in (("ssl_cert_file", certificate), ("ssl_key_file", key), ("ssl_ca_file", certificate)):
		target = data / source.name
		shutil.copyfile(source, target)
		target.chmod(0o600)
		if user:
			shutil.chown(target, user)
		options += ["-c", f"{name}={target}"]
	return options


def _free_port() -> int:
	with socket.socket() as asked:
		asked.bind(("127.0.0.1", 0))
		return int(asked.getsockname()[1])


def _program(*names: str) -> str | None:
	return next(filter(None, (shutil.which(name, path=_PATHS) for name in names)), None)


def _postgres_programs() -> Path:
	packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
	initdb = shutil.which("initdb", path=_PATHS) or (str(packaged[-1]) if packaged else None)
	if initdb is None:
		raise NotInstalled("PostgreSQL is not installed: install the package postgresql to run these tests")
	return Path(initdb).resolve().parent


def _postgres_user() -> str | None:
	"""PostgreSQL refuses to run as root."""
	if os.geteuid() != 0:
		return None
	try:
		return pwd.getpwnam("postgres").pw_name
	except KeyError:
		raise NotInstalled(
			"PostgreSQL does not run as root: add a user postgres, or run the tests as another"
		) from None


@contextmanager
def _directory(user: str | None = None) -> Iterator[Path]:
	directory = Path(tempfile.mkdtemp(prefix="crm-success-"))
	if user:
		shutil.chown(directory, user)
	try:
		yield directory
	finally:
		shutil.rmtree(directory, ignore_errors=True)


def _run(command: list[str], directory: Path, user: str | None = None) -> None:
	done = subprocess.run(command, cwd=directory, user=user, capture_output=True, text=True)
	if done.returncode:
		raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")


def _start(command: list[str], directory: Path, user: str | None = None) -> subprocess.Popen[bytes]:
	with open(directory / "log", "wb") as log:
		return subprocess.Popen(
			command, cwd=directory, user=user, stdout=log, stderr=log, stdin=subprocess.DEVNULL
		)


def _wait_for(socket: Path, process: subprocess.Popen[bytes], directory: Path) -> None:
	for _ in range(_SECONDS_TO_START * 20):
		if socket.exists():
			return
		if process.poll() is not None:
			break
		time.sleep(0.05)
	raise RuntimeError(f"The server did not start: {(directory / 'log').read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
	process.send_signal(how)
	try:
		process.wait(timeout=30)
	except subprocess.TimeoutExpired:
		process.kill()
		process.wait()
