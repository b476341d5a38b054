"""The report: one self-contained HTML page that opens offline. Reads no database and asks no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files

from crm_success import __version__
from crm_success.scoring.engine.definitions import Definitions
from crm_success.standalone.quality import DataWarning
from crm_success.standalone.report import appendix, numbers, sections
from crm_success.standalone.report.figures import Collector, Figures
from crm_success.standalone.report.markup import Markup, element, join
from crm_success.standalone.report.pictures import patterns

__all__ = ["Collector", "Report", "render"]


@dataclass(frozen=True)
class Report:
	"""What a report tells. `source` says in words where the data came from, without any password."""

	figures: Figures
	definitions: Definitions
	as_of: date
	source: str
	warnings: Sequence[DataWarning] = ()
	strategies: Mapping[str, str] = field(default_factory=dict)


def render(report: Report) -> str:
	"""The page as HTML text; the same report always gives the same text."""
	title = f"Customer health on {numbers.day(report.as_of)}"
	head = element(
		"head",
		element("meta", charset="utf-8"),
		element("meta", name="viewport", content="width=device-width, initial-scale=1"),
		element("title", title),
		# the style sheet is ours; escaping it would break its selectors
		element("style", Markup(files(__package__).joinpath("page.css").read_text(encoding="utf-8"))),
	)
	body = element("body", patterns(), element("main", _header(report), _content(report), _footer(report)))
	return "<!doctype html>\n" + element("html", head, body, lang="en") + "\n"


def _content(report: Report) -> Markup:
	figures, definitions = report.figures, report.definitions
	return join(
		[
			appendix.alert(report.warnings),
			sections.tiles(figures, definitions),
			_pair(sections.bands(figures), sections.scores(figures, definitions)),
			sections.calls(figures, definitions),
			sections.segments(figures, dict(report.strategies)),
			_pair(sections.heat_map(figures, definitions), appendix.life(figures)),
			appendix.metrics(figures, definitions),
			appendix.warnings_section(report.warnings),
			appendix.columns(),
		]
	)


def _pair(left: Markup, right: Markup) -> Markup:
	return element("div", left, right, class_="pair")


def _header(report: Report) -> Markup:
	customers = numbers.plural(report.figures.totals["customers"], "customer", "customers")
	lead = (
		f"{customers} scored from what was known on {numbers.day(report.as_of)}, "
		f"amounts in {report.definitions.money.currency or 'the currency of the company'}. Source: {report.source}."
	)
	return element("header", element("h1", "Customer health"), element("p", lead, class_="lead"))


def _footer(report: Report) -> Markup:
	return element("footer", f"CRM Success {__version__}. One row a customer in health.csv beside this page.")
