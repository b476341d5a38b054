"""From the name of a test module to its tests. Whatever a module raises while it is imported is the outcome of one test.

unittest alone lets most of it out, SkipTest included, and then no other module would run. Knows nothing of Frappe.
"""

import unittest
from pathlib import Path


class UnusableModule(unittest.TestCase):
	"""Stands for a module without tests to run: skipped where importing it raised SkipTest, failed otherwise."""

	def __init__(self, name: str, reason: BaseException):
		super().__init__()
		self.name = name
		self.reason = reason

	def runTest(self) -> None:
		raise self.reason

	def __str__(self) -> str:
		return self.name


class CountingResult(unittest.TextTestResult):
	"""Counts what passed; unittest's own figures leave out classes whose setup failed."""

	passed = 0

	def addSuccess(self, test: unittest.TestCase) -> None:
		super().addSuccess(test)
		self.passed += 1

	def addExpectedFailure(self, test: unittest.TestCase, error: tuple) -> None:
		super().addExpectedFailure(test, error)
		self.passed += 1

	@property
	def failed(self) -> int:
		return len(self.failures) + len(self.errors) + len(self.unexpectedSuccesses)


def module_names(package: Path) -> list[str]:
	"""Names of all modules test_*.py of an app, DocTypes and reports included."""
	paths = sorted(package.rglob("test_*.py"))
	return [".".join(path.relative_to(package.parent).with_suffix("").parts) for path in paths]


def tests_of(name: str) -> unittest.TestSuite:
	"""The tests of a module, or of a class or method in it."""
	try:
		suite = unittest.TestSuite([unittest.defaultTestLoader.loadTestsFromName(name)])
	except (Exception, SystemExit) as reason:
		return unittest.TestSuite([UnusableModule(name, reason)])
	if suite.countTestCases():
		return suite
	return unittest.TestSuite([UnusableModule(name, LookupError(f"{name} holds no tests"))])


def run(names: list[str], stream) -> CountingResult:
	suite = unittest.TestSuite(tests_of(name) for name in names)
	return unittest.TextTestRunner(resultclass=CountingResult, verbosity=2, stream=stream).run(suite)
