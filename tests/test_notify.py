"""Messages to real receivers: each event once, corrections to those who heard, whatever receivers and processes do."""

from __future__ import annotations

import json
import re
import runpy
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from db.notifications import Filter, Obstacle, Unsendable
from db.record import Origin
from db.store import open_store
from tests.conftest import ROOT, Clock
from tests.make import contact, sighting, source
from tests.site import Handler, Site, running_site
from tests.test_review import CN, US, arrive, decide
from tracker.model import Candidate, Contact, Outcome, PartialDate, State, StatusChange
from tracker.news.events import events_of
from tracker.notifications.notify import FAILING, LONGEST_WAIT, RETRY_FOR, WEBHOOK_WORKERS, Notifying, wait_after
from tracker.notifications.webhook import new_secret
from tracker.record.lineage import entry_key
from tracker.reviewing.review import Choice, undo
from tracker.scheduler import Polling
from tracker.service import Service


def subscribe(service: Service, url: str, wanted: Filter | None = None, *, allow_private: bool = True) -> int:
    with service.store.writing() as db:
        return db.notifications.subscribe(
            "webhook",
            url,
            wanted or Filter(),
            secret=new_secret(),
            at=service.clock(),
            allow_private=allow_private,
        ).id


def record(service: Service, channel: str = "dpct", **over) -> int:
    """Put a contact on the record, as a review does; answers its id."""
    service.clock.advance(seconds=1)
    over = {"sources": (source(side="us"),), "summary": "They met."} | over
    with service.store.writing() as db:
        number = db.record.add(
            contact(Outcome.HELD, "2024-01-08", channel=channel, **over), Origin(service.clock(), "ana.reviewer")
        )
        db.record.bump()
    return number


def confirm(service: Service, number: int, side: str = "cn") -> None:
    service.clock.advance(seconds=1)
    with service.store.writing() as db:
        title = f"A report of {service.clock()}"
        db.record.cite(Contact, number, source(side=side, title=title), Origin(service.clock(), "ana.reviewer"))
        db.record.bump()


def serve(service: Service, notifying: Notifying | None = None) -> None:
    """One tick, and all that it sets going."""
    own = notifying or Notifying(service, lots=lambda: 0.0, deadline=5)
    wait(own.tick().result())
    if notifying is None:
        own.stop()


def bodies(site: Site, path: str = "/hook") -> list[dict]:
    return [json.loads(body) for to, _, body in site.posted if to == path]


def told(site: Site, path: str = "/hook") -> list[tuple[str, str]]:
    return [(body["data"]["what"], body["data"]["title"]) for body in bodies(site, path)]


def fares(service: Service):
    with service.store.reading() as db:
        return db.notifications.live()


def states(service: Service) -> list[tuple[str, str]]:
    with service.store.reading() as db:
        return [(delivery.key, delivery.state) for delivery in reversed(db.notifications.deliveries())]


def test_a_reviewed_event_is_one_message_then_confirmed_then_taken_back_in_one_thread(seeded_2023, site, clock):
    site.serve("/hook", 204)
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    (candidate,) = arrive(seeded_2023, US, sighting())
    serve(seeded_2023)
    assert site.posted == [], "what nobody has reviewed is told to nobody"
    decided = decide(seeded_2023, candidate)
    serve(seeded_2023)
    assert [what for what, _ in told(site)] == ["first"], "a contact and the state that it makes are one decision"
    data = bodies(site)[0]["data"]
    assert (data["kind"], [one["kind"] for one in data["also"]]) == ("change", ["contact"])
    assert data["title"].count("; ") == 1, "its title tells both"
    assert "contact held" in data["title"]
    clock.advance(hours=1)
    (again,) = arrive(seeded_2023, CN, sighting())
    decided = decide(seeded_2023, again)
    serve(seeded_2023)
    ((what, title),) = told(site)[1:]
    assert (what, title.partition(": ")[0]) == ("confirmed", "Confirmed by China")
    assert [one["confirmed_by"] for one in bodies(site)[1]["data"]["also"]] == [["China"]]
    clock.advance(hours=1)
    undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    serve(seeded_2023)
    serve(seeded_2023)
    assert [what for what, _ in told(site)[2:]] == ["corrected"]
    threads = defaultdict(list)
    for body in bodies(site):
        threads[body["data"]["thread"]].append(body["data"]["sequence"])
    assert sorted(threads.values()) == [[0, 1, 2]]
    assert set(threads) == {
        f"tag:127.0.0.1,2026:{key}" for key in {key.rpartition("-r")[0] for key, _ in states(seeded_2023)}
    }
    assert "ana" not in "".join(json.dumps(body) for body in bodies(site))


