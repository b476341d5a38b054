"""The report: one self-contained HTML page that opens offline. Reads no database and asks no clock."""

from crm_success import __version__
from crm_success.standalone.columns import COLUMNS
from crm_success.standalone.report.figures import Collector
from crm_success.standalone.report.templating import environment
from crm_success.standalone.report.view import Report, page_of

__all__ = ["Collector", "Report", "render"]


def render(report: Report) -> str:
	"""The page as HTML text; the same report always gives the same text."""
	template = environment().get_template("report.html.jinja")
	return template.render(page=page_of(report), columns=COLUMNS, version=__version__)
