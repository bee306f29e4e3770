"""PostgreSQL as the engine of a store: one database on a server."""

from __future__ import annotations

from db.engine import Work
from db.errors import StoreError
from db.postgres import work
from db.postgres.connection import OLDEST, Connections
from db.postgres.contents import Contents
from db.postgres.integrity import Integrity
from db.postgres.migrations import STEPS, applied, migrate
from db.postgres.search import Search


class Postgres(Connections):
    """A database of a server with its schema."""

    search, integrity, contents = Search, Integrity, Contents

    def steps(self) -> list[str]:
        return list(STEPS)

    def applied(self) -> list[str]:
        with self.reading() as connection:
            return applied(connection)

    def pending_beside(self) -> list[str]:
        with self.reading() as connection:
            return work.pending(connection)

    def migrate(self) -> list[str]:
        with self.writing() as connection:
            done = applied(connection)
            beside = work.pending(connection)
            migrate(connection)
            work.migrate(connection)
        return [name for name in STEPS if name not in done] + beside

    def work(self) -> Work:
        with self.reading() as connection:
            return work.standing(connection)


def open_postgres(url: str) -> Postgres:
    """The database of `url`. Raises StoreError when it cannot be reached, or is not one that we can use."""
    engine = Postgres(url)
    with engine.alone() as connection:
        version, encoding = connection.info.server_version, connection.execute("SHOW server_encoding").fetchone()[0]
    if version < OLDEST:
        engine.close()
        raise StoreError(f"{engine.place} is PostgreSQL {version // 10_000}; use {OLDEST // 10_000} or newer.")
    if encoding != "UTF8":
        engine.close()
        raise StoreError(f"{engine.place} keeps text as {encoding}; make the database with ENCODING 'UTF8'.")
    return engine
