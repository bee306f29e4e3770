"""Lists: their order, their fields in part, and pages that a reader can walk while the record is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db.record import Origin
from tests import make
from tests.conftest import EVERYTHING, NOTHING, Clock, Shipped
from tests.web.api_client import Api, api_over, assert_problem
from tracker.model import Contact, Outcome, State, StatusChange
from tracker.reviewing import amend
from tracker.reviewing.amend import ClaimName
from tracker.web.api.fields import PARTS
from tracker.web.api.parameters import ChangesQuery, ChannelsSort, ContactsQuery

FEW = settings(
    max_examples=20,
    phases=[Phase.generate],  # the record of one example is where the next begins
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("lists"), EVERYTHING) as api:
        yield api


SORTED_BY = {
    "name": lambda channel: channel["names"]["en"].casefold(),
    "category": lambda channel: channel["category"],
    "state": lambda channel: list(State).index(channel["state"]),
    "since": lambda channel: channel["since"]["date"],
    "last_contact": lambda channel: (channel["last_contact"] or {}).get("date", {}).get("date"),
}


@pytest.mark.parametrize("sort", ChannelsSort.__args__)
def test_channels_are_sorted_with_those_that_have_no_date_last(api: Api, sort: str) -> None:
    found = api.json(f"/channels?sort={sort}")["channels"]
    assert {c["slug"] for c in found} == {c["slug"] for c in api.json("/channels")["channels"]}
    told = [SORTED_BY[sort.strip("-")](channel) for channel in found]
    dated = [key for key in told if key is not None]
    assert told == dated + [None] * (len(told) - len(dated))
    # A coarse date begins as its first day does.
    assert all(a <= b or str(a).startswith(str(b)) for a, b in pairwise(dated[::-1] if sort[0] == "-" else dated))


@pytest.mark.parametrize(
    ("path", "sort", "key"),
    [
        ("/changes", "effective", lambda row: (row["effective"]["date"] + "-01-01")[:10]),
        ("/changes", "recorded_at", lambda row: row["recorded_at"]),
        ("/contacts", "recorded_at", lambda row: row["recorded_at"]),
    ],
)
def test_rows_are_sorted_either_way(api: Api, path: str, sort: str, key: Any) -> None:
    rows = path.strip("/")
    up, down = (api.json(f"{path}?channel=dpct&limit=200&sort={way}{sort}")[rows] for way in ("", "-"))
    assert up == down[::-1]
    assert [key(row) for row in up] == sorted(key(row) for row in up)


@pytest.mark.parametrize(
    ("path", "known"), [("/channels", "'-last_contact'"), ("/changes", "'-recorded_at'"), ("/contacts", "'-date'")]
)
def test_an_order_that_there_is_not_is_refused_with_those_that_there_are(api: Api, path: str, known: str) -> None:
    assert_problem(api.get(f"{path}?sort=colour"), 400, field="sort", says=known)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.answer.__name__)
def test_an_answer_in_part_has_what_was_chosen_and_what_names_it(api: Api, part: Any) -> None:
    path, chosen = f"/{part.listed_as}" if part.listed_as else "/channels/dpct", {part.names[5], part.names[-1]}
    whole, some = api.json(path), api.json(f"{path}?fields={','.join(chosen)}")
    items, of = (some[part.listed_as], whole[part.listed_as]) if part.listed_as else ([some], [whole])
    assert items
    assert items == [{name: item[name] for name in {*part.kept, *chosen}} for item in of]
    if part.listed_as:
        assert set(some) == set(whole)


def test_a_field_that_there_is_not_is_refused_with_its_nearest(api: Api) -> None:
    assert_problem(api.get("/channels?fields=slug,stat"), 400, field="fields", says="Did you mean state?")
    assert_problem(api.get("/channels/dpct?fields=stuff"), 400, field="fields", says="history")
    assert_problem(api.get("/contacts?fields=state"), 400, field="fields")


def test_fields_may_change_on_the_way_and_the_order_may_not(api: Api) -> None:
    first = api.json("/changes?limit=2&fields=state")
    following = api.json(f"/changes?limit=3&cursor={first['next']}")
    whole = api.json("/changes?limit=5")["changes"]
    assert [row["id"] for row in first["changes"]] + [row["id"] for row in following["changes"]] == [
        row["id"] for row in whole
    ]
    assert_problem(api.get(f"/changes?sort=effective&cursor={first['next']}"), 400, field="cursor", says="other")


@FEW
@given(data=st.data())
def test_a_cursor_that_was_changed_is_refused(api: Api, data: st.DataObject) -> None:
    cursor = api.json("/contacts?limit=1")["next"]
    at = data.draw(st.integers(0, len(cursor) - 1))
    put = data.draw(st.sampled_from("AZaz09-_.!"))
    longer = data.draw(st.booleans())
    changed = cursor[:at] + put + cursor[at + (not longer) :]
    if changed != cursor:
        assert_problem(api.get(f"/contacts?limit=1&cursor={changed}"), 400, field="cursor", says="changed on the way")


def test_a_cursor_of_another_installation_or_call_is_refused(api: Api, service: Any) -> None:
    cursor = api.json("/contacts?limit=1")["next"]
    other = Api(service)
    assert_problem(other.get(f"/contacts?cursor={cursor}"), 400, field="cursor")
    assert_problem(api.get(f"/changes?cursor={cursor}"), 400, field="cursor", says="other filters")


@pytest.fixture(scope="module")
def written(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A small record that is written while it is read."""
    with api_over(shipped, tmp_path_factory.mktemp("written"), NOTHING) as api:
        for number, state in enumerate([State.ACTIVE, State.SUSPENDED, State.RESUMED, State.SUSPENDED]):
            add(api, make.change(state, f"2023-0{number + 1}-05"))
            add(api, make.contact(Outcome.HELD, f"2023-0{number + 1}-20"))
        yield api


