"""Database URLs are read correctly or refused with a clear reason; no password is shown."""

import pytest

from crm_success.database.dialects import Dialect
from crm_success.standalone.address import Address, parse_address
from crm_success.standalone.command_errors import CommandError


def refusal(url):
	with pytest.raises(CommandError) as error:
		parse_address(url)
	return str(error.value)


def test_sqlite_paths_are_relative_after_three_slashes_and_absolute_after_four():
	assert parse_address("sqlite:///data/erp.db") == Address(Dialect.SQLITE, "data/erp.db")
	assert parse_address("sqlite:////tmp/my%20erp.db").database == "/tmp/my erp.db"


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "MySQL", "mysql+pymysql"])
def test_mysql_and_mariadb_mean_the_same(scheme):
	address = parse_address(f"{scheme}://reader:p%40ss%2Fword@db.example.com:3307/erp")
	assert address == Address(Dialect.MARIADB, "erp", "db.example.com", 3307, "reader", "p@ss/word")


def test_ports_have_their_usual_defaults():
	assert parse_address("mysql://u@h/d").port == 3306
	assert parse_address("postgresql://u@h/d").port == 5432
	assert parse_address("postgres://u@h/d").dialect is Dialect.POSTGRES


@pytest.mark.parametrize("url", ["", "erp.db", "oracle://u:p@h/d", "mysql:/u@h/d"])
def test_an_unknown_scheme_is_told_the_known_ones(url):
	assert refusal(url) == (
		"The database URL is not one of sqlite:///path, mysql://user:password@host:port/database or "
		"postgresql://user:password@host:port/database."
	)


@pytest.mark.parametrize("url", ["sqlite://erp.db", "sqlite:///", "sqlite://"])
def test_an_sqlite_url_without_a_path_shows_one(url):
	assert refusal(url) == (
		"An SQLite URL has three slashes and a path, four for an absolute one: sqlite:////tmp/erp.db."
	)


@pytest.mark.parametrize(
	"url",
	[
		"mysql://u:s3cret/pass@h:3306/db",
		"mysql://u:12/34@h/db",
		"mysql://u:s3cret#1@h/db",
		"mysql://u:p@h:s3cret/db",
		"postgresql://u:s3cret?x@h/db",
		"mysql://u:1/2?s3cret@h/db",
	],
)
def test_a_password_that_is_not_encoded_is_refused_and_not_repeated(url):
	text = refusal(url)
	assert "percent-encoded (@ is %40)" in text or "lacks a host" in text
	assert "s3cret" not in text
	assert "34" not in text


@pytest.mark.parametrize("url", ["sqlite:///erp.db?mode=ro", "sqlite:///erp.db?"])
def test_an_sqlite_url_takes_no_options(url):
	assert refusal(url) == "An SQLite URL takes no options. In a path, write %3F for a question mark."
	assert parse_address("sqlite:///what%3F.db").database == "what?.db"


@pytest.mark.parametrize("url", ["mysql://u:s3cret@h", "mysql://u:s3cret@/db", "postgresql:///db"])
def test_host_and_database_are_needed(url):
	text = refusal(url)
	assert text.startswith("The database URL lacks a host or the name of the database: ")
	assert "s3cret" not in text


def test_the_password_is_in_no_word_about_the_address():
	address = parse_address("mysql://reader:s3cret@h:3306/erp")
	assert "s3cret" not in repr(address) + str(address) + address.label
	assert address.label == "MariaDB database erp on h:3306"
	assert address.without_password("refused 's3cret' for s3cretary") == "refused '***' for s3cretary"
