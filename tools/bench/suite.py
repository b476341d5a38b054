"""Runs the app's unittest modules on the test site, one after the other. site_tests.py runs it in the bench's environment.

Unlike `bench run-tests` it makes no test records of ERPNext (the tests make what they need). It takes modules from a
queue that it may share with others, and connects to the site anew for each.

    python -m tools.bench.suite SITE CHECKOUT PACKAGES QUEUE NAME     (from the sites folder)

PACKAGES is a folder with what the tests need and the bench lacks; the bench's own packages come first.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import frappe
from frappe.utils.background_jobs import get_queue, get_queue_list

import crm_success
from tools.bench.module_queue import ModuleQueue, Outcome
from tools.bench.modules import run


def main(site: str, checkout: Path, packages: str, queue: ModuleQueue) -> None:
	sys.path.append(packages)
	package = Path(crm_success.__file__).resolve().parent
	if package.parent != checkout:
		raise SystemExit(f"crm_success comes from {package}, not from {checkout}")
	print(f"site tests: {site}, Frappe {frappe.__version__}, crm_success from {package}", flush=True)
	while module := queue.take():
		queue.finish(outcome_of(module, site, package, queue.log))


def outcome_of(module: str, site: str, package: Path, log: Path) -> Outcome:
	began = time.monotonic()
	with output_to(log), connected(site):
		result = run([module], sys.stdout)
	strangers = [f"{path} was imported, but is not in this checkout" for path in strange_files(package)]
	return Outcome(
		module=module,
		passed=result.passed,
		failed=result.failed + len(strangers),
		skipped=len(result.skipped),
		seconds=time.monotonic() - began,
		remarks=[f"skipped: {test}: {reason}" for test, reason in result.skipped]
		+ [f"failed: {test}" for test, _ in (*result.failures, *result.errors)]
		+ [f"failed: {test}, which was expected to fail" for test in result.unexpectedSuccesses]
		+ strangers,
	)


@contextmanager
def output_to(log: Path) -> Iterator[None]:
	"""All output goes there, that of processes which tests start included."""
	sys.stdout.flush()
	sys.stderr.flush()
	before = [os.dup(stream) for stream in (1, 2)]
	with log.open("wb") as file:
		for stream in (1, 2):
			os.dup2(file.fileno(), stream)
	try:
		yield
	finally:
		sys.stdout.flush()
		sys.stderr.flush()
		for stream, saved in zip((1, 2), before, strict=True):
			os.dup2(saved, stream)
			os.close(saved)


@contextmanager
def connected(site: str) -> Iterator[None]:
	frappe.init(site=site)
	frappe.connect()
	frappe.flags.in_test = True
	frappe.in_test = True  # Frappe 16
	frappe.flags.skip_test_records = True
	frappe.clear_cache()
	# no worker takes what other modules queued, and Frappe refuses jobs beyond a number
	for queue in get_queue_list():
		get_queue(queue).empty()
	for hook in frappe.get_hooks("before_tests", app_name="crm_success"):
		frappe.get_attr(hook)()
	try:
		yield
	finally:
		frappe.db.rollback()
		frappe.destroy()


def strange_files(package: Path) -> list[Path]:
	"""Files of modules that came from another checkout that the bench has installed: they are missing in this one."""
	loaded = [module for name, module in sys.modules.items() if name.startswith("crm_success.")]
	files = [Path(module.__file__).resolve() for module in loaded if getattr(module, "__file__", None)]
	return [path for path in files if package not in path.parents]


if __name__ == "__main__":
	main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], ModuleQueue(Path(sys.argv[4]), sys.argv[5]))
