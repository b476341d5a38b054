"""Measures scoring on the benchmark's site. `make bench` runs it in the bench's environment.

python -m tools.benchmarks.on_site SITE small|large RESULTS     (from the sites folder)

RESULTS is the file for the figures, as JSON: seconds and megabytes.
"""

import json
import sys
from pathlib import Path

import frappe

from tools.benchmarks import (
	audience_passes,
	back_tests,
	floor,
	loop,
	points_backfill,
	saving,
	small_jobs,
	tier_reviews,
	whole_run,
)


def main(site: str, purpose: str, results: Path) -> None:
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	figures = measure_large() if purpose == "large" else measure_small()
	results.write_text(json.dumps({**figures, **counts()}))
	frappe.destroy()


def measure_small() -> dict:
	"""What the growth is measured against."""
	whole_run.first_run()
	return {"one_worker": whole_run.nightly_run(workers=1)}


def measure_large() -> dict:
	"""Everything. The bare floor is measured between the runs, so that no side has the warmer cache."""
	first = whole_run.first_run()
	one_worker = whole_run.nightly_run(workers=1)
	reads, writes = floor.bare_reads(), floor.bare_upsert()
	two_workers = whole_run.nightly_run(workers=2)
	return {
		"first_run": first,
		"one_worker": one_worker,
		"two_workers": two_workers,
		"bare_reads": reads,
		"bare_upsert": writes,
		"loop_per_customer": loop.seconds_per_customer(),
		"one_customer": small_jobs.one_customer(),
		"stale_500": small_jobs.stale_customers(500),
		"marking": small_jobs.marking(),
		"back_test": back_tests.measure(),
		"unwatched_save": saving.nobody_watches(),
		"watched_save": saving.a_metric_watches(),
		"tiers": tier_reviews.measure(),
		"points": points_backfill.measure(),
		# last: customers move because their stored values are changed
		"audiences": audience_passes.measure(),
	}


def counts() -> dict:
	"""How many rows there are."""
	doctypes = ("Customer", "Sales Invoice", "Payment Ledger Entry", "Issue")
	return {"rows": {doctype: frappe.db.count(doctype) for doctype in doctypes}}


if __name__ == "__main__":
	main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
