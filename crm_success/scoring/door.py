"""The one door from what web workers load to what needs numpy and pandas, which take a second to load.

Most requests do without: `door.preview(record, day)` loads the module behind the door when it is first called. Import
the door itself, never a name from it.
"""

from importlib import import_module
from typing import Any

_BEHIND = {
	"check_scale": "crm_success.scoring.engine.scales",
	"distribution": "crm_success.scoring.explain.distribution",
	"hidden_segments": "crm_success.scoring.engine.rfm",
	"keys_in_formula": "crm_success.scoring.explain.evidence",
	"preview": "crm_success.scoring.explain.preview",
	"readable_documents": "crm_success.scoring.explain.evidence",
	"rescore_customers": "crm_success.scoring.runs.rescoring",
	"uncovered_cells": "crm_success.scoring.engine.rfm",
	"what_would_change": "crm_success.scoring.explain.what_would_change",
}


def __getattr__(name: str) -> Any:
	if name not in _BEHIND:
		raise AttributeError(f"nothing called {name} stands behind the door")
	return getattr(import_module(_BEHIND[name]), name)
