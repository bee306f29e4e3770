"""Named SQL, one file per subject, in what SQLite and PostgreSQL both read."""

from pathlib import Path

import aiosql
from aiosql.queries import Queries

_FOLDER = Path(__file__).parent


def load_queries(name: str) -> Queries:
    """The queries of one file as callables."""
    return aiosql.from_path(_FOLDER / name, "sqlite3")
