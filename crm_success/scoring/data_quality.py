"""What the documents of the site have that no score can use, as messages of a run. Repairs none of them."""

from datetime import date

from crm_success.batches.messages import Message
from crm_success.database import reading
from crm_success.scoring.engine.definitions import Metric
from crm_success.scoring.engine.profile import profile_metrics
from crm_success.scoring.finding_messages import as_message
from crm_success.scoring.frozen_definitions import FrozenDefinitions, plan_for
from crm_success.scoring.shared.document_findings import document_findings


def about_data(frozen: FrozenDefinitions, today: date) -> list[Message]:
	"""What is wrong with the documents of each source, each source looked at once."""
	definitions, tables = frozen.definitions, frozen.tables_by_doctype
	findings = document_findings(reading.SITE, _readable(frozen, today), definitions, tables, today)
	return [as_message(finding) for finding in findings]


def _readable(frozen: FrozenDefinitions, today: date) -> list[Metric]:
	metrics = (*frozen.definitions.metrics, *profile_metrics(frozen.definitions.limits))
	unreadable = {problem.metric for problem in plan_for(metrics, frozen, today).problems}
	return [m for m in metrics if m.measure.reads_documents and m.key not in unreadable]
