"""Gives a DocType or a field of ours another name, with all that people made around it. Changes no record's content.

Frappe's own renaming follows links. What names a DocType or a field in JSON, in a script, or in a row that is no link,
is followed here: quoted names of DocTypes in whatever text, names of fields in what belongs to their DocType.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import frappe
from frappe.model.utils.rename_field import update_property_setters, update_users_report_view_settings
from frappe.model.utils.user_settings import sync_user_settings
from frappe.query_builder.functions import Replace
from pypika import Criterion

from crm_success.setup.mentions import may_mention
from crm_success.setup.references import UNDECLARED, References
from crm_success.setup.table_columns import columns_of

# what holds scripts, conditions, filters or columns, and what says whose they are
_WITH_TEXTS = {
	"Assignment Rule": "document_type",
	"Auto Email Report": "reference_report",
	"Client Script": "dt",
	"Custom Field": "dt",
	"Dashboard Chart": "document_type",
	"Kanban Board": "reference_doctype",
	"List Filter": "reference_doctype",
	"List View Settings": "name",
	"Notification": "document_type",
	"Number Card": "document_type",
	"Print Format": "doc_type",
	"Property Setter": "doc_type",
	"Report": "ref_doctype",
	"Server Script": "reference_doctype",
	"Webhook": "webhook_doctype",
	"Workspace Quick List": "document_type",
	"Workspace Shortcut": "link_to",
}
# rows whose own name begins with that of their DocType
_NAMED_AFTER = {"Custom Field": "dt", "Property Setter": "doc_type"}
# of these settings, and of no other, the value is made of names of fields
_OF_FIELDS = ("field_order", "search_fields", "sort_field", "title_field", "depends_on", "fetch_from")


def rename_doctype(old: str, new: str) -> None:
	"""Rename a DocType and its table. Commits, because the database does so with every change of a table."""
	if frappe.db.exists("DocType", old):
		with _not_developing():
			frappe.rename_doc("DocType", old, new, force=True, show_alert=False, rebuild_search=False)
	elif columns_of(old) and not columns_of(new):
		# the process ended between the two
		frappe.db.rename_table(old, new)
	_rename_in_rows(old, new)
	# also before a dot, as reports name their columns
	quoted = re.compile(rf"""(["'`](?:tab)?){re.escape(old)}(["'`.])""")
	_rewrite_texts(lambda _owner, text: quoted.sub(rf"\g<1>{new}\g<2>", text))
	_rewrite_user_settings(old, new, lambda text: quoted.sub(rf"\g<1>{new}\g<2>", text))
	frappe.clear_cache()


def rename_column(doctype: str, old: str, new: str) -> None:
	"""Rename the column of a field, with its indexes. The DocType itself is read from its file later. Commits."""
	columns = columns_of(doctype)
	if old in columns and new not in columns:
		frappe.db.rename_column(doctype, old, new)
	frappe.clear_cache()


def rename_mentions_of_field(doctype: str, old: str, new: str) -> None:
	"""Let what people made name a field as it is called now. Values are not copied."""
	# of what Frappe's rename_field does, this much: it copies with a wrong table name in some builds of 15, and takes
	# from reports all but their columns and filters
	update_users_report_view_settings(doctype, old, new)
	update_property_setters(doctype, old, new)
	word = re.compile(rf"\b{re.escape(old)}\b")
	beside = [re.compile(pattern) for pattern in _beside_their_doctype(re.escape(doctype), re.escape(old))]

	def renamed(owner: str | None, text: str) -> str:
		if owner == doctype:
			return word.sub(new, text)
		for pattern in beside:
			text = pattern.sub(rf"\g<1>{new}\g<2>", text)
		return text

	_rewrite_texts(renamed)
	_rewrite_user_settings(doctype, doctype, lambda text: word.sub(new, text))


def _beside_their_doctype(doctype: str, fieldname: str) -> tuple[str, ...]:
	"""Where a text about another DocType names a field of this one: filters, columns, the order."""
	before = rf"""["']{doctype}["'],\s*(?:filters\s*=\s*)?(?:\{{[^{{}}]*)?["']"""
	after = rf"""["'],\s*["']{doctype}["']"""
	return (
		rf"""({before}){fieldname}(["'])""",
		rf"""(["']){fieldname}({after})""",
		rf"""(["']{doctype}\.){fieldname}(["'])""",
		rf"""(`tab{doctype}`\.`?){fieldname}\b()""",
	)


def _rename_in_rows(old: str, new: str) -> None:
	for reference in UNDECLARED["DocType"]:
		_replace(reference.doctype, reference.fieldname, old, new)
	# Frappe leaves out those of tables that nobody writes by hand
	for reference in References().dynamic:
		_replace(reference.doctype, reference.fieldname, old, new, **{reference.type_field: "DocType"})
	found = frappe.qb.Table("__global_search")
	frappe.qb.update(found).set(found.doctype, new).where(found.doctype == old).run()
	_replace("DefaultValue", "defkey", f"_list_settings:{old}", f"_list_settings:{new}")
	for doctype, owner in _NAMED_AFTER.items():
		rows = frappe.qb.DocType(doctype)
		named = (rows[owner] == new) & rows.name.like(f"{old}-%")
		frappe.qb.update(rows).set(rows.name, Replace(rows.name, f"{old}-", f"{new}-")).where(named).run()


def _replace(doctype: str, fieldname: str, old: str, new: str, **also: str) -> None:
	rows = frappe.qb.DocType(doctype)
	found = Criterion.all(rows[name] == value for name, value in {fieldname: old, **also}.items())
	frappe.qb.update(rows).set(rows[fieldname], new).where(found).run()


def _rewrite_texts(rewrite: Callable[[str | None, str], str]) -> None:
	"""Let `rewrite` change every text that may name a DocType or a field; it is told whose the text is."""
	for doctype, owner in _WITH_TEXTS.items():
		texts = [field.fieldname for field in frappe.get_meta(doctype).fields if may_mention(field)]
		for row in _rows(doctype, owner, texts):
			changed = {}
			for text in texts:
				if row[text] and (rewritten := rewrite(row[owner], row[text])) != row[text]:
					changed[text] = rewritten
			if changed:
				frappe.db.set_value(doctype, row.name, changed, update_modified=False)


def _rows(doctype: str, owner: str, texts: list[str]) -> list[frappe._dict]:
	filters = {"property": ("in", _OF_FIELDS)} if doctype == "Property Setter" else {}
	return frappe.get_all(doctype, filters, list({"name", owner, *texts}), order_by="name")


def _rewrite_user_settings(old: str, new: str, rewrite: Callable[[str], str]) -> None:
	"""What each person set in a list last: filters, columns, the order. The cache is emptied into the table first."""
	sync_user_settings()
	frappe.cache.delete_value("_user_settings")
	settings = frappe.qb.Table("__UserSettings")
	for user, data in frappe.qb.from_(settings).select("user", "data").where(settings.doctype == old).run():
		query = (
			frappe.qb.update(settings).set(settings.data, rewrite(data or "{}")).set(settings.doctype, new)
		)
		query.where((settings.user == user) & (settings.doctype == old)).run()


@contextmanager
def _not_developing() -> Iterator[None]:
	"""On a developer's bench renaming would write the files of other DocTypes of ours."""
	developing = frappe.conf.developer_mode
	frappe.conf.developer_mode = 0
	try:
		yield
	finally:
		frappe.conf.developer_mode = developing
