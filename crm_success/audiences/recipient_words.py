"""What filling an Email Group came to, in the words of whoever asked for it. Fills nothing."""

from frappe import _
from frappe.utils import fmt_money

from crm_success.audiences.recipients import Filled
from crm_success.record_checks.field_errors import bold

_MOST_NAMED = 10


def filled_in_words(group: str, filled: Filled) -> list[str]:
	"""Sentences, as HTML with everything that somebody entered escaped."""
	sentences = [
		_("{0}: {1} added, {2} were there already, {3} removed.").format(
			bold(group), _number(filled.added), _number(filled.kept), _number(filled.removed)
		)
	]
	if filled.unsubscribed:
		sentences.append(_("{0} left out because they unsubscribed.").format(_number(filled.unsubscribed)))
	if filled.without_address:
		message = _("{0} customers have no contact with a usable address that you may read.")
		sentences.append(message.format(_number(filled.without_address)))
	if filled.invalid:
		shown = ", ".join(bold(each) for each in filled.invalid[:_MOST_NAMED])
		more = " …" if len(filled.invalid) > _MOST_NAMED else ""
		message = _("{0} contacts have no valid address: {1}")
		sentences.append(message.format(_number(len(filled.invalid)), shown + more))
	return sentences


def _number(number: int) -> str:
	return fmt_money(number, precision=0)
