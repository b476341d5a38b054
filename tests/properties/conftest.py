"""The schema and the databases of tests/queries serve here too."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "queries"))