def test_a_correction_of_either_row_of_a_decision_reaches_everyone_who_got_its_one_message(seeded_2023, site, clock):
    for path in ("/hook", "/late"):
        site.serve(path)
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    serve(seeded_2023)
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/late"))
    with seeded_2023.store.reading() as db:
        contacts = db.record.entries_of("dpct")[1]
    met = next(row for row in contacts if row.decision)
    clock.advance(minutes=1)
    with seeded_2023.store.writing() as db:
        db.record.add(replace(met, replaces=met.id, place="Xi’an"), Origin(clock(), "ana"))
        db.record.bump()
    serve(seeded_2023)
    first, second = (body["data"] for body in bodies(site))
    assert (second["what"], second["kind"], second["thread"]) == ("corrected", "contact", first["thread"])
    assert "Xi’an" in second["title"]
    assert first["title"].partition(": ")[2].partition("; ")[0] in second["title"], "what stands of it is told again"
    assert second["before"].count("On the word of") == 2, "the old wording of both"
    clock.advance(minutes=1)
    with seeded_2023.store.writing() as db:
        change = next(row for row in db.record.entries_of("dpct")[0] if row.decision)
        db.record.withdraw(StatusChange, change.id, at=clock(), by="ana", reason="No such thing.")
        db.record.bump()
    serve(seeded_2023)
    third = bodies(site)[2]["data"]
    assert (third["what"], third["kind"], third["reason"]) == ("corrected", "contact", "No such thing.")
    assert [(one["kind"], one["what"], one["withdrawn"]) for one in third["also"]] == [("change", "withdrawn", True)]
    assert told(site, "/late") == [], "who did not get the message gets no correction of it"


def test_what_an_earlier_version_told_in_two_messages_is_corrected_in_two_threads(seeded_2023, site, clock):
    site.serve("/hook")
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    (candidate,) = arrive(seeded_2023, US, sighting())
    decided = decide(seeded_2023, candidate)
    with seeded_2023.store.writing() as db:
        rows = [row for kind in db.record.entries_of("dpct") for row in kind if row.decision]
        channel = next(one for one in db.record.channels() if one.slug == "dpct")
        (event,) = events_of(
            channel,
            db.record.relationships()[0],
            *db.record.entries_of("dpct"),
            today=seeded_2023.today(),
            since=rows[0].recorded_at,
        )
        for row in rows:
            db.notifications.note(replace(event, statement=entry_key(row)), now=clock())
    serve(seeded_2023)
    clock.advance(minutes=1)
    undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    serve(seeded_2023)
    after = [(body["data"]["what"], body["data"]["thread"]) for body in bodies(site)[2:]]
    assert [what for what, _ in after] == ["withdrawn"] * 2
    assert len({thread for _, thread in after}) == 2


def state_alone(service: Service) -> None:
    """A review that records a status change alone."""
    (candidate,) = arrive(service, US, sighting())
    decide(service, candidate, choice=STATE_ALONE)


def corrected_with_a_contact(service: Service) -> Candidate:
    """A review that corrects that status change and records a contact beside it."""
    (candidate,) = arrive(service, CN, sighting())
    both = replace(
        STATE_ALONE, effective=PartialDate("2024-01-09"), outcome=Outcome.HELD, date=PartialDate("2024-01-09")
    )
    return decide(service, candidate, choice=both)


