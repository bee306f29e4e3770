"""The calendar of contacts, as parsers that we did not write read it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from icalendar import Calendar

from db.record import Origin
from tests.conftest import EVERYTHING, Clock, Shipped
from tests.make import contact, source
from tests.web.api_client import Api, api_over, assert_problem
from tracker.model import Contact, Outcome, PartialDate
from tracker.reviewing.amend import ClaimName, correct
from tracker.service import Service
from tracker.web.app import create_app


@pytest.fixture(scope="module")
def api(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The whole record, for tests that only read."""
    with api_over(shipped, tmp_path_factory.mktemp("calendar"), EVERYTHING) as api:
        yield api


def calendar(client, address: str = "/contacts.ics") -> Calendar:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar"), answer.text
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n")), "RFC 5545 folds lines at 75 octets"
    parsed = Calendar.from_ical(answer.data)
    assert parsed.errors == []
    assert all(event.errors == [] for event in parsed.events)
    return parsed


def events(client, address: str = "/contacts.ics") -> dict[str, object]:
    found = calendar(client, address).events
    by_uid = {str(event["UID"]): event for event in found}
    assert len(by_uid) == len(found)
    return by_uid


def keep(service: Service, *rows: Contact) -> list[int]:
    with service.store.writing() as db:
        ids = [db.record.add(row, Origin(service.clock(), "ana")) for row in rows]
        db.record.bump()
    return ids


def row_of(service: Service, number: int) -> Contact:
    with service.store.reading() as db:
        return next(row for row in db.record.entries_of("dpct")[1] if row.id == number)


def test_each_contact_whose_day_is_known_is_one_all_day_event(api: Api):
    rows, cursor = [], ""
    while cursor is not None:
        page = api.json(f"/contacts?limit=200&cursor={cursor}")
        rows, cursor = rows + page["contacts"], page["next"]
    dated = {row["id"]: row for row in rows if row["date"] and row["date"]["precision"] == "day"}
    found = events(api.client)
    assert found
    for uid, event in found.items():
        row = dated[int(uid.removeprefix("contact-").removesuffix("@127.0.0.1"))]
        last = date.fromisoformat(row["end"] or row["date"]["date"])
        assert event["DTSTART"].params["VALUE"] == event["DTEND"].params["VALUE"] == "DATE"
        assert event["DTSTART"].dt == date.fromisoformat(row["date"]["date"])
        assert event["DTEND"].dt == last + timedelta(days=1), "DTEND is the day after"
    told = {row["id"] for row in dated.values() if row["outcome"] != "announced"}
    assert told <= {int(uid.removeprefix("contact-").removesuffix("@127.0.0.1")) for uid in found}


def test_a_second_parser_that_is_strict_takes_the_whole_calendar(api: Api):
    from ical.calendar_stream import IcsCalendarStream  # takes half a second, and no other test needs it

    strict = IcsCalendarStream.calendar_from_ics(api.client.get("/contacts.ics").text)
    ours = events(api.client)
    assert {event.uid for event in strict.events} == set(ours)
    for event in strict.events:
        assert (event.dtstart, event.dtend) == (ours[event.uid]["DTSTART"].dt, ours[event.uid]["DTEND"].dt)
        assert (event.summary, event.sequence) == (str(ours[event.uid]["SUMMARY"]), ours[event.uid]["SEQUENCE"])


def test_a_talk_of_two_days_spans_them_and_says_who_says_so(api: Api):
    (talks,) = [
        event for event in events(api.client, "/channels/dpct/contacts.ics").values()
        if event["DTSTART"].dt == date(2024, 1, 8)
    ]  # fmt: skip
    assert talks["DTEND"].dt == date(2024, 1, 10)
    assert (str(talks["SUMMARY"]), str(talks["STATUS"]), str(talks["TRANSP"])) == (
        "Defense Policy Coordination Talks (DPCT)", "CONFIRMED", "TRANSPARENT",
    )  # fmt: skip
    assert (talks["SEQUENCE"], str(talks["LOCATION"])) == (0, "Washington (Pentagon)")
    assert talks["DTSTAMP"].dt == talks["LAST-MODIFIED"].dt == talks["CREATED"].dt
    assert str(talks["URL"]).startswith("http://127.0.0.1:8000/channels/dpct#contact-")
    assert "On the word of both sides." in talks["DESCRIPTION"]
    assert "(China, 10 Jan 2024): " in talks["DESCRIPTION"]
    assert "https://news.china.com/domestic/945/20240110/46063675.html" in talks["DESCRIPTION"]


