"""The scale that the desk draws over a histogram gives the points that scoring gives. Needs node; skipped without it.

The form redraws while somebody types, so it computes points itself: here the two are held together.
"""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from crm_success.scoring.engine.definitions import Scale
from crm_success.scoring.engine.records import scale_from_record
from crm_success.scoring.engine.scales import PERCENTILES, to_points

SCRIPT = Path(__file__).parents[1] / "crm_success/public/js/metric/metric_scale.js"
# what the script asks of the desk
DESK = """
globalThis.crm_success = { metric_scale: {} };
globalThis.frappe = { provide() {} };
globalThis.flt = (value) => Number(value) || 0;
globalThis.__ = (text) => text;
"""
ASK = """
const { record, values, asked } = JSON.parse(process.argv[1]);
const { points } = crm_success.metric_scale.of(record, values);
console.log(JSON.stringify(asked.map(points)));
"""
RECORDS = {
	"linear": {"scale": "Linear", "worst": -50, "best": 25},
	"falling": {"scale": "Linear", "worst": 45, "best": 0},
	"bands": {
		"scale": "Bands",
		"bands": [
			{"minimum": 10, "points": 80},
			{"minimum": -5, "points": 20},
			{"minimum": 30, "points": 55.5},
		],
	},
	"percentile": {"scale": "Percentile", "better": "Higher"},
	"falling percentile": {"scale": "Percentile", "better": "Lower"},
}


@pytest.mark.skipif(not shutil.which("node"), reason="install Node.js to check the desk's scripts")
@pytest.mark.parametrize("customers", [1, 2, 7, 400])
@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_the_drawn_points_are_the_points_that_are_scored(record: dict, customers: int) -> None:
	dice = random.Random(customers)
	raw = pd.Series([float(dice.randint(-60, 60)) for _ in range(customers)])
	asked = sorted({*raw, -1000.0, -5.0, 0.0, 9.5, 10.0, 1000.0})
	scale: Scale = scale_from_record(record)
	cuts = tuple(raw.quantile([at / 100 for at in range(PERCENTILES)]))
	scored = to_points(scale, pd.Series(asked), cuts).tolist()
	assert _drawn(record, raw, asked) == pytest.approx(scored, abs=1e-9)


def _drawn(record: dict, raw: pd.Series, asked: list[float]) -> list[float]:
	values = [[value, int(count)] for value, count in raw.value_counts().sort_index().items()]
	question = json.dumps({"record": record, "values": values, "asked": asked})
	command = ["node", "-e", DESK + SCRIPT.read_text() + ASK, question]
	done = subprocess.run(command, capture_output=True, text=True, check=False)
	assert not done.returncode, done.stderr
	points: list[float] = json.loads(done.stdout)
	return points