STATE_ALONE = Choice(state=State.RESUMED, effective=PartialDate("2024-01-08"), cause="They said so.")


def test_a_decision_that_corrects_one_row_and_adds_another_is_one_message_to_all_whom_either_concerns(
    seeded_2023, site, clock
):
    for path in ("/hook", "/late", "/elsewhere"):
        site.serve(path)
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    state_alone(seeded_2023)
    serve(seeded_2023)
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/late"))
    subscribe(seeded_2023, site.url("/elsewhere"), Filter(channel="mmca"))
    clock.advance(minutes=1)
    decided = corrected_with_a_contact(seeded_2023)
    serve(seeded_2023)
    first, second = (body["data"] for body in bodies(site))
    (late,) = (body["data"] for body in bodies(site, "/late"))
    assert (first["what"], first["also"]) == ("first", [])
    assert (second["what"], second["kind"], second["thread"]) == ("corrected", "change", first["thread"])
    assert [(one["kind"], one["what"], one["withdrawn"]) for one in second["also"]] == [("contact", "first", False)]
    assert second["before"].startswith("resumed since 8 Jan 2024")
    assert "contact held 9 Jan 2024" in second["title"]
    assert (late["what"], late["before"], late["reason"]) == ("first", None, None), "who had not heard has it new"
    assert not late["title"].startswith("Corrected")
    assert late["also"] == second["also"]
    assert {one: late[one] for one in ("id", "thread", "sequence")} == {
        one: second[one] for one in ("id", "thread", "sequence")
    }

    clock.advance(minutes=1)
    with seeded_2023.store.writing() as db:
        met = next(row for row in db.record.entries_of("dpct")[1] if row.decision)
        db.record.add(replace(met, replaces=met.id, place="Xi’an"), Origin(clock(), "ana"))
        db.record.bump()
    serve(seeded_2023)
    for path, number in (("/hook", 3), ("/late", 2)):
        assert len(bodies(site, path)) == number
        data = bodies(site, path)[-1]["data"]
        assert (data["what"], data["thread"]) == ("corrected", first["thread"])
        assert "Xi’an" in data["title"]
    clock.advance(minutes=1)
    with seeded_2023.store.writing() as db:
        met = next(row for row in db.record.entries_of("dpct")[1] if row.place == "Xi’an")
        db.record.withdraw(Contact, met.id, at=clock(), by="ana", reason="There was none.")
        db.record.withdraw(Contact, met.replaces, at=clock(), by="ana", reason="There was none.")
        db.record.bump()
    clock.advance(minutes=1)
    undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    serve(seeded_2023)
    for path in ("/hook", "/late"):
        assert [what for what, _ in told(site, path)][-2:] == ["corrected", "corrected"]
        assert "resumed since 8 Jan 2024" in told(site, path)[-1][1]
    assert told(site, "/elsewhere") == []


def test_what_such_a_decision_recorded_reaches_who_was_down_when_the_thread_began(seeded_2023, site, clock):
    site.serve("/hook", 500)
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    state_alone(seeded_2023)
    serve(seeded_2023)
    clock.advance(days=6)
    serve(seeded_2023)
    assert [state for _, state in states(seeded_2023)] == ["dead"]
    site.serve("/hook")
    corrected_with_a_contact(seeded_2023)
    clock.advance(days=1)
    serve(seeded_2023)
    assert [state for _, state in states(seeded_2023)] == ["dead", "sent"]
    data = bodies(site)[-1]["data"]
    assert (data["what"], data["before"], [one["kind"] for one in data["also"]]) == ("first", None, ["contact"])
    with seeded_2023.store.reading() as db:
        dead, sent = sorted(one.id for one in db.notifications.deliveries())
        assert db.notifications.obstacle(sent) is None, "it may be sent again by itself"
        assert db.notifications.obstacle(dead) is None