def add(api: Api, row: StatusChange | Contact) -> None:
    with api.service.store.writing() as db:
        db.record.add(row, Origin(api.service.clock(), "a person"))
        db.record.bump()


def write(api: Api, kind: type[StatusChange | Contact], deed: str, pick: int, day: int) -> None:
    """Add, correct, withdraw or cite for a row, on some day."""
    clock: Clock = api.service.clock
    clock.advance(seconds=1)
    when = f"2023-{day // 28 + 1:02}-{day % 28 + 1:02}"
    fresh = make.change(State.ENDED, when) if kind is StatusChange else make.contact(Outcome.HELD, when)
    rows = api.json("/changes?limit=200")["changes"] if kind is StatusChange else api.json("/contacts")["contacts"]
    standing = [row["id"] for row in rows if row["id"]]
    if deed == "add" or len(standing) < 4:
        return add(api, fresh)
    name, told = ClaimName(kind, standing[pick % len(standing)]), {"by": "a person", "at": clock()}
    match deed:
        case "correct":
            other = {"effective": fresh.effective} if kind is StatusChange else {"date": fresh.date}
            amend.correct(api.service.store, name, other | {"note": f"{clock()}"}, reason="It was wrong.", **told)
        case "withdraw":
            amend.withdraw(api.service.store, name, reason="It was wrong.", **told)
        case "cite":
            amend.cite(api.service.store, name, make.source(url=f"https://example.org/{clock()}"), **told)


@FEW
@given(
    asked=st.sampled_from(
        ["/corrections?", "/diff?from=2024-01-01"]
        + [f"/changes?sort={sort}" for sort in ChangesQuery.model_fields["sort"].annotation.__args__]
        + [f"/contacts?sort={sort}" for sort in ContactsQuery.model_fields["sort"].annotation.__args__]
    ),
    limit=st.integers(1, 3),
    deeds=st.lists(
        st.tuples(
            st.sampled_from([StatusChange, Contact]),
            st.sampled_from(["add", "correct", "withdraw", "cite"]),
            st.integers(0, 50),
            st.integers(0, 12 * 28 - 1),
        ),
        min_size=1,
    ),
)
def test_a_walk_shows_the_record_of_its_first_page_whatever_is_written_meanwhile(
    written: Api, asked: str, limit: int, deeds: list[tuple[type[StatusChange | Contact], str, int, int]]
) -> None:
    rows = {"/diff": "record"}.get(asked.partition("?")[0], asked.partition("?")[0].strip("/"))
    expected, left, walked, cursor = written.json(f"{asked}&limit=200")[rows], list(deeds), [], ""
    while cursor is not None:
        page = written.json(f"{asked}&limit={limit}&cursor={cursor}")
        walked += page[rows]
        cursor = page["next"]
        if left:
            write(written, *left.pop())
    assert walked == expected


def test_tables_take_the_filters_alone(api: Api) -> None:
    assert api.client.get("/channels.csv?state=active").status_code == 200
    assert_problem(api.client.get("/channels.csv?sort=name"), 400, field="sort")


def test_the_pages_of_a_walk_tell_the_moment_of_the_first(written: Api) -> None:
    first = written.json("/contacts?limit=1")
    clock: Clock = written.service.clock
    clock.advance(days=3)
    write(written, Contact, "add", 0, 30)
    following = written.json(f"/contacts?limit=1&cursor={first['next']}")
    assert (following["as_of"], following["known_at"]) == (first["as_of"], first["known_at"])
    clock.now -= timedelta(days=3)


def test_a_cursor_of_one_call_is_none_of_another(api: Api) -> None:
    cursor = api.json("/changes?category=military&limit=5")["next"]
    assert_problem(api.get(f"/contacts?category=military&limit=5&cursor={cursor}"), 400, field="cursor")
