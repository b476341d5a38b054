"""The app keeps the rules of Frappe's marketplace; each rule finds what it is for. Where semgrep and Frappe's own rules
are at hand, `make lint` asks them too.
"""

import ast
from collections.abc import Callable
from importlib.metadata import metadata
from pathlib import Path

import marketplace_rules as python
import marketplace_scripts as scripts
import pytest
from marketplace_examples import PYTHON, SCRIPTS
from marketplace_source import Source
from test_layers import APP, sources


def examples(table: dict, which: int) -> list[tuple[Callable, str]]:
	return [(rule, example) for rule, both in table.items() for example in both[which]]


def source_of(rule: Callable, text: str) -> Source:
	return Source(
		text, "report/anything.py" if rule is python.label_is_not_translated else "scoring/anything.py"
	)


def test_every_rule_has_examples():
	assert set(PYTHON) == set(python.RULES)
	assert set(SCRIPTS) == set(scripts.RULES)


@pytest.mark.parametrize(("rule", "example"), examples(PYTHON, 0))
def test_what_a_rule_is_for_is_found(rule: Callable, example: str):
	assert list(rule(source_of(rule, example)))


@pytest.mark.parametrize(("rule", "example"), examples(PYTHON, 1))
def test_what_is_right_is_let_through(rule: Callable, example: str):
	assert not list(rule(source_of(rule, example)))


@pytest.mark.parametrize(("rule", "example"), examples(SCRIPTS, 0))
def test_what_a_rule_is_for_is_found_in_scripts(rule: Callable, example: str):
	assert list(rule(example))


@pytest.mark.parametrize(("rule", "example"), examples(SCRIPTS, 1))
def test_what_is_right_is_let_through_in_scripts(rule: Callable, example: str):
	assert not list(rule(example))


@pytest.mark.parametrize("rule", python.RULES, ids=lambda rule: rule.__name__)
def test_the_app_keeps_the_rule(rule: Callable):
	wrong = []
	for path in sources("**/*.py"):
		name = str(path.relative_to(APP))
		if rule is python.printed and name.startswith(("standalone/", "commands")):
			continue
		wrong += [f"{name}:{line}" for line in rule(Source(path.read_text(), name))]
	assert wrong == []


@pytest.mark.parametrize("rule", scripts.RULES, ids=lambda rule: rule.__name__)
def test_the_scripts_keep_the_rule(rule: Callable):
	wrong = []
	for path in sorted(APP.rglob("*.js")):
		script = scripts.without_comments(path.read_text())
		wrong += [f"{path.relative_to(APP)}:{line}" for line in rule(script)]
	assert wrong == []


def test_comments_in_scripts_are_passed_over_and_lines_stay():
	script = '/* cur_frm\n */\nf("http://a") // cur_frm\n'
	assert scripts.without_comments(script) == '\n\nf("http://a") \n'


def test_no_address_is_promised_that_nobody_reads():
	hooks = ast.parse((APP / "hooks.py").read_text())
	names = {
		ast.unparse(target) for node in hooks.body if isinstance(node, ast.Assign) for target in node.targets
	}
	assert "app_email" not in names
	about = metadata("crm_success")
	assert not about.get("Author-email") and not about.get("Maintainer-email")
	assert "@" not in Path(APP.parent, "SECURITY.md").read_text()
