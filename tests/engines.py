"""The engines that a test may keep its record in: SQLite, and a PostgreSQL of the test run's own.

Most tests run on SQLite, or on what OPENLINES_TEST_DATABASE names; those marked `both_engines` on the two, those marked
`sqlite` are about its files.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.store import Store
from tests.servers import FOLDER, create, drop, new_folder, remove

SQLITE, POSTGRES = "sqlite", "postgresql"
WANTED = os.environ.get("OPENLINES_TEST_DATABASE", SQLITE)

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""What an engine raises where a row is not to be."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = str(new_folder())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        remove(Path(os.environ.pop(FOLDER)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("sqlite"):
        if WANTED != SQLITE:
            metafunc.parametrize("engine", [SQLITE], indirect=True, scope="session")
    elif metafunc.definition.get_closest_marker("both_engines"):
        metafunc.parametrize("engine", [SQLITE, POSTGRES], indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of the databases that the test has."""
    return getattr(request, "param", WANTED)


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


class Raw:
    """The database of a store past its rules: one connection, with the placeholders of SQLite."""

    def __init__(self, store: Store) -> None:
        if store.is_file:
            self._connection: Any = sqlite3.connect(store.path, isolation_level=None)
            self._connection.execute("PRAGMA foreign_keys = ON")
        else:
            self._connection = store._connections.alone()
        self._is_file = store.is_file

    def execute(self, statement: str, values: tuple = ()) -> Any:
        if not self._is_file:
            statement = statement.replace("%", "%%").replace("?", "%s") if values else statement
        return self._connection.execute(statement, values or None) if values else self._connection.execute(statement)

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()


@pytest.fixture
def raw() -> Iterator[Callable[[Store], Raw]]:
    """Opens a database past the rules of the store, and closes it after the test."""
    opened: list[Raw] = []

    def open_raw(store: Store) -> Raw:
        opened.append(Raw(store))
        return opened[-1]

    yield open_raw
    for one in opened:
        one.close()
