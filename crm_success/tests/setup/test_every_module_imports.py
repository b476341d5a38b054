"""Every module of the app can be imported on the site: migrate deletes a DocType whose controller cannot."""

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import crm_success
from crm_success.tests.support.utils import SiteTestCase

APP = Path(crm_success.__file__).parent


class TestEveryModuleImports(SiteTestCase):
	def test_every_module_of_the_app_can_be_imported(self):
		self.assertEqual(list(problems_of(module_names())), [])

	def test_each_module_that_cannot_be_imported_is_named(self):
		names = ("crm_success.hooks", "crm_success.hoops", "crm_success.setup.hoops")
		problems = list(problems_of(names))
		self.assertEqual([problem.split(":")[0] for problem in problems], list(names[1:]))
		self.assertIn("No module named 'crm_success.hoops'", problems[0])

	def test_nothing_is_left_out(self):
		expected = {
			"crm_success",
			"crm_success.hooks",
			"crm_success.crm_success.doctype.customer_health.customer_health",
			"crm_success.crm_success.report.score_movers.score_movers",
			"crm_success.standalone.cli",
		}
		names = set(module_names())
		self.assertEqual(expected - names, set())
		patches = (APP / "patches.txt").read_text().split()
		self.assertEqual({line for line in patches if line.startswith("crm_success.")} - names, set())


def module_names() -> Iterator[str]:
	"""Dotted names of all modules and packages of the app, its tests left out."""
	for path in sorted(APP.rglob("*.py")):
		parts = path.relative_to(APP.parent).with_suffix("").parts
		if "tests" not in parts and not path.name.startswith("test_"):
			yield ".".join(parts).removesuffix(".__init__")


def problems_of(names: Iterable[str]) -> Iterator[str]:
	"""What stops each module that cannot be imported, whatever it raises."""
	for name in names:
		try:
			importlib.import_module(name)
		except (Exception, SystemExit) as error:
			yield f"{name}: {type(error).__name__}: {error}"
