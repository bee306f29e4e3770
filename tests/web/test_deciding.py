"""What reviewers do on pages besides accepting and rejecting, without a script."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import g, render_template
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.make import US_CHINA, sighting
from tests.test_intake import candidate
from tests.test_later import queue
from tests.test_review import CN, US, arrive, decide, page
from tracker.errors import Refused
from tracker.model import PartialDate, Signal, State, Status
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.auth import COOKIE
from tracker.web.reviewing.choice import REASONS

ON_8 = sighting(date=PartialDate("2024-01-08"), starts=None)
CUT = sighting(signal=Signal.SUSPENDED, date=PartialDate("2024-01-20"), starts=None)


class Reviewer:
    """A person at a browser without scripts."""

    def __init__(self, app: Any, service: Service, name: str) -> None:
        self.client: FlaskClient = app.test_client()
        with service.store.writing() as db:
            db.accounts.add_user(name, "reviewer", None, at=service.clock())
            expires = service.clock() + timedelta(days=1)
            self.client.set_cookie(COOKIE, db.accounts.start_session(name, now=service.clock(), expires_at=expires))
        self._token = re.search(r'name="csrf_token" value="([^"]+)"', self.text("/review"))[1]

    def text(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200, address
        return re.sub(r"\s+", " ", answer.get_data(as_text=True))

    def send(self, address: str, **fields: Any) -> TestResponse:
        answer = self.client.post(address, data=fields | {"csrf_token": self._token})
        assert "no-store" in answer.headers["Cache-Control"]
        return answer


@pytest.fixture
def service(seeded_2023: Service) -> Service:
    """One candidate waits, with number 1; what cuts a channel asks for two."""
    arrive(seeded_2023, US, ON_8)
    two = frozenset({State.SUSPENDED, State.ENDED})
    return replace(seeded_2023, settings=replace(seeded_2023.settings, second_person=two))


@pytest.fixture
def app(service: Service) -> Any:
    return create_app(service)


@pytest.fixture
def ana(app: Any, service: Service) -> Reviewer:
    return Reviewer(app, service, "ana")


@pytest.fixture
def ben(app: Any, service: Service) -> Reviewer:
    return Reviewer(app, service, "ben")


@pytest.mark.parametrize(
    ("sent", "until"),
    [
        ({"days": "3"}, datetime(2024, 2, 4, 12, tzinfo=UTC)),
        ({"days": ""}, None),
        ({"days": "1", "until": "2024-02-02T08:30"}, datetime(2024, 2, 2, 8, 30, tzinfo=UTC)),
    ],
)
def test_later_puts_a_candidate_aside_and_the_same_address_brings_it_back(service, ana, sent, until):
    answer = ana.send("/review/1/later?channel=dpct", version="2", later_reason="They answer soon.", **sent)
    assert (answer.status_code, answer.location) == (303, "/review?decided=1&channel=dpct")
    held = candidate(service, 1).held(service.clock())
    assert (held.by, held.reason, held.until) == ("ana", "They answer soon.", until)
    assert queue(service) == []
    assert ana.send("/review/1/later", version="3", action="release").status_code == 303
    assert queue(service) == [1]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"later_reason": ""}, 400),
        ({"later_reason": "Soon.", "until": "soon"}, 400),
        ({"later_reason": "Soon.", "until": "2024-01-01T00:00"}, 400),
        ({"later_reason": "Soon.", "until": "0001-01-01T00:00+14:00"}, 400),
        ({"later_reason": "Soon.\0"}, 400),
        ({"later_reason": "Soon.", "version": "x"}, 400),
        ({"later_reason": "Soon.", "version": "1"}, 412),
    ],
)
def test_what_cannot_be_put_aside_so_is_said_and_nothing_is_held(service, ana, sent, status):
    answer = ana.send("/review/1/later", **({"version": "2", "days": "1"} | sent))
    assert answer.status_code in (status, 409)
    assert queue(service) == [1]


def test_what_is_wrong_with_reason_and_time_is_said_beside_each(ana):
    text = ana.send("/review/1/later", version="2", later_reason=" ", until="soon").text
    for name, about in (("later_reason", "about-later"), ("until", "about-until")):
        assert re.search(rf'name="{name}"[^>]* aria-invalid="true" aria-describedby="{about}"', text)
        assert f'<span class="wrong" id="{about}"' in text


def test_what_was_typed_stays_where_somebody_was_first(service, app, ana):
    with app.test_request_context(
        "/review/1/later", method="POST", data={"later_reason": "Soon & so", "until": "2024-02-02T08:30", "days": "7"}
    ):
        refused = Refused("That cannot be.", "Name another.", field="until")
        form = render_template("_later.html", candidate=candidate(service, 1), refused=refused)
    assert 'value="Soon &amp; so"' in form
    assert 'value="2024-02-02T08:30" aria-invalid="true"' in form
    assert '<option value="7" selected>' in form
    assert "That cannot be. Name another." in form


def test_another_channel_takes_the_candidate_and_shows_it_there_and_gives_it_back(service, ana):
    answer = ana.send("/review/1/channel?sort=oldest", version="2", channel="mmca", channel_note="Maritime.")
    assert (answer.status_code, answer.location) == (303, "/review/2?sort=oldest")
    assert "moved this to another channel, as" in ana.text("/review/1")
    assert "moved this (1 sighting) here from" in ana.text("/review/2")
    assert candidate(service, 2).channel == "mmca"
    answer = ana.send("/review/2/channel", version=str(candidate(service, 2).version), action="back")
    assert (answer.status_code, answer.location) == (303, "/review/1")
    assert candidate(service, 1).status is Status.PENDING


@pytest.mark.parametrize(
    "sent", [{"channel": ""}, {"channel": "nowhere"}, {"channel": "dpct"}, {"channel": "mmca", "version": ""}]
)
def test_a_channel_that_cannot_be_moves_nothing(service, ana, sent):
    assert ana.send("/review/1/channel", **({"version": "2"} | sent)).status_code == 400
    assert candidate(service, 1).channel == "dpct"


@pytest.fixture
def cut(service: Service) -> int:
    """A suspension of a channel that was resumed, which waits; its number."""
    decide(service, candidate(service, 1))
    return arrive(service, replace(US, url="https://us.example/cut", title="Cut"), CUT)[0].id


def accept(who: Reviewer, service: Service, number: int) -> TestResponse:
    fields = {"state": "suspended", "effective": "2024-01-20", "cause": "Cut."}
    return who.send(f"/review/{number}", action="accept", version=str(candidate(service, number).version), **fields)


def test_two_people_record_a_cut(service, ana, ben, cut):
    assert accept(ana, service, cut).status_code == 303
    assert (candidate(service, cut).first_word.by, page(service).state) == ("ana", State.RESUMED)
    version = str(candidate(service, cut).version)
    assert ana.send(f"/review/{cut}/second", version=version, action="confirm").status_code == 403
    assert ben.send(f"/review/{cut}/second", version=version, action="confirm").status_code == 303
    assert (candidate(service, cut).status, page(service).state) == (Status.ACCEPTED, State.SUSPENDED)


def test_the_second_does_not_confirm_or_the_first_withdraws(service, ana, ben, cut):
    accept(ana, service, cut)
    version = str(candidate(service, cut).version)
    assert ben.send(f"/review/{cut}/second", version=version, action="refuse").status_code == 400, "no reason"
    answer = ben.send(f"/review/{cut}/second", version=version, action="refuse", second_reason="One round only.")
    assert answer.status_code == 303
    accept(ben, service, cut)
    version = str(candidate(service, cut).version)
    assert ana.send(f"/review/{cut}/second", version=version, action="withdraw").status_code == 403
    assert ben.send(f"/review/{cut}/second", version=version, action="withdraw").status_code == 303
    assert [word.answer for word in candidate(service, cut).second_words] == ["refused", "withdrawn"]


def seen_by(app: Any, service: Service, number: int, name: str, template: str) -> str:
    """A part of the candidate's page as the reviewer of that name has it."""
    with app.test_request_context(f"/review/{number}"):
        with service.store.reading() as db:
            g.account = db.accounts.user(name)
        shown = {"candidate": candidate(service, number), "relationship": US_CHINA, "now": service.clock()}
        return render_template(template, **shown)


