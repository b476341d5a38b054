"""The `crm-success` command: parses arguments, asks the clock for today, shows progress and errors. Scores nothing."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO

import click
import pandas as pd

from crm_success import __version__
from crm_success.scoring.engine.day_bounds import EARLIEST, LATEST
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.shared.horizons import HORIZON, LONGEST_HORIZON, SHORTEST_HORIZON
from crm_success.scoring.shared.past_comparison import Replayed, figures_of
from crm_success.scoring.shared.past_dates import dates_to_replay
from crm_success.scoring.shared.past_figures import AllFigures
from crm_success.standalone import demo as demonstration
from crm_success.standalone.address import sqlite_url
from crm_success.standalone.assessment import Outcome, Scoring
from crm_success.standalone.backtest import spoken_figures
from crm_success.standalone.backtest.figure_rows import BACK_TEST_COLUMNS, figure_rows
from crm_success.standalone.backtest.replay import PurchaseHistory, Replay
from crm_success.standalone.command_errors import CommandError, one_line
from crm_success.standalone.connections import Database, connect
from crm_success.standalone.csv_cells import as_cells
from crm_success.standalone.csv_columns import COLUMN_NAMES, COLUMNS, CsvColumn
from crm_success.standalone.default_definitions import segment_strategies
from crm_success.standalone.output import whole_files
from crm_success.standalone.report import Report, numbers, render
from crm_success.standalone.report.truth import Truth, truth_of

CSV, REPORT, DATABASE, BACK_TEST = "health.csv", "report.html", "erpnext.db", "backtest.csv"
_EXIT_CODE = 2
_TERMINATED = 143
_DEBUG = "CRM_SUCCESS_DEBUG"


def _columns_help(name: str, columns: Sequence[CsvColumn]) -> str:
	lines = [
		f"  {column.name:<17} {column.meaning}{f' [{column.unit}]' if column.unit else ''}"
		for column in columns
	]
	return "\n".join(["\b", f"Columns of {name}:", *lines])


_as_of_option = click.option(
	"--as-of", "as_of", metavar="DATE", help="Score as of this day, like 2026-01-31. Default: today."
)
_database_option = click.option(
	"--database",
	"url",
	required=True,
	metavar="URL",
	envvar="CRM_SUCCESS_DATABASE",
	help="sqlite:///path, mysql://user:password@host:port/database (MariaDB too) or postgresql://user:password@host:port/database. "
	"Options for TLS follow a question mark: ?ssl_ca=ca.pem for MySQL, ?sslmode=verify-full&sslrootcert=ca.pem for PostgreSQL. "
	"May stand in the environment variable CRM_SUCCESS_DATABASE instead, where no process list shows the password.",
)
_output_option = click.option(
	"--output", type=click.Path(path_type=Path), required=True, help="Folder to write to."
)


_back_test_option = click.option(
	"--backtest",
	"with_back_test",
	is_flag=True,
	help="Say in the report how true the scores are, as crm-success backtest does. Takes up to five times as long.",
)


@click.group(
	invoke_without_command=True,
	context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="crm-success")
@click.pass_context
def commands(context: click.Context) -> None:
	"""Score the health of every customer from ERPNext's invoices, payments and issues."""
	if context.invoked_subcommand is None:
		click.echo(context.get_help())


@commands.command()
@click.option(
	"--output",
	type=click.Path(path_type=Path),
	default="crm-success-demo",
	show_default=True,
	help="Folder to write to.",
)
@click.option(
	"--customers", type=click.IntRange(1, 1_000_000), default=demonstration.CUSTOMERS, show_default=True
)
@click.option(
	"--seed", type=int, default=demonstration.SEED, show_default=True, help="Another seed, another company."
)
@_as_of_option
@_back_test_option
def demo(output: Path, customers: int, seed: int, as_of: str | None, with_back_test: bool) -> None:
	"""Make a company up, score it, and write its database, health.csv and report.html."""
	day = _day(as_of)
	with whole_files(output, (DATABASE, CSV, REPORT)) as folder:
		with _progress(customers, "Making up a company") as bar:
			demonstration.build(folder / DATABASE, customers, seed, day, bar.update)
		with connect(sqlite_url(folder / DATABASE)) as database:
			source = f"made-up company, seed {seed}, in {DATABASE}"
			outcome = _score(database, day, folder, source, with_back_test)
	_tell(outcome, day, [output / name for name in (CSV, REPORT, DATABASE)])


