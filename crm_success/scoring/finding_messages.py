"""What is doubtful about the data, as messages of a run in the language of the job. Finds nothing itself."""

from crm_success.batches.messages import INFO, WARNING, Message
from crm_success.record_checks.phrases import in_words
from crm_success.scoring.shared.findings import Finding


def as_message(finding: Finding) -> Message:
	"""The finding in words; one that may well be meant so is no warning."""
	severity = INFO if finding.harmless else WARNING
	return Message(severity, in_words(finding.words), finding.doctype, finding.count, finding.examples)
