"""Web server, socket server and worker of the walk's site, on free ports. Knows nothing of pages."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tools.bench.folder import SITE, TestBench, end_group
from tools.bench.services import answers, free_port, wait_until

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Desk:
	"""Where the desk is served, and by which version of Frappe."""

	address: str
	version: int

	@property
	def path(self) -> str:
		"""Version 16 moved it."""
		return "/app" if self.version == 15 else "/desk"


@contextmanager
def running_desk(bench: TestBench, ports: dict[str, int]) -> Iterator[Desk]:
	"""Yield the desk. `ports` are those in the bench folder's settings; all three end with the block."""
	web, socket = ports["webserver_port"], ports["socketio_port"]
	helper = [bench.bench / "env/bin/python", "-m", "frappe.utils.bench_helper", "frappe"]
	# the desk asks for the socket server's port only where it thinks that no proxy stands before it
	web_environment = bench.environment(DEV_SERVER="1", NO_COLOR="1")
	socket_environment = bench.environment(FRAPPE_BENCH_ROOT=str(bench.root))
	with ExitStack() as stack:
		serve = [*helper, "--site", SITE, "serve", "--noreload", "--port", str(web)]
		stack.enter_context(running(serve, bench, "web", web_environment))
		node = [shutil.which("node"), bench.bench / "apps/frappe/socketio.js"]
		stack.enter_context(running(node, bench, "socketio", socket_environment))
		worker = [*helper, "worker", "--queue", "short,default,long", "--quiet"]
		stack.enter_context(running(worker, bench, "worker", bench.environment()))
		for port, name in ((web, "web"), (socket, "socketio")):
			wait_until(
				lambda port=port: answers((HOST, port)), f"The {name} server does not answer; see its log."
			)
		yield Desk(f"http://{HOST}:{web}", version_of(bench))


def version_of(bench: TestBench) -> int:
	"""The version of the bench's Frappe: 15 or 16."""
	source = (bench.bench / "apps/frappe/frappe/__init__.py").read_text()
	return int(re.search(r'^__version__ = "(\d+)', source, re.MULTILINE)[1])


def free_ports() -> dict[str, int]:
	return {"webserver_port": free_port(), "socketio_port": free_port()}


@contextmanager
def running(command: list, bench: TestBench, name: str, environment: dict[str, str]) -> Iterator[None]:
	"""Run a server in a group of its own; its output goes to logs/walk-NAME.log."""
	log: Path = bench.root / f"logs/walk-{name}.log"
	with log.open("w") as output:
		process = subprocess.Popen(
			command,
			cwd=bench.sites,
			env=environment,
			stdin=subprocess.DEVNULL,
			stdout=output,
			stderr=subprocess.STDOUT,
			start_new_session=True,
		)
		try:
			yield
		finally:
			process.terminate()
			with suppress(subprocess.TimeoutExpired):
				process.wait(timeout=10)
			end_group(process)
