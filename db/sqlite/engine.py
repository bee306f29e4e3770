"""SQLite as the engine of a store: one file."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from db.errors import StoreError
from db.sqlite.connection import Connections
from db.sqlite.contents import Contents
from db.sqlite.integrity import Integrity
from db.sqlite.migrations import migrations
from db.sqlite.search import Search

SCHEME = "sqlite:///"

_LONGEST_MIGRATION = 3600.0
"""Seconds for which one process waits while another migrates."""


class Sqlite(Connections):
    """A database file with its schema."""

    search, integrity, contents = Search, Integrity, Contents

    @property
    def place(self) -> str:
        return str(self.path)

    @property
    def file(self) -> Path:
        return self.path

    def steps(self) -> list[str]:
        return [step.name for step in migrations._migrations]

    def applied(self) -> list[str]:
        with self.telling():
            return [step.name for step in migrations.applied(self.database())]

    def pending_beside(self) -> list[str]:
        return []

    def migrate(self) -> list[str]:
        with self.writing(_LONGEST_MIGRATION) as connection:
            database = Database(connection)
            done = [step.name for step in migrations.applied(database)]
            if not done and (others := database.table_names()):
                raise StoreError(
                    f"{self.path} is a database of another program (it has the table {others[0]}); name a new file in "
                    "OPENLINES_DATABASE_URL."
                )
            migrations.apply(database)
        return [name for name in self.steps() if name not in done]

    def work(self) -> None:
        return None


def open_sqlite(url: str, *, create: bool) -> Sqlite:
    """The file of `url`. Raises StoreError when it is missing and not to be created."""
    path = Path(url.removeprefix(SCHEME))
    if create:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent} cannot be made ({error.strerror}); choose a writable folder.") from error
    elif not path.exists():
        raise StoreError(f"{path} does not exist; run: python -m tracker migrate")
    return Sqlite(path)
