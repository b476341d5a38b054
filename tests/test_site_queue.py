"""Every module of the site tests is accounted for, whatever becomes of the processes that run them.

The processes here run modules of this test's own, on no site.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.bench import site_tests
from tools.bench.folder import CHECKOUT
from tools.bench.module_queue import ModuleQueue, Outcome, longest_first

GOOD = "import unittest\nclass TestGood(unittest.TestCase):\n\tdef test_passes(self): print('a good word')\n"
WORKER = """
import sys
from pathlib import Path
from tools.bench.modules import run
from tools.bench.module_queue import ModuleQueue, Outcome
queue = ModuleQueue(Path(sys.argv[1]), sys.argv[2])
if sys.argv[2] == "broken":
	sys.exit(3)
while module := queue.take():
	result = run([module], queue.log.open("w"))
	queue.finish(Outcome(module, result.passed, result.failed, len(result.skipped), 0.5))
"""


class Place:
	"""Stands where a bench stands: it starts processes, but on no site."""

	def __init__(self, root: Path, modules: Path):
		self.root = root
		self.modules = modules
		self.test_packages = root / "packages"
		self.prepared = 0
		root.mkdir()

	def prepare_site(self) -> None:
		self.prepared += 1

	def step(self, text: str) -> None:
		pass

	def python(self, module: str, *arguments: str, minutes: float, check: bool) -> int:
		path = os.pathsep.join(map(str, (CHECKOUT, self.modules)))
		command = [sys.executable, "-c", WORKER, *arguments[-2:]]
		environment = {**os.environ, "PYTHONPATH": path}
		return subprocess.run(command, env=environment, timeout=minutes * 60).returncode


@pytest.fixture
def run_modules(tmp_path: Path, capfd: pytest.CaptureFixture):
	"""Runs modules with these sources at places of these names: the outcomes by module, and what was printed."""

	def run(sources: dict[str, str], *names: str) -> tuple[dict[str, Outcome], str]:
		for module, source in sources.items():
			(tmp_path / f"{module}.py").write_text(source)
		suite = site_tests.Suite([Place(tmp_path / name, tmp_path) for name in names])
		ModuleQueue(suite.queue).fill(list(sources))
		try:
			for place in suite.benches:
				suite.run_site(place)
		finally:
			outcomes = ModuleQueue(suite.queue).outcomes()
			site_tests.report(outcomes)
		return {outcome.module: outcome for outcome in outcomes}, capfd.readouterr().out

	return run


def test_all_modules_are_run_and_added_up(run_modules):
	outcomes, printed = run_modules(
		{"test_one": GOOD, "test_two": GOOD + "\tdef test_fails(self): 1 / 0\n"}, "a"
	)
	assert [(outcome.passed, outcome.failed) for outcome in outcomes.values()] == [(1, 0), (1, 1)]
	assert "ZeroDivisionError" in printed
	assert printed.endswith("site tests: 2 passed, 1 failed, 0 skipped\n")


@pytest.mark.parametrize("code", ["0", "1", "-9"])
def test_a_process_that_ends_in_the_middle_fails_its_module_and_no_other(run_modules, code: str):
	end = f"import os\nos.kill(os.getpid(), 9) if {code} < 0 else os._exit({code})"
	outcomes, printed = run_modules({"test_one": GOOD, "test_bad": end, "test_two": GOOD}, "a")
	assert {name: outcome.failed for name, outcome in outcomes.items()} == {
		"test_one": 0,
		"test_bad": 1,
		"test_two": 0,
	}
	assert f"failed: test_bad: its process ended with exit code {code}" in printed
	assert printed.endswith("site tests: 2 passed, 1 failed, 0 skipped\n")


def test_modules_that_nobody_ran_are_failures(run_modules, capfd: pytest.CaptureFixture):
	with pytest.raises(site_tests.SiteTestError, match="exit code 3, at no module"):
		run_modules({"test_one": GOOD, "test_two": GOOD}, "broken")
	printed = capfd.readouterr().out
	assert "not run: test_one" in printed
	assert printed.endswith("site tests: 0 passed, 2 failed, 0 skipped\n")


def test_a_module_is_taken_by_one_process_only(tmp_path: Path):
	ModuleQueue(tmp_path / "queue").fill(["one", "two", "three"])
	first, second = (ModuleQueue(tmp_path / "queue", name) for name in ("a", "b"))
	assert [first.take(), second.take()] == ["one", "two"]
	first.finish(Outcome("one", passed=1))
	assert [first.take(), second.at_hand()] == ["three", ("0001", "two")]
	assert first.take() is None
	outcomes = ModuleQueue(tmp_path / "queue").outcomes()
	assert [(outcome.module, outcome.failed) for outcome in outcomes] == [
		("one", 0),
		("three", 1),
		("two", 1),
	]


def test_what_takes_longest_comes_first_and_what_is_unknown_before_it():
	modules = ["short", "new", "long", "short"]
	assert longest_first(modules, {"short": 1.0, "long": 9.0}) == ["new", "long", "short"]