BECAME = {
    Outcome.HELD: ("CONFIRMED", "Defense"),
    Outcome.ANNOUNCED: ("TENTATIVE", "Announced: Defense"),
    Outcome.CANCELLED: ("CANCELLED", "Cancelled: Defense"),
    Outcome.POSTPONED: ("CANCELLED", "Postponed: Defense"),
    Outcome.REFUSED: ("CONFIRMED", "Refused: Defense"),
    Outcome.NO_ANSWER: ("CONFIRMED", "No answer: Defense"),
}


def test_the_status_is_what_became_of_it(seeded: Service):
    client = create_app(seeded).test_client()
    # One has to be still to come, or the others would be what became of it.
    days = {outcome: "2024-03-20" if outcome is Outcome.ANNOUNCED else "2023-06-01" for outcome in BECAME}
    numbers = keep(seeded, *(contact(outcome, day, announced=date(2023, 5, 30)) for outcome, day in days.items()))
    found = events(client, "/channels/dpct/contacts.ics")
    for number, (outcome, (status, summary)) in zip(numbers, BECAME.items(), strict=True):
        event = found[f"contact-{number}@127.0.0.1"]
        assert str(event["STATUS"]) == status
        assert str(event["SUMMARY"]).startswith(summary)
        only = events(client, f"/contacts.ics?outcome={outcome}&channel=dpct")
        assert f"contact-{number}@127.0.0.1" in only
        assert {str(one["STATUS"]) for one in only.values()} == {status}


def test_a_date_that_is_not_known_to_the_day_is_never_padded(seeded: Service):
    client = create_app(seeded).test_client()
    coarse = [contact(Outcome.ANNOUNCED, when, announced=date(2024, 1, 30)) for when in ("2024-03", "2024", None)]
    numbers = keep(seeded, *coarse)
    assert not {f"contact-{number}@127.0.0.1" for number in numbers} & set(events(client))
    told = calendar(client, "/channels/dpct/contacts.ics").description
    assert "Left out for want of a known day: 3 contacts." in told


def test_the_last_day_that_there_is_is_an_event_too(seeded: Service):
    keep(seeded, contact(Outcome.ANNOUNCED, "9999-12-31", announced=date(2024, 1, 9)))
    told = calendar(create_app(seeded).test_client()).events
    (last,) = (event for event in told if event["DTSTART"].dt == date.max)
    assert "DTEND" not in last


def test_an_announcement_gives_way_to_what_became_of_it(seeded: Service, clock: Clock):
    client = create_app(seeded).test_client()
    (promise,) = keep(seeded, contact(Outcome.ANNOUNCED, "2024-02-03", announced=date(2024, 1, 30)))
    assert str(events(client)[f"contact-{promise}@127.0.0.1"]["STATUS"]) == "TENTATIVE"
    clock.advance(days=3)
    (meeting,) = keep(seeded, contact(Outcome.HELD, "2024-02-03"))
    found = events(client)
    assert f"contact-{promise}@127.0.0.1" not in found
    assert str(found[f"contact-{meeting}@127.0.0.1"]["STATUS"]) == "CONFIRMED"


def test_a_correction_moves_the_same_event_and_a_withdrawal_cancels_it(seeded: Service, clock: Clock):
    client = create_app(seeded).test_client()
    (number,) = keep(seeded, contact(Outcome.HELD, "2024-01-20"))
    uid = f"contact-{number}@127.0.0.1"
    first = events(client)[uid]
    clock.advance(days=1)
    (second,) = keep(seeded, replace(row_of(seeded, number), date=PartialDate("2024-01-21"), replaces=number))
    moved = events(client)[uid]
    assert (first["DTSTART"].dt, moved["DTSTART"].dt) == (date(2024, 1, 20), date(2024, 1, 21))
    assert (first["SEQUENCE"], moved["SEQUENCE"]) == (0, 1)
    assert moved["LAST-MODIFIED"].dt - first["LAST-MODIFIED"].dt == timedelta(days=1)
    assert moved["CREATED"].dt == first["CREATED"].dt
    assert "Before, it said: contact held 20 Jan 2024" in moved["DESCRIPTION"]
    clock.advance(days=1)
    keep(seeded, replace(row_of(seeded, second), date=PartialDate("2024-01"), replaces=second))
    coarse = events(client)[uid]
    assert (str(coarse["STATUS"]), coarse["SEQUENCE"], coarse["DTSTART"].dt) == ("CANCELLED", 2, date(2024, 1, 21))
    assert str(coarse["SUMMARY"]).startswith("No longer on this day: ")
    assert "Now: contact held Jan 2024" in coarse["DESCRIPTION"]


