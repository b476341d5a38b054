"""`make truth`: how true the scores are on real invoices, as of two past dates. Needs no bench; keeps nothing.

python -m tools.truth [FILE]     a CSV as `retail_company.py` reads it; ../shared/data/ beside the project without
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from crm_success.scoring.engine.definitions import Money
from crm_success.scoring.engine.truth.back_test import RiskNumber
from crm_success.standalone.address import sqlite_url
from crm_success.standalone.backtest.replay import Replay, Replayed
from crm_success.standalone.backtest.spoken_figures import lines_of_all
from crm_success.standalone.connections import connect
from crm_success.standalone.default_definitions import default_definitions
from tools.truth import retail_company
from tools.truth.judged_cut import JudgedCut, judge
from tools.truth.made_companies import PastDate, retail_companies
from tools.truth.past_cut import cuts_of

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
	for line in (*lines_of_all(replay(invoices)), "", *lines_of_trials(trials(invoices))):
		print(line)
	return 0


def replay(invoices: Path) -> list[Replayed]:
	"""The figures of DATES."""
	with TemporaryDirectory() as folder:
		path = Path(folder) / "erpnext.db"
		retail_company.build(invoices, path)
		with connect(sqlite_url(path)) as database:
			return [Replay(database, day, HORIZON).run(lambda done: None) for day in DATES]


@dataclass(frozen=True)
class Trial:
	"""A date judged as it is, and with payments and issues drawn at random beside the invoices."""

	plain: JudgedCut
	random: JudgedCut

	@property
	def cost(self) -> float:
		"""The area that records which say nothing take from the score."""
		return self.plain.areas[RiskNumber.SCORE].value - self.random.areas[RiskNumber.SCORE].value


def trials(invoices: Path) -> list[Trial]:
	"""Those of DATES."""
	days = tuple(PastDate(day, HORIZON) for day in DATES)
	plain, random = (
		[judge(cut, default_definitions(Money())) for cut in cuts_of(company)]
		for company in retail_companies(invoices, days)
	)
	return [Trial(*pair) for pair in zip(plain, random, strict=True)]


def lines_of_trials(tried: Iterable[Trial]) -> Iterator[str]:
	"""What is asked of the default score, beside what it reaches."""
	for trial in tried:
		plain, random = trial.plain, trial.random
		ordered = "strictly ordered" if plain.are_bands_ordered else "NOT strictly ordered"
		yield f"As of {plain.cut.as_of}, what is asked of the default score:"
		yield (
			f"  its area less that of R + F + M, lower bound of a paired bootstrap: {plain.bound:+.3f}, at least -0.005"
		)
		yield f"  the bands, from the best to the worst: {ordered}"
		yield f"  At Risk: {100 * plain.at_risk:.0f} % of those who had bought, 5 to 40 %"
		yield (
			f"  what payments and issues drawn at random cost: {trial.cost:.3f} of area, at most 0.010; At Risk are "
			f"{100 * random.at_risk:.0f} % then"
		)
		yield f"  {_about_value(plain)}"


def _about_value(judged: JudgedCut) -> str:
	told = "cannot be told" if judged.value is None else f"{judged.value:.3f}"
	return (
		f"rank correlation of lifetime value with what was bought in the horizon: {told}, at least 0.530; the year's "
		f"revenue alone: {judged.revenue:.3f}"
	)


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