def test_the_form_of_a_second_person_says_who_asked_and_offers_each_what_they_may(service, app, ana, ben, cut):
    accept(ana, service, cut)
    own, other = (seen_by(app, service, cut, name, "_second.html") for name in ("ana", "ben"))
    for shown in (own, other):
        assert "ana accepted this at 1 Feb 2024 12:00 UTC" in re.sub(r"<[^>]+>", "", shown)
        assert "suspended" in shown
    assert 'value="withdraw"' in own
    assert 'value="confirm"' not in own
    assert 'value="withdraw"' not in other
    assert 'value="confirm"' in other


def test_many_are_rejected_for_one_reason_and_what_changed_meanwhile_is_named(service, ana):
    for year in ("2020", "2022"):
        document = replace(US, url=f"https://us.example/{year}", title=f"No call in {year}")
        arrive(service, document, sighting(signal=Signal.REFUSED, date=PartialDate(year), starts=None))
    numbers = queue(service)
    marked = [f"{number}~{candidate(service, number).version}" for number in numbers]
    arrive(service, CN, ON_8)
    reason = "Other parties, not these two"
    answer = ana.send("/review/reject", candidate=[*marked, "99~1"], reason=reason, reason_text="")

    assert answer.status_code == 303
    shown = ana.text(answer.location)
    assert "2 candidates rejected" in shown
    assert "1 left alone, since it had changed" in shown
    assert "Candidate 1 has changed since you opened it" in shown
    assert queue(service) == [1]
    for number in numbers[1:]:
        found = candidate(service, number)
        assert found.decisions[0].note == reason
        assert ana.send(f"/review/{number}/undo", version=str(found.version)).status_code == 303
    assert queue(service) == numbers
    assert ana.text(answer.location).count("stands otherwise now: waiting") == 2