def test_a_message_that_followed_a_lost_one_is_not_queued_again_by_itself_though_a_later_one_arrived(
    seeded_2023, site, clock
):
    site.serve("/hook", 500)
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    state_alone(seeded_2023)
    serve(seeded_2023)
    clock.advance(days=6)
    serve(seeded_2023)
    site.serve("/hook")
    with seeded_2023.store.writing() as db:
        row = next(row for row in db.record.entries_of("dpct")[0] if row.decision)
        db.record.add(replace(row, replaces=row.id, cause="In other words."), Origin(clock(), "ana"))
        db.record.bump()
    clock.advance(days=1)
    serve(seeded_2023)
    corrected_with_a_contact(seeded_2023)
    clock.advance(days=1)
    serve(seeded_2023)
    assert [state for _, state in states(seeded_2023)] == ["dead", "void", "sent"]
    with seeded_2023.store.reading() as db:
        dead, void, _ = sorted(one.id for one in db.notifications.deliveries())
        assert db.notifications.obstacle(void) == Obstacle(Unsendable.FOLLOWS, dead)


def test_of_what_such_a_decision_recorded_and_an_earlier_version_told_apart_both_threads_go_on(
    seeded_2023, site, clock
):
    site.serve("/hook")
    clock.advance(minutes=1)
    subscribe(seeded_2023, site.url("/hook"))
    state_alone(seeded_2023)
    decided = corrected_with_a_contact(seeded_2023)
    with seeded_2023.store.writing() as db:
        changes, contacts = db.record.entries_of("dpct")
        one = next(row for row in changes if row.decision)
        two = next(row for row in contacts if row.decision)
        channel = next(one for one in db.record.channels() if one.slug == "dpct")
        kept = [replace(row, decision=None) for row in changes], [replace(row, decision=None) for row in contacts]
        apart = events_of(
            channel, db.record.relationships()[0], *kept, today=seeded_2023.today(), since=one.recorded_at
        )
        for event in apart:
            db.notifications.note(event, now=clock())
    serve(seeded_2023)
    threads = [entry_key(one), entry_key(one), entry_key(two)]
    assert sorted(key.rpartition("-r")[0] for key, _ in states(seeded_2023)) == sorted(threads)
    clock.advance(minutes=1)
    undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    serve(seeded_2023)
    after = {(body["data"]["what"], body["data"]["statement"].rpartition(":")[2]) for body in bodies(site)[3:]}
    assert after == {("corrected", entry_key(one)), ("withdrawn", entry_key(two))}


def test_a_correction_brings_the_old_wording_and_goes_only_to_those_who_had_it(service, site, clock):
    for path in ("/hook", "/late"):
        site.serve(path)
    subscribe(service, site.url("/hook"))
    number = record(service)
    serve(service)
    clock.advance(minutes=1)
    subscribe(service, site.url("/late"))
    record(service, replaces=number, place="Arlington")
    serve(service)
    assert [what for what, _ in told(site)] == ["first", "corrected"]
    assert told(site, "/late") == []
    data = bodies(site)[1]["data"]
    assert data["before"] == "contact held 8 Jan 2024. They met. On the word of the United States only."
    assert data["title"] == "Corrected: Defense Policy Coordination Talks (DPCT): contact held 8 Jan 2024, Arlington"
    assert data["thread"] == bodies(site)[0]["data"]["thread"]


def test_filters_narrow_what_is_told(service, site):
    wanted = {"/one": Filter(channel="dpct"), "/two": Filter(category="diplomatic"), "/three": Filter("us-china")}
    for path, narrowed in wanted.items():
        site.serve(path)
        subscribe(service, site.url(path), narrowed)
    record(service, "dpct")
    record(service, "leaders")
    serve(service)
    heard = {path: [body["data"]["channel"] for body in bodies(site, path)] for path in wanted}
    assert heard == {"/one": ["dpct"], "/two": ["leaders"], "/three": ["dpct", "leaders"]}


