"""Checks a Customer Audience: conditions that can be asked, of what the user may read, and no circle. Finds no members."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from math import isfinite
from typing import Any, NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, flt

from crm_success.audiences.audience_names import REFUSED_IN_NAMES
from crm_success.audiences.audience_records import BY_HAND, freeze_unsaved
from crm_success.audiences.audience_rules import METRIC_OPERATORS, LooksAt
from crm_success.record_checks.field_errors import Refusal, bold, one_of, refuse, refusing
from crm_success.record_checks.phrases import Phrase, in_words
from crm_success.record_names import AUDIENCE, CONDITION, HEALTH, METRIC
from crm_success.scoring.checks.filter_checks import check_filters, parse
from crm_success.scoring.checks.scorecard_checks import READABLE_ON_HEALTH
from crm_success.scoring.checks.source_fields import CUSTOMER, SourceField, fields_of
from crm_success.scoring.engine.records import compared_with, filters_from_record
from crm_success.visibility import check_reads_health, reads_by_role

MOST_VALUES = 5000
# what decides who is in, beside the conditions
_DEFINING = ("enabled", "how", "match", "include_disabled")
# a filter on these would look at what the pass itself writes
_WRITTEN_BY_PASS = frozenset({"audiences", "customer_audiences"})
# of each kind of condition, its fields beside the kind itself and "not"
_FIELDS: dict[LooksAt, tuple[str, ...]] = {
	LooksAt.CUSTOMER: ("filters",),
	LooksAt.TABLE: ("table_doctype", "filters"),
	LooksAt.HEALTH: ("filters",),
	LooksAt.METRIC: ("metric", "operator", "value", "value_to"),
	LooksAt.TAG: ("tag",),
	LooksAt.AUDIENCE: ("audience",),
}
_OPERATORS = (*(operator for operator in METRIC_OPERATORS if operator != "is"), "is set", "is not set")


def check_name(doc: Document, name: str | None) -> None:
	"""Lists find an audience by a pattern with its name."""
	refused = [character for character in REFUSED_IN_NAMES if character in cstr(name)]
	if refused:
		message = _("A name cannot have the character {0}, because lists are filtered by it. Leave it out.")
		refuse(doc, "audience_name", message.format(bold(refused[0].replace("\n", "↵"))))


def check_conditions(doc: Document) -> None:
	"""Refuse the first condition that cannot be asked, with its row."""
	if doc.how == BY_HAND:
		doc.conditions = []
		return
	if not doc.conditions:
		refuse(doc, "conditions", _("Add at least one condition, or make an audience by hand."))
	values = 0
	for row in doc.conditions:
		with _refusing_row(doc, row):
			_check_kind(row)
			_keep_fields_of_kind(row)
			_CHECKS[LooksAt(row.looks_at)](row)
		values += _number_of_values(row)
		if values > MOST_VALUES:
			# the rows that follow may be hundreds of thousands more
			_refuse_number_of_values(doc)
	with refusing(doc, "conditions"):
		freeze_unsaved(doc.as_dict())


def is_redefined(doc: Document) -> bool:
	"""Whether the record, as it is being saved, finds other members than before, or begins to find some."""
	before = doc.get_doc_before_save()
	return not before or _definition(doc) != _definition(before)


def check_rights(doc: Document) -> None:
	"""Who is in an audience tells what its conditions look at: the user must be allowed to read that of customers."""
	check_reads_health()
	for row in doc.conditions:
		if row.audience:
			frappe.has_permission(AUDIENCE, "read", row.audience, throw=True)
	if reads_by_role(CUSTOMER):
		return
	for row in doc.conditions:
		hidden = _hidden_without_customers(row, {doc.name})
		if hidden:
			text = _("Row {0}: {1}").format(row.idx, _not_allowed(hidden))
			refuse(doc, "conditions", text, frappe.PermissionError)
	_check_rights_of_users(doc)


def check_not_used(doc: Document) -> None:
	"""An audience that another one is made of must stay."""
	users = frappe.get_all(
		CONDITION, {"audience": doc.name, "parenttype": AUDIENCE}, pluck="parent", distinct=True
	)
	if users:
		message = _("{0} is a condition of {1}. Take it out there first.")
		frappe.throw(message.format(bold(doc.name), one_of(sorted(users))), title=_("Audience Is Used"))


def fields_for(looks_at: LooksAt, table_doctype: str = "") -> dict[str, SourceField]:
	"""What filters of that kind of condition may look at, by name."""
	doctype = {LooksAt.CUSTOMER: CUSTOMER, LooksAt.HEALTH: HEALTH}.get(looks_at, table_doctype)
	fields = fields_of(doctype)
	return {
		name: field
		for name, field in fields.items()
		if name not in _WRITTEN_BY_PASS and field.fieldtype not in ("Code", "Long Text")
	}


def fields_offered(looks_at: LooksAt, table_doctype: str = "") -> list[str]:
	"""The names of those that the user may look at, as `check_rights` has it."""
	names = [name for name, field in fields_for(looks_at, table_doctype).items() if not field.refused]
	if looks_at is LooksAt.HEALTH or reads_by_role(CUSTOMER):
		return names
	if looks_at is LooksAt.TABLE:
		frappe.throw(_not_allowed(_(table_doctype)), frappe.PermissionError)
	return [name for name in names if name in READABLE_ON_HEALTH]


def tables_of_customers() -> list[str]:
	"""The child tables of Customer that whoever reads customers reads, by name."""
	fields = frappe.get_meta(CUSTOMER).get_table_fields()
	return sorted({df.options for df in fields if not df.permlevel})


def _definition(doc: Document) -> list[Any]:
	# a field that is empty holds None, nothing or 0, before it was stored and after
	rows = [
		[cstr(row.get(name) or "") for name in ("looks_at", "is_not", *_fields_of_kind(row))]
		for row in doc.conditions
	]
	return [*(cstr(doc.get(name) or "") for name in _DEFINING), rows]


def _fields_of_kind(row: Document) -> tuple[str, ...]:
	return next((names for kind, names in _FIELDS.items() if kind.value == row.looks_at), ())


def _check_rights_of_users(doc: Document) -> None:
	"""Who is in an audience that is made of this one tells what that one looks at, of whomever this one lets in."""
	seen, waiting = {doc.name}, [doc.name] if doc.name else []
	while waiting:
		filters = {"parenttype": AUDIENCE, "audience": waiting.pop()}
		for user in set(frappe.get_all(CONDITION, filters, pluck="parent")).difference(seen):
			seen.add(user)
			waiting.append(user)
			if hidden := _hidden_in_rows(user, seen):
				message = _(
					"{0} is made of this audience and looks at {1} of a customer, which you are not allowed to read. Ask a System Manager for the right to read Customer."
				)
				refuse(doc, "conditions", message.format(bold(user), bold(hidden)), frappe.PermissionError)


def _hidden_in_part(audience: str, seen: set[str]) -> str:
	"""The same of an audience that the condition names.

	Who is in an enabled one is told to every reader; one that is disabled, or was never enabled, tells nobody but here.
	"""
	if audience in seen or frappe.db.get_value(AUDIENCE, audience, "enabled"):
		return ""
	seen.add(audience)
	return _hidden_in_rows(audience, seen)


def _hidden_in_rows(audience: str, seen: set[str]) -> str:
	rows = frappe.get_all(CONDITION, {"parenttype": AUDIENCE, "parent": audience}, ["*"], order_by="idx")
	return next((hidden for row in rows if (hidden := _hidden_without_customers(row, seen))), "")


def _number_of_values(row: Document) -> int:
	return sum(
		len(compared_with(filter_.operator, filter_.value)) for filter_ in filters_from_record(row.filters)
	)


def _refuse_number_of_values(doc: Document) -> NoReturn:
	"""Each condition is of bounded length; all together they are asked of every customer."""
	message = _(
		"The conditions compare with more than {0} values. Compare with a group, a range or the beginning of a text."
	)
	refuse(doc, "conditions", message.format(MOST_VALUES))


def _check_kind(row: Document) -> None:
	"""Frappe checks the options of a Select later than this."""
	kinds = [kind.value for kind in LooksAt]
	if row.looks_at not in kinds:
		choice = one_of([_(kind) for kind in kinds])
		raise Refusal(_("{0} is nothing to look at. Choose {1}.").format(bold(row.looks_at), choice))


def _keep_fields_of_kind(row: Document) -> None:
	"""What a form left from another kind is no part of the condition."""
	kept = _fields_of_kind(row)
	for fieldname in {name for names in _FIELDS.values() for name in names}.difference(kept):
		row.set(fieldname, None)
	if row.looks_at == LooksAt.METRIC.value and row.operator != "between":
		row.value_to = 0


def _check_filters(row: Document) -> None:
	kind = LooksAt(row.looks_at)
	doctype = row.table_doctype or kind.value
	if not parse(row.filters):
		raise Refusal(_("Add at least one filter on {0}.").format(bold(_(doctype))))
	check_filters(row.filters, [doctype], fields_for(kind, doctype))


def _check_table(row: Document) -> None:
	tables = tables_of_customers()
	if row.table_doctype not in tables:
		choice = one_of([_(doctype) for doctype in tables])
		raise Refusal(_("{0} is no table of a customer. Choose {1}.").format(bold(row.table_doctype), choice))
	_check_filters(row)


def _check_metric(row: Document) -> None:
	if not frappe.db.exists(METRIC, {"name": row.metric, "enabled": 1}):
		raise Refusal(_("There is no enabled metric {0}. Choose another one.").format(bold(row.metric)))
	if row.operator not in _OPERATORS:
		raise Refusal(_("{0} is no operator. Choose {1}.").format(bold(row.operator), one_of(_OPERATORS)))
	for name in ("value", "value_to"):
		# what a request sends may be a text
		row.set(name, flt(row.get(name)))
		if not isfinite(row.get(name)):
			raise Refusal(_("The value must be a number."))
	if row.operator == "between" and row.value > row.value_to:
		raise Refusal(_("The first value, {0}, is larger than the second.").format(row.value))


def _check_tag(row: Document) -> None:
	if not row.tag:
		raise Refusal(_("Choose a tag."))


def _check_audience(row: Document) -> None:
	if not row.audience:
		raise Refusal(_("Choose an audience."))


_CHECKS: Mapping[LooksAt, Callable[[Document], None]] = {
	LooksAt.CUSTOMER: _check_filters,
	LooksAt.TABLE: _check_table,
	LooksAt.HEALTH: _check_filters,
	LooksAt.METRIC: _check_metric,
	LooksAt.TAG: _check_tag,
	LooksAt.AUDIENCE: _check_audience,
}


def _hidden_without_customers(row: Any, seen: set[str]) -> str:
	"""What the condition looks at that is not read on a health; "" where there is nothing. `seen`: audiences above it."""
	kind = LooksAt(row.looks_at)
	if kind is LooksAt.AUDIENCE:
		return _hidden_in_part(row.audience, seen)
	if kind is LooksAt.TABLE:
		return _(row.table_doctype)
	if kind is LooksAt.TAG:
		return _("Tags")
	names: Collection[str] = ()
	if kind is LooksAt.CUSTOMER:
		names = [filter_.fieldname for filter_ in filters_from_record(parse(row.filters))]
	return next((name for name in names if name not in READABLE_ON_HEALTH), "")


@contextmanager
def _refusing_row(doc: Document, row: Document) -> Iterator[None]:
	"""Turn what is wrong with a row into a message that names it."""
	try:
		yield
	except Refusal as error:
		_refuse_row(doc, row, str(error))
	except Exception as error:
		if not isinstance(error, Phrase):
			raise
		_refuse_row(doc, row, escape(in_words(error), quote=False))


def _not_allowed(hidden: str) -> str:
	message = _(
		"You are not allowed to read {0} of a customer. Use {1}, or ask a System Manager for the right to read Customer."
	)
	return message.format(bold(hidden), one_of(sorted(READABLE_ON_HEALTH)))


def _refuse_row(doc: Document, row: Document, message: str) -> NoReturn:
	refuse(doc, "conditions", _("Row {0}: {1}").format(row.idx, message))
