"""The tables: the rows of the API, safe in a spreadsheet, and a header that is documented."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.record import Origin
from tests.conftest import EVERYTHING, ROOT, Shipped
from tests.make import change, source
from tests.web.api_client import Api, api_over
from tracker.model import State
from tracker.record.tables import FORMULAS, csv_cell
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.outputs.tables import CHANGES_CSV, CHANNELS_CSV, CONTACTS_CSV, YEARS_CSV

HEADERS = {"channels": CHANNELS_CSV, "changes": CHANGES_CSV, "contacts": CONTACTS_CSV, "years": YEARS_CSV}


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("tables"), EVERYTHING) as api:
        yield api


def table(client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize("filters", ["", "?category=military&state=suspended&as_of=2022-09-01", "?q=policy"])
def test_the_channels_are_those_of_the_api(api: Api, filters: str):
    rows, answered = table(api.client, f"/channels.csv{filters}"), api.json(f"/channels{filters}")
    assert [row["slug"] for row in rows] == [channel["slug"] for channel in answered["channels"]]
    for row, channel in zip(rows, answered["channels"], strict=True):
        assert (row["state"], row["since"], row["since_precision"]) == (
            channel["state"], channel["since"]["date"], channel["since"]["precision"],
        )  # fmt: skip
        assert (row["days_in_state"], row["corroboration"]) == (str(channel["days_in_state"]), channel["corroboration"])
        assert row["sources"].split() == list(dict.fromkeys(one["url"] for one in channel["sources"]))
        assert (row["as_of"], row["known_at"]) == (answered["as_of"], answered["known_at"])


@pytest.mark.parametrize(
    ("kind", "filters"),
    [
        ("changes", "?limit=200"),
        ("changes", "?category=military&state=suspended&limit=200"),
        ("changes", "?channel=dpct&as_of=2024-10-01&limit=200"),
        ("contacts", "?relationship=us-china&outcome=refused&limit=200"),
        ("contacts", "?channel=dpct&known_at=2024-02-01&limit=200"),
    ],
)
def test_changes_and_contacts_are_those_of_the_api(api: Api, kind: str, filters: str):
    rows = table(api.client, f"/{kind}.csv{re.sub('[?&]limit=200', '', filters).replace('csv&', 'csv?')}")
    answered = api.json(f"/{kind}{filters}")
    assert answered[kind]
    assert answered["next"] is None
    assert sorted((row["id"], row["channel"]) for row in rows) == sorted(
        (str(entry["id"] or ""), entry["channel"]) for entry in answered[kind]
    )
    days = [row["effective" if kind == "changes" else "date"] for row in rows]
    assert all(before[:4] >= after[:4] for before, after in pairwise(days) if before and after)


def test_a_change_that_follows_by_rule_says_so_and_has_no_number(api: Api):
    (derived,) = [row for row in table(api.client, "/changes.csv?channel=dpct&as_of=2024-10-01") if not row["id"]]
    assert (derived["state"], derived["derived"], derived["effective"]) == ("active", "true", "2024-09-14")


@pytest.mark.parametrize("kind", HEADERS)
def test_the_header_is_the_documented_one_and_excel_is_told_the_encoding(api: Api, kind: str):
    answer = api.client.get(f"/{kind}.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf"), "without a byte order mark Excel garbles Chinese names"
    header = next(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert header == [column.name for column in HEADERS[kind]]
    documented = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    (named,) = re.findall(rf"^\| `/{kind}\.csv` \| (`as_of` .*) \|$", documented, re.MULTILINE)
    assert re.findall(r"`(\w+)`", named) == header


def test_chinese_names_arrive_whole(api: Api):
    names = {row["slug"]: row["other_names"] for row in table(api.client, "/channels.csv")}
    assert names["dpct"] == "zh: 中美国防部工作会晤"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/channels.csv", "open-lines-channels_as-of-2024-02-01.csv"),
        ("/changes.csv?as_of=2022-09-01", "open-lines-changes_as-of-2022-09-01.csv"),
        (
            "/contacts.csv?as_of=2022-09-01&known_at=2024-01-31T12:00:00Z",
            "open-lines-contacts_as-of-2022-09-01_known-at-2024-01-31T120000Z.csv",
        ),
    ],
)
def test_the_name_of_the_file_says_of_when_it_is(api: Api, address: str, name: str):
    answer = api.client.get(address)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    again = api.client.get(address)
    assert again.headers["Content-Disposition"] == answer.headers["Content-Disposition"], "from memory too"
    assert 'rel="license"' in answer.headers["Link"]


def test_no_cell_is_a_formula_to_a_spreadsheet(seeded: Service):
    evil = change(State.SUSPENDED, "2024-01-20", cause='=HYPERLINK("http://x","y")', note="＋1", contested="@SUM(1)")
    cited = source(url="=cmd|' /C calc'!A0", title="-2", recorded_at=seeded.clock())
    with seeded.store.writing() as db:
        db.record.add(replace(evil, sources=(cited,)), Origin(seeded.clock(), "ana"))
        db.record.bump()
    client = create_app(seeded).test_client()
    for kind in HEADERS:
        cells = [cell for row in table(client, f"/{kind}.csv") for cell in row.values()]
        assert [cell for cell in cells if cell.startswith(FORMULAS)] == []
    newest = table(client, "/changes.csv?channel=dpct")[0]
    assert (newest["cause"], newest["note"]) == ('\'=HYPERLINK("http://x","y")', "'＋1")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_cell_comes_back_as_it_was_but_for_the_apostrophe(text: str):
    file = io.StringIO()
    csv.writer(file).writerow([csv_cell(text), "next"])
    (row,) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert row == [f"'{text}" if text[:1] in FORMULAS and text else text, "next"]


def test_the_years_have_the_contacts_of_the_figures_in_the_same_groups(api: Api) -> None:
    rows = table(api.client, "/years.csv?category=military&as_of=2024-01-01")
    told = api.json("/figures?category=military&as_of=2024-01-01")["years"]
    for year in told:
        of_year = [row for row in rows if row["year"] == str(year["year"])]
        executed = [int(row["id"]) for row in of_year if row["group"] == "executed"]
        assert executed == [contact["id"] for contact in year["executed"]]
        assert len(of_year) == len(executed) + len(year["refused_cancelled_or_ignored"])