def test_a_message_is_signed_so_that_code_of_others_verifies_it(service, site, clock):
    clock.now = datetime.now(UTC)
    site.serve("/hook")
    number = subscribe(service, site.url("/hook"))
    record(service)
    serve(service)
    ((_, headers, body),) = site.posted
    with service.store.reading() as db:
        secret = db.notifications.get(number).secret
    assert Webhook(secret).verify(body, headers)["type"] == "statement.first"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"They met.", b"They left."), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)
    verify = runpy.run_path(str(ROOT / "docs" / "examples" / "receive_webhook.py"))["verify"]
    sent = clock().timestamp()
    assert verify(secret, headers, body, sent)
    assert not verify(secret, headers, body + b" ", sent)
    assert not verify(new_secret(), headers, body, sent)
    assert not verify(secret, headers, body, sent + 301), "a recording"


def test_every_field_of_a_message_is_documented(service, site):
    site.serve("/hook")
    subscribe(service, site.url("/hook"))
    record(service)
    serve(service)
    ((_, _, body),) = site.posted
    message = json.loads(body)
    table = (ROOT / "docs" / "notifications.md").read_text(encoding="utf-8")
    fields = {name for name in message if name != "data"} | {f"data.{name}" for name in message["data"]}
    assert {name for name in re.findall(r"`((?:data\.)?[a-z_]+)`", table) if name in fields} == fields
    assert set(re.findall(r"`(data\.[a-z_]+)`", table)) <= fields


def test_a_message_whose_acceptance_was_not_written_down_comes_again_under_its_name(service, site):
    site.serve("/hook")
    subscribe(service, site.url("/hook"))
    record(service)
    serve(service)
    with service.store.writing() as db:  # as if the machine had lost its power just before
        db.notifications._db.execute("UPDATE delivery SET state = 'pending', settled_at = NULL")
    serve(service)
    assert [headers["webhook-id"] for _, headers, _ in site.posted] == ["contact-1-r0", "contact-1-r0"]


def test_a_failure_is_tried_again_ever_more_rarely_under_one_name_until_it_is_taken(service, site, clock):
    answers = iter([500, 503, 200])
    site.routes["/hook"] = lambda handler: handler.answer(next(answers))
    subscribe(service, site.url("/hook"))
    record(service)
    serve(service)
    serve(service)
    assert len(site.posted) == 1, "it is left alone for a while"
    clock.advance(seconds=11)
    serve(service)
    clock.advance(seconds=41)
    serve(service)
    assert len(site.posted) == 3
    assert len({headers["webhook-id"] for _, headers, _ in site.posted}) == 1
    with service.store.reading() as db:
        (delivery,) = db.notifications.deliveries()
        log = [(one.status, one.succeeded, one.outcome) for one in db.notifications.attempts(delivery.id)]
    assert log == [
        (500, False, "The receiver answered 500 Internal Server Error."),
        (503, False, "The receiver answered 503 Service Unavailable."),
        (200, True, "The receiver answered 200 OK."),
    ]
    assert fares(service)[0].subscription.failures == 0
    clock.advance(days=1)
    serve(service)
    assert len(site.posted) == 3, "what was taken is not sent again"


def test_waits_grow_to_half_a_day_and_are_spread():
    waits = [wait_after(failures, 0.0) for failures in range(1, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=10), LONGEST_WAIT)
    assert wait_after(3, 1.0) == wait_after(3, 0.0) * 2 / 3


def test_a_receiver_that_answers_500_for_a_week_is_bounded_and_visible_and_its_letters_wait_for_replay(
    service, site, clock
):
    site.serve("/hook", 500)
    site.serve("/well")
    subscribe(service, site.url("/hook"))
    subscribe(service, site.url("/well"))
    first = record(service)
    notifying = Notifying(service, lots=lambda: 0.0)
    for _ in range(8 * 24):
        serve(service, notifying)
        clock.advance(hours=1)
    assert len([path for path, _, _ in site.posted if path == "/hook"]) <= 20
    failing = next(one for one in fares(service) if one.subscription.target.endswith("/hook"))
    assert (failing.pending, failing.dead) == (0, 1)
    assert failing.last_outcome == "The receiver answered 500 Internal Server Error."
    with service.store.reading() as db:
        counted = db.notifications.receivers(week_ago=clock() - FAILING)
        (dead,) = db.notifications.deliveries("dead")
    assert (counted.number, counted.failing, counted.failing_long) == (2, 1, 1)
    confirm(service, first)
    serve(service, notifying)
    assert ("contact-1-r1", "void") in states(service), "who never got the first message gets no other of its thread"
    assert [what for what, _ in told(site, "/well")] == ["first", "confirmed"]
    site.posted.clear()
    site.serve("/hook")
    with service.store.writing() as db:
        assert db.notifications.replay(dead.id, now=clock())
        assert not db.notifications.replay(dead.id, now=clock()), "it waits already"
    serve(service, notifying)
    assert [what for what, _ in told(site)] == ["first", "confirmed"]
    assert told(site, "/well") == []
    notifying.stop()


