"""Both readouts of an event as readers, programs and reviewers see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from flask import render_template_string
from playwright.sync_api import Page

from tests.conftest import THEN, Clock, Shipped
from tests.make import release, sighting
from tests.test_review import arrive
from tests.web.api_client import Api, assert_problem
from tests.web.conftest import serving
from tests.web.test_pages import signed_in, words_of
from tracker.model import Candidate, PartialDate, Release, Signal
from tracker.reviewing.regroup import merge
from tracker.reviewing.review import accept
from tracker.service import Service
from tracker.web.app import create_app
from tracker.web.readouts import told_of_candidate

US = release(
    title="Readout of the Talks",
    summary="The Deputy Assistant Secretary of Defense met with PLA officials at the Pentagon on January 8-9. "
    "The two sides discussed Ukraine and the South China Sea. Lunch was <b>soup</b>. "
    "They agreed to hold calls between theater commanders. "
    "The Secretary stressed open lines of communication.",
    url="https://us.example/1",
    side="us",
)
CN = release(
    title="中美两军举行会晤",
    summary="1月8日至9日，中美两军在华盛顿举行会晤。中方强调台湾问题和南海问题。双方在楼前合影。双方同意举行两军战区领导通话，保持沟通。会谈坦诚。",
    url="https://cn.example/1",
    side="cn",
    lang="zh",
    published=date(2024, 1, 10),
)
SENT = {"us": "Tue, 09 Jan 2024 18:15:00 -0500", "cn": "2024-01-10 10:00:00 +0800"}


@dataclass
class Compared:
    """A service whose record cites a release of each side for one contact."""

    service: Service
    candidate: Candidate
    claim: str
    alone: str


@pytest.fixture(scope="module")
def compared(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    """First one side spoke, an hour later the other did."""
    clock = Clock()
    service = shipped.over(tmp_path_factory.mktemp("readouts"), clock, THEN)

    def decided(document: Release) -> Candidate:
        keep(service, document)
        (candidate,) = arrive(service, document, sighting())
        clock.advance(hours=1)
        return accept(service.store, candidate.id, candidate.version, by="ana", at=clock())

    decided(US)
    candidate = decided(CN)
    clock.advance(hours=1)
    with service.store.reading() as db:
        _, contacts = db.record.entries_of("dpct")
    newest = max(contacts, key=lambda contact: contact.id)
    yield Compared(service, candidate, f"contact-{newest.id}", f"contact-{contacts[0].id}")
    service.store.close()


def keep(service: Service, document: Release) -> None:
    """Keep a release as its feed gives it, with the hour."""
    with service.store.writing() as db:
        db.releases.keep(
            document,
            guid=document.url,
            canonical_url=document.url,
            published_raw=SENT[document.side],
            now=service.clock(),
        )


def shown(compared: Compared, query: str = "") -> str:
    answer = create_app(compared.service).test_client().get(f"/claims/{compared.claim}/readouts{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_page_says_what_each_side_alone_tells_and_the_hours_between(compared: Compared) -> None:
    said = words_of(shown(compared))
    apart = "Of these two texts, that of the United States was published first, that of China 2 h 45 min later."
    assert apart in said.replace("\u00a0", " ")
    assert (
        "Only the United StatesLevel, Deputy Assistant Secretary of Defense for China (United States) "
        "and the war in Ukraine Only" in said
    )
    assert "Only ChinaTaiwan, candid in tone and keeping in touch as agreed" in said, "both raise it, one agrees to it"
    assert "South China Sea 南海 South China Sea 南海 ■ both" in said
    assert "Theater Commanders Talk" in said
    assert "calls between theater commanders 两军战区领导通话 ■ both" in said
    assert "Taiwan 台湾 not said 台湾 ◨ only China" in said
    assert "the Taiwan question台湾问题 China: 台湾问题" in said, "the gloss"


def test_marks_differ_by_more_than_colour_and_text_is_escaped(compared: Compared) -> None:
    page = shown(compared)
    assert re.search(r'<mark class="role-only" title="said by this side alone">Ukraine</mark>', page)
    assert re.search(r'<mark class="role-both" title="said by both">South China Sea</mark>', page)
    assert "<b>soup" not in page


def test_readers_get_short_quotes_and_reviewers_the_whole(compared: Compared) -> None:
    page = words_of(shown(compared))
    assert "discussed Ukraine and the South China Sea. … They agreed" in page
    assert "soup" not in page
    assert "楼前合影" not in page
    app = create_app(compared.service)
    with compared.service.store.reading() as db:
        histories = {seen.release.id: db.releases.history(seen.release.id) for seen in compared.candidate.shown}
        relationship = db.record.relationships()[0]
    with app.test_request_context():
        told = told_of_candidate(compared.candidate, histories, relationship)
        source = '{% import "_readouts.html" as sides with context %}{{ sides.side_by_side(told, 3, whole=true) }}'
        whole = words_of(render_template_string(source, told=told))
    assert "Lunch was <b>soup</b>." in whole
    assert "双方在楼前合影。" in whole
    assert "◧ only the United States" in whole


def test_a_candidate_of_one_side_has_nothing_to_compare(compared: Compared) -> None:
    app = create_app(compared.service)
    one = compared.candidate.sightings[:1]
    with compared.service.store.reading() as db:
        histories = {seen.release.id: db.releases.history(seen.release.id) for seen in one}
        relationship = db.record.relationships()[0]
    candidate = Candidate(**{**vars(compared.candidate), "sightings": one})
    with app.test_request_context():
        assert told_of_candidate(candidate, histories, relationship) is None


def test_the_claim_and_its_channel_lead_there_and_others_do_not(compared: Compared) -> None:
    client = create_app(compared.service).test_client()
    way = f'href="/claims/{compared.claim}/readouts"'
    assert way in client.get(f"/claims/{compared.claim}").text
    assert way in client.get("/channels/dpct").text
    assert "/readouts" not in client.get(f"/claims/{compared.alone}").text


def test_what_is_not_there_is_said_with_the_way_on(compared: Compared) -> None:
    client = create_app(compared.service).test_client()
    for address, said in (
        (f"/claims/{compared.alone}/readouts", "The words of both sides are not kept"),
        (f"/claims/{compared.claim}/readouts?known_at=2024-01-31", "was not on record at this moment"),
        (f"/claims/{compared.claim}/readouts?known_at=2024-02-01T13:30:00Z", "The words of both sides are not kept"),
        ("/claims/contact-99999/readouts", "There is no claim"),
    ):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert said in answer.text
    assert client.get(f"/claims/{compared.claim}/readouts?side=us").status_code == 400


def test_visitors_share_what_was_rendered_and_who_is_signed_in_does_not(compared: Compared) -> None:
    client = create_app(compared.service).test_client()
    address = f"/claims/{compared.claim}/readouts"
    first = client.get(address)
    assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    reviewer = signed_in(compared.service)
    assert reviewer.get(address).headers["Cache-Control"] == "private, no-store"


def test_a_past_moment_is_carried_and_the_page_can_be_cited(compared: Compared) -> None:
    page = shown(compared, "?as_of=2024-02-01&known_at=2024-02-01T14:30:00Z")
    assert "from the record as it stood at" in words_of(page)
    assert 'href="/channels/dpct?as_of=2024-02-01' in page
    cited = re.search(r"revision \d+, (\d+) rows", words_of(page))
    assert 1 < int(cited[1]) < 20, "the rows of its channel"


def test_the_api_gives_points_with_offsets_and_no_whole_text(compared: Compared) -> None:
    api = Api(compared.service)
    answer = api.json(f"/claims/{compared.claim}/readouts")
    assert (answer["hours_apart"], answer["days_apart"]) == (2.75, 1)
    assert [one["published_at"] for one in answer["readouts"]] == ["2024-01-09T23:15:00Z", "2024-01-10T02:00:00Z"]
    topics = {point["key"]: point for point in answer["points"] if point["kind"] == "topic"}
    assert {key: topics[key]["only"] for key in ("taiwan", "ukraine", "south-china-sea")} == {
        "taiwan": "cn",
        "ukraine": "us",
        "south-china-sea": None,
    }
    assert topics["taiwan"]["names"] == {"en": "Taiwan", "zh": "台湾"}
    texts = {"us": US, "cn": CN}
    for point in answer["points"]:
        for side, said in point["said"].items():
            for quote in said["words"]:
                assert getattr(texts[side], quote["field"])[quote["start"] : quote["end"]] == quote["text"]
    assert "soup" not in str(answer)
    assert_problem(api.get(f"/claims/{compared.alone}/readouts"), 404)


def test_on_a_phone_nothing_reaches_beyond_the_window(compared: Compared, page: Page) -> None:
    with serving(compared.service) as address:
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{address}/claims/{compared.claim}/readouts")
            assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_side_that_tells_otherwise_is_named_and_witnesses_nothing(seeded_2023: Service) -> None:
    off = replace(
        CN,
        title="中方决定取消原定于1月8日举行的中美两国防长会晤",
        summary="国防部发言人表示，中方决定取消原定于1月8日举行的中美两国防长会晤。",
    )
    on_8 = sighting(date=PartialDate("2024-01-08"), starts=None)
    (met,) = arrive(seeded_2023, US, on_8)
    (cancelled,) = arrive(seeded_2023, off, replace(on_8, signal=Signal.CANCELLED))
    store, now = seeded_2023.store, seeded_2023.clock()
    into = merge(store, cancelled.id, cancelled.version, met.id, by="ana", at=now)[1]
    page = words_of(signed_in(seeded_2023).get(f"/review/{into.id}").text)
    accept(store, into.id, into.version, by="ana", at=now)
    with store.reading() as db:
        name = f"contact-{max(row.id for row in db.record.entries_of('dpct')[1])}"
    claim = words_of(create_app(seeded_2023).test_client().get(f"/claims/{name}/readouts").text)
    for text in (page, claim):
        assert "China tells otherwise of the event: 中方决定取消原定于1月8日举行的中美两国防长会晤" in text
        assert "≠ both name it, China tells otherwise of the event" in text
        assert not re.search(r"■ both|said by both", text)
    answer = Api(seeded_2023).json(f"/claims/{name}/readouts")
    assert {one["side"]: one["otherwise"] for one in answer["readouts"]} == {"us": False, "cn": True}
    shared = [point for point in answer["points"] if len(point["said"]) == 2]
    assert {"date", "form"} <= {point["kind"] for point in shared}
    assert all(point["differs"] for point in shared)
