"""The engines that a test may keep its record in: SQLite, and a PostgreSQL of the test run's own.

Most tests run on SQLite, or on what --record-on names; those marked `both_engines` on the two, those marked
`sqlite` are about its files.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.store import Store, open_store
from tests.servers import FOLDER, create, drop, new_folder, remove, remove_abandoned

SQLITE, POSTGRES = "sqlite", "postgresql"

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""What an engine raises where a row is not to be."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-on", choices=[SQLITE, POSTGRES], default=SQLITE, help="where tests keep their records")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        remove_abandoned()
        os.environ[FOLDER] = str(new_folder())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        remove(Path(os.environ.pop(FOLDER)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("sqlite"):
        if metafunc.config.getoption("--record-on") != SQLITE:
            metafunc.parametrize("engine", [SQLITE], indirect=True, scope="session")
    elif metafunc.definition.get_closest_marker("both_engines"):
        metafunc.parametrize("engine", [SQLITE, POSTGRES], indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of the databases that the test has."""
    return getattr(request, "param", request.config.getoption("--record-on"))


@pytest.fixture(scope="session")
def new_database(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Makes an empty database of that engine at each call; answers its URL."""
    made: list[str] = []

    def url() -> str:
        if engine == SQLITE:
            return f"sqlite:///{tmp_path_factory.mktemp('record')}/deep/er/record.db"
        made.append(create())
        return made[-1]

    yield url
    for one in made:
        drop(one)


@pytest.fixture(scope="session")
def new_record(
    engine: str, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """Makes an empty record of that engine at each call, a copy of one that was migrated once; answers its URL."""
    template, copies = new_database(), []
    store = open_store(template, create=True)
    store.migrate()
    store.close()

    def url() -> str:
        if engine == POSTGRES:
            copies.append(create(template))
            return copies[-1]
        return f"sqlite:///{shutil.copy(store.path, tmp_path_factory.mktemp('copy'))}"

    yield url
    for one in copies:
        drop(one)


class Raw:
    """The database of a store past the rules of the store: one connection, with the placeholders of SQLite."""

    def __init__(self, store: Store) -> None:
        self._is_file = store.is_file
        if self._is_file:
            self._connection: Any = sqlite3.connect(store.path, isolation_level=None)
            self._connection.execute("PRAGMA foreign_keys = ON")
        else:
            self._connection = store._connections.alone()

    def execute(self, statement: str, values: tuple = ()) -> Any:
        if not values:
            return self._connection.execute(statement)
        return self._connection.execute(statement if self._is_file else statement.replace("?", "%s"), values)

    def drop_triggers(self, of: str = "") -> None:
        """Take away the guards of the tables, as somebody could who would rewrite the record; `of`: of one name."""
        if self._is_file:
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE ?"
            for (name,) in self._connection.execute(named, (f"{of}%",)).fetchall():
                self._connection.execute(f"DROP TRIGGER {name}")
        else:
            named = (
                "SELECT tgname, tgrelid::regclass::text AS of FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE %s"
            )
            for row in self._connection.execute(named, (f"{of}%",)).fetchall():
                self._connection.execute(f"DROP TRIGGER {row['tgname']} ON {row['of']}")

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def raw() -> Iterator[Callable[[Store], Raw]]:
    """Opens a database past the rules of the store, and closes it after the test."""
    with ExitStack() as opened:
        yield lambda store: opened.enter_context(closing(Raw(store)))
