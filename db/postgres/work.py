"""The tables of the work that waits: Procrastinate's own, in a schema of their own beside the record's.

They come with the library, as SQL files in the order of their names; the comment of the schema names the last that was
applied. What is in them can be lost: what is due stands in the record.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from psycopg import Connection

from db.engine import Work
from db.errors import StoreError

SCHEMA = "work"
OPTIONS = f"-c search_path={SCHEMA} -c TimeZone=UTC"
"""For connections of the library, which names no schema."""

ALIVE_SECONDS = 20
"""A worker that gave no sign for so long is taken for dead, and what it had in hand is done by others."""

_APPLIED = f"SELECT obj_description(to_regnamespace('{SCHEMA}')::oid, 'pg_namespace') AS version"

_STANDING = f"""
SELECT (SELECT COUNT(*) FROM {SCHEMA}.procrastinate_workers
        WHERE last_heartbeat > NOW() - INTERVAL '{ALIVE_SECONDS} seconds') AS workers,
    COUNT(*) FILTER (WHERE status = 'todo') AS waiting,
    COUNT(*) FILTER (WHERE status = 'doing') AS in_hand,
    COUNT(*) FILTER (WHERE status = 'failed') AS failed
FROM {SCHEMA}.procrastinate_jobs
"""  # noqa: S608


@cache
def _sql() -> Path:
    """The library's folder of SQL; the library itself is read by workers alone."""
    return Path(find_spec("procrastinate").submodule_search_locations[0]) / "sql"


@cache
def _versions() -> list[str]:
    return sorted(file.stem for file in (_sql() / "migrations").glob("*.sql"))


def pending(connection: Connection) -> list[str]:
    """The library's steps that are to be applied yet; one name, the last, where there is nothing of it."""
    applied, known = connection.execute(_APPLIED).fetchone()["version"], _versions()
    if applied is None:
        return [f"procrastinate {known[-1]}"]
    if applied not in known:
        raise StoreError(f"The work queue was made by a newer version of Open Lines (it has {applied}); upgrade it.")
    return [f"procrastinate {name}" for name in known if name > applied]


def migrate(connection: Connection) -> None:
    """Make the tables, or bring them up to date, in the transaction of the connection."""
    if not (steps := pending(connection)):
        return
    is_new = connection.execute(_APPLIED).fetchone()["version"] is None
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; SET LOCAL search_path = {SCHEMA}")
    names = [step.partition(" ")[2] for step in steps]
    for file in [_sql() / "schema.sql"] if is_new else [_sql() / "migrations" / f"{name}.sql" for name in names]:
        connection.execute(file.read_text(encoding="utf-8"))
    connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{names[-1]}'; SET LOCAL search_path TO DEFAULT")


def standing(connection: Connection) -> Work:
    """How the work stands now."""
    row = connection.execute(_STANDING).fetchone()
    return Work(row["workers"], row["waiting"], row["in_hand"], row["failed"])
