"""The figures of all companies as a table for people. Computes no figure.

python -m tools.truth.figures_of_companies [FILE]     a CSV as `retail_company.py` reads it, for the real invoices
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path

from crm_success.scoring.engine.definitions import Money
from crm_success.scoring.engine.truth.back_test import RiskNumber
from crm_success.standalone.default_definitions import default_definitions
from tools.truth.judged_cut import JudgedCut, judge
from tools.truth.made_companies import made_companies, retail_companies
from tools.truth.past_cut import cuts_of

_HEAD = (
	f"{'':<42}{'customers':>10}{'lapsed':>7}{'score':>7}{'RFM':>7}{'recency':>8}{'risk':>7}{'bound':>8}"
	f"{'Healthy':>12}{'Watch':>12}{'At Risk':>12}  ECE"
)


def main(arguments: list[str]) -> int:
	"""Print the figures of the default definitions on all companies that defaults are chosen on."""
	parser = ArgumentParser("python -m tools.truth.figures_of_companies")
	parser.add_argument("file", nargs="?", type=Path)
	invoices = parser.parse_args(arguments).file
	definitions = default_definitions(Money())
	companies = (*made_companies(), *(retail_companies(invoices) if invoices else ()))
	print(_HEAD)
	for company in companies:
		for line in lines_of_cuts(judge(cut, definitions) for cut in cuts_of(company)):
			print(line, flush=True)
	return 0


def lines_of_cuts(judged: Iterable[JudgedCut]) -> Iterator[str]:
	"""A line a cut: areas, the bound of the score less R + F + M, and of each band its share and how much of it lapsed."""
	for each in judged:
		title = f"{each.cut.title}, {each.cut.as_of}, {each.cut.horizon}"
		areas = [each.areas.get(number) for number in RiskNumber]
		score, rfm, recency, risk = (f"{area.value:.3f}" if area else "-" for area in areas)
		yield (
			f"{title:<42}{len(each.score):>10}{100 * each.cut.lapsed.mean():>6.0f}%"
			f"{score:>7}{rfm:>7}{recency:>8}{risk:>7}{each.bound:>+8.3f}"
			+ "".join(_band(each, name) for name in each.bands.index)
			+ ("" if each.are_bands_ordered else " !")
			+ (f"  {each.error:.3f}" if each.error is not None else "")
		)


def _band(each: JudgedCut, name: str) -> str:
	row = each.bands.loc[name]
	share = row["customers"] / each.bands["customers"].sum()
	lapsed = f" {100 * row['share']:.0f}%" if row["customers"] else " -"
	return f"{100 * share:>7.0f}%{lapsed:>5}"


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
