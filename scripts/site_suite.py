"""Runs the app's unittest modules on the test site and prints the count. Run by site_tests.py in the bench's environment.

Unlike `bench run-tests` it makes no test records of ERPNext (the tests make what they need) and fails if nothing ran.

    python site_suite.py SITE CHECKOUT [MODULE ...]     (from the sites folder)
"""

import sys
import unittest
from pathlib import Path

import frappe

import crm_success


class CountingResult(unittest.TextTestResult):
	"""Counts what passed; unittest's own figures leave out classes whose setup failed."""

	passed = 0

	def addSuccess(self, test: unittest.TestCase) -> None:
		super().addSuccess(test)
		self.passed += 1


def main(site: str, checkout: Path, modules: list[str]) -> int:
	package = Path(crm_success.__file__).resolve().parent
	if package.parent != checkout:
		raise SystemExit(f"crm_success comes from {package}, not from {checkout}")
	print(f"site tests: {site}, Frappe {frappe.__version__}, crm_success from {package}", flush=True)
	connect(site)
	result = run(modules or test_modules(package))
	frappe.db.rollback()
	frappe.destroy()
	return report_strangers(package) | report(result)


def connect(site: str) -> None:
	frappe.init(site=site)
	frappe.connect()
	frappe.flags.in_test = True
	frappe.in_test = True  # Frappe 16
	frappe.flags.skip_test_records = True
	frappe.clear_cache()
	for hook in frappe.get_hooks("before_tests", app_name="crm_success"):
		frappe.get_attr(hook)()


def test_modules(package: Path) -> list[str]:
	"""Names of all modules test_*.py of the app, DocTypes and reports included."""
	paths = sorted(package.rglob("test_*.py"))
	return [".".join(path.relative_to(package.parent).with_suffix("").parts) for path in paths]


def run(modules: list[str]) -> CountingResult:
	# A module that cannot be imported becomes a failing test.
	suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
	return unittest.TextTestRunner(resultclass=CountingResult, verbosity=2, stream=sys.stdout).run(suite)


def report(result: CountingResult) -> int:
	for test, reason in result.skipped:
		print(f"skipped: {test}: {reason}")
	failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
	print(f"site tests: {result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
	if not result.passed and not failed:
		print("site tests: nothing ran, which counts as a failure")
	return 0 if result.passed and not failed else 1


def report_strangers(package: Path) -> int:
	"""Fail if a module came from another checkout that the bench has installed: it is missing in this one."""
	loaded = [module for name, module in sys.modules.items() if name.startswith("crm_success.")]
	files = [Path(module.__file__).resolve() for module in loaded if getattr(module, "__file__", None)]
	strangers = [str(path) for path in files if package not in path.parents]
	for path in strangers:
		print(f"site tests: {path} was imported, but is not in this checkout")
	return 1 if strangers else 0


if __name__ == "__main__":
	sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
