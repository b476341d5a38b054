"""Runs the app's unittest modules on the test site and prints the count. Run by site_tests.py in the bench's environment.

Unlike `bench run-tests` it makes no test records of ERPNext (the tests make what they need) and fails if nothing ran.

    python site_suite.py SITE CHECKOUT PACKAGES [MODULE ...]     (from the sites folder)

PACKAGES is a folder with what the tests need and the bench lacks; the bench's own packages come first.
"""

import sys
from pathlib import Path

import frappe
from site_modules import CountingResult, module_names, run

import crm_success


def main(site: str, checkout: Path, packages: str, modules: list[str]) -> int:
	sys.path.append(packages)
	package = Path(crm_success.__file__).resolve().parent
	if package.parent != checkout:
		raise SystemExit(f"crm_success comes from {package}, not from {checkout}")
	print(f"site tests: {site}, Frappe {frappe.__version__}, crm_success from {package}", flush=True)
	connect(site)
	result = run(modules or module_names(package), sys.stdout)
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


def report(result: CountingResult) -> int:
	for test, reason in result.skipped:
		print(f"skipped: {test}: {reason}")
	print(f"site tests: {result.passed} passed, {result.failed} failed, {len(result.skipped)} skipped")
	if not result.passed and not result.failed:
		print("site tests: nothing ran, which counts as a failure")
	return 0 if result.passed and not result.failed else 1


def report_strangers(package: Path) -> int:
	"""Fail if a module came from another checkout that the bench has installed: it is missing in this one."""
	loaded = [module for name, module in sys.modules.items() if name.startswith("crm_success.")]
	files = [Path(module.__file__).resolve() for module in loaded if getattr(module, "__file__", None)]
	strangers = [str(path) for path in files if package not in path.parents]
	for path in strangers:
		print(f"site tests: {path} was imported, but is not in this checkout")
	return 1 if strangers else 0


if __name__ == "__main__":
	sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