def test_words_of_any_kind_survive_folding_and_escaping(seeded: Service):
    words = "中美两军，\r\nBEGIN:VEVENT; a\\b, “c” \x07" + "长" * 200
    cited = source(title=words, publisher=words)
    (number,) = keep(seeded, contact(Outcome.HELD, "2024-01-20", summary=words, place=words, sources=(cited,)))
    event = events(create_app(seeded).test_client())[f"contact-{number}@127.0.0.1"]
    assert "长" * 200 in event["DESCRIPTION"]
    assert "BEGIN:VEVENT; a\\b, “c”" in event["LOCATION"]


def test_the_calendar_says_what_it_is_and_how_often_to_ask(api: Api):
    found = calendar(api.client, "/contacts.ics?category=military")
    assert (str(found["VERSION"]), str(found["X-WR-CALNAME"])) == ("2.0", "Open Lines: contacts, military")
    assert "METHOD" not in found, "a calendar to subscribe to is no invitation"
    assert found["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert "CC BY 4.0" in found.description
    military = {channel["slug"] for channel in api.json("/channels?category=military")["channels"]}
    assert {event.categories[1] for event in found.events} <= military


@pytest.mark.parametrize("asked", ["from=2023-01-01&to=2023-12-31", "from=2024-01-09&outcome=held", "to=2020-06-30"])
def test_the_calendar_of_some_days_has_the_contacts_that_the_table_has(api: Api, asked: str):
    rows = csv.DictReader(api.client.get(f"/contacts.csv?{asked}").text.removeprefix("\ufeff").splitlines())
    of_a_day = {row["id"] for row in rows if row["date_precision"] == "day"}
    found = {uid.partition("@")[0].removeprefix("contact-") for uid in events(api.client, f"/contacts.ics?{asked}")}
    assert found == of_a_day
    assert 0 < len(found) < len(events(api.client))


@pytest.mark.parametrize(
    ("asked", "field"), [("from=garbage", "from"), ("to=2024-13-01", "to"), ("from=2024-05-01&to=2024-01-01", "from")]
)
def test_the_calendar_refuses_days_that_cannot_be_as_the_table_does(api: Api, asked: str, field: str):
    calendar, table = (api.client.get(f"/contacts.{kind}?{asked}") for kind in ("ics", "csv"))
    assert_problem(calendar, 400, field=field)
    assert calendar.get_json() == table.get_json()


def test_who_takes_the_calendar_of_a_span_is_told_that_a_contact_left_it(seeded: Service, clock: Clock):
    (number,) = keep(seeded, contact(Outcome.ANNOUNCED, "2031-05-01", announced=date(2024, 1, 20)))
    client, uid = create_app(seeded).test_client(), f"contact-{number}@"
    clock.advance(days=1)
    correct(
        seeded.store,
        ClaimName(Contact, number),
        {"date": PartialDate("2031-06")},
        reason="Put off.",
        by="ana",
        at=clock(),
    )
    span = events(client, "/contacts.ics?from=2031-05-01&to=2031-05-31")
    assert [str(event["STATUS"]) for name, event in span.items() if name.startswith(uid)] == ["CANCELLED"]


def test_both_clocks_choose_what_is_shown(api: Api):
    assert events(api.client, "/contacts.ics?known_at=2023-01-01") == {}
    then = events(api.client, "/channels/dpct/contacts.ics?as_of=2023-01-01").values()
    assert max(event["DTSTART"].dt for event in then) < date(2023, 1, 1)