@commands.command(epilog=_columns_help(CSV, COLUMNS))
@_database_option
@_output_option
@_as_of_option
@_back_test_option
def score(url: str, output: Path, as_of: str | None, with_back_test: bool) -> None:
	"""Score the customers of an ERPNext database, reading only, and write health.csv and report.html."""
	day = _day(as_of)
	with connect(url) as database, whole_files(output, (CSV, REPORT)) as folder:
		outcome = _score(database, day, folder, database.label, with_back_test)
	_tell(outcome, day, [output / name for name in (CSV, REPORT)])


@commands.command(epilog=_columns_help(BACK_TEST, BACK_TEST_COLUMNS))
@_database_option
@_output_option
@click.option(
	"--horizon",
	type=click.IntRange(SHORTEST_HORIZON, LONGEST_HORIZON),
	default=HORIZON,
	show_default=True,
	metavar="DAYS",
	help="A customer lapsed who buys nothing within so many days.",
)
@click.option(
	"--as-of",
	"as_of",
	metavar="DATE",
	multiple=True,
	help="Replay this day, like 2026-01-31; may be given several times. Default: the last day whose horizon is over, "
	"and up to three more, 90 days apart.",
)
def backtest(url: str, output: Path, horizon: int, as_of: tuple[str, ...]) -> None:
	"""Score past dates, reading only, compare with what customers then did, and write backtest.csv."""
	wanted = [_day(text) for text in as_of]
	with connect(url) as database, whole_files(output, (BACK_TEST,)) as folder:
		replayed = _replay(database, wanted, horizon)
		as_cells(figure_rows(replayed)).to_csv(
			folder / BACK_TEST, index=False, encoding="utf-8", lineterminator="\n"
		)
	for line in spoken_figures.lines_of_all(replayed):
		click.echo(line)
	click.echo(output / BACK_TEST)


def main(arguments: Sequence[str] | None = None) -> None:
	"""Run the command. An error becomes one line on stderr and exit code 2, SIGTERM becomes exit code 143."""
	try:
		with _cleaning_up_when_terminated():
			sys.exit(commands.main(arguments, prog_name="crm-success", standalone_mode=False) or 0)
	except (CommandError, ScoringError) as error:
		_fail(one_line(error) + ".")
	except click.UsageError as error:
		command = error.ctx.command_path if error.ctx else "crm-success"
		_fail(f"{one_line(error.format_message())}. See {command} --help.")
	except click.ClickException as error:
		_fail(one_line(error.format_message()))
	except (click.Abort, KeyboardInterrupt):
		_fail("Stopped; nothing was written.")
	except Exception as error:
		_fail_unexpectedly(error)


@contextmanager
def _cleaning_up_when_terminated() -> Iterator[None]:
	"""In its `with`, SIGTERM ends the command like an error, so that unfinished files are removed."""
	if threading.current_thread() is not threading.main_thread():
		# Python lets nobody else handle signals
		yield
		return
	previous = signal.signal(signal.SIGTERM, _terminate)
	try:
		yield
	finally:
		signal.signal(signal.SIGTERM, previous)


def _terminate(number: int, frame: object) -> None:
	# a second one must not interrupt the cleaning up
	signal.signal(number, signal.SIG_IGN)
	raise SystemExit(_TERMINATED)


