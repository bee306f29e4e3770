"""Digests over a real mail server: what they tell, how one begins and ends them, and a server that is down."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from config.smtp import Sender, Smtp
from db.notifications import Filter
from db.record import Origin
from tests.make import US_CHINA, change, contact, source
from tests.test_grouping import report
from tests.test_notify import confirm, fares, record, states
from tests.web.conftest import reached_at
from tracker.model import Contact, Outcome, State, Status, Verdict
from tracker.news.digest import slot_after, slot_before
from tracker.notifications.notify import Notifying
from tracker.reviewing.amend import ClaimName, withdraw
from tracker.service import Service

READER = "reader@desk.example"


@dataclass
class Letterbox:
    """What a mail server took: (from, to, letter), and as it came. `refuse` is its answer instead, while it is set."""

    letters: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    refuse: str | None = None
    port: int = 0

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refuse:
            return self.refuse
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.raw.append(envelope.content)
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, letter))
        return "250 OK"


@contextmanager
def mail_server(box: Letterbox) -> Iterator[None]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", box.port))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def box() -> Iterator[Letterbox]:
    box = Letterbox()
    with mail_server(box):
        yield box


@pytest.fixture
def mailing(service: Service, box: Letterbox) -> Service:
    return with_mail(service, box)


def with_mail(service: Service, box: Letterbox) -> Service:
    sender = Sender("lines@lines.example")
    settings = replace(service.settings, smtp_url=Smtp("127.0.0.1", box.port), mail_from=sender)
    return reached_at(replace(service, settings=settings), "https://lines.example")


def subscribe(
    service: Service, every: str = "daily", wanted: Filter | None = None, to: str = READER, **asked: Any
) -> int:
    with service.store.writing() as db:
        told, secret = db.notifications, f"key-{to}"
        return told.subscribe(
            "mail", to, wanted or Filter(), secret=secret, at=service.clock(), every=every, **asked
        ).id


def begin(service: Service, every: str = "daily", wanted: Filter | None = None, **asked: Any) -> int:
    """A subscription whose address was confirmed."""
    number, now = subscribe(service, every, wanted, **asked), service.clock()
    with service.store.writing() as db:
        db.notifications.confirm(number, now=now, next_try=slot_after(now, every, 6))
    return number


def serve(service: Service) -> None:
    notifying = Notifying(service, lots=lambda: 0.0)
    wait(notifying.tick().result())
    notifying.stop()


def text(letter: EmailMessage) -> str:
    return letter.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_an_address_is_asked_once_and_told_nothing_before_it_agrees(mailing, box, clock):
    number = subscribe(mailing)
    record(mailing)
    serve(mailing)
    clock.advance(days=2)
    serve(mailing)
    ((sender, to, letter),) = box.letters
    assert (sender, to) == ("lines@lines.example", [READER])
    assert letter["From"] == "Open Lines <lines@lines.example>"
    assert f"https://lines.example/subscribe/key-{READER}?language=en" in text(letter)
    assert "daily digest of all channels" in text(letter)
    clock.advance(days=6)
    serve(mailing)
    assert len(box.letters) == 1
    with mailing.store.reading() as db:
        ended = db.notifications.get(number)
    assert (ended.ended_because, ended.target) == ("It was not confirmed.", ""), "the address is forgotten"


def test_a_digest_tells_what_is_new_in_text_and_html_and_how_to_end_it(mailing, box, clock):
    begin(mailing)
    record(mailing, summary="They met, <b>twice</b>.")
    clock.advance(days=1)
    serve(mailing)
    ((_, _, letter),) = box.letters
    assert letter["Subject"] == "Open Lines, daily: 1 new"
    assert letter["List-Unsubscribe"] == f"<https://lines.example/unsubscribe/key-{READER}?language=en>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Message-ID"].endswith("@lines.example>")
    told = text(letter)
    assert "NEW ON THE RECORD" in told
    assert "* Defense Policy Coordination Talks (DPCT): contact held 8 Jan 2024\n  They met, <b>twice</b>." in told
    assert "On the word of the United States only." in told
    assert "https://lines.example/channels/dpct?language=en#contact-1" in told
    assert f"https://lines.example/unsubscribe/key-{READER}" in told
    assert "ana" not in told
    html = letter.get_body(("html",)).get_content()
    assert "&lt;b&gt;twice&lt;/b&gt;" in html
    assert 'href="https://lines.example/channels/dpct?language=en#contact-1"' in html


def test_what_one_decision_recorded_is_one_item_that_tells_both_and_is_taken_back_as_one(mailing, box, clock):
    begin(mailing)
    clock.advance(minutes=1)
    at = clock()
    with mailing.store.writing() as db:
        candidate = db.candidates.open("dpct", report(), Status.PENDING, at=at)
        origin = Origin(at, "ana", db.candidates.add_decision(candidate, Verdict.ACCEPT, by="ana", at=at))
        sources = (source(side="us"),)
        db.record.add(contact(Outcome.HELD, "2024-01-08", summary="They met.", sources=sources), origin)
        db.record.add(change(State.ACTIVE, "2024-01-08", cause="The talks are back.", sources=sources), origin)
        db.record.bump()
    clock.advance(days=1)
    serve(mailing)
    told = text(box.letters[0][2])
    assert box.letters[0][2]["Subject"] == "Open Lines, daily: 1 new"
    assert "active since 8 Jan 2024; contact held 8 Jan 2024\n  The talks are back.\n  They met." in told
    with mailing.store.writing() as db:
        db.record.withdraw_decision(origin.decision, at=clock(), by="ana", reason="Undone.")
        db.record.bump()
    clock.advance(days=1)
    serve(mailing)
    assert box.letters[1][2]["Subject"] == "Open Lines, daily: 1 withdrawn"
    assert text(box.letters[1][2]).count("We told you before: ") == 1
    html = box.letters[0][2].get_body(("html",)).get_content()
    assert html.count("<li>") == 1 + len(US_CHINA.parties)
    assert "They met." in html


def test_a_correction_that_brings_something_new_is_one_item_and_new_to_who_had_not_been_told(mailing, box, clock):
    begin(mailing)
    number = record(mailing)
    clock.advance(days=1)
    serve(mailing)
    begin(mailing, to="late@desk.example")
    clock.advance(minutes=1)
    at = clock()
    with mailing.store.writing() as db:
        candidate = db.candidates.open("dpct", report(), Status.PENDING, at=at)
        origin = Origin(at, "ana", db.candidates.add_decision(candidate, Verdict.ACCEPT, by="ana", at=at))
        cited = (source(side="us"),)
        db.record.add(contact(Outcome.HELD, "2024-01-08", replaces=number, place="Geneva", sources=cited), origin)
        db.record.add(change(State.RESUMED, "2024-01-08", cause="They met.", sources=cited), origin)
        db.record.bump()
    clock.advance(days=1)
    serve(mailing)
    letters = {to[0]: letter for _, to, letter in box.letters}
    for reader, subject in ((READER, "1 corrected"), ("late@desk.example", "1 new")):
        assert letters[reader]["Subject"] == f"Open Lines, daily: {subject}"
        assert text(letters[reader]).count("contact held 8 Jan 2024, Geneva; resumed since 8 Jan 2024") == 1
        assert ("We told you before: " in text(letters[reader])) is (reader == READER)


def test_a_long_address_in_a_header_stays_whole(mailing, box, clock):
    site = f"https://{'a-long-name.' * 9}example/lines"
    long = replace(mailing, settings=replace(mailing.settings, base_url=site))
    begin(long)
    clock.advance(days=1)
    serve(long)
    assert f"\r\nList-Unsubscribe: <{site}/unsubscribe/key-{READER}?language=en>\r\n".encode() in box.raw[0]


def test_nothing_changed_is_a_sentence_and_says_how_far_sources_were_read(mailing, box, clock):
    begin(mailing, wanted=Filter(category="military"))
    clock.advance(days=1)
    serve(mailing)
    ((_, _, letter),) = box.letters
    assert letter["Subject"] == "Open Lines, daily: nothing changed"
    assert "Nothing changed on the record of military channels since 1 Feb 2024 12:00 UTC." in text(letter)
    assert "United States: " in text(letter)
    assert "China: " in text(letter)
    assert "read for 0 % of the whole span, 1–2 Feb 2024; what was said meanwhile may be missing." in text(letter)


def test_what_was_told_and_is_not_so_comes_with_its_old_wording_and_what_was_never_told_does_not(mailing, box, clock):
    begin(mailing)
    heard = record(mailing, summary="They met in Beijing.")
    clock.advance(days=1)
    serve(mailing)
    record(mailing, replaces=heard, place="Xi’an", summary="They met in Xi’an.")
    wrong = record(mailing, summary="A second call.")
    right = record(mailing, replaces=wrong, summary="A second call, by video.")
    confirm(mailing, right)
    clock.advance(days=1)
    serve(mailing)
    told = text(box.letters[1][2])
    assert box.letters[1][2]["Subject"] == "Open Lines, daily: 1 corrected, 1 new"
    assert "We told you before: contact held 8 Jan 2024. They met in Beijing. On the word of the United States" in told
    assert told.index("CORRECTED") < told.index("NEW ON THE RECORD")
    assert "A second call, by video." in told
    assert told.count("A second call") == 1, "a wording that nobody was told is told to nobody"
    assert "On the word of both sides." in told
    clock.advance(days=1)
    serve(mailing)
    assert "nothing changed" in box.letters[2][2]["Subject"]


def test_what_appears_and_is_taken_back_between_two_digests_is_not_told(mailing, box, clock):
    begin(mailing)
    number = record(mailing)
    serve(mailing)
    clock.advance(seconds=1)
    withdraw(mailing.store, ClaimName(Contact, number), reason="Undone.", by="ana", at=clock())
    clock.advance(days=1)
    serve(mailing)
    assert "nothing changed" in box.letters[0][2]["Subject"]
    assert [state for _, state in states(mailing)] == ["void", "void"]
    record(mailing, replaces=number, place="Xi’an")
    clock.advance(days=1)
    serve(mailing)
    assert box.letters[1][2]["Subject"] == "Open Lines, daily: 1 new", "to this reader it is"


def test_a_mail_server_that_is_down_or_refuses_is_tried_again_and_nothing_is_lost(service, clock):
    box = Letterbox()
    with mail_server(box):
        pass
    mailing = with_mail(service, box)
    number = begin(mailing)
    record(mailing)
    clock.advance(days=1)
    serve(mailing)
    serve(mailing)
    box.refuse = "451 Try later"
    with mail_server(box):
        clock.advance(minutes=1)
        serve(mailing)
        box.refuse = None
        clock.advance(minutes=1)
        serve(mailing)
    with mailing.store.reading() as db:
        log = [attempt.outcome for attempt in db.notifications.attempts_of(number)]
    assert log == [
        f"The mail server at 127.0.0.1:{box.port} could not be used: Connection refused.",
        "The mail server answered 451 Try later.",
        "The mail server took it.",
    ]
    assert [letter["Subject"] for _, _, letter in box.letters] == ["Open Lines, daily: 1 new"]
    assert fares(mailing)[0].subscription.next_try == datetime(2024, 2, 3, 6, tzinfo=UTC)


def test_what_a_mail_server_says_of_an_address_is_kept_without_the_address(mailing, box, clock):
    number = begin(mailing)
    box.refuse = f"550 5.1.1 <{READER}>: no such mailbox"
    clock.advance(days=1)
    serve(mailing)
    with mailing.store.reading() as db:
        (attempt,) = db.notifications.attempts_of(number)
    assert attempt.outcome == "The mail server answered 550 5.1.1 <the address>: no such mailbox."


def test_a_defect_is_tried_again_as_rarely_as_a_failure_and_seen(mailing, box, clock):
    broken = replace(mailing, settings=replace(mailing.settings, mail_from=None))
    begin(broken)
    clock.advance(days=1)
    serve(broken)
    serve(broken)
    (one,) = fares(broken)
    assert (one.subscription.failures, one.subscription.next_try) == (1, clock() + timedelta(seconds=10))
    assert one.last_outcome == "A defect of Open Lines; the log of the service says which."
    clock.advance(seconds=10)
    serve(mailing)
    assert len(box.letters) == 1


def test_a_hundred_statements_fit_and_the_rest_is_counted(mailing, box, clock):
    begin(mailing)
    for number in range(103):
        record(mailing, summary=f"Call {number}.")
    clock.advance(days=1)
    serve(mailing)
    ((_, _, letter),) = box.letters
    assert text(letter).count("* Defense") == 100
    assert "And 3 further statements: https://lines.example/changes?language=en" in text(letter)


def test_without_a_mail_server_digests_wait_in_the_database(service, clock):
    begin(service)
    clock.advance(days=1)
    serve(service)
    assert fares(service)[0].subscription.failures == 0


@pytest.mark.parametrize(
    ("every", "moment", "slot"),
    [
        ("daily", "2024-02-01T05:59", "2024-02-01T06:00"),
        ("daily", "2024-02-01T06:00", "2024-02-02T06:00"),
        ("weekly", "2024-02-01T12:00", "2024-02-05T06:00"),
        ("weekly", "2024-02-05T06:00", "2024-02-12T06:00"),
    ],
)
def test_digests_go_out_at_one_hour_weekly_ones_on_mondays(every: str, moment: str, slot: str):
    at, due = (datetime.fromisoformat(f"{text}+00:00") for text in (moment, slot))
    assert slot_after(at, every, 6) == due
    assert slot_before(at, every, 6) == due - timedelta(days=1 if every == "daily" else 7)


def test_a_chinese_digest_is_chinese_but_for_the_words_of_the_record_which_say_so(mailing, box, clock):
    begin(mailing, language="zh")
    heard = record(mailing, summary="They met in <Beijing>.")
    clock.advance(days=1)
    serve(mailing)
    record(mailing, replaces=heard, reason="The city was wrong.", place="Xi’an", summary="They met in Xi’an.")
    clock.advance(days=1)
    serve(mailing)
    clock.advance(days=1)
    serve(mailing)
    first, corrected, nothing = (letter for _, _, letter in box.letters)
    subjects = ["Open Lines每日摘要：新增1条", "Open Lines每日摘要：更正1条", "Open Lines每日摘要：无变化"]
    assert [letter["Subject"] for letter in (first, corrected, nothing)] == subjects
    told = text(first)
    assert "新录入" in told
    assert "：接触已举行：2024年1月8日\n  （原文为英文）They met in <Beijing>.\n  依据：仅美国。" in told
    assert "https://lines.example/channels/dpct?language=zh#contact-1" in told
    assert f"https://lines.example/unsubscribe/key-{READER}?language=zh" in told
    html = first.get_body(("html",)).get_content()
    assert '<html lang="zh-Hans">' in html
    assert "（原文为英文）They met in &lt;Beijing&gt;." in html
    again = "此前告知您的是：接触已举行：2024年1月8日。（原文为英文）They met in <Beijing>.依据：仅美国。"
    assert again in text(corrected)
    assert "自2024年2月3日 12:00 UTC以来，全部渠道的记录没有变化。" in text(nothing)
    assert "美国：" in text(nothing)
    own = {"https", "lines", "example", "Open", "Lines", "UTC", "CC", "BY", "unsubscribe", "language", "zh", "key"}
    own |= {"reader", "desk"}
    assert set(re.findall(r"[A-Za-z]+", text(nothing))) <= own, "no word of English is left"


def test_what_was_noted_before_there_were_languages_is_told_in_english(mailing, box, clock, raw):
    begin(mailing, language="zh")
    record(mailing)
    serve(mailing)
    database = raw(mailing.store)
    database.drop_triggers(of="event_never_changed")
    database.execute("UPDATE event SET worded = '{}'")
    clock.advance(days=1)
    serve(mailing)
    assert "contact held 8 Jan 2024\n  They met.\n  依据：the United States only。" in text(box.letters[0][2])
