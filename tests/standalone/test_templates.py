"""The templates of the report as source: each name in them exists, and nothing in them turns escaping off."""

import pytest
from jinja2 import UndefinedError, meta, nodes

from crm_success.standalone.report.templating import environment

GIVEN = {"page", "columns", "version"}
TEMPLATES = sorted(environment().list_templates(extensions=["jinja"]))


def tree_of(name):
	source, _, _ = environment().loader.get_source(environment(), name)
	return environment().parse(source)


def undeclared(tree):
	return meta.find_undeclared_variables(tree) - GIVEN - set(environment().globals)


def ways_around_escaping(tree):
	filters = [node.name for node in tree.find_all(nodes.Filter) if node.name == "safe"]
	return filters + [type(node).__name__ for node in tree.find_all(nodes.EvalContextModifier)]


def test_there_are_templates():
	assert "report.html.jinja" in TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_name_in_a_template_is_given(name):
	assert undeclared(tree_of(name)) == set()


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_turns_escaping_off(name):
	assert ways_around_escaping(tree_of(name)) == []


def test_what_is_searched_for_is_found():
	assert undeclared(environment().parse("{{ page }}{{ pages }}")) == {"pages"}
	for source in ("{{ page | safe }}", "{% autoescape false %}{{ page }}{% endautoescape %}"):
		assert len(ways_around_escaping(environment().parse(source))) == 1


@pytest.mark.parametrize(
	"source", ["{{ pages }}", "{{ numbers.cuont(1) }}", "{% if page.tiles %}{% endif %}"]
)
def test_a_name_that_does_not_exist_is_an_error(source):
	with pytest.raises(UndefinedError):
		environment().from_string(source).render(page={})