def _fail_unexpectedly(error: Exception) -> None:
	advice = f"Run it again with the environment variable {_DEBUG}=1 and report what it prints"
	if os.environ.get(_DEBUG):
		traceback.print_exception(error)
		advice = "Report it with the lines above"
	said = ": ".join(part for part in (type(error).__name__, one_line(error)) if part)
	_fail(f"Something unexpected went wrong: {said}. {advice}.")


def _fail(text: str) -> None:
	click.echo(f"Error: {text}", err=True)
	sys.exit(_EXIT_CODE)


def _day(text: str | None) -> date:
	if text is None:
		return date.today()
	try:
		day = date.fromisoformat(text)
	except ValueError as error:
		raise CommandError(f"{text!r} is not a date. Write --as-of like 2026-01-31.") from error
	if not EARLIEST <= day <= LATEST:
		raise CommandError(f"{day} is too far away. Write --as-of like 2026-01-31.")
	return day


def _score(database: Database, as_of: date, folder: Path, source: str, with_back_test: bool) -> Outcome:
	scoring = Scoring(database, as_of)
	with (folder / CSV).open("w", encoding="utf-8", newline="") as file:
		pd.DataFrame(columns=list(COLUMN_NAMES)).to_csv(file, index=False, lineterminator="\n")
		with _progress(scoring.steps, "Scoring customers") as bar:
			outcome = scoring.run(lambda rows: _append(rows, file), bar.update)
	truth = _truth(database, as_of) if with_back_test else None
	report = Report(
		outcome.figures,
		outcome.definitions,
		as_of,
		source,
		outcome.warnings,
		segment_strategies(),
		outcome.about_risk,
		truth,
	)
	(folder / REPORT).write_text(render(report), encoding="utf-8", newline="\n")
	return outcome


def _truth(database: Database, as_of: date) -> Truth:
	"""How true the scores are, by what was known on the day; where no date can be replayed, why."""
	try:
		replayed = _replayed(database, (), HORIZON, as_of)
	except ScoringError as error:
		return truth_of(AllFigures(refusal=error), HORIZON)
	return truth_of(AllFigures(tuple(figures_of(each) for each in replayed)), HORIZON)


def _replay(database: Database, wanted: Sequence[date], horizon: int) -> list[Replayed]:
	replayed = _replayed(database, wanted, horizon, date.today())
	if not any(each.test for each in replayed):
		raise CommandError(f"As of {replayed[-1].as_of}: {replayed[-1].refusal}")
	return replayed


def _replayed(database: Database, wanted: Sequence[date], horizon: int, today: date) -> list[Replayed]:
	purchases = PurchaseHistory(database, today)
	with _progress(purchases.steps, "Reading purchases") as bar:
		history = purchases.read(bar.update)
	days = dates_to_replay(wanted, history, horizon, today)
	replays = [Replay(database, day, horizon) for day in days]
	with _progress(sum(replay.steps for replay in replays), "Replaying dates") as bar:
		return [replay.run(bar.update) for replay in replays]


def _append(rows: pd.DataFrame, file: IO[str]) -> None:
	as_cells(rows).to_csv(file, index=False, header=False, lineterminator="\n")


def _progress(length: int, label: str):
	return click.progressbar(length=length, label=f"{label:<20}", file=sys.stderr)


def _tell(outcome: Outcome, as_of: date, files: Sequence[Path]) -> None:
	totals, bands = outcome.figures.totals, outcome.figures.bands["customers"]
	counts = ", ".join(f"{numbers.count(customers)} {band}" for band, customers in bands.items() if customers)
	click.echo(f"{numbers.plural(totals['customers'], 'customer', 'customers')} as of {as_of}: {counts}.")
	if totals["disabled"]:
		disabled = numbers.plural(totals["disabled"], "disabled customer is", "disabled customers are")
		click.echo(f"{disabled} in {CSV} only.")
	if outcome.warnings:
		click.echo(
			f"{numbers.plural(len(outcome.warnings), 'warning', 'warnings')} about the data: see the report."
		)
	for file in files:
		click.echo(file)
