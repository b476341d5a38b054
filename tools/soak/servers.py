"""MariaDB and Redis of the soak's own, which may be killed at any time. Knows nothing of Frappe or of the machine's servers.

Each keeps the process id in a file of its folder, so that whoever comes next, in this process or another, can end it.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tools.bench.services import QUIET, SiteTestError, answers, free_port, wait_until

HOST = "127.0.0.1"


class Server:
	"""A process on a port of its own, started with the same command each time."""

	program = ""

	def __init__(self, folder: Path):
		self.folder = folder
		self.folder.mkdir(parents=True, exist_ok=True)
		self._port_file, self._process_file = folder / "port", folder / "pid"

	@property
	def port(self) -> int:
		if not self._port_file.exists():
			self._port_file.write_text(str(free_port()))
		return int(self._port_file.read_text())

	def command(self) -> list[str]:
		raise NotImplementedError

	def start(self) -> None:
		"""Start it, and wait until it answers."""
		with (self.folder / "log").open("a") as log:
			streams = QUIET | {"stdout": log, "stderr": log}
			process = subprocess.Popen(self.command(), cwd="/", start_new_session=True, **streams)
		self._process_file.write_text(str(process.pid))
		wait_until(
			lambda: process.poll() is not None or answers((HOST, self.port)),
			f"{self.program} was started and does not answer; see {self.folder}/log.",
		)
		if process.poll() is not None:
			raise SiteTestError(f"{self.program} ended at once; see {self.folder}/log.")

	def stop(self, number: int = signal.SIGTERM) -> None:
		"""End it, gently or by kill -9, and wait until it is gone. Nothing where it does not run."""
		process = self._process()
		if process:
			os.kill(process, number)
			wait_until(lambda: not self._process(), f"{self.program} does not end.")
		self._process_file.unlink(missing_ok=True)

	def restart(self) -> None:
		"""As after a power cut."""
		self.stop(signal.SIGKILL)
		self.start()

	def _process(self) -> int | None:
		"""The process, if it is still ours: its command line names our folder or port."""
		if not self._process_file.exists():
			return None
		process = int(self._process_file.read_text())
		# a child of this process would stay behind as a zombie
		with suppress(ChildProcessError):
			os.waitpid(process, os.WNOHANG)
		try:
			words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
		except OSError:
			return None
		return process if str(self.port) in words else None


class Redis(Server):
	"""Keeps nothing on disk: a restart is a flush too."""

	program = "redis-server"

	def command(self) -> list[str]:
		return [self.program, *f"--port {self.port} --bind {HOST} --appendonly no --save".split(), ""]

	def addresses(self) -> dict[str, str]:
		"""As a site's settings name them."""
		address = f"redis://{HOST}:{self.port}"
		return {
			"redis_cache": f"{address}/0",
			"redis_queue": f"{address}/1",
			"redis_socketio": f"{address}/1",
		}


class MariaDB(Server):
	"""A server with its own data, port and socket. Root has no password, and only this machine reaches it."""

	program = "mariadbd"

	def prepare(self) -> None:
		"""Make the data folder, once."""
		(self.folder / "tmp").mkdir(exist_ok=True)
		if (self.folder / "data/mysql").exists():
			return
		shutil.rmtree(self.folder / "data", ignore_errors=True)
		command = ["mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", *self._user()]
		command += ["--auth-root-authentication-method=normal", "--skip-test-db", self._temporary()]
		result = subprocess.run(command, capture_output=True, text=True)
		if result.returncode:
			raise SiteTestError(f"mariadb-install-db says: {(result.stdout + result.stderr).strip()[-500:]}")

	def command(self) -> list[str]:
		options = [f"--datadir={self.folder / 'data'}", f"--socket={self.folder / 'socket'}", *self._user()]
		options += [self._temporary()]
		options += [f"--port={self.port}", f"--bind-address={HOST}", "--innodb-buffer-pool-size=256M"]
		options += ["--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci"]
		# enough where processes are killed and not the machine
		options += ["--innodb-flush-log-at-trx-commit=2", "--max-allowed-packet=64M"]
		# conflicts that other servers let pass (error 1020), where this release knows them
		options += ["--loose-innodb-snapshot-isolation=ON"]
		return [shutil.which(self.program) or f"/usr/sbin/{self.program}", "--no-defaults", *options]

	def _temporary(self) -> str:
		# a server that starts deletes the temporary tables that it finds, also those of a server beside it
		return f"--tmpdir={self.folder / 'tmp'}"

	def settings(self) -> dict[str, str | int]:
		"""As a bench's settings name it."""
		return {"db_host": HOST, "db_port": self.port, "root_password": ""}

	def _user(self) -> list[str]:
		return ["--user=root"] if os.getuid() == 0 else []


def missing_programs() -> list[str]:
	"""What the soak needs and does not find."""
	needed = ("mariadbd", "mariadb-install-db", "redis-server")
	return [name for name in needed if not (shutil.which(name) or Path(f"/usr/sbin/{name}").exists())]
