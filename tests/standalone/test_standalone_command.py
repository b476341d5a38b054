"""The command as a user types it: its files, its texts on the screen, and one line for each error."""

import csv
import io
import os
import shlex
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from small_erp import alter, write

from crm_success.standalone import cli
from crm_success.standalone.cli import main
from crm_success.standalone.csv_columns import COLUMN_NAMES

INCOMPLETE = "Score a database of ERPNext 15 or 16 that was migrated completely."

# the table is there and has its columns, but reading it overflows
UNREADABLE_ISSUES = """
	CREATE VIEW "tabIssue" AS
	SELECT name, docstatus, creation, modified, customer, company, priority, opening_date, opening_time,
		issue_split_from, service_level_agreement, service_level_agreement_creation, response_by,
		first_responded_on, sla_resolution_by, sla_resolution_date, resolution_time, total_hold_time,
		abs(-9223372036854775808) AS status
	FROM "stored"
"""


@pytest.fixture
def fails(run, tmp_path):
	"""Runs `score` and returns its one line; checks the exit code and that nothing was written."""

	def fails(url, *arguments, output=None):
		before = sorted(tmp_path.rglob("*"))
		code, out, err = run("score", "--database", url, "--output", output or tmp_path / "out", *arguments)
		lines = [line for line in err.splitlines() if not line.startswith("Scoring customers")]
		assert (code, out, len(lines)) == (2, "", 1)
		assert sorted(tmp_path.rglob("*")) == before
		return lines[0].removeprefix("Error: ")

	return fails


@pytest.fixture
def erp(tmp_path):
	return write(tmp_path / "erp.db")


def rows_of(path):
	return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_score_writes_one_row_a_customer_and_a_report(run, erp, tmp_path):
	code, out, _ = run(
		"score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "out", "--as-of", "2026-01-31"
	)
	assert code == 0
	assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["health.csv", "report.html"]
	rows = rows_of(tmp_path / "out" / "health.csv")
	assert list(rows[0]) == list(COLUMN_NAMES)
	assert [row["customer"] for row in rows] == ["A", "B", 'O\'Neil "Q" 🚀']
	assert (rows[0]["revenue"], rows[0]["overdue"], rows[0]["as_of"]) == ("1100.0", "238.0", "2026-01-31")
	assert rows[1]["score"] == ""
	assert out.startswith("3 customers as of 2026-01-31: ")
	assert str(tmp_path / "out" / "report.html") in out


