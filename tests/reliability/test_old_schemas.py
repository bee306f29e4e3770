"""Every schema that there was comes forward with all that it holds, and a step that fails leaves it as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.sqlite.migrations import migrations
from tests.reliability.old_schemas import ROWS, STEPS, make_old_database, rows_of
from tests.reliability.processes import assert_sound, opened


def missing(before: dict[str, list[dict]], after: dict[str, list[dict]]) -> list[tuple[str, dict]]:
    """Rows that were there before and of which none that is there now says the same in the same columns."""
    lost = []
    for table, rows in before.items():
        found = list(after.get(table, []))
        for row in rows:
            same = next((other for other in found if all(other.get(c, "gone") == row[c] for c in row)), None)
            if same is None:
                lost.append((table, row))
            else:
                found.remove(same)
    return lost


@pytest.mark.parametrize("steps", range(1, len(STEPS) + 1), ids=STEPS)
def test_an_old_database_comes_forward_whole_and_a_step_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survived, steps: int
):
    file = make_old_database(tmp_path / "old.db", steps)
    before = rows_of(file)

    def m9999_breaks(db) -> None:
        db.execute("CREATE TABLE half (id INTEGER) STRICT")
        db.execute("UPDATE candidate SET version = version + 1")
        raise OSError("no")

    with monkeypatch.context() as patched:
        patched.setattr(migrations, "_migrations", [*migrations._migrations[:steps]])
        migrations()(m9999_breaks)
        with opened(file) as store:
            with pytest.raises(OSError, match="no"):
                store.migrate()
            assert rows_of(file) == before
    with opened(file) as store:
        assert store.migrate() == list(STEPS[steps:])
        store.check_schema()
    assert missing(before, rows_of(file)) == []
    assert_sound(file)
    survived("A7 old schemas that came forward, after a step that failed", 1)


def test_every_table_of_the_record_has_rows_in_the_old_databases(tmp_path: Path):
    """Else a migration that loses them would pass."""
    assert set(ROWS) <= set(STEPS)
    rows = rows_of(make_old_database(tmp_path / "old.db", len(STEPS)))
    empty = {"first_word", "second_word", "passkey_challenge", "record_document"}
    assert {table for table, found in rows.items() if not found} <= empty
