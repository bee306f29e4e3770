"""The whole record as files: valid, whole, the same bytes for the same record, never half there."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import runpy
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from db.export import VIEWS
from db.record import Origin
from tests.conftest import EVERYTHING, ROOT, Clock, Shipped
from tests.make import sighting, source
from tests.test_cli import one_sentence, settings, tracker  # noqa: F401  fixtures
from tests.test_review import CN, US, arrive, decide
from tests.web.api_client import Api, api_over
from tracker.cli import cli
from tracker.errors import Refused
from tracker.model import Contact, Moment, Outcome, PartialDate, Signal, State, StatusChange
from tracker.operating import export
from tracker.record.history import state_at, view
from tracker.reviewing import amend
from tracker.reviewing.review import reject, undo
from tracker.service import Service
from tracker.verifier import link_hash, sha256

DAY = date(2024, 10, 1)


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("record"), EVERYTHING) as api:
        yield api


@pytest.fixture(scope="module")
def folder(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record exported as of a day."""
    return write(api.service, tmp_path_factory.mktemp("exported") / "record")


def write(service: Service, folder: Path, known_at: datetime | None = None) -> Path:
    export.write_folder(folder, *export.read_record(service.store, DAY, known_at))
    return folder


def validated(folder: Path):
    from frictionless import Package, system  # takes a second, and no other test needs it

    with system.use_context(trusted=True):
        return Package(str(folder / "datapackage.json")).validate()


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def described(folder: Path) -> dict:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def test_the_folder_is_a_valid_data_package(folder: Path):
    report = validated(folder)
    assert report.valid, report.flatten(["name", "title", "message"])
    assert {task.name for task in report.tasks} == {resource["name"] for resource in described(folder)["resources"]}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("citations", ",1,", ",9999,"),
        ("changes", ",suspended,", ",closed,"),
        ("channels", "military", "naval"),
        ("history", "2022-08-05", "2022-08-99"),
    ],
)
def test_what_is_changed_in_it_is_found(folder: Path, tmp_path: Path, name: str, before: str, after: str):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (tmp_path / f"{name}.csv").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / f"{name}.csv").write_text(text.replace(before, after), encoding="utf-8", newline="")
    assert not validated(tmp_path).valid