def test_disabled_customers_are_told_apart(run, erp, tmp_path):
	alter(erp, "UPDATE tabCustomer SET disabled = 1 WHERE name = 'A'")
	asked = ("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "out", "--as-of", "2026-01-31")
	_, out, _ = run(*asked)
	assert out.startswith("2 customers as of 2026-01-31: ")
	assert "1 disabled customer is in health.csv only." in out
	rows = rows_of(tmp_path / "out" / "health.csv")
	assert [row["customer_disabled"] for row in rows] == ["1", "0", "0"]


def test_the_same_database_and_date_give_the_same_files(run, erp, tmp_path):
	for folder in ("one", "two"):
		run("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / folder, "--as-of", "2026-01-31")
	for name in ("health.csv", "report.html"):
		assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_database_is_not_changed(run, erp, tmp_path):
	before = erp.read_bytes()
	run("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "out")
	assert erp.read_bytes() == before
	assert not list(tmp_path.glob("erp.db-*"))


def test_a_text_of_the_database_is_no_formula_in_a_spreadsheet(run, erp, tmp_path):
	formula = '=HYPERLINK("https://elsewhere.example.com","Open")'
	alter(erp, f"UPDATE tabCustomer SET customer_name = '{formula}', territory = '-2+3' WHERE name = 'A'")
	run("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "out", "--as-of", "2026-01-31")
	row = rows_of(tmp_path / "out" / "health.csv")[0]
	assert (row["customer_name"], row["territory"]) == (f"'{formula}", "'-2+3")
	assert float(row["revenue"]) == 1100


@pytest.mark.skipif(os.name != "posix", reason="permissions are others there")
def test_the_files_are_for_their_owner_alone(run, tmp_path):
	run("demo", "--customers", 5, "--as-of", "2026-01-31", "--output", tmp_path / "demo")
	modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "demo").iterdir()}
	assert modes == dict.fromkeys(("health.csv", "report.html", "erpnext.db"), 0o600)


def test_today_is_scored_unless_told_otherwise(run, erp, tmp_path):
	_, out, _ = run("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "out")
	assert f"as of {date.today()}" in out


def test_the_url_may_come_from_the_environment(run, erp, tmp_path, monkeypatch):
	monkeypatch.setenv("CRM_SUCCESS_DATABASE", f"sqlite:///{erp}")
	assert run("score", "--output", tmp_path / "out")[0] == 0


def test_demo_writes_a_database_that_scores_to_the_same_rows(run, tmp_path):
	code, out, _ = run(
		"demo", "--customers", 30, "--seed", 3, "--as-of", "2026-01-31", "--output", tmp_path / "demo"
	)
	assert code == 0
	assert str(tmp_path / "demo" / "erpnext.db") in out
	assert out.startswith("30 customers as of 2026-01-31: ")
	names = sorted(path.name for path in (tmp_path / "demo").iterdir())
	assert names == ["erpnext.db", "health.csv", "report.html"]
	url = f"sqlite:///{tmp_path / 'demo' / 'erpnext.db'}"
	run("score", "--database", url, "--as-of", "2026-01-31", "--output", tmp_path / "again")
	assert (tmp_path / "again" / "health.csv").read_bytes() == (tmp_path / "demo" / "health.csv").read_bytes()


def test_folders_may_have_any_name(run, tmp_path):
	output = tmp_path / "100%25 #1 ? Ünï 'x'"
	assert run("demo", "--customers", 5, "--output", output)[0] == 0
	assert (output / "report.html").exists()


def test_demo_shows_what_its_bad_rows_lead_to(run, tmp_path):
	run("demo", "--customers", 30, "--as-of", "2026-01-31", "--output", tmp_path)
	html = (tmp_path / "report.html").read_text(encoding="utf-8")
	assert "Sales Invoice (3): Documents that name no customer count for nobody." in html
	assert "Old Mill Trading" in html
	assert "Müller <b>" not in html


def test_help_explains_the_columns(run):
	code, out, _ = run("score", "--help")
	assert code == 0
	assert "last_invoice      Date of the last invoice, returns not counted [date]" in out


def test_without_a_command_the_help_is_shown(run):
	code, out, _ = run()
	assert code == 0
	assert "demo" in out
	assert "score" in out


def test_a_wrong_url_shows_the_right_forms(fails):
	assert fails("erp.db") == (
		"The database URL is not one of sqlite:///path, mysql://user:password@host:port/database or "
		"postgresql://user:password@host:port/database."
	)


def test_a_missing_file_is_named(fails):
	assert fails("sqlite:///no/erp.db") == (
		"There is no file no/erp.db. Check the path; an absolute one needs four slashes: sqlite:////tmp/erp.db."
	)


def test_a_file_that_is_no_database_is_refused(fails, tmp_path):
	path = tmp_path / "notes.txt"
	path.write_text("not a database " * 100)
	assert fails(f"sqlite:///{path}") == (
		f"The file {path} cannot be read as SQLite: file is not a database. Give the path of an SQLite database."
	)


def test_a_database_that_is_not_erpnext_is_told_which_tables_are_missing(fails, tmp_path):
	path = tmp_path / "other.db"
	alter(path, 'CREATE TABLE "tabCustomer" (name, docstatus, modified)')
	assert fails(f"sqlite:///{path}") == (
		f"The SQLite file {path} has no table tabCompany, tabSales Invoice, tabPayment Ledger Entry, tabIssue, "
		"tabPayment Schedule, tabJournal Entry Account, tabAccount. "
		"Give the database of an ERPNext site; its name stands in the site's site_config.json."
	)


@pytest.mark.parametrize(
	("table", "column"),
	[
		("Payment Ledger Entry", "delinked"),
		("Sales Invoice", "is_opening"),
		("Sales Invoice", "is_return"),
		("Sales Invoice", "is_debit_note"),
		("Sales Invoice", "is_consolidated"),
		("Sales Invoice", "is_internal_customer"),
		("Customer", "is_internal_customer"),
	],
)
def test_a_table_that_does_not_say_which_rows_count_is_refused(fails, erp, table, column):
	alter(erp, f'ALTER TABLE "tab{table}" DROP COLUMN {column}')
	assert fails(f"sqlite:///{erp}") == (
		f"tab{table} in the SQLite file {erp} has no column {column}. {INCOMPLETE}"
	)


def test_a_missing_column_that_is_measured_is_named(fails, erp):
	alter(erp, 'ALTER TABLE "tabSales Invoice" RENAME COLUMN base_net_total TO custom_net')
	assert fails(f"sqlite:///{erp}") == (
		f"The SQLite file {erp} lacks something that is measured: Sales Invoice has no column 'base_net_total'. "
		f"{INCOMPLETE}"
	)


def test_a_missing_standard_column_is_named(fails, erp):
	alter(erp, 'ALTER TABLE "tabIssue" RENAME COLUMN docstatus TO custom_docstatus')
	assert (
		fails(f"sqlite:///{erp}")
		== f"tabIssue in the SQLite file {erp} has no column docstatus. {INCOMPLETE}"
	)


@pytest.mark.parametrize(
	("doctype", "column"),
	[
		("Company", "default_currency"),
		("Currency Exchange", "date"),
		("Currency Exchange", "exchange_rate"),
		("Currency Exchange", "from_currency"),
		("Currency Exchange", "to_currency"),
		("Singles", "doctype"),
		("Singles", "field"),
		("Singles", "value"),
	],
)
def test_a_missing_column_about_currencies_is_named(fails, tmp_path, doctype, column):
	rate = {"name": "R", "date": "2026-01-01", "from_currency": "GBP", "to_currency": "EUR"}
	companies = {"Main": "EUR", "London": "GBP"}
	path = write(tmp_path / "erp.db", companies=companies, rates=[rate | {"exchange_rate": 1.2}])
	alter(path, f'ALTER TABLE "tab{doctype}" RENAME COLUMN "{column}" TO custom_other')
	assert (
		fails(f"sqlite:///{path}")
		== f"tab{doctype} in the SQLite file {path} has no column {column}. {INCOMPLETE}"
	)


def test_tables_about_currencies_that_are_not_there_are_not_needed(run, erp, tmp_path):
	alter(erp, 'DROP TABLE "tabCurrency Exchange"', 'DROP TABLE "tabSingles"')
	assert run("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "out")[0] == 0


def test_a_database_without_customers_has_nothing_to_score(fails, tmp_path):
	path = write(tmp_path / "empty.db", customers=[])
	assert (
		fails(f"sqlite:///{path}") == f"The SQLite file {path} has no customers: there is nothing to score."
	)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31"])
def test_a_date_beyond_all_calendars_is_refused(fails, erp, text):
	assert (
		fails(f"sqlite:///{erp}", "--as-of", text)
		== f"{text} is too far away. Write --as-of like 2026-01-31."
	)


@pytest.mark.parametrize("text", ["31.01.2026", "2026-02-30", "today", ""])
def test_a_wrong_date_shows_a_right_one(fails, erp, text):
	assert (
		fails(f"sqlite:///{erp}", "--as-of", text)
		== f"{text!r} is not a date. Write --as-of like 2026-01-31."
	)


def test_an_output_that_cannot_be_written_is_named(fails, erp, tmp_path):
	(tmp_path / "file").write_text("in the way")
	output = tmp_path / "file" / "out"
	assert fails(f"sqlite:///{erp}", output=output) == (
		f"Cannot write to {output}: Not a directory. Give a folder that you may write to with --output."
	)


def test_a_failure_in_the_middle_leaves_the_earlier_files_whole(run, fails, erp, tmp_path):
	url, output = f"sqlite:///{erp}", tmp_path / "out"
	run("score", "--database", url, "--output", output, "--as-of", "2026-01-31")
	before = (output / "health.csv").read_bytes()
	alter(erp, 'ALTER TABLE "tabIssue" RENAME TO "stored"', UNREADABLE_ISSUES)
	assert fails(url) == (
		f"The SQLite file {erp} refused to answer: integer overflow. Check that the user may read all tables and that "
		"the database is a complete ERPNext 15 or 16."
	)
	assert (output / "health.csv").read_bytes() == before


def test_a_server_that_does_not_answer_is_named_without_the_password(fails):
	pytest.importorskip("pymysql")
	text = fails("mysql://reader:s3cret@127.0.0.1:1/erp")
	assert text.startswith("Cannot connect to the MariaDB database erp on 127.0.0.1:1: ")
	assert text.endswith("Check host, port, user, password and the name of the database.")
	assert "s3cret" not in text


@pytest.mark.parametrize(
	("url", "module", "text"),
	[
		("mysql://u@h/d", "pymysql", "Reading MariaDB needs the Python package PyMySQL. Install it: "),
		(
			"postgresql://u@h/d",
			"psycopg2",
			"Reading PostgreSQL needs the Python package psycopg2-binary. Install it: ",
		),
	],
)
def test_a_missing_driver_is_named(fails, monkeypatch, url, module, text):
	monkeypatch.setitem(sys.modules, module, None)
	assert fails(url).startswith(f"{text}{shlex.quote(sys.executable)} -m pip install ")


@pytest.mark.parametrize(
	("arguments", "text"),
	[
		(["score"], "Missing option '--database'. See crm-success score --help."),
		(["scores"], "No such command 'scores'"),
		(["demo", "--customers", "0"], "Invalid value for '--customers': 0 is not in the range"),
		(["demo", "--color"], "No such option '--color'"),
	],
)
def test_wrong_arguments_take_one_line(run, arguments, text):
	code, out, err = run(*arguments)
	assert (code, out) == (2, "")
	assert len(err.splitlines()) == 1
	assert err.removeprefix("Error: ").replace("No such option:", "No such option").startswith(text)


@pytest.fixture
def fails_to_render(monkeypatch):
	"""An error of the command itself, when health.csv is written already."""

	def render(report):
		raise KeyError("a\nsurprise")

	monkeypatch.setattr(cli, "render", render)


@pytest.mark.usefixtures("fails_to_render")
def test_an_error_that_nobody_foresaw_takes_one_line_and_writes_nothing(fails, erp, monkeypatch):
	monkeypatch.delenv("CRM_SUCCESS_DEBUG", raising=False)
	assert fails(f"sqlite:///{erp}") == (
		"Something unexpected went wrong: KeyError: 'a\\nsurprise'. Run it again with the environment variable "
		"CRM_SUCCESS_DEBUG=1 and report what it prints."
	)


@pytest.mark.usefixtures("fails_to_render")
def test_its_traceback_is_there_for_who_asks(run, erp, tmp_path, monkeypatch):
	monkeypatch.setenv("CRM_SUCCESS_DEBUG", "1")
	code, out, err = run("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "out")
	assert (code, out) == (2, "")
	assert "Traceback (most recent call last):" in err
	assert err.splitlines()[-1].endswith(
		"Something unexpected went wrong: KeyError: 'a\\nsurprise'. Report it with the lines above."
	)
	assert not (tmp_path / "out").exists()


def test_a_missing_word_about_an_error_is_left_out(fails, erp, monkeypatch):
	def render(report):
		raise MemoryError

	monkeypatch.setattr(cli, "render", render)
	assert fails(f"sqlite:///{erp}").startswith("Something unexpected went wrong: MemoryError. Run it again ")


def test_sigterm_ends_the_run_and_leaves_nothing_behind(run, erp, tmp_path, monkeypatch):
	def render(report):
		assert list((tmp_path / "out").glob(".crm-success-*/health.csv"))
		signal.raise_signal(signal.SIGTERM)

	monkeypatch.setattr(cli, "render", render)
	before = signal.getsignal(signal.SIGTERM)
	assert run("score", "--database", f"sqlite:///{erp}", "--output", tmp_path / "out")[0] == 143
	assert not (tmp_path / "out").exists()
	assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM that a process could handle")
def test_a_process_that_is_told_to_end_cleans_up(tmp_path):
	output = tmp_path / "out"
	command = [sys.executable, "-m", "crm_success.standalone", "demo", "--customers", "1000000"]
	with subprocess.Popen([*command, "--output", str(output)], stderr=subprocess.DEVNULL) as process:
		deadline = time.monotonic() + 60
		while not list(output.glob(".crm-success-*")) and time.monotonic() < deadline:
			time.sleep(0.05)
		process.terminate()
		assert process.wait(60) == 143
	assert not output.exists()


def test_another_thread_may_run_the_command(erp, tmp_path):
	def work():
		with pytest.raises(SystemExit) as end:
			main(["score", "--database", f"sqlite:///{erp}", "--output", str(tmp_path / "out")])
		return end.value.code

	with ThreadPoolExecutor(1) as pool:
		assert pool.submit(work).result() == 0


def test_no_framework_is_needed():
	code = "import sys, crm_success.standalone.cli; sys.exit('frappe' in sys.modules)"
	assert subprocess.run([sys.executable, "-c", code]).returncode == 0
