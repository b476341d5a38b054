"""What a back-test found, as a terminal shows it: a table a date, and the verdict over all. The words are those of a site."""

from collections.abc import Iterator, Sequence
from datetime import date

from crm_success.scoring.engine.truth.what_is_compared import Grouping
from crm_success.scoring.shared.back_test_words import BackTestWords, Reader
from crm_success.scoring.shared.past_comparison import Replayed, figures_of
from crm_success.scoring.shared.past_figures import AllFigures, FoundFigures, PastFigures
from crm_success.standalone.english_words import ENGLISH

WORDS = BackTestWords(Reader(ENGLISH, date.isoformat))
_NAME = 30


def lines_of_all(replayed: Sequence[Replayed]) -> Iterator[str]:
	"""The tables of all dates, each followed by an empty line, and the verdict."""
	figures = AllFigures(tuple(figures_of(each) for each in replayed))
	for each in figures.dates:
		yield from lines_of(each)
		yield ""
	yield f"How true the scores are: {' '.join(WORDS.verdict(figures))}"


def lines_of(figures: PastFigures) -> Iterator[str]:
	"""The table of one date, or why there is none."""
	yield WORDS.summary(figures)
	if figures.found is None:
		return
	about = [*WORDS.left_out(figures), *WORDS.about_risk(figures.about_risk)]
	if figures.found.risk_error is not None:
		about.append(WORDS.risk_error(figures.found.risk_error))
	about += [WORDS.calls(figures.found.calls), WORDS.lost(figures.found.calls, figures.currency)]
	yield from (f"  {line}" for line in about)
	yield from _areas(figures.found)
	yield from _bands(figures.found)


def _areas(found: FoundFigures) -> Iterator[str]:
	yield f"  {'Told apart by':<{_NAME}}{'area':>10}   {'95 % interval':<18}the score's area less this one"
	for figure in found.areas:
		area, gain = figure.area, figure.gain
		line = (
			f"  {WORDS.number(figure.number):<{_NAME}}{area.value:>10.3f}   {area.low:.3f} to {area.high:.3f}"
		)
		if gain:
			line += f"    {gain.value:+.3f}, {gain.low:+.3f} to {gain.high:+.3f}"
		yield line


def _bands(found: FoundFigures) -> Iterator[str]:
	yield f"  {WORDS.grouping(Grouping.BAND):<{_NAME}}{'customers':>10}   left (95 % interval)"
	for figure in found.groups_by(Grouping.BAND):
		yield f"  {WORDS.group(figure):<{_NAME}}{WORDS.count(figure.customers):>10}   {WORDS.share(figure.share)}"
