"""The databases of the tests: started when the first test asks for one, and emptied after each test."""

from collections.abc import Iterator

import pytest
from databases import Database, mariadb_database, postgres_database, sqlite_database

from crm_success.database.dialects import Dialect


@pytest.fixture(scope="session")
def _sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
	with sqlite_database(tmp_path_factory.mktemp("sqlite")) as database:
		yield database


@pytest.fixture(scope="session")
def _mariadb() -> Iterator[Database]:
	with mariadb_database() as database:
		yield database


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Database]:
	with postgres_database() as database:
		yield database


@pytest.fixture(params=[dialect.value for dialect in Dialect])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
	"""Each database in turn, with empty tables."""
	database: Database = request.getfixturevalue(f"_{request.param}")
	yield database
	database.forget()
