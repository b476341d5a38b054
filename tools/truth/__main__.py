"""`make truth`: how true the scores are on real invoices, as of two past dates. Needs no bench; keeps nothing.

python -m tools.truth [FILE]     a CSV as `retail_company.py` reads it; ../shared/data/ beside the project without
"""

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from crm_success.standalone.address import sqlite_url
from crm_success.standalone.backtest.replay import Replay, Replayed
from crm_success.standalone.backtest.spoken_figures import lines_of_all
from crm_success.standalone.connections import connect
from tools.truth import retail_company

INVOICES = Path(__file__).resolve().parents[3] / "shared/data/online_retail_invoices.csv.gz"
DATES = (date(2011, 6, 10), date(2011, 9, 10))
HORIZON = 90


def main(arguments: list[str]) -> int:
	"""Exit code 0: the figures are printed, or there is no file; a word says which."""
	parser = ArgumentParser("python -m tools.truth", description="How true scores are on real invoices.")
	parser.add_argument("file", nargs="?", type=Path, default=INVOICES)
	invoices = parser.parse_args(arguments).file
	if not invoices.is_file():
		print(
			f"truth: skipped, there is no file {invoices}. Name one: make truth INVOICES=/path/to/invoices.csv"
		)
		return 0
	for line in lines_of_all(replay(invoices)):
		print(line)
	return 0


def replay(invoices: Path) -> list[Replayed]:
	"""The figures of DATES."""
	with TemporaryDirectory() as folder:
		path = Path(folder) / "erpnext.db"
		retail_company.build(invoices, path)
		with connect(sqlite_url(path)) as database:
			return [Replay(database, day, HORIZON).run(lambda done: None) for day in DATES]


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