def test_the_description_gives_the_moment_the_counts_the_licence_and_a_hash_of_each_file(folder: Path):
    told = described(folder)
    assert (told["as_of"], told["known_at"]) == ("2024-10-01", "2024-02-01T12:00:00Z")
    assert told["licenses"][0]["name"] == "CC-BY-4.0"
    assert {file.name for file in folder.iterdir()} == {one["path"] for one in told["resources"]} | {"datapackage.json"}
    for resource in told["resources"]:
        body = (folder / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
        assert resource["bytes"] == len(body)
        if "schema" in resource:
            assert told["counts"][resource["name"]] == len(table(folder, resource["name"]))
            assert all(field["description"] for field in resource["schema"]["fields"])


def test_csv_and_json_hold_the_same_rows(folder: Path):
    whole = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    for name, number in described(folder)["counts"].items():
        written = [{key: _text(value) for key, value in row.items()} for row in whole[name]]
        assert written == table(folder, name)
        assert len(written) == number


def _text(value: str | int | bool | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def test_the_record_is_the_one_that_the_api_answers(api: Api, folder: Path):
    answered = api.json("/channels?as_of=2024-10-01")["channels"]
    with_state = [row for row in table(folder, "channels") if row["state"]]
    assert [(row["slug"], row["state"], row["since"]) for row in with_state] == [
        (channel["slug"], channel["state"], channel["since"]["date"]) for channel in answered
    ]
    for slug in ("dpct", "mmca"):
        channel = api.json(f"/channels/{slug}?as_of=2024-10-01")
        history = [row for row in table(folder, "history") if row["channel"] == slug]
        assert [(row["state"], row["effective"], row["change"]) for row in reversed(history)] == [
            (change["state"], change["effective"]["date"], str(change["id"] or "")) for change in channel["history"]
        ]
        standing = {
            row["id"] for row in table(folder, "contacts") if row["channel"] == slug and row["standing"] == "true"
        }
        assert standing == {str(contact["id"]) for contact in channel["contacts"]}


def test_what_was_corrected_or_withdrawn_is_in_it_and_says_so(seeded_2023: Service, clock: Clock, tmp_path: Path):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decided = decide(seeded_2023, candidate)
    clock.advance(days=1)
    undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    with seeded_2023.store.reading() as db:
        old = next(row for row in db.record.entries_of("mmca")[1] if row.date)
    with seeded_2023.store.writing() as db:
        db.record.add(replace(old, place="=Honolulu", replaces=old.id), Origin(clock(), "ana"))
    after = write(seeded_2023, tmp_path / "after")
    assert validated(after).valid
    gone = [row for row in table(after, "contacts") if row["withdrawn_at"]]
    assert [(row["standing"], row["withdrawn_reason"]) for row in gone] == [("false", "The decision was undone.")]
    rows = {row["id"]: row for row in table(after, "contacts")}
    (new,) = [row for row in rows.values() if row["replaces"] == str(old.id)]
    assert (new["standing"], rows[str(old.id)]["standing"]) == ("true", "false")
    assert new["statement"] == rows[str(old.id)]["statement"] == f"contact-{old.id}"
    assert new["place"] == "'=Honolulu"
    assert '"=Honolulu"' in (after / "record.json").read_text(encoding="utf-8")
    assert {row["recorded_by"] for row in rows.values()} == {"seed", "a reviewer"}
    assert not any('"ana"' in file.read_text(encoding="utf-8") for file in after.iterdir())
    before = write(seeded_2023, tmp_path / "before", known_at=clock() - timedelta(hours=1))
    assert [row["withdrawn_at"] for row in table(before, "contacts") if row["withdrawn_at"]] == []
    assert all(row["replaces"] != str(old.id) for row in table(before, "contacts"))


LEFT_OUT = {"page"}
"""What the API tells of a cited document and an export does not: what we saw of its page when we read it again, which
is an observation of ours, and no part of the record.
"""

ELSEWHERE = {"derived", "sources", "corrected"}
"""Fields that the export tells in other tables, `history` and `citations`, and by the rows that replace one another."""


def dated(value: object) -> object:
    return value["date"] if isinstance(value, dict) and "date" in value else value


@pytest.mark.parametrize("name", ["changes", "contacts"])
def test_every_field_of_a_claim_in_the_api_is_in_the_folder_and_in_the_sqlite_file(
    seeded_2023: Service, clock: Clock, tmp_path: Path, name: str
):
    clock.advance(minutes=1)
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    (candidate,) = arrive(seeded_2023, CN, sighting(signal=Signal.REFUSED))
    decide(seeded_2023, candidate)
    with seeded_2023.store.reading() as db:
        pair = db.record.entries_of("dpct")
    for kind, rows in zip((StatusChange, Contact), pair, strict=True):
        said = {"settled": "Both readouts agree.", "contested": "Beijing gives another day.", "unconfirmed": ("date",)}
        row = max((row for row in rows if row.decision), key=lambda row: row.id)
        claim = amend.ClaimName(kind, row.id)
        amend.correct(seeded_2023.store, claim, said, reason="A better source.", by="ana", at=clock())
    out, file = write(seeded_2023, tmp_path / "record"), tmp_path / "record.db"
    export.write_database(file, *export.read_record(seeded_2023.store, DAY, None))
    answered = [one for one in Api(seeded_2023).json(f"/{name}?as_of={DAY}&limit=200")[name] if one["id"]]
    assert any(one["settled"] for one in answered)
    rows = {row["id"]: row for row in table(out, name)}
    assert any(row["reason"] == "A better source." and row["corrected"] == "true" for row in rows.values())
    stored, cited = stored_in(file, name)
    for one in answered:
        for field in one.keys() - ELSEWHERE:
            told = dated(one[field])
            told = (" ".join(told) or None) if isinstance(told, list) else told
            assert rows[str(one["id"])][field].removeprefix("'") == _text(told), (one["id"], field)
            assert stored[one["id"]][field] == told, (one["id"], field)
        assert rows[str(one["id"])]["corrected"] == _text(one["corrected"] is not None)
        own = [row for row in cited if row[name.removesuffix("s")] == one["id"]]
        assert len(own) == len(one["sources"])
        for document in one["sources"]:
            told = {field: document[field] for field in document.keys() - LEFT_OUT}
            assert told in [{field: row[field] for field in told} for row in own]


def test_whether_a_row_is_corrected_is_one_thing_in_the_export_and_in_the_api(
    seeded_2023: Service, clock: Clock, tmp_path: Path
):
    """Also of one whose correction was taken back, and of one that took another's place for a further source."""
    with seeded_2023.store.reading() as db:
        met = [row for row in db.record.entries_of("strategic-channel")[1] if row.outcome is Outcome.HELD]
    plain, restored, moved, cited = met[:4]
    claims = []
    for row in (restored, moved):
        clock.advance(minutes=1)
        told = {"place": "Honolulu"}
        name = amend.ClaimName(Contact, row.id)
        claims.append(amend.correct(seeded_2023.store, name, told, reason="Read again.", by="ana", at=clock()))
    clock.advance(minutes=1)
    amend.withdraw(seeded_2023.store, claims[0], reason="It was right.", by="ana", at=clock())
    with seeded_2023.store.writing() as db:
        further = source(url="https://more.example/", recorded_at=clock())
        db.record.add(replace(cited, sources=(*cited.sources, further), replaces=cited.id), Origin(clock(), "ana"))
        db.record.bump()
    clock.advance(minutes=1)
    rows = {row["id"]: row for row in table(write(seeded_2023, tmp_path / "record"), "contacts")}
    answered = Api(seeded_2023).json(f"/contacts?channel=strategic-channel&as_of={DAY}&limit=200")["contacts"]
    told = {str(one["id"]): _text(one["corrected"] is not None) for one in answered}
    assert {number: rows[number]["corrected"] for number in told} == told
    assert [told[str(one)] for one in (plain.id, restored.id, claims[1].id)] == ["false", "true", "true"]
    (again,) = [number for number, row in rows.items() if row["replaces"] == str(cited.id)]
    assert told[again] == "false"
    assert rows[str(moved.id)]["corrected"] == "false", "what it was before it was replaced"
    assert rows[str(claims[0].id)]["corrected"] == "true"


def stored_in(file: Path, name: str) -> tuple[dict[int, dict], list[dict]]:
    """The rows of a table of the SQLite file by their ids, and all citations that count with their sources."""
    asked = "SELECT * FROM sources JOIN citations ON sources.id = citations.source WHERE citations.withdrawn_at IS NULL"
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
        return {row["id"]: row for row in rows}, [dict(row) for row in connection.execute(asked)]


def test_the_chain_and_the_decisions_of_an_export_can_be_checked_by_themselves(
    seeded_2023: Service, clock: Clock, tmp_path: Path
):
    clock.advance(minutes=1)
    (candidate,) = arrive(seeded_2023, US, sighting())
    decided = decide(seeded_2023, candidate)
    (other,) = arrive(seeded_2023, replace(US, url="https://us.example/9", title="Other"), sighting(channel="mmca"))
    reject(seeded_2023.store, other.id, other.version, by="ana", at=clock(), reason="A secret thought.")
    clock.advance(minutes=1)
    undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    folder = write(seeded_2023, tmp_path / "record")
    assert validated(folder).valid
    before, entries = "0" * 64, {}
    for number, link in enumerate(table(folder, "chain"), start=1):
        assert int(link["seq"]) == number
        assert link["hash"] == link_hash(before, link["entry_sha256"])
        before = link["hash"]
        if link["entry"]:
            assert sha256(link["entry"].encode()) == link["entry_sha256"]
            entries[link["kind"], link["row"]] = json.loads(link["entry"])["fields"]
    with seeded_2023.store.reading() as db:
        assert db.chain.hash_at(number) == before
    told = table(folder, "decisions")
    assert [(row["verdict"], row["role"]) for row in told] == [("accept", "reviewer"), ("undo", "reviewer")]
    assert told[1]["undoes"] == told[0]["id"]
    rows = [row for row in table(folder, "contacts") if row["decision"]]
    assert {row["decision"] for row in rows} == {told[0]["id"]}
    assert all(entries["contact", row["id"]]["date"] == row["date"] for row in rows)
    whole = "".join(file.read_text(encoding="utf-8") for file in folder.iterdir())
    assert "A secret thought." not in whole, "what was rejected is no part of the record"
    assert '"ana"' not in whole


def test_what_nobody_has_reviewed_is_not_in_it(seeded: Service, tmp_path: Path):
    before = write(seeded, tmp_path / "before")
    arrive(seeded, CN, sighting(channel="mmca"))
    after = write(seeded, tmp_path / "after")
    assert {f.name: f.read_bytes() for f in before.iterdir()} == {f.name: f.read_bytes() for f in after.iterdir()}


def test_the_same_record_gives_the_same_bytes_whenever_it_is_exported(seeded: Service, clock: Clock, tmp_path: Path):
    made = []
    for name in ("one", "two"):
        moment, tables = export.read_record(seeded.store, DAY, None)
        export.write_folder(tmp_path / name, moment, tables)
        export.write_database(tmp_path / f"{name}.db", moment, tables)
        made.append([file.read_bytes() for file in (*sorted((tmp_path / name).iterdir()), tmp_path / f"{name}.db")])
        clock.advance(days=3)
    assert made[0] == made[1]


@pytest.fixture(scope="module")
def database(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "deep" / "record.db"
    export.write_database(file, *export.read_record(api.service.store, DAY, None))
    return file


def test_the_sqlite_file_is_sound_and_holds_what_the_folder_holds(database: Path, folder: Path):
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for name, number in described(folder)["counts"].items():
            assert connection.execute(f"SELECT count(*) FROM {name}").fetchone() == (number,)
            assert connection.execute(f"PRAGMA foreign_key_list({name})").fetchall() or name in (
                "relationships",
                "sources",
                "chain",
            )
        for name in VIEWS:
            assert connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] or name == "taken_back"
        about = dict(connection.execute("SELECT name, value FROM about"))
        assert (about["as_of"], about["known_at"]) == ("2024-10-01", "2024-02-01T12:00:00Z")
        assert "CC BY" in about["licence"] or "Creative Commons Attribution" in about["licence"]


async def _ask(database: Path, *addresses: str) -> list:
    from datasette.app import Datasette  # takes a second, and no other test needs it

    datasette = Datasette([str(database)], immutables=[])
    await datasette.invoke_startup()
    return [await datasette.client.get(address) for address in addresses]


def test_datasette_opens_it_follows_its_keys_and_its_views(database: Path):
    views = [f"/record/{name}.json?_shape=array" for name in VIEWS]
    with ThreadPoolExecutor(1) as apart:  # in this thread a browser of other tests may have a loop running
        asked = ("/record.json", "/record/changes.json?channel=dpct&_labels=on", *views)
        answers = apart.submit(lambda: asyncio.run(_ask(database, *asked))).result()
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    changes = answers[1].json()
    assert {row["channel"]["value"] if isinstance(row, dict) else row[1]["value"] for row in changes["rows"]} == {
        "dpct"
    }
    assert {row["state"] for row in answers[2].json()} <= set(State)


def test_the_example_counts_the_days_that_the_history_tells(api: Api, folder: Path, capsys: pytest.CaptureFixture):
    example = runpy.run_path(str(ROOT / "docs" / "examples" / "suspended_days.py"))
    counted, _ = example["suspended_days"](folder)
    expected: Counter[int] = Counter()
    with api.service.store.reading() as db:
        pair, entries, channels = db.record.relationships()[0], db.record.entries(), db.record.channels()
    for channel in channels:
        history = view(channel, pair, *entries[channel.slug], Moment(DAY, api.service.clock())).history[::-1]
        day = min((change.effective.first for change in history), default=DAY)
        while day <= DAY:
            expected[day.year] += state_at(history, day) is State.SUSPENDED
            day += timedelta(days=1)
    assert counted == +expected
    assert counted[2023] > 3000
    example["main"](folder)
    assert f"2023  {counted[2023]:12,}" in capsys.readouterr().out


def test_a_folder_with_something_in_it_is_left_as_it_is(api: Api, tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="is a folder with something in it, and is left as it is"):
        write(api.service, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert validated(write(api.service, tmp_path / "empty")).valid


def test_a_file_that_is_there_is_left_as_it_is(api: Api, tmp_path: Path):
    file = tmp_path / "record.db"
    file.write_bytes(b"mine")
    with pytest.raises(Refused, match="is there already"):
        export.write_database(file, *export.read_record(api.service.store, DAY, None))
    assert file.read_bytes() == b"mine"


@pytest.mark.parametrize("write", [export.write_folder, export.write_database])
def test_what_cannot_be_written_is_not_there_by_half(api: Api, tmp_path: Path, write):
    (tmp_path / "wall").write_text("a file where a folder would have to be")
    with pytest.raises(Refused, match="cannot be written"):
        write(tmp_path / "wall" / "record", *export.read_record(api.service.store, DAY, None))
    assert [file.name for file in tmp_path.iterdir()] == ["wall"]


def test_an_empty_record_is_not_exported(service: Service, tmp_path: Path):
    with pytest.raises(Refused, match="nothing on record"):
        write(service, tmp_path / "record")
    assert list(tmp_path.glob("record*")) == []


def test_the_command_writes_both_and_says_what_is_in_them(seeded_2023: Service, tracker, tmp_path: Path):  # noqa: F811
    folder, file = tmp_path / "record", tmp_path / "record.db"
    kept_in = {"OPENLINES_DATABASE_URL": seeded_2023.settings.database_url}
    done = tracker("export", str(folder), "--sqlite", str(file), "--as-of", "2023-01-01", **kept_in)
    assert done.returncode == 0, done.stderr
    assert "27 channels" in done.stdout
    assert "As of 2023-01-01, from the record as it stood at" in done.stdout
    assert validated(folder).valid
    assert max(row["effective"] for row in table(folder, "changes")) <= "2023-01-01"
    again = tracker("export", str(folder), "--sqlite", str(tmp_path / "other.db"))
    assert (again.returncode, one_sentence(again.stderr)) == (2, True)
    assert not (tmp_path / "other.db").exists()
    soon = f"{datetime.now(UTC) + timedelta(minutes=2):%Y-%m-%dT%H:%M:%SZ}"
    late = tracker("export", str(tmp_path / "late"), "--known-at", soon, **kept_in)
    assert (late.returncode, "has not come yet" in late.stderr, (tmp_path / "late").exists()) == (2, True, False)


def test_a_moment_that_has_not_come_cannot_be_exported(tmp_path: Path):
    asked = CliRunner().invoke(cli, ["export", str(tmp_path / "late"), "--known-at", "soon"])
    assert "--known-at is 'soon', which is neither a day nor an instant" in str(asked.exception)


def test_rows_that_stand_beside_a_statement_of_a_later_day_leave_no_dangling_key(seeded: Service, tmp_path: Path):
    at = datetime(2024, 2, 1, 12, tzinfo=UTC)
    later = Contact(channel="dpct", outcome=Outcome.HELD, date=PartialDate("2025-05-01"))
    with seeded.store.writing() as db:
        first = db.record.add(later, Origin(at, "ana"))
        db.record.add(replace(later, date=PartialDate("2025-05-02"), replaces=first), Origin(at, "ana"))
        db.record.add(replace(later, date=PartialDate("2024-05-02"), replaces=first), Origin(at, "ana"))
    assert validated(write(seeded, tmp_path / "record")).valid
