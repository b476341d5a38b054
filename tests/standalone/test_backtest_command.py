"""`crm-success backtest` as a user types it: the outcome worked out by hand, its file, its words and its refusals."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from small_erp import alter, customer, invoice, write

from crm_success.standalone.backtest.figure_rows import BACK_TEST_COLUMNS, figure_rows
from crm_success.standalone.backtest.replay import Replay
from crm_success.standalone.connections import connect

AS_OF = "2019-10-01"
# 90 days after it
LAST_DAY, DAY_AFTER = "2019-12-30", "2019-12-31"


def company():
	"""100 customers who had bought by AS_OF; 43 of them lapsed, 8 of those had bought as lately as everybody who did not.

	Beside them 3 who are disabled, and 5 who bought for the first time afterwards.
	"""
	rows = []
	for number in range(57):
		rows += bought(
			f"Stays {number}", "2019-05-01", "2019-09-01", LAST_DAY if number % 2 else "2019-10-02"
		)
	for number in range(35):
		rows += bought(f"Gone {number}", "2019-05-01")
	for number in range(5):
		rows += bought(f"Late {number}", "2019-05-01", "2019-09-01", DAY_AFTER)
	for number in range(3):
		rows += bought(f"Returned {number}", "2019-05-01", "2019-09-01")
		rows += [invoice(f"back {number}", f"Returned {number}", "2019-10-20", -40, is_return=1)]
		rows += [invoice(f"draft {number}", f"Returned {number}", "2019-10-21", 40, docstatus=0)]
	for number in range(3):
		rows += bought(f"Disabled {number}", "2019-05-01")
	for number in range(5):
		rows += bought(f"New {number}", "2019-10-02", "2019-11-02")
	names = sorted({row["customer"] for row in rows})
	return rows, [customer(name, disabled=int(name.startswith("Disabled"))) for name in names]


def bought(name, *days):
	return [invoice(f"{name} {day}", name, day, 100.0) for day in days]


@pytest.fixture(scope="module")
def erp(tmp_path_factory):
	invoices, customers = company()
	path = tmp_path_factory.mktemp("erp") / "erp.db"
	return write(path, invoices, entries=[], issues=[], customers=customers)


@pytest.fixture
def backtest(run, tmp_path):
	"""Runs the command; returns the rows of backtest.csv and what was said."""

	def backtest(path, *arguments):
		output = tmp_path / "out"
		code, out, err = run("backtest", "--database", f"sqlite:///{path}", "--output", output, *arguments)
		assert code == 0, err
		text = (output / "backtest.csv").read_text(encoding="utf-8")
		return list(csv.DictReader(io.StringIO(text, newline=""))), out

	return backtest


@pytest.fixture
def fails(run, tmp_path):
	"""Runs the command and returns its one line; checks the exit code and that nothing was written."""

	def fails(path, *arguments):
		output = tmp_path / "out"
		code, out, err = run("backtest", "--database", f"sqlite:///{path}", "--output", output, *arguments)
		lines = [line for line in err.splitlines() if line.startswith("Error: ")]
		assert (code, out, len(lines), output.exists()) == (2, "", 1, False)
		return lines[0].removeprefix("Error: ")

	return fails


def found(rows, figure, measure, group=""):
	(row,) = [
		row for row in rows if (row["figure"], row["measure"], row["group"]) == (figure, measure, group)
	]
	return row


def test_the_outcome_is_that_worked_out_by_hand(backtest, erp):
	rows, out = backtest(erp, "--as-of", AS_OF)
	everybody = found(rows, "lapsed", "Everybody")
	assert (everybody["customers"], everybody["lapsed"], everybody["value"]) == ("100", "43", "0.43")
	# 35 x 57 pairs right, 8 x 57 equal, of 43 x 57
	area = found(rows, "area", "Recency")
	assert float(area["value"]) == pytest.approx((35 + 4) / 43, abs=1e-6)
	assert float(area["low"]) < float(area["value"]) < float(area["high"])
	assert out.startswith(
		"As of 2019-10-01: 43 of 100 customers who had bought (43 %) left: they bought nothing from 2019-10-02 to 2019-12-30.\n"
		"  3 disabled customers are left out.\n"
	)


def test_what_those_who_lapsed_had_bought_for_is_the_revenue_lost(backtest, erp):
	rows, _ = backtest(erp, "--as-of", AS_OF)
	lost = [found(rows, "lost revenue", "At Risk", group) for group in ("Called", "Not called")]
	# 35 x 100 and 8 x 200
	assert sum(float(row["value"]) for row in lost) == 5100
	assert [row["currency"] for row in lost] == ["EUR", "EUR"]
	assert sum(int(row["lapsed"]) for row in lost) == 43


def test_the_scores_are_those_of_the_same_day(run, backtest, erp, tmp_path):
	rows, _ = backtest(erp, "--as-of", AS_OF)
	run("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "score", "--as-of", AS_OF)
	text = (tmp_path / "score/health.csv").read_text(encoding="utf-8")
	health = [row for row in csv.DictReader(io.StringIO(text, newline="")) if row["last_invoice"]]
	counted = [row for row in health if row["customer_disabled"] == "0"]
	assert len(counted) == 100
	for measure, column in (("Band", "band"), ("Stage", "stage"), ("Segment", "segment")):
		for row in (row for row in rows if (row["figure"], row["measure"]) == ("lapsed", measure)):
			assert int(row["customers"]) == sum(each[column] == row["group"] for each in counted)
	lapsed = [float(row["score"]) for row in counted if not row["customer"].startswith("Stays")]
	others = [float(row["score"]) for row in counted if row["customer"].startswith("Stays")]
	right = sum((one < other) + (one == other) / 2 for one in lapsed for other in others)
	assert float(found(rows, "area", "Score")["value"]) == pytest.approx(right / (43 * 57), abs=1e-6)


def test_without_dates_those_are_replayed_whose_horizon_is_over(backtest, erp):
	rows, out = backtest(erp)
	# the last purchase is of 31 December, the first of 1 May
	assert sorted({row["as_of"] for row in rows}) == ["2019-07-04", "2019-10-02"]
	assert {row["horizon"] for row in rows} == {"90"}
	earlier = found([row for row in rows if row["as_of"] == "2019-07-04"], "lapsed", "Everybody")
	assert (earlier["customers"], earlier["lapsed"]) == ("100", "35")
	assert out.count(" customers who had bought (") == 2


def test_a_shorter_horizon_sees_more_who_lapsed(backtest, erp):
	rows, _ = backtest(erp, "--as-of", AS_OF, "--horizon", 89)
	# 28 of those who stay buy on the last day of 90
	assert found(rows, "lapsed", "Everybody")["lapsed"] == "71"


def test_a_day_named_twice_is_replayed_once_and_the_earliest_comes_first(backtest, erp):
	rows, _ = backtest(erp, "--as-of", AS_OF, "--as-of", "2019-07-10", "--as-of", AS_OF)
	assert list(dict.fromkeys(row["as_of"] for row in rows)) == ["2019-07-10", AS_OF]
	assert len([row for row in rows if (row["as_of"], row["measure"]) == (AS_OF, "Everybody")]) == 1


def test_the_file_has_the_documented_columns_and_says_what_it_does_not_know(backtest, erp):
	rows, _ = backtest(erp, "--as-of", AS_OF)
	assert list(rows[0]) == [column.name for column in BACK_TEST_COLUMNS]
	assert {row["figure"] for row in rows} >= {"area", "area gain", "lapsed", "recall", "lost revenue"}
	for row in rows:
		assert (row["value"] == "") == (row["customers"] == "0" and row["figure"] == "lapsed")
		assert "nan" not in row.values()


def test_batches_of_any_size_give_the_same_figures(erp):
	with connect(f"sqlite:///{erp}") as database:
		day = date.fromisoformat(AS_OF)
		whole, parts = (Replay(database, day, 90, size).run(lambda done: None) for size in (5000, 7))
	assert figure_rows([whole]).to_csv() == figure_rows([parts]).to_csv()
	assert whole.disabled == parts.disabled == 3


def test_progress_is_told_to_its_end(erp):
	told = []
	with connect(f"sqlite:///{erp}") as database:
		replay = Replay(database, date.fromisoformat(AS_OF), 90, 10)
		replay.run(told.append)
	# calibrated, scored, the outcome, and once more for the lapse risk, with all earlier dates together
	assert sum(told) == replay.steps == 4 * 108


def test_the_demonstration_has_scores_that_tell(run, backtest, tmp_path):
	run("demo", "--customers", 300, "--as-of", "2019-12-31", "--output", tmp_path / "demo")
	rows, out = backtest(tmp_path / "demo/erpnext.db", "--as-of", "2019-09-01")
	assert float(found(rows, "area", "Score")["low"]) > 0.6
	healthy, at_risk = (found(rows, "lapsed", "Band", band) for band in ("Healthy", "At Risk"))
	assert float(healthy["value"]) < 0.3 < float(at_risk["value"])
	assert float(found(rows, "precision", "Band", "At Risk")["value"]) == float(at_risk["value"])
	assert "How true the scores are: Of two customers, one of whom left, the score was lower" in out


def test_the_guide_repeats_what_the_columns_mean():
	guide = (Path(__file__).parents[2] / "docs/standalone.md").read_text(encoding="utf-8")
	rows = [f"| `{column.name}` | {column.unit} | {column.meaning} |" for column in BACK_TEST_COLUMNS]
	assert "\n".join(rows) in guide


def test_help_explains_the_columns(run):
	code, out, _ = run("backtest", "--help")
	assert code == 0
	assert (
		"figure            area, area gain, calibration error, lapsed, precision, recall or lost revenue"
		in out
	)


def test_without_purchases_there_is_nothing_to_compare_with(fails, tmp_path):
	path = write(tmp_path / "erp.db", [], entries=[], issues=[], customers=[customer("A")])
	assert fails(path) == "Nobody has bought anything yet: there is nothing to compare scores with."


def test_a_short_history_says_how_short_a_horizon_would_do(fails, tmp_path):
	path = write(tmp_path / "erp.db", bought("A", "2019-05-01", "2019-08-01"), customers=[customer("A")])
	assert fails(path) == (
		"Purchases are on record from 2019-05-01 to 2019-08-01 only: a back-test needs at least 60 days of them "
		"before a date, and the 90 days of the horizon after it. Take a horizon of at most 32 days."
	)
	alter(
		path, "UPDATE \"tabSales Invoice\" SET posting_date = '2019-06-01' WHERE posting_date > '2019-06-01'"
	)
	assert fails(path).endswith("Try again when there is more history.")


@pytest.mark.parametrize(
	("day", "text"),
	[
		("2190-01-01", "2190-01-01 is in the future: nobody knows what customers do after it."),
		(
			"2019-10-03",
			"The 90 days after 2019-10-03 are not over: the last purchase on record is of 2019-12-31.",
		),
		(
			"2019-06-29",
			"There are only 59 days of purchases before 2019-06-29, and a back-test needs at least 60.",
		),
		("2018-01-01", "There are only 0 days of purchases before 2018-01-01"),
	],
)
def test_a_day_that_cannot_be_replayed_names_those_that_can(fails, erp, day, text):
	said = fails(erp, "--as-of", day)
	assert said.startswith(text)
	assert "Take a day from 2019-06-30 to 2019-10-02" in said


def test_a_day_that_is_none_shows_a_right_one(fails, erp):
	assert fails(erp, "--as-of", "1.10.2019") == "'1.10.2019' is not a date. Write --as-of like 2026-01-31."


def test_a_horizon_of_no_days_is_refused(run, tmp_path):
	code, _, err = run("backtest", "--database", "sqlite:///x", "--output", tmp_path, "--horizon", 0)
	assert code == 2
	assert "Invalid value for '--horizon': 0 is not in the range" in err


def test_a_small_sample_is_refused_in_words(fails, tmp_path):
	invoices, customers = company()
	few = [row for row in customers if row["name"] not in ("Gone 1", "Stays 1")]
	path = write(tmp_path / "erp.db", invoices, entries=[], issues=[], customers=few)
	assert fails(path, "--as-of", AS_OF) == (
		"As of 2019-10-01: Only 98 customers with a score had bought by then, and at least 100 are needed: with fewer, "
		"chance moves the figures more than scores do. Take a later date."
	)


def test_a_date_whose_sample_is_small_is_told_and_the_others_go_on(backtest, tmp_path):
	invoices, customers = company()
	# three more, who had not bought by the earlier date, make up for who is missing
	more = [row for number in range(3) for row in bought(f"More {number}", "2019-09-20", "2019-11-20")]
	names = [customer(f"More {number}") for number in range(3)]
	few = [row for row in customers if row["name"] not in ("Gone 1", "Stays 1")]
	path = write(tmp_path / "erp.db", [*invoices, *more], entries=[], issues=[], customers=[*few, *names])
	rows, out = backtest(path)
	assert {row["as_of"] for row in rows} == {"2019-10-02"}
	assert out.startswith("As of 2019-07-04: no figures. Only 98 customers with a score had bought by then")


def test_the_report_says_how_true_its_scores_are_if_asked(run, erp, tmp_path):
	for flags, is_told in (((), False), (("--backtest",), True)):
		output = tmp_path / f"told {is_told}"
		code, _, err = run(
			"score", "--database", f"sqlite:///{erp}", "--output", output, "--as-of", "2019-12-31", *flags
		)
		assert code == 0, err
		report = (output / "report.html").read_text(encoding="utf-8")
		assert ("How true are these scores?" in report) == is_told
		assert ("Of two customers, one of whom left, the score was lower" in report) == is_told
		# the newest date
		assert ("As of 2019-10-02: " in report) == is_told


def test_a_report_on_a_short_history_says_why_nobody_can_tell(run, tmp_path):
	path = write(tmp_path / "erp.db", bought("A", "2019-05-01", "2019-08-01"), customers=[customer("A")])
	database = ("--database", f"sqlite:///{path}", "--output", tmp_path / "out")
	code, _, _ = run("score", *database, "--as-of", "2019-12-31", "--backtest")
	assert code == 0
	report = (tmp_path / "out/report.html").read_text(encoding="utf-8")
	assert "Take a horizon of at most 32 days." in report
