"""Signals that nobody has reviewed: who is told of them, what becomes of them, and that they give no check away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest

from db.blind import Word
from db.notifications import Filter
from tests.engines import Raw
from tests.make import sighting
from tests.test_digest import Letterbox, begin, mail_server, text, with_mail
from tests.test_digest import serve as send
from tests.test_notify import bodies, record, serve, told
from tests.test_review import CN, US, arrive, decide
from tests.web.test_pages import signed_in
from tests.web.test_subscribe import asked, live
from tracker.measuring.blind import Said, is_blind
from tracker.measuring.sampling import Stratum
from tracker.model import PartialDate, Signal, Status
from tracker.news.events import What
from tracker.news.signals import became
from tracker.notifications.webhook import new_secret
from tracker.releases.grouping import report_of
from tracker.reviewing import decoys
from tracker.reviewing.holding import hold
from tracker.reviewing.regroup import to_channel
from tracker.reviewing.review import reject, undo
from tracker.service import Service
from tracker.web.app import create_app

KEY = "a secret of these tests"
TRAITS = ("unflagged", "lost", "drawn", "with a drawn release", "read blind", "held", "decided")


def subscribe(service: Service, url: str, *, signals: bool = True) -> int:
    with service.store.writing() as db:
        told, now = db.notifications, service.clock()
        return told.subscribe(
            "webhook", url, Filter(), secret=new_secret(), at=now, allow_private=True, signals=signals
        ).id


def signals(service: Service) -> dict[int, list[str]]:
    """What was noted of signals: by candidate, in order."""
    found: dict[int, list[str]] = {}
    with service.store.reading() as db:
        query = "SELECT candidate, what FROM event WHERE candidate IS NOT NULL ORDER BY candidate, sequence"
        for number, what in db.notifications._db.execute(query):
            found.setdefault(number, []).append(what)
    return found


def one_with(service: Service, number: int, traits: tuple[str, ...], raw: Raw) -> int:
    """A candidate of its own event that has the traits; answers its number."""
    day = date(2023, 11, 20) + timedelta(days=3 * number)
    document = replace(US, title=f"Talks {number}", url=f"https://us.example/talks/{number}", published=day)
    (candidate,) = arrive(service, document, sighting(date=PartialDate.of(day), starts=None))
    at, other = service.clock(), replace(document, title=f"Weather {number}", url=f"https://us.example/{number}")
    arrive(service, other)
    if "unflagged" in traits:  # as one that a reviewer put into the queue
        raw.execute("UPDATE sighting SET flagged = 0 WHERE candidate = ?", (candidate.id,))
    if "lost" in traits:
        raw.execute("UPDATE sighting SET lost = 1 WHERE candidate = ?", (candidate.id,))
    known = {url: number for number, url in raw.execute("SELECT id, url FROM release").fetchall()}
    with service.store.writing() as db:
        elsewhere = db.candidates.open("leaders", report_of(sighting(), day), Status.REJECTED, at=at)
        for trait, url, drawn in (
            ("drawn", other.url, candidate.id),  # whose own release was moved away
            ("with a drawn release", document.url, elsewhere),
        ):
            if trait in traits:
                sampled = replace(document, id=known[url])
                db.samples.add("us-china", at.date(), sampled, probability=0.1, candidate=drawn, at=at)
        if "read blind" in traits:
            word = Word(Said(None, None), None, Said("dpct", Signal.HELD), None)
            db.blind.add_reading("ben", candidate.id, word, at=at)
        candidate = db.candidates.get(candidate.id)
    if "held" in traits:
        candidate = hold(service.store, candidate.id, candidate.version, by="ana", at=at, reason="It waits.")
    if "decided" in traits:
        reject(service.store, candidate.id, candidate.version, by="ana", at=at, reason="No.")
    return candidate.id


def test_of_all_candidates_those_alone_are_told_that_no_check_rests_on(seeded_2023: Service, clock, raw):
    """Every set of up to two traits. A decoy stands among them."""
    service = replace(seeded_2023, settings=replace(seeded_2023.settings, blind=10, secret_key=KEY))
    with service.store.writing() as db:
        for name, role in (("ana", "reviewer"), ("ben", "admin"), ("rea", "reader")):
            db.accounts.add_user(name, role, None, at=clock())
        db.samples.begin_week("us-china", clock().date(), 0, {Stratum("us", "en"): 0.1})
        db.blind.plan("ana", next(decoy.key for decoy in service.packs[0].decoys), 0, at=clock())
    subscribe(service, "http://127.0.0.1:9/")
    sets = [*[(trait,) for trait in TRAITS] * 3, *combinations(TRAITS, 2), *[()] * 12]
    database = raw(service.store)
    made = {one_with(service, number, traits, database): traits for number, traits in enumerate(sets)}
    decoys.dress(service, "ana")
    serve(service)
    blind = {n for n in made if any(is_blind(KEY.encode(), name, n, 10) for name in ("ana", "ben"))}
    assert any(not made[number] for number in blind), "else nothing is shown of those"
    assert signals(service) == {
        number: ["reported"] for number, traits in made.items() if not traits and number not in blind
    }


def test_a_signal_is_told_once_to_those_who_asked_and_then_what_a_reviewer_made_of_it(seeded_2023, site, clock):
    for path in ("/hook", "/plain"):
        site.serve(path)
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    subscribe(seeded_2023, site.url("/plain"), signals=False)
    (candidate,) = arrive(seeded_2023, US, sighting())
    serve(seeded_2023)
    arrive(seeded_2023, CN, sighting())
    serve(seeded_2023)
    (message,) = bodies(site)
    assert message["type"] == "signal.reported"
    data = message["data"]
    assert data["title"].startswith("Not reviewed, may be wrong: Defense Policy Coordination Talks (DPCT): reported as")
    assert (data["kind"], data["says"], data["url"].rpartition("/")[2]) == ("signal", "held", "dpct")
    assert [source["url"] for source in data["sources"]] == [US.url]
    assert told(site, "/plain") == []
    with seeded_2023.store.reading() as db:
        candidate = db.candidates.get(candidate.id)
    decided = decide(seeded_2023, candidate)
    serve(seeded_2023)
    types = [body["type"] for body in bodies(site)[1:]]
    assert sorted(types) == ["signal.accepted", "statement.first"]
    assert [what for what, _ in told(site, "/plain")] == ["first"]
    clock.advance(minutes=1)
    waits = undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    serve(seeded_2023)
    reject(seeded_2023.store, waits.id, waits.version, by="ana", at=clock(), reason="No.")
    clock.advance(minutes=1)
    serve(seeded_2023)
    serve(seeded_2023)
    assert signals(seeded_2023) == {candidate.id: ["reported", "accepted", "reopened", "rejected"]}
    assert not any("signal" in body["type"] for body in bodies(site, "/plain"))
    threads = {body["data"]["thread"] for body in bodies(site) if body["type"].startswith("signal")}
    assert threads == {f"tag:127.0.0.1,2026:signal-{candidate.id}"}
    assert "ana" not in json.dumps(bodies(site)), "no message names a reviewer"


def test_a_signal_that_was_of_another_channel_is_followed_there(seeded_2023, clock, raw):
    subscribe(seeded_2023, "http://127.0.0.1:9/")
    (candidate,) = arrive(seeded_2023, US, sighting())
    serve(seeded_2023)
    _, other = to_channel(seeded_2023.store, candidate.id, candidate.version, "defense-ministers", by="ana", at=clock())
    serve(seeded_2023)
    decide(seeded_2023, other)
    serve(seeded_2023)
    found = signals(seeded_2023)
    assert found[candidate.id] == ["reported", "accepted"]
    asked = "SELECT channel FROM event WHERE candidate = ? AND what = 'accepted'"
    (last,) = raw(seeded_2023.store).execute(asked, (candidate.id,)).fetchone()
    assert last == "defense-ministers"


@pytest.mark.parametrize("last", [What.REPORTED, What.ACCEPTED, What.REJECTED, What.REOPENED])
@pytest.mark.parametrize("status", Status)
def test_what_was_told_of_a_signal_is_not_told_again(last: What, status: Status):
    told = became(last, status)
    assert told is None or told is not last
    assert told is None or became(told, status) is None, "told once, all is told"


def test_a_signal_shows_nowhere_else(seeded_2023: Service, site, clock):
    site.serve("/hook")
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    app = create_app(seeded_2023)

    def public() -> tuple:
        client = app.test_client()
        pages = ["/changes.atom", "/api/v1/channels"]
        tags = [client.get(page).headers.get("ETag") for page in pages]
        counted = [line for line in client.get("/metrics").text.splitlines() if "openlines_messages" in line]
        return tags, counted

    record(seeded_2023, "leaders")
    serve(seeded_2023)
    before = public()
    arrive(seeded_2023, US, sighting())
    serve(seeded_2023)
    assert [body["type"] for body in bodies(site)] == ["statement.first", "signal.reported"]
    assert public() == before
    clock.advance(minutes=1)
    record(seeded_2023, "leaders")
    serve(seeded_2023)
    with seeded_2023.store.reading() as db:
        of_the_record = db.notifications.deliveries(signals=False)
        assert [one.id for one in of_the_record] == [2, 1], "no gap in the numbers tells of signals"
        assert sorted(one.id for one in db.notifications.deliveries()) == [-1, 1, 2]
    page = signed_in(seeded_2023, "admin", "olga").get("/deliveries").text
    assert "signal-" not in page
    assert "reported as" not in page
    assert page.count("contact held 8 Jan 2024") == 2, "what is on the record is there"


def test_a_digest_tells_signals_last_and_apart_and_then_what_became_of_them(seeded_2023, clock):
    box = Letterbox()
    with mail_server(box):
        mailing = with_mail(seeded_2023, box)
        clock.advance(minutes=1)
        begin(mailing, signals=True)
        (one,) = arrive(mailing, US, sighting())
        (other,) = arrive(
            mailing,
            replace(US, title="A call", url="https://us.example/call"),
            sighting(channel="defense-ministers", signal=Signal.ANNOUNCED),
        )
        record(mailing)
        clock.advance(days=1)
        send(mailing)
        decide(mailing, one)
        reject(mailing.store, other.id, other.version, by="ana", at=clock(), reason="No.")
        clock.advance(days=1)
        send(mailing)
    first, second = (letter for _, _, letter in box.letters)
    assert first["Subject"] == "Open Lines, daily: 1 new, 2 not reviewed"
    words = text(first)
    assert words.index("NEW ON THE RECORD") < words.index("NOT REVIEWED; MAY BE WRONG")
    assert "read by no reviewer yet: do not quote it." in words
    assert "reported as held, 9 Jan 2024\n  On the word of the United States only.\n  https://us.example/1\n" in words
    assert "1 rejected" in second["Subject"]
    assert "1 accepted" in second["Subject"]
    assert text(second).index("SIGNALS THAT A REVIEWER REJECTED") < text(second).index("NEW ON THE RECORD")


def test_no_page_lets_a_reader_ask_for_signals(service: Service):
    box = Letterbox()
    with mail_server(box):
        mailing = with_mail(service, box)
    asked(create_app(mailing).test_client(), signals="1")
    assert [one.signals for one in live(mailing)] == [False]
