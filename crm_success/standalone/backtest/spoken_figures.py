"""What a back-test found, as people read it on a screen: a table a date, and one sentence over all. Computes no figure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from crm_success.scoring.engine.definitions import HealthBand
from crm_success.scoring.engine.truth.back_test import NO_BAND, BackTest, Calls, Grouping, RiskNumber
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.standalone.backtest.replay import Replayed
from crm_success.standalone.report import numbers
from crm_success.standalone.report.figures import NO_SCORE


def lines_of_all(replayed: Sequence[Replayed]) -> Iterator[str]:
	"""The tables of all dates, each followed by an empty line, and the verdict."""
	for each in replayed:
		yield from lines_of(each)
		yield ""
	yield verdict([(each.as_of, each.test) for each in replayed if each.test])


def lines_of(replayed: Replayed) -> Iterator[str]:
	"""The table of one date, or why there is none."""
	test = replayed.test
	if test is None:
		yield f"As of {replayed.as_of}: no figures. {replayed.refusal}"
		return
	yield (
		f"As of {replayed.as_of}: {numbers.count(test.lapsed)} of {_customers(test.customers)} who had bought "
		f"({_percent(test.share.value)}) bought nothing from {replayed.as_of + timedelta(1)} to "
		f"{replayed.as_of + timedelta(replayed.horizon)}."
	)
	yield from _left_out(replayed, test)
	yield from _areas(test)
	for reason in replayed.about_risk:
		yield f"  Lapse risk: {reason}"
	if test.reliability:
		yield (
			f"  The lapse risk was off by {_percent(test.reliability.expected_error)} on average (expected calibration error)."
		)
	yield from _bands(test)
	yield from _calls(test.calls, replayed.currency)


def verdict(tests: Sequence[tuple[date, BackTest]]) -> str:
	"""One sentence on how true the scores of these dates were."""
	areas = [test.areas[RiskNumber.SCORE] for _, test in tests]
	parts = [
		"How true the scores are: of two customers, one of whom bought nothing afterwards, the score was lower for that "
		f"one {_cases(areas)}, where drawing lots would be right in 50",
		_beside_rfm([test.gains[RiskNumber.RFM] for _, test in tests]),
		*_about_bands(tests),
	]
	return "; ".join(parts) + "."


def _left_out(replayed: Replayed, test: BackTest) -> Iterator[str]:
	if replayed.disabled:
		disabled = numbers.plural(replayed.disabled, "disabled customer is", "disabled customers are")
		yield f"  {disabled} left out."
	if test.without_score:
		yield f"  {_customers(test.without_score)} had no score: they are in no area, and nobody called them At Risk."


def _areas(test: BackTest) -> Iterator[str]:
	yield f"  {'Told apart by':<16}{'area':>10}   {'95 % interval':<18}the score's area less this one"
	for number, area in test.areas.items():
		line = f"  {number.value:<16}{area.value:>10.3f}   {area.low:.3f} to {area.high:.3f}"
		if number in test.gains:
			gain = test.gains[number]
			line += f"    {gain.value:+.3f}, {gain.low:+.3f} to {gain.high:+.3f}"
		yield line


def _bands(test: BackTest) -> Iterator[str]:
	yield f"  {'Band':<16}{'customers':>10}{'lapsed':>9}   95 % interval"
	for band, row in test.groups[Grouping.BAND].iterrows():
		name = NO_SCORE if band == NO_BAND else band
		found = f"  {name:<16}{numbers.count(row['customers']):>10}"
		if row["customers"]:
			found += f"{_percent(row['share']):>9}   {_percent(row['low'])} to {_percent(row['high'])}"
		yield found


def _calls(calls: Calls, currency: str) -> Iterator[str]:
	if calls.precision is None:
		yield "  At Risk: nobody."
	else:
		yield (
			f"  At Risk: {_percent(calls.precision.value)} of them lapsed (precision), "
			f"{_percent(calls.recall.value)} of those who lapsed were among them (recall)."
		)
	lost = calls.lost_revenue_called + calls.lost_revenue_not_called
	yield (
		f"  Those who lapsed had bought for {numbers.amount(lost)} {currency}".rstrip()
		+ f"; {numbers.amount(calls.lost_revenue_called)} of it was called At Risk, "
		f"{numbers.amount(calls.lost_revenue_not_called)} was not."
	)


def _cases(areas: Iterable[Estimate]) -> str:
	cases = sorted({round(100 * area.value) for area in areas})
	between = f"{cases[0]} to {cases[-1]}" if len(cases) > 1 else f"{cases[0]}"
	return f"in {between} of 100 cases"


def _beside_rfm(gains: Sequence[Estimate]) -> str:
	worse = sum(gain.high < 0 for gain in gains)
	better = sum(gain.low > 0 for gain in gains)
	if worse == better:
		return "R + F + M tells it about as well"
	dates = "" if len(gains) == 1 else f" on {max(worse, better)} of {len(gains)} dates"
	return f"R + F + M alone tells it {'better' if worse > better else 'less well'}{dates}"


def _about_bands(tests: Sequence[tuple[date, BackTest]]) -> Iterator[str]:
	wrong = [day for day, test in tests if not test.bands_ordered]
	empty = [day for day, test in tests if not test.calls.customers]
	if wrong:
		yield f"the bands are not strictly ordered {_as_of(wrong)}: a worse one lapsed no more than a better one"
	else:
		yield f"the worse the band, the more of it lapsed{'' if len(tests) == 1 else ', on every date'}"
	if empty:
		yield f"{HealthBand.AT_RISK.value} called nobody {_as_of(empty)}"


def _as_of(days: Iterable[date]) -> str:
	return f"as of {', '.join(day.isoformat() for day in days)}"


def _customers(number: float) -> str:
	return numbers.plural(number, "customer", "customers")


def _percent(share: float) -> str:
	return f"{100 * share:.0f} %"