def test_a_receiver_that_hangs_holds_up_nobody_and_no_review(service, site, clock):
    held, over = Flag(), Flag()

    def hang(handler: Handler) -> None:
        held.set()
        over.wait(20)

    site.routes["/hangs"] = hang
    site.serve("/hook")
    hanging = [subscribe(service, site.url("/hangs")) for _ in range(WEBHOOK_WORKERS - 1)]
    subscribe(service, site.url("/hook"))
    record(service)
    notifying = Notifying(service, lots=lambda: 0.0, deadline=3.0)
    turns = notifying.tick().result()
    assert held.wait(10)
    record(service)
    wait(turns[-1:])
    assert not all(turn.done() for turn in turns), "the others still hang"
    assert [what for what, _ in told(site)] == ["first"]
    wait(turns)
    over.set()
    notifying.stop()
    with service.store.reading() as db:
        (attempt,) = db.notifications.attempts_of(hanging[0])
    assert attempt.outcome == "127.0.0.1 did not finish its answer within 3 seconds."


def test_a_process_that_is_told_to_stop_lets_what_it_has_in_hand_end_and_leaves_the_rest(service, site):
    held = Flag()
    site.routes["/hook"] = lambda handler: (held.set(), handler.pause(20))
    subscribe(service, site.url("/hook"))
    record(service)
    record(service)
    notifying = Notifying(service, deadline=0.5)
    notifying.tick()
    assert held.wait(10)
    notifying.stop()
    with service.store.reading() as db:
        assert [(one.state, one.attempts) for one in db.notifications.deliveries()] == [("pending", 0), ("pending", 1)]


def drip(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while handler.pause(0.05):
        handler.wfile.write(b"X-More: yes\r\n")


def endless(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    while handler.pause(0.001):
        handler.wfile.write(b"x" * 65536)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (drip, "127.0.0.1 did not finish its answer within 3 seconds."),
        (endless, "The receiver answered 200 OK."),
        (lambda handler: handler.wfile.write(b"garbage\r\n\r\n"), "127.0.0.1 broke off, or sent what is not HTTP"),
    ],
)
def test_an_answer_is_bounded_in_time_and_its_body_is_not_read(service, site, answer, says):
    site.routes["/hook"] = answer
    number = subscribe(service, site.url("/hook"))
    record(service)
    notifying = Notifying(service, deadline=3.0)
    serve(service, notifying)
    notifying.stop()
    with service.store.reading() as db:
        (attempt,) = db.notifications.attempts_of(number)
    assert attempt.outcome.startswith(says)


def test_redirects_are_not_followed_and_private_addresses_get_not_a_byte(service, site):
    with running_site() as inside:
        inside.serve("/secret")
        site.redirect("/hook", 307, inside.url("/secret"))
        redirecting = subscribe(service, site.url("/hook"))
        private = subscribe(service, "http://127.0.0.1:8080/secret", allow_private=False)
        record(service)
        serve(service)
        assert inside.posted == []
    with service.store.reading() as db:
        ((first,), (second,)) = db.notifications.attempts_of(redirecting), db.notifications.attempts_of(private)
    assert first.outcome.startswith("The receiver answered 307 Temporary Redirect: redirects are not followed")
    assert second.outcome == "127.0.0.1 is at 127.0.0.1, an address that is not on the public internet."


