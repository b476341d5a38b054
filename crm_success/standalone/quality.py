"""What is doubtful about the data that was scored, in English words for the report. Finds nothing itself."""

from dataclasses import dataclass

from crm_success.scoring.shared.findings import Finding


@dataclass(frozen=True)
class DataWarning:
	"""What is doubtful, in words; `examples` are a few of the `count` names it is about."""

	text: str
	count: int = 0
	examples: tuple[str, ...] = ()


def as_warning(finding: Finding) -> DataWarning:
	"""The finding in the words of a site, behind what and how many it is about: "Sales Invoice (2): …"."""
	text = f"{finding.doctype} ({finding.count:,}): {finding.words}"
	return DataWarning(text, len(finding.examples) + finding.more, finding.examples)