def test_what_was_rejected_together_says_why_in_the_readers_language_and_is_taken_back_at_once(service, ana, ben):
    document = replace(US, url="https://us.example/2020", title="No call in 2020")
    arrive(service, document, sighting(signal=Signal.REFUSED, date=PartialDate("2020"), starts=None))
    numbers = queue(service)
    marked = [f"{number}~{candidate(service, number).version}" for number in numbers]
    answer = ana.send("/review/reject", candidate=marked, reason="Not about this channel", reason_text="Of Korea.")
    assert "Rejected because:</b> Not about this channel: Of Korea." in ana.text(answer.location)
    chinese = ana.text(f"{answer.location}&language=zh")
    assert '驳回理由：</b> 与本渠道无关：<span lang="en">Of Korea.</span>' in chinese
    assert re.search(r'<button aria-keyshortcuts="u">全部撤销', chinese)

    rejected = [f"{number}~{candidate(service, number).version}" for number in numbers]
    ben.send(f"/review/{numbers[0]}/undo", version=rejected[0].partition("~")[2])
    assert ana.send("/review/rejected/undo", candidate=rejected).status_code == 303
    assert queue(service) == numbers
    assert "None of these is rejected now" in ana.text(answer.location)
    assert "一项决定已撤销。" in ana.text(f"/review/{numbers[0]}?language=zh")


def test_the_queue_gives_one_account_of_what_is_put_aside(service, ana):
    ana.send("/review/1/later", version=str(candidate(service, 1).version), later_reason="A readout.", days="3")
    shown = ana.text("/review")
    assert "Nothing waits now; 1 candidate is put aside." in shown
    assert re.search(r'aria-current="true">0 waiting</a> · <a href="/review\?held=1">1 put aside</a>', shown)
    assert "candidates wait." not in shown
    assert "Nothing waits for review" not in shown
    assert "1 put aside" in ana.text("/review?status=rejected")


def test_a_candidate_of_both_sides_shows_both_readouts_and_its_words_in_chinese(service, ana):
    assert "双方通报对照" not in ana.text("/review/1?language=zh")
    arrive(service, CN, ON_8)
    chinese = ana.text("/review/1?language=zh")
    assert "<summary>双方通报对照</summary>" in chinese
    assert '<table class="points">' in chinese
    assert "归并原因：两者均称2024年1月8日。" in chinese
    for reason in REASONS:
        assert f'value="{reason}"' in chinese, "what is stored stays as it is"
        assert f"</kbd>{reason}" not in chinese


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"candidate": ["1~2"]}, "needs a reason"),
        ({"reason_text": "No."}, "No candidate is selected"),
        ({"candidate": ["1~x"], "reason_text": "No."}, "Open the queue again"),
        ({"candidate": ["1~2"] * 101, "reason_text": "No."}, "at most 100"),
    ],
)
def test_a_rejection_of_many_that_cannot_be_keeps_what_was_marked_and_typed(service, ana, sent, says):
    answer = ana.send("/review/reject", **sent)
    text = answer.get_data(as_text=True)
    assert (answer.status_code, says in text, "Nothing was rejected" in text) == (400, True, True)
    assert ('value="1~2" form="reject-many" checked' in text) is ("candidate" in sent)
    assert (f'value="{sent.get("reason_text")}"' in text) is ("reason_text" in sent)
    assert queue(service) == [1]


def test_reviewers_see_one_another_while_they_have_a_candidate_open(service, ana, ben):
    ana.text("/review/1")
    assert "opened this" not in ana.text("/review/1/present")
    service.clock.advance(minutes=2)
    assert "ana opened this 2 min ago" in ben.text("/review/1/present")
    assert "ana opened" not in ana.text("/review/1/present"), "nobody is told of themselves"
    service.clock.advance(minutes=2)
    assert "ana opened this 4 min ago" in ben.text("/review/1/present"), "she has it open still"
    service.clock.advance(minutes=4)
    assert "opened this" not in ben.text("/review/1/present")
    ana.text("/review/1")
    assert "ana opened this just now" in ben.text("/review/1/present"), "she came back"


def test_whoever_has_it_open_is_told_who_was_first(service, ana, ben):
    ana.send("/review/1", action="reject", version="2", reason_text="Nothing.")
    told = ben.text("/review/1/present?version=2")
    assert "ana was first: rejected at 1 Feb 2024 12:00 UTC." in told
    assert "was first" not in ben.text("/review/1/present?version=3")
    assert ben.client.get("/review/99/present").status_code == 404


def test_a_page_does_not_wait_for_a_database_that_is_busy(service, ana):
    entered, leave = threading.Event(), threading.Event()

    def write() -> None:
        with service.store.writing():
            entered.set()
            leave.wait(60)

    busy = threading.Thread(target=write)
    busy.start()
    try:
        entered.wait(60)
        assert "candidate 1" in ana.text("/review/1")
    finally:
        leave.set()
        busy.join()


@pytest.mark.parametrize("address", ["/review/1/later", "/review/1/channel", "/review/1/second", "/review/reject"])
def test_nobody_else_may(app, address):
    answer = app.test_client().post(address)
    assert answer.status_code in (400, 401)