def test_a_receiver_that_is_gone_is_told_no_more_and_one_that_asks_for_time_gets_it(service, site, clock):
    site.serve("/gone", 410)
    site.serve("/busy", 429, Retry_After="7200")
    subscribe(service, site.url("/gone"))
    subscribe(service, site.url("/busy"))
    record(service)
    serve(service)
    (left,) = fares(service)
    assert left.subscription.target.endswith("/busy")
    assert left.subscription.next_try == clock() + timedelta(hours=2)


def test_one_message_that_is_refused_holds_up_only_its_own_thread(service, site, clock):
    site.routes["/hook"] = lambda handler: handler.answer(
        422 if b"contact-1-r" in site.posted[-1][2] and b"dpct" in site.posted[-1][2] else 200
    )
    subscribe(service, site.url("/hook"))
    refused = record(service)
    confirm(service, refused)
    record(service, "leaders")
    serve(service)
    clock.advance(seconds=11)
    serve(service)
    assert sorted(states(service)) == [
        ("contact-1-r0", "pending"), ("contact-1-r1", "pending"), ("contact-2-r0", "sent"),
    ]  # fmt: skip


def test_of_two_processes_one_serves_a_receiver_and_a_dead_one_is_followed(service, site, clock):
    site.serve("/hook")
    number = subscribe(service, site.url("/hook"))
    record(service)
    with service.store.writing() as db:
        assert db.notifications.claim(number, now=clock(), until=clock() + timedelta(minutes=3))
    serve(service)
    assert site.posted == [], "another process has it in hand"
    clock.advance(minutes=4)
    first, second = Notifying(service), Notifying(service)
    wait([*first.tick().result(), *second.tick().result()])
    first.stop()
    second.stop()
    assert [what for what, _ in told(site)] == ["first"]


def test_what_is_not_sent_when_the_process_ends_is_sent_by_the_next(service, site, clock):
    site.serve("/hook")
    subscribe(service, site.url("/hook"))
    record(service)
    ended = Notifying(service)
    ended.stop()
    again = replace(service, store=open_store(service.settings.database_url))
    record(again)
    serve(again)
    assert len(told(site)) == 2
    again.store.close()


def test_the_scheduler_tells_what_was_reviewed(service, site, clock):
    arrived = Flag()
    site.routes["/hook"] = lambda handler: (handler.answer(), arrived.set())
    subscribe(service, site.url("/hook"))
    record(service)
    polling = Polling(replace(service, feeds=()))
    polling.tick()
    assert arrived.wait(10)
    polling.stop()
    assert states(service) == [("contact-1-r0", "sent")]


def test_ended_subscriptions_and_history_before_them_are_told_nothing(seeded, site, clock):
    site.serve("/hook")
    clock.advance(minutes=1)
    ended = subscribe(seeded, site.url("/hook"))
    with seeded.store.writing() as db:
        assert db.notifications.end(ended, now=clock(), because="By the operator.")
    subscribe(seeded, site.url("/hook"))
    serve(seeded)
    assert site.posted == []
    record(seeded)
    serve(seeded)
    assert len(site.posted) == 1


@dataclass
class Receiver:
    """What a receiver took, in order, by statement; `longest_down` is how long it took nothing at a stretch."""

    path: str
    since: datetime
    up: bool = True
    down_since: datetime | None = None
    longest_down: timedelta = timedelta()
    took: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def receivers() -> Iterator[Site]:
    with running_site() as site:
        yield site


