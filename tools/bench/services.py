"""MariaDB and Redis for the site tests: reached or started, and a database of their own. Knows nothing of Frappe."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

LOCAL = ("", "localhost", "127.0.0.1", "::1")
START_SECONDS = 60
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class SiteTestError(Exception):
	"""The site tests cannot run; the text says why and what to do."""


@contextmanager
def running_redis(settings: dict):
	"""Yield the addresses of a Redis of this run's own, so that tests may flush it and no old cache is seen.

	Where redis-server is not installed (Redis in a container, say), the bench's own addresses are yielded.
	"""
	if not shutil.which("redis-server"):
		names = ("redis_cache", "redis_queue", "redis_socketio")
		yield {name: settings[name] for name in names if name in settings}
		return
	port = free_port()
	options = f"--port {port} --bind 127.0.0.1 --appendonly no --save".split()
	server = subprocess.Popen(["redis-server", *options, ""], cwd="/", start_new_session=True, **QUIET)
	try:
		wait_until(lambda: answers(("127.0.0.1", port)), "redis-server was started and does not answer.")
		address = f"redis://127.0.0.1:{port}"
		yield {"redis_cache": f"{address}/0", "redis_queue": f"{address}/1", "redis_socketio": f"{address}/1"}
	finally:
		server.terminate()
		server.wait()


def free_port() -> int:
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		return probe.getsockname()[1]


def answers(address: tuple[str, int] | str) -> bool:
	"""Whether a server listens at a host and port, or at the path of a socket."""
	family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
	with socket.socket(family) as probe:
		try:
			probe.connect(address)
		except OSError:
			return False
		return True


def wait_until(condition: Callable[[], bool], complaint: str) -> None:
	deadline = time.monotonic() + START_SECONDS
	while not condition():
		if time.monotonic() > deadline:
			raise SiteTestError(complaint)
		time.sleep(0.5)


def client_program() -> str:
	if program := shutil.which("mariadb") or shutil.which("mysql"):
		return program
	raise SiteTestError("The MariaDB client (mariadb or mysql) is not installed.")


class Database:
	"""One MariaDB database of the test site, with a user of the same name."""

	def __init__(self, settings: dict, name: str, folder: Path):
		if settings.get("db_type", "mariadb") != "mariadb":
			raise SiteTestError("The bench's sites are not on MariaDB, which the site tests need.")
		self.name = name
		self.settings = settings
		self.password_file = folder / "database-password"
		self.create_database = f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"

	def start(self) -> None:
		"""Start MariaDB if it does not answer. It keeps running, as the service it is."""
		if self.answers():
			return
		if self.settings.get("db_host", "") not in LOCAL:
			raise SiteTestError(f"MariaDB at {self.settings['db_host']} does not answer. Start it.")
		program = shutil.which("mariadbd-safe") or shutil.which("mysqld_safe")
		if not program or os.getuid() != 0:
			reason = "only root can start it here" if program else "it is not installed"
			raise SiteTestError(f"MariaDB does not answer and {reason}. Start it, then run this again.")
		print("site tests: starting MariaDB", flush=True)
		Path("/run/mysqld").mkdir(exist_ok=True)
		shutil.chown("/run/mysqld", "mysql", "mysql")
		subprocess.Popen([program, "--user=mysql"], cwd="/", start_new_session=True, **QUIET)
		wait_until(self.answers, f"MariaDB was started and does not answer within {START_SECONDS} seconds.")

	def answers(self) -> bool:
		if path := self.settings.get("db_socket"):
			return answers(path)
		return answers((self.settings.get("db_host", "localhost"), int(self.settings.get("db_port", 3306))))

	def reachable(self) -> bool:
		return (
			self.password_file.exists() and not self.client(self.name, self.password, "SELECT 1").returncode
		)

	@property
	def password(self) -> str:
		return self.password_file.read_text()

	def create(self) -> str:
		"""Make the database and its user anew; returns the user's password."""
		self.password_file.touch(mode=0o600)
		self.password_file.write_text(secrets.token_hex(16))
		statements = f"DROP DATABASE IF EXISTS {self.name}; {self.create_database}"
		for host in ("%", "localhost"):
			statements += f"CREATE OR REPLACE USER '{self.name}'@'{host}' IDENTIFIED BY '{self.password}';"
			statements += f"GRANT ALL ON {self.name}.* TO '{self.name}'@'{host}';"
		self.as_root(statements)
		return self.password

	def as_root(self, statements: str) -> None:
		"""Try the root passwords that a bench usually has, over the network address and over the socket."""
		named = os.environ.get("MARIADB_ROOT_PASSWORD")
		for password in [named] if named else [self.settings.get("root_password", "root"), "root", ""]:
			for over_socket in (False, True):
				if not self.client("root", password, "SELECT 1", over_socket).returncode:
					check(self.client("root", password, statements, over_socket))
					return
		raise SiteTestError(
			"MariaDB refuses root. Set MARIADB_ROOT_PASSWORD to its password, then run this again."
		)

	def dump(self, path: Path) -> None:
		"""Write the database to `path`, all or nothing."""
		unfinished = path.with_suffix(".unfinished")
		program = shutil.which("mariadb-dump") or "mysqldump"
		with unfinished.open("wb") as output:
			options = ["--single-transaction", *self.connection(self.name), self.name]
			check(self.execute([program, *options], self.password, stdout=output))
		unfinished.rename(path)

	def restore(self, path: Path) -> None:
		"""Replace the database by the dump at `path`; the site's own user may do that."""
		drop = f"DROP DATABASE IF EXISTS {self.name};"
		check(self.client(self.name, self.password, drop + self.create_database))
		with path.open("rb") as source:
			command = [client_program(), *self.connection(self.name), self.name]
			check(self.execute(command, self.password, stdin=source))

	def client(self, user: str, password: str, statements: str, over_socket: bool = False):
		connection = ["--user", user] if over_socket else self.connection(user)
		return self.execute([client_program(), *connection, "--execute", statements], password)

	def connection(self, user: str) -> list[str]:
		if path := self.settings.get("db_socket"):
			return ["--user", user, "--socket", path]
		host, port = self.settings.get("db_host", "localhost"), self.settings.get("db_port", 3306)
		return ["--user", user, "--host", host, "--port", str(port)]

	def execute(self, command: list[str], password: str, **streams) -> subprocess.CompletedProcess:
		streams = QUIET | {"stderr": subprocess.PIPE} | streams
		return subprocess.run(command, env=os.environ | {"MYSQL_PWD": password}, text=True, **streams)


def check(result: subprocess.CompletedProcess) -> None:
	if result.returncode:
		raise SiteTestError(f"MariaDB says: {result.stderr.strip()[-500:]}")
