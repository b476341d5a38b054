"""What is doubtful about the data that is scored: facts, and the one table of words for them. Finds nothing itself."""

from dataclasses import dataclass

from crm_success.scoring.engine.errors import Phrase
from crm_success.scoring.queries.document_statements import (
	IN_THE_FUTURE,
	UNKNOWN_CUSTOMER,
	WITHOUT_CUSTOMER,
	WITHOUT_RESOLUTION,
)

# of the names that a finding is about
EXAMPLES = 5

INTERNAL_CUSTOMER = "internal customer"
WITHOUT_RATE = "without rate"
WITHOUT_VALUE = "without value"

# {0}: what `Finding.about` says
_WORDS = {
	IN_THE_FUTURE: Phrase("Documents of a later day do not count yet. Check their dates."),
	INTERNAL_CUSTOMER: Phrase("Internal customers are not scored."),
	UNKNOWN_CUSTOMER: Phrase(
		"Documents that name a customer that does not exist (any more) count for nobody."
	),
	WITHOUT_CUSTOMER: Phrase("Documents that name no customer count for nobody. Enter the customer."),
	WITHOUT_RATE: Phrase(
		"There is no exchange rate {0}: the documents of these companies count, but not their amounts. Enter a Currency Exchange."
	),
	WITHOUT_RESOLUTION: Phrase(
		"Issues are resolved without a resolution date: the day of their last change counts. ERPNext keeps the date under a Service Level Agreement, CRM Success that of issues closed since it was installed on the site."
	),
	WITHOUT_VALUE: Phrase(
		"No document gives any customer a value for these metrics of the scorecards: they count as missing. Keep such documents in ERPNext, or take the metrics out."
	),
}


@dataclass(frozen=True)
class Finding:
	"""One kind of doubt about the documents of one DocType: how many there are, and a few names as examples.

	`more` counts the names that are not among the examples. A finding is `harmless` where it may well be meant so.
	"""

	kind: str
	doctype: str
	count: int
	examples: tuple[str, ...] = ()
	more: int = 0
	about: str = ""
	harmless: bool = False

	@property
	def words(self) -> Phrase:
		"""What it means, and what to do about it."""
		template = _WORDS[self.kind].template
		return Phrase(template, self.about) if self.about else Phrase(template)


def finding_of(kind: str, doctype: str, names: list[str], about: str = "", harmless: bool = False) -> Finding:
	"""A finding about things that each have a name."""
	examples = tuple(names[:EXAMPLES])
	return Finding(kind, doctype, len(names), examples, len(names) - len(examples), about, harmless)