STEPS = st.lists(
    st.one_of(
        st.just(("record",)),
        st.tuples(st.sampled_from(["correct", "confirm", "withdraw"]), st.integers(0, 5)),
        st.just(("subscribe",)),
        st.tuples(st.sampled_from(["down", "up"]), st.integers(0, 2)),
        st.tuples(st.just("pass"), st.sampled_from([1, 30, 3600, 86_400, 3 * 86_400])),
        st.just(("serve",)),
        st.just(("restart",)),
    ),
    min_size=4,
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@pytest.mark.sqlite
def test_whatever_happens_each_event_arrives_once_in_order_and_corrections_reach_those_who_heard(
    service, receivers, tmp_path, steps
):
    lived = _lived(service, receivers, tmp_path, steps)
    with lived.store.reading() as db:
        channel = next(channel for channel in db.record.channels() if channel.slug == "dpct")
        events = events_of(
            channel,
            db.record.relationships()[0],
            *db.record.entries_of("dpct"),
            today=lived.today(),
            since=datetime(2024, 1, 1, tzinfo=UTC),
        )
    lived.store.close()
    threads = defaultdict(list)
    for event in events:
        threads[event.statement].append(event)
    for receiver in receivers.heard:
        assert len(receiver.took) == len(set(receiver.took)), "nothing is told twice"
        for statement, thread in threads.items():
            took = [key for key in receiver.took if key.rpartition("-r")[0] == statement]
            wanted = [event.key for event in thread] if thread[0].at >= receiver.since else []
            if receiver.longest_down < RETRY_FOR:
                assert took == wanted, "all of a thread, in order, or nothing"
            assert took == [key for key in wanted if key in took]
            assert not took or took[0] == wanted[0], "nobody hears of a thread whose first message they never got"


def _lived(base: Service, site: Site, folder: Path, steps) -> Service:
    """A service over a database of its own that went through the steps, and then had time to send what was left."""
    copy = folder / f"{uuid4().hex}.db"
    with closing(sqlite3.connect(base.store.path)) as shipped:
        shipped.execute("VACUUM INTO ?", (str(copy),))
    clock = Clock()
    service = replace(base, store=open_store(f"sqlite:///{copy}"), clock=clock)
    notifying = Notifying(service, lots=lambda: 0.5, deadline=10)
    heard: list[Receiver] = []
    rows: list[int] = []
    site.heard = heard

    def take(receiver: Receiver, handler: Handler) -> None:
        if receiver.up:
            receiver.took.append(handler.headers["webhook-id"])
        handler.answer(200 if receiver.up else 500)

    for name, *argument in steps:
        clock.advance(seconds=1)
        if name == "record":
            rows.append(record(service))
        elif name == "subscribe" and len(heard) < 3:
            receiver = Receiver(f"/receiver-{len(heard)}", clock())
            site.routes[receiver.path] = lambda handler, receiver=receiver: take(receiver, handler)
            subscribe(service, site.url(receiver.path))
            heard.append(receiver)
        elif name in ("up", "down") and argument[0] < len(heard):
            _turn(heard[argument[0]], name == "up", clock())
        elif name == "pass":
            clock.advance(seconds=argument[0])
        elif name == "serve":
            serve(service, notifying)
        elif name == "restart":
            notifying.stop()
            service.store.close()
            service = replace(service, store=open_store(f"sqlite:///{copy}"))
            notifying = Notifying(service, lots=lambda: 0.5, deadline=10)
        elif name in ("correct", "confirm", "withdraw") and argument[0] < len(rows):
            _change(service, rows, name, rows[argument[0]])
    for receiver in heard:
        _turn(receiver, True, clock())
    for _ in range(4):
        serve(service, notifying)
        clock.advance(days=1)
    notifying.stop()
    return service


def _turn(receiver: Receiver, up: bool, now: datetime) -> None:
    if receiver.up and not up:
        receiver.down_since = now
    if up and receiver.down_since:
        receiver.longest_down = max(receiver.longest_down, now - receiver.down_since)
        receiver.down_since = None
    receiver.up = up


def _change(service: Service, rows: list[int], name: str, number: int) -> None:
    if name == "confirm":
        confirm(service, number)
    elif name == "correct":
        rows.append(record(service, replaces=number, place=f"Place {len(rows)}"))
    else:
        with service.store.writing() as db:
            if any(row.id == number and row.withdrawn_at is None for row in db.record.entries_of("dpct")[1]):
                db.record.withdraw(Contact, number, at=service.clock(), by="ana", reason="Undone.")
                db.record.bump()
