"""How our records are printed: their texts as text. Frappe's templates put what a record holds on the page as HTML."""

from typing import Any

from frappe import _
from frappe.model import numeric_fieldtypes
from frappe.model.document import Document
from frappe.utils import cstr, escape_html
from markupsafe import Markup

from crm_success.record_checks.storable_values import MADE_FOR_MARKUP


class PrintedAsText(Document):
	"""What a DocType of ours inherits, with or without a print format, the standard one included."""

	def before_print(self, settings: Any = None) -> None:
		# under the heading Frappe would print the name as it is
		self.sub_heading = escape_html(_(cstr(self.name)))

	def get_formatted(self, fieldname: str, *arguments: Any, **named: Any) -> Any:
		"""As Frappe formats it, but HTML of its own only: a template's `| e` leaves it as it is."""
		formatted = super().get_formatted(fieldname, *arguments, **named)
		df = self.meta.get_field(fieldname)
		if df and df.fieldtype in MADE_FOR_MARKUP:
			return formatted
		if df and df.fieldtype in numeric_fieldtypes:
			# the sign of a currency may be HTML, its name may be anything
			return Markup(cstr(formatted).replace("<", "&lt;"))
		return as_html(cstr(formatted))


def as_html(text: str) -> Markup:
	"""The text for a page. Its lines stay lines: Frappe has put <br> between some already."""
	return Markup(escape_html(text).replace("&lt;br&gt;", "<br>").replace("\n", "<br>"))
