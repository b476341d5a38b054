"""Modules of site tests that cannot be used are counted, and keep no other module from running."""

import io
from pathlib import Path

import pytest

from tools.bench.modules import CountingResult, module_names, run

GOOD = """
import unittest
class TestGood(unittest.TestCase):
	def test_passes(self): pass
	def test_fails(self): self.fail("no")
	def test_is_skipped(self): self.skipTest("not here")
	@unittest.expectedFailure
	def test_is_known_to_fail(self): self.fail("known")
"""


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
	"""Runs a good module after one with the given source; what came of it, and the name of the first module."""
	monkeypatch.syspath_prepend(str(tmp_path))
	names = [f"test_first_{tmp_path.name}", f"test_good_{tmp_path.name}"]

	def run_after(source: str) -> tuple[CountingResult, str]:
		for name, text in zip(names, (source, GOOD), strict=True):
			(tmp_path / f"{name}.py").write_text(text)
		return run(names, io.StringIO()), names[0]

	return run_after


@pytest.mark.parametrize(
	"source",
	[
		"import unittest\nraise unittest.SkipTest('lacks a package')",
		"import unittest\ndef setUpModule(): raise unittest.SkipTest('lacks a package')\n" + GOOD,
		"import unittest\n@unittest.skip('lacks a package')\nclass TestNone(unittest.TestCase):\n\tdef test_a(self): pass",
	],
	ids=["at import", "in setUpModule", "as a class"],
)
def test_a_module_that_is_skipped_leaves_the_others_to_run(outcome, source: str):
	result, _ = outcome(source)
	assert [reason for _, reason in result.skipped] == ["lacks a package", "not here"]
	assert (result.passed, result.failed) == (2, 1)


@pytest.mark.parametrize(
	"source",
	[
		"import a_package_that_nobody_has",
		"this is no Python",
		"undefined_name",
		"import sys\nsys.exit(0)",
		"def setUpModule(): raise ValueError\n" + GOOD,
		"",
	],
	ids=["import error", "syntax error", "name error", "exit", "setUpModule", "no tests"],
)
def test_a_module_that_cannot_be_used_fails_and_leaves_the_others_to_run(outcome, source: str):
	result, name = outcome(source)
	assert (result.passed, result.failed, len(result.skipped)) == (2, 2, 1)
	assert name in str(result.errors[0][0])


def test_a_class_or_a_method_can_be_named(outcome, tmp_path: Path):
	outcome("")
	good = f"test_good_{tmp_path.name}"
	assert run([f"{good}.TestGood.test_passes"], io.StringIO()).passed == 1
	assert run([f"{good}.TestGood.test_of_no_such_name"], io.StringIO()).failed == 1


def test_modules_are_found_in_every_folder_of_an_app(tmp_path: Path):
	for path in ("app/tests/test_b.py", "app/doctype/thing/test_a.py", "app/tests/factories.py"):
		(tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
		(tmp_path / path).touch()
	assert module_names(tmp_path / "app") == ["app.doctype.thing.test_a", "app.tests.test_b"]
