"""The modules of one run of the site tests, shared out among processes. Knows nothing of Frappe.

A module is a file that moves: from `waiting` to `taken`, by whoever renames it first, and its outcome is written into
`done`. So a process that dies leaves behind which module it was at, and one that nobody ran is still there.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

NOBODY = ""


@dataclass(frozen=True)
class Outcome:
	"""What came of one module. `remarks` are lines for the end of the run, such as why a test was skipped."""

	module: str
	passed: int = 0
	failed: int = 0
	skipped: int = 0
	seconds: float = 0
	remarks: list[str] = field(default_factory=list)


class ModuleQueue:
	"""Seen by the process called `taker`; whoever fills it and sums up needs no name."""

	def __init__(self, folder: Path, taker: str = NOBODY):
		self.folder = folder
		self.taker = taker
		self.waiting, self.taken, self.done = (folder / name for name in ("waiting", "taken", "done"))

	def fill(self, modules: list[str]) -> None:
		"""Begin anew with these, which are taken in their order."""
		shutil.rmtree(self.folder, ignore_errors=True)
		for folder in (self.waiting, self.taken, self.done):
			folder.mkdir(parents=True)
		for number, module in enumerate(modules):
			(self.waiting / f"{number:04}").write_text(module)

	def take(self) -> str | None:
		"""The next module; None if there is none left."""
		for path in sorted(self.waiting.iterdir()):
			try:
				path.rename(self.own(path.name))
			except FileNotFoundError:
				continue  # another process was faster
			self.log.unlink(missing_ok=True)
			return self.own(path.name).read_text()
		return None

	def has_waiting(self) -> bool:
		return any(self.waiting.iterdir())

	def own(self, number: str) -> Path:
		return self.taken / f"{number}-{self.taker}"

	def at_hand(self) -> tuple[str, str] | None:
		"""Number and name of the module that this process has taken and not finished."""
		for path in self.taken.glob(f"*-{self.taker}"):
			number = path.name.split("-")[0]
			if not (self.done / number).exists():
				return number, path.read_text()
		return None

	def finish(self, outcome: Outcome) -> None:
		"""The module at hand is done; its output is printed as a whole, not mixed with that of others."""
		number, _ = self.at_hand()
		unfinished = self.folder / f"unfinished-{self.taker}"
		unfinished.write_text(json.dumps(asdict(outcome)))
		unfinished.rename(self.done / number)
		with self.printing():
			print(f"site tests: {outcome.module}, {outcome.seconds:.0f} s", flush=True)
			print(self.log.read_text(errors="replace") if self.log.exists() else "", flush=True)

	@property
	def log(self) -> Path:
		"""What the module at hand prints."""
		return self.folder / f"output-{self.taker}"

	@contextmanager
	def printing(self) -> Iterator[None]:
		with (self.folder / "printing").open("w") as lock:
			fcntl.flock(lock, fcntl.LOCK_EX)
			yield

	def outcomes(self) -> list[Outcome]:
		"""Of every module: one without an outcome was not run, which is a failure."""
		done = [Outcome(**json.loads(path.read_text())) for path in sorted(self.done.iterdir())]
		taken = [path for path in self.taken.iterdir() if not (self.done / path.name.split("-")[0]).exists()]
		left = [path.read_text() for path in (*taken, *self.waiting.iterdir())]
		return done + [Outcome(module, failed=1, remarks=[f"not run: {module}"]) for module in sorted(left)]


def longest_first(modules: list[str], seconds: dict[str, float]) -> list[str]:
	"""In the order in which several processes end at about the same time; what is not known may take long."""
	return sorted(dict.fromkeys(modules), key=lambda module: -seconds.get(module, float("inf")))
