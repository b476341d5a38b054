"""What the form of a Loyalty Earning Rule asks for: what a real document would earn by it. Writes nothing."""

import frappe
from frappe import _

from crm_success.customer_loyalty.earning.earning import judge
from crm_success.customer_loyalty.earning.earning_documents import doctypes_of
from crm_success.customer_loyalty.earning.earning_records import rule_of, rules_of_now
from crm_success.customer_loyalty.earning.earning_values import Event
from crm_success.customer_loyalty.earning.earning_words import outcome_in_words
from crm_success.record_checks.field_errors import bold, one_of
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_checks.unsaved_records import check_as_saving_would, parse_record
from crm_success.record_names import EARNING_RULE


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def try_rule(rule: str | dict, document_type: str, document: str) -> dict[str, list[str]]:
	"""What the document would earn by the rule as it is sent, and why, or why not: sentences. Saves nothing."""
	frappe.has_permission(EARNING_RULE, "write", throw=True)
	doc = frappe.get_doc({"doctype": EARNING_RULE, **parse_record(EARNING_RULE, rule)})
	check_as_saving_would(doc)
	tried = rule_of({**doc.as_dict(), "name": doc.name or doc.rule_name})
	_check_document_type(doctypes_of(tried), document_type)
	frappe.has_permission(document_type, "read", document, throw=True)
	if tried.event is Event.YEARLY:
		frappe.throw(_("A yearly date earns when its day comes. There is nothing to try before."))
	others = [each for each in rules_of_now() if each.name != tried.name]
	found = judge(document_type, document, [*others, tried]).get(tried.name)
	if not found:
		frappe.throw(_("{0} does not exist. Choose another document.").format(bold(document)))
	return {"lines": outcome_in_words(tried, *found)}


def _check_document_type(allowed: tuple[str, ...], document_type: str) -> None:
	if document_type not in allowed:
		frappe.throw(
			_("{0} does not earn by this rule. Choose {1}.").format(
				bold(_(document_type)), one_of([_(each) for each in allowed])
			)
		)
