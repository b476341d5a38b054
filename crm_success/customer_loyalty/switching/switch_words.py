"""Why points differ, and what a line is about, in the words of whoever reads it. Compares nothing."""

from collections.abc import Callable

from frappe import _

from crm_success.customer_loyalty.switching.native_values import Reason, Step


def reason_in_words(reason: Reason | None) -> str:
	"""A sentence; nothing where nothing differs."""
	return _REASONS[reason]() if reason else ""


def step_in_words(step: Step) -> str:
	"""What is compared."""
	return _STEPS[step]()


_STEPS: dict[Step, Callable[[], str]] = {
	Step.EARNED: lambda: _("Earned", context="Customer Loyalty Account"),
	Step.SPENT: lambda: _("Spent"),
	Step.LOST: lambda: _("Lost", context="Customer Loyalty Account"),
}

_REASONS: dict[Reason, Callable[[], str]] = {
	Reason.CANCELLED: lambda: _("The document was cancelled, and its entry stayed"),
	Reason.DELETED: lambda: _("The document was deleted, and its entry stayed"),
	Reason.DRAFT: lambda: _("The document is not submitted"),
	Reason.TWICE: lambda: _("The sale has earned more than once"),
	Reason.RETURNED: lambda: _("Part of the sale was returned, and its points were not taken back"),
	Reason.RETURN_CANCELLED: lambda: _(
		"A return of the sale was cancelled, and its points were not given again"
	),
	Reason.BELOW_ZERO: lambda: _("A return took more points from the sale than it had earned"),
	Reason.MISSING: lambda: _("The sale stands, and its entry was deleted"),
	Reason.GIVEN_BACK: lambda: _("The sale was paid with these points, and a return gave all of them back"),
	Reason.NOT_TAKEN: lambda: _(
		"The sale was paid with these points, and they were not taken from any entry"
	),
	Reason.TAKEN_TOO_MANY: lambda: _("More points were taken than the sale was paid with"),
	Reason.SPENT_BEYOND: lambda: _(
		"More was spent of these points than there were, and came back on their last day"
	),
	Reason.CAME_BACK: lambda: _(
		"Points that were spent came back on the last day of those they were taken from"
	),
	Reason.NO_DURATION: lambda: _(
		"The program has no expiry duration, and its points were lost on the day they were earned"
	),
	Reason.NOT_EARNED: lambda: _("These points do not count, so they were not lost either"),
	Reason.LEFT_DIFFERS: lambda: _(
		"On their last day another number of these points was left, by the lines before"
	),
}
