"""What the report says of how true its scores are: the verdict over all past dates, and the figures of the newest. Writes no markup."""

from collections.abc import Iterator
from dataclasses import dataclass

from crm_success.scoring.engine.truth.what_is_compared import Grouping
from crm_success.scoring.shared.past_figures import AllFigures, FoundFigures, GroupFigure, PastFigures
from crm_success.standalone.backtest.spoken_figures import WORDS


@dataclass(frozen=True)
class TruthRow:
	"""A number that told customers apart, or a band of them; `share` is from 0 to 1."""

	name: str
	words: str
	share: float
	customers: str = ""
	note: str = ""


@dataclass(frozen=True)
class Truth:
	"""The section; without `areas` it holds the sentences only, which say why."""

	horizon: int
	sentences: tuple[str, ...]
	summary: str = ""
	areas: tuple[TruthRow, ...] = ()
	bands: tuple[TruthRow, ...] = ()
	about: tuple[str, ...] = ()


def truth_of(figures: AllFigures, horizon: int) -> Truth:
	"""The section for these figures, of which the newest date is shown."""
	if figures.refusal:
		return Truth(horizon, (WORDS.phrase(figures.refusal),))
	if not figures.told:
		return Truth(horizon, tuple(WORDS.summary(each) for each in figures.dates))
	newest = figures.told[-1]
	return _shown(newest, newest.found, WORDS.verdict(figures)) if newest.found else Truth(horizon, ())


def _shown(date: PastFigures, found: FoundFigures, verdict: tuple[str, ...]) -> Truth:
	return Truth(
		date.horizon,
		verdict,
		summary=WORDS.summary(date),
		areas=tuple(_areas(found)),
		bands=tuple(_band(figure) for figure in found.groups_by(Grouping.BAND)),
		about=(WORDS.calls(found.calls), WORDS.lost(found.calls, date.currency)),
	)


def _areas(found: FoundFigures) -> Iterator[TruthRow]:
	for figure in found.areas:
		name, words = WORDS.number(figure.number), WORDS.cases(figure.area)
		yield TruthRow(name, words, figure.area.value, note=WORDS.beside_score(figure.gain))


def _band(figure: GroupFigure) -> TruthRow:
	share = figure.share.value if figure.share else 0.0
	return TruthRow(WORDS.group(figure), WORDS.share(figure.share), share, WORDS.count(figure.customers))
