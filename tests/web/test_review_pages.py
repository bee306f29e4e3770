"""The review pages as a reviewer without scripts has them: the queue, one candidate, what leads on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tests.make import sighting
from tests.test_review import CN, US, arrive
from tests.web.test_pages import signed_in, words_of
from tracker.model import Contact, Evidence, PartialDate, Release, Signal, State, Status
from tracker.reviewing.amend import ClaimName, correct
from tracker.reviewing.review import accept, reject
from tracker.service import Service
from tracker.web.reviewing.screen import passages

ON_8 = sighting(date=PartialDate("2024-01-08"), starts=None)
ON_9 = sighting(date=PartialDate("2024-01-09"), starts=None)
FORM = {"state": "resumed", "effective": "2024-01-08", "outcome": "held", "date": "2024-01-08", "cause": "Met again."}


def document(number: int, **over) -> Release:
    return replace(US, url=f"https://us.example/n{number}", title=f"Release {number}", **over)


@pytest.fixture
def queue(seeded_2023: Service) -> Callable[[str], str]:
    """The text of the queue with four candidates: two of them three days old, and one whose releases disagree."""
    arrive(seeded_2023, document(1), ON_8)
    arrive(seeded_2023, document(2), sighting(channel="mmca", signal=Signal.REFUSED))
    seeded_2023.clock.advance(days=3)
    arrive(seeded_2023, document(3, published=date(2024, 1, 20)), sighting(channel="mmca", signal=Signal.SUSPENDED))
    arrive(seeded_2023, document(4), replace(ON_8, channel="leaders", confidence=0.61))
    arrive(seeded_2023, replace(CN, url="https://cn.example/4"), replace(ON_9, channel="leaders"))
    client = signed_in(seeded_2023)
    return lambda address="": words_of(client.get(f"/review{address}").text)


@pytest.mark.sqlite
def test_a_candidates_page_asks_as_often_however_many_wait_on_its_channel(seeded_2023: Service) -> None:
    client, asked = signed_in(seeded_2023), []

    def asked_of_page() -> int:
        client.get("/review/1")
        connection = seeded_2023.store._connections.get()
        asked.clear()
        connection.set_trace_callback(asked.append)
        text = client.get("/review/1").text
        connection.set_trace_callback(None)
        assert text.count("<option") > waiting
        return len(asked)

    waiting = 0
    arrive(seeded_2023, document(1), sighting(date=PartialDate("2022-09-01"), starts=None))
    once = asked_of_page()
    for waiting in range(1, 9):
        said = sighting(date=PartialDate(f"2023-0{waiting}-01"), starts=None, flagged=waiting % 2 == 0)
        arrive(seeded_2023, document(waiting + 1, published=date(2023, waiting, 2)), said)
    assert asked_of_page() == once


def in_order(text: str, *parts: str) -> bool:
    return bool(re.search(".*".join(map(re.escape, parts)), text))


def test_the_queue_says_how_many_wait_and_how_long_and_puts_first_what_matters(queue):
    text = queue()
    assert "4 candidates wait. The oldest had its newest evidence 3 days ago." in text
    assert in_order(
        text, "Presidents' summits", "held, 8 Jan 2024 disagree", "Defense Policy Coordination Talks (DPCT)"
    )
    assert in_order(text, "suspended since 5 Aug 2022 1 waits", "held, 8 Jan 2024", "resumed", "United States", "90 %")
    assert in_order(queue("?sort=newest"), "Presidents' summits", "Military Maritime", "Defense Policy")


def test_the_queue_is_grouped_by_what_is_reported_and_by_age(queue):
    assert in_order(queue("?group=signal"), "Held 2 wait", "Presidents' summits", "Defense Policy")
    assert in_order(queue("?group=age&sort=oldest"), "Within a week 2 wait", "Defense Policy", "Within a day 2 wait")


@pytest.mark.parametrize(
    ("address", "shown", "hidden"),
    [
        ("?channel=mmca", ("Release 2", "Release 3"), ("Release 1", "Release 4")),
        ("?signal=refused", ("Release 2",), ("Release 1", "Release 3")),
        ("?side=cn", ("disagree",), ("Release 1", "Release 2")),
        ("?q=release 3", ("4 candidates wait. 1 of 4 fit. ", "Release 3"), ("Release 1", "Release 2")),
        ("?q=zebra", ("4 candidates wait. 0 of 4 fit. ",), ("Nothing waits for review.",)),
        ("?side=third-party", ("No candidate of this kind waits.",), ("Release 1",)),
    ],
)
def test_each_filter_leaves_what_was_asked_for(queue, address, shown, hidden):
    text = queue(address)
    assert all(words in text for words in shown)
    assert not any(words in text for words in hidden)


@pytest.mark.parametrize("wrong", ["signal=x", "side=x", "sort=x", "group=x", "page=0", "page=x", "category=x"])
def test_a_word_that_the_queue_does_not_know_is_refused_by_its_name(seeded_2023, wrong):
    answer = signed_in(seeded_2023).get(f"/review?{wrong}")
    assert answer.status_code == 400
    assert wrong.partition("=")[0] in answer.text


def test_a_decision_leads_to_the_next_of_the_same_queue(seeded_2023):
    for number, channel in enumerate(("dpct", "mmca", "dpct"), 1):
        told = sighting(channel=channel, signal=Signal.REFUSED if number == 3 else Signal.HELD)
        arrive(seeded_2023, document(number), told)
    client = signed_in(seeded_2023)
    page = client.get("/review/1?channel=dpct&sort=oldest").text
    assert "1 of 2" in words_of(page)
    action = re.search(r'<form method="post" action="([^"]+)" class="decision"', page)[1].replace("&amp;", "&")
    answer = client.post(action, data=FORM | {"action": "accept", "version": 2})
    assert answer.location == "/review/3?decided=1&channel=dpct&sort=oldest"
    assert 'class="bar fresh"' in client.get(answer.location).text
    seeded_2023.clock.advance(seconds=61)
    told = client.get(answer.location).text
    assert 'class="bar fresh"' not in told
    assert "Accepted:" in words_of(told)


def page_of(service: Service, number: int = 1) -> str:
    return signed_in(service).get(f"/review/{number}").text


def test_a_candidate_says_in_one_line_each_what_is_and_what_would_be(seeded_2023):
    arrive(seeded_2023, US, sighting())
    text = words_of(page_of(seeded_2023))
    assert "suspended since 5 Aug 2022 →after accepting: ◐ resumed since 8 Jan 2024" in text
    assert re.search(r"Last contact[^→]+→after accepting: 8–9 Jan 2024", text)
    assert "Accepting records: ◐ resumed from 8 Jan 2024■ held 8–9 Jan 2024 citing 1 release" in text
    assert "resumed: the first contact since a suspension took place" in text


TALKS = (
    "The United States and the People's Republic of China held the 17th U.S.-PRC Defense Policy Coordination Talks at "
    "the Pentagon on January 8-9, 2024."
)


def detected(service: Service, **over) -> int:
    """A release as it is read, with what is detected in it; answers the candidate of the defense policy talks."""
    told = document(1, summary=TALKS, **over)
    found = [said for said in service.detect_all(told) if said.channel == "dpct"]
    (candidate,) = arrive(service, told, *found)
    return candidate.id


def field_of(html: str, name: str) -> str:
    """The value of a field of the decision."""
    return re.search(rf'<input name="{name}"[^>]* value="([^"]*)"', html)[1]


def test_form_place_round_and_persons_are_proposed_from_the_words_of_the_release(seeded_2023):
    detected(seeded_2023)
    html = page_of(seeded_2023)
    shown = {name: field_of(html, name) for name in ("form", "place", "round", "persons")}
    assert shown == {"form": "in person", "place": "Pentagon", "round": "17", "persons": ""}
    text = words_of(html)
    assert "Place proposed from: at the Pentagon" in text
    assert "Round proposed from: 17th" in text
    assert "Accepting records: ◐ resumed from 8 Jan 2024■ held 8–9 Jan 2024, in person, Pentagon, round 17" in text


def test_a_release_that_is_silent_leaves_the_fields_empty(seeded_2023):
    arrive(seeded_2023, US, sighting())
    html = page_of(seeded_2023)
    assert {name: field_of(html, name) for name in ("form", "place", "round", "persons", "cause")} == dict.fromkeys(
        ("form", "place", "round", "persons", "cause"), ""
    )
    assert "proposed from" not in html


def test_the_contact_is_recorded_as_it_stands_in_the_form(seeded_2023):
    number = detected(seeded_2023)
    typed = FORM | {"form": "in person", "place": "Washington", "round": "17", "persons": "Ely Ratner; Song Yanchao"}
    answer = signed_in(seeded_2023).post(f"/review/{number}", data=typed | {"action": "accept", "version": 2})
    assert answer.status_code == 303
    with seeded_2023.store.reading() as db:
        (met,) = (contact for contact in db.record.entries_of("dpct")[1] if contact.decision)
    assert (met.form, met.place, met.round, met.persons) == (
        "in person", "Washington", 17, "Ely Ratner; Song Yanchao",
    )  # fmt: skip


@pytest.mark.parametrize("wrong", ["0", "x", "1000", "-3"])
def test_a_round_that_is_no_number_is_refused_beside_its_field(seeded_2023, wrong):
    arrive(seeded_2023, US, sighting())
    answer = signed_in(seeded_2023).post("/review/1", data=FORM | {"action": "accept", "version": 2, "round": wrong})
    assert answer.status_code == 400
    assert f"{wrong!r} is no number of a round." in words_of(answer.text).replace("&#39;", "'")


def test_what_the_record_tells_already_stands_in_the_form_and_changes_with_it(seeded_2023):
    number = detected(seeded_2023)
    client = signed_in(seeded_2023)
    typed = FORM | {"end": "2024-01-09", "place": "Pentagon", "round": "17"}
    client.post(f"/review/{number}", data=typed | {"action": "accept", "version": 2})
    seeded_2023.clock.advance(seconds=1)
    arrive(seeded_2023, CN, sighting())
    html = page_of(seeded_2023)
    assert (field_of(html, "place"), field_of(html, "cause")) == ("Pentagon", "Met again.")
    version = re.search(r'name="version" value="(\d+)"', html)[1]
    client.post(f"/review/{number}", data=typed | {"place": "Arlington", "action": "accept", "version": version})
    with seeded_2023.store.reading() as db:
        met = [contact for contact in db.record.entries_of("dpct")[1] if contact.decision]
    assert [(one.place, one.replaces) for one in met] == [("Pentagon", None), ("Arlington", met[0].id)]
    assert {source.side for source in met[1].sources} == {"us", "cn"}


def test_the_page_says_what_accepting_as_typed_writes_rows_corrections_or_citations_alone(seeded_2023):
    """The channel is active from the 25th and met on the 26th by one side; the other tells of the 24th."""
    client = signed_in(seeded_2023)
    first = FORM | {"state": "active", "effective": "2024-01-25", "date": "2024-01-26", "action": "accept"}
    on_26 = document(1, published=date(2024, 1, 26))
    arrive(seeded_2023, on_26, sighting(date=PartialDate("2024-01-26"), starts=None))
    assert client.post("/review/1", data=first | {"version": 2}).status_code == 303
    seeded_2023.clock.advance(seconds=1)
    (found,) = arrive(
        seeded_2023, replace(CN, published=date(2024, 1, 24)), sighting(date=PartialDate("2024-01-24"), starts=None)
    )
    with seeded_2023.store.reading() as db:
        change, met = (rows[-1].id for rows in db.record.entries_of("dpct"))
    html = page_of(seeded_2023, found.id)
    text = words_of(html)
    assert "The record tells of a part of this already: accepting adds the rest." in text
    assert f"Accepting records: ● active from 25 Jan 2024, as change-{change} has it already■ held 24 Jan 2024" in text
    assert "become further sources" not in text
    typed = FORM | {"state": "active", "effective": "2024-01-24", "date": "2024-01-24", "version": found.version}
    text = words_of(client.post(f"/review/{found.id}", data=typed | {"action": "check"}).text)
    assert "The record tells of this, and otherwise: accepting corrects it." in text
    assert f"in the place of change-{change}: from 25 Jan 2024 → 24 Jan 2024" in text
    assert "already" not in text.partition("Accepting records:")[2].partition("citing")[0]
    alone = {"state": "active", "effective": "2024-01-25", "cause": "Met again.", "version": found.version}
    text = words_of(client.post(f"/review/{found.id}", data=alone | {"action": "check"}).text)
    assert "Accepting cites for what is on record, and adds no row: ● active from 25 Jan 2024, as change-" in text
    assert "The record tells of this already; the releases become further sources." in text
    client.post(f"/review/{found.id}", data=typed | {"action": "accept"})
    with seeded_2023.store.reading() as db:
        changes, contacts = db.record.entries_of("dpct")
    assert (changes[-1].replaces, str(changes[-1].effective)) == (change, "2024-01-24")
    assert (contacts[-1].replaces, str(contacts[-1].date)) == (None, "2024-01-24"), f"a second contact beside {met}"


def test_a_day_of_announcement_and_who_asked_are_told_and_recorded_as_corrections(seeded_2023):
    client = signed_in(seeded_2023)
    typed = {"outcome": "held", "date": "2024-01-08", "end": "2024-01-09", "action": "accept"}
    arrive(seeded_2023, US, sighting())
    client.post("/review/1", data=typed | {"version": 2})
    seeded_2023.clock.advance(seconds=1)
    (found,) = arrive(seeded_2023, CN, sighting())
    more = typed | {"announced": "2024-01-05", "asked_by": "us", "version": found.version}
    text = words_of(client.post("/review/1", data=more | {"action": "check"}).text)
    assert ": announced on nothing → 5 Jan 2024; asked by nothing → United States citing 2 releases" in text
    assert client.post("/review/1", data=more).status_code == 303
    with seeded_2023.store.reading() as db:
        met = db.record.entries_of("dpct")[1][-1]
    assert (met.announced, met.asked_by, met.replaces is None) == (date(2024, 1, 5), "us", False)


def test_the_cause_is_the_reviewers_to_write_and_never_a_headline(seeded_2023):
    arrive(seeded_2023, US, sighting())
    html = page_of(seeded_2023)
    assert field_of(html, "cause") == ""
    assert "why the state changes, in a sentence of your own" in words_of(html)
    proposed = FORM | {"cause": "", "action": "accept", "version": 2}
    answer = signed_in(seeded_2023).post("/review/1", data=proposed)
    assert answer.status_code == 400
    assert "A state needs its cause in a sentence." in words_of(answer.text)


def test_dates_that_disagree_are_asked_about_before_they_are_recorded(seeded_2023):
    (found,) = arrive(seeded_2023, US, sighting())
    client, slipped = signed_in(seeded_2023), FORM | {"effective": "2023-01-08", "version": 2}
    asked = client.post("/review/1", data=slipped | {"action": "accept"})
    assert asked.status_code == 200
    text = words_of(asked.text)
    assert "Are the dates right? The state is resumed from 8 Jan 2023 on, and the contact was on 8 Jan 2024." in text
    with seeded_2023.store.reading() as db:
        assert db.candidates.get(found.id).status is Status.PENDING, "nothing is recorded before it is confirmed"
    assert "Are the dates right?" in client.post("/review/1", data=slipped | {"action": "check"}).text
    confirmed = {"dates_right": re.search(r'name="dates_right" value="([^"]+)"', asked.text)[1]}
    other = slipped | {"effective": "2022-01-08", "action": "accept"} | confirmed
    assert client.post("/review/1", data=other).status_code == 200, "it was another date that was confirmed"
    assert client.post("/review/1", data=slipped | {"action": "accept"} | confirmed).status_code == 303


def test_dates_that_agree_are_not_asked_about(seeded_2023):
    arrive(seeded_2023, US, sighting())
    assert "Are the dates right?" not in page_of(seeded_2023)


WRONG = {
    "effective": "2024-02-30",
    "date": "soon",
    "announced": "May",
    "round": "x",
    "cause": "",
}


def test_all_fields_that_are_wrong_are_told_at_once_each_beside_itself_and_above_them(seeded_2023):
    arrive(seeded_2023, US, sighting())
    for action in ("accept", "check"):
        answer = signed_in(seeded_2023).post("/review/1", data=FORM | WRONG | {"action": action, "version": 2})
        assert answer.status_code == 400
        summary = re.search(r'<div class="errors".*?</div>', answer.text, re.DOTALL)[0]
        assert "5 things have to be put right" in words_of(summary)
        assert re.findall(r'href="#in-([a-z]+)"', summary) == ["cause", "effective", "date", "announced", "round"]
        for name, typed in WRONG.items():
            field = re.search(rf'<input name="{name}" [^>]*>', answer.text)[0]
            assert f'id="in-{name}" aria-invalid="true"' in field
            assert f'value="{typed}"' in field, "what was typed stays"
            assert f'id="about-{name}"' in answer.text


def test_who_asked_is_held_against_the_parties_when_it_is_checked_and_with_the_rest(seeded_2023):
    arrive(seeded_2023, US, sighting())
    for action in ("accept", "check"):
        typed = FORM | {"asked_by": "zz", "action": action, "version": 2}
        for wrong, named in (({}, ["asked_by"]), (WRONG, [*WRONG, "asked_by"])):
            answer = signed_in(seeded_2023).post("/review/1", data=typed | wrong)
            assert answer.status_code == 400
            assert set(re.findall(r'href="#in-([a-z_]+)"', answer.text)) == set(named)
            assert "&#39;zz&#39; is none of the two parties." in answer.text


def test_what_may_come_of_a_field_that_cannot_be_read_is_not_told(seeded_2023):
    arrive(seeded_2023, US, sighting())
    typed = FORM | {"date": "soon", "end": "2024-01-09", "action": "accept", "version": 2}
    answer = signed_in(seeded_2023).post("/review/1", data=typed)
    assert "One thing has to be put right" in words_of(answer.text)
    assert "cannot end before it begins" not in answer.text


def test_dates_that_are_out_of_order_are_told_together(seeded_2023):
    arrive(seeded_2023, US, sighting())
    typed = FORM | {"effective": "2029-01-01", "end": "2023-01-01", "announced": "2029-01-01", "expected": "2024"}
    text = signed_in(seeded_2023).post("/review/1", data=typed | {"action": "accept", "version": 2}).text
    summary = re.search(r'<div class="errors".*?</div>', text, re.DOTALL)[0]
    assert set(re.findall(r'href="#in-([a-z]+)"', summary)) == {"effective", "end", "announced", "expected"}


def test_a_contact_alone_needs_no_sentence(seeded_2023):
    arrive(seeded_2023, US, sighting())
    typed = {"outcome": "held", "date": "2024-01-08", "action": "accept", "version": 2}
    assert signed_in(seeded_2023).post("/review/1", data=typed).status_code == 303


def test_a_cause_that_a_release_gives_is_proposed_in_its_words(seeded_2023):
    text = "In protest at arms sales, China suspended the meetings of its president on January 8."
    words = Evidence("summary", text.index("suspended"), text.index("suspended") + 9, "suspended", "signal")
    told = sighting(channel="leaders", signal=Signal.SUSPENDED, starts=None, evidence=(words,))
    arrive(seeded_2023, document(1, summary=text), told)
    html = page_of(seeded_2023)
    assert field_of(html, "cause") == "In protest at arms sales."
    assert "proposed from: In protest at arms sales" in words_of(html)


def test_marked_words_are_explained_in_the_other_language(seeded_2023):
    words = {"会晤": "signal", "中美国防部工作会晤": "channel", "双方": "office", "1月8日至9日": "date"}
    title = "".join(words)
    places = {text: title.index(text) for text in words}
    fired = tuple(Evidence("title", at, at + len(text), text, words[text]) for text, at in places.items())
    arrive(seeded_2023, replace(CN, title=title), sighting(evidence=fired))
    text = words_of(page_of(seeded_2023))
    assert "中美国防部工作会晤 Defense Policy Coordination Talks (DPCT)" in text
    assert "会晤 meet, talk" in text
    assert "1月8日至9日 2024-01-08 – 2024-01-09" in text


def test_a_name_is_explained_by_person_and_office_and_never_by_another_person(seeded_2023):
    names = ("沙利文", "宋延超")
    title = "、".join(names)
    fired = tuple(Evidence("title", title.index(n), title.index(n) + len(n), n, "office") for n in names)
    arrive(seeded_2023, replace(CN, title=title), sighting(evidence=fired))
    text = words_of(page_of(seeded_2023))
    assert "沙利文 Jake Sullivan, National Security Adviser" in text
    # Several persons are listed as one holder of his office: which of them is meant is not known.
    assert "宋延超 Office for International Military Cooperation" in text
    assert "Huang Xueping" not in text
    fired = (Evidence("title", 0, 13, "Jake Sullivan", "office"),)
    arrive(seeded_2023, replace(US, title="Jake Sullivan"), sighting(channel="mmca", evidence=fired))
    assert re.search(r"Jake Sullivan (?!沙利文)[^ ,(]*沙利文 ", words_of(page_of(seeded_2023, 2))), "the office first"


def test_a_long_release_is_shown_as_the_passages_that_fired_with_the_whole_text_behind_them(seeded_2023):
    filler = "Nothing of note happened on that day in the harbour. " * 30
    text = f"{filler}The two sides held talks. They agreed on more. {filler}"
    start = text.index("held talks")
    fired = Evidence("summary", start, start + len("held talks"), "held talks", "signal")
    arrive(seeded_2023, replace(US, summary=text), sighting(evidence=(fired,)))
    html = page_of(seeded_2023)
    shown, _, whole = html.partition("Whole text")
    assert "The two sides <mark" in shown
    assert "harbour" not in shown
    assert whole.count("harbour") == 60


@given(st.text(alphabet="ab。. \n", max_size=200), st.lists(st.integers(0, 199), max_size=5))
def test_passages_hold_every_word_that_fired_and_do_not_overlap(text, places):
    fired = [
        Evidence("summary", at, at + 1, text[at], "signal") for at in places if at < len(text) and text[at].strip()
    ]
    spans = passages(text, fired)
    assert all(any(start <= words.start < end for start, end in spans) for words in fired)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_like_decisions_are_shown_with_their_reasons(seeded_2023):
    (before,) = arrive(
        seeded_2023, document(1, published=date(2023, 5, 9)), sighting(date=PartialDate("2023-05-08"), starts=None)
    )
    reject(seeded_2023.store, before.id, before.version, by="ben", at=seeded_2023.clock(), reason="Routine.")
    seeded_2023.clock.advance(minutes=1)
    arrive(seeded_2023, US, sighting())
    assert "rejected, 8 May 2023: Routine." in words_of(page_of(seeded_2023, 2))


def test_what_came_too_late_says_who_was_first_and_keeps_the_words(seeded_2023):
    (found,) = arrive(seeded_2023, US, sighting())
    accept(seeded_2023.store, found.id, found.version, by="ben", at=seeded_2023.clock())
    late = {"action": "reject", "reason_text": "It is old.", "version": found.version}
    answer = signed_in(seeded_2023).post("/review/1", data=late)
    assert answer.status_code == 409
    assert "ben was first: accepted at" in words_of(answer.text)
    assert 'value="It is old."' in answer.text
    typed = {"action": "check", "state": "resumed", "effective": "2024-01-09", "cause": "As I read it."}
    checked = signed_in(seeded_2023).post("/review/1", data=typed | {"version": found.version})
    assert checked.status_code == 409
    assert "ben was first: accepted at" in words_of(checked.text)
    assert 'value="As I read it."' in checked.text


def test_a_rejection_without_a_reason_leaves_the_fields_as_proposed(seeded_2023):
    arrive(seeded_2023, US, sighting())
    answer = signed_in(seeded_2023).post("/review/1", data={"action": "reject", "version": 2, "reason_text": " "})
    assert answer.status_code == 400
    assert "A rejection needs a reason." in answer.text
    assert 'value="2024-01-08"' in answer.text


def test_what_waits_for_a_second_person_offers_no_accepting_and_is_told_above_the_next_page(seeded_2023):
    two = frozenset({State.SUSPENDED})
    service = replace(seeded_2023, settings=replace(seeded_2023.settings, second_person=two))
    arrive(service, US, sighting(channel="leaders", signal=Signal.SUSPENDED, starts=None))
    client = signed_in(service)
    typed = {"state": "suspended", "effective": "2024-01-09", "cause": "Cut."}
    answer = client.post("/review/1", data=typed | {"action": "accept", "version": 2})
    assert answer.status_code == 303
    assert "Waits for a second person: Presidents' summits" in words_of(client.get(answer.location).text)
    page = client.get("/review/1").text
    assert 'value="accept"' not in page
    assert "A second person is asked for" in page
    assert "second person" in words_of(client.get("/review?second=1").text)


def test_a_split_says_what_was_split_from_what_with_the_way_there(seeded_2023):
    arrive(seeded_2023, US, sighting())
    (found,) = arrive(seeded_2023, CN, sighting())
    client = signed_in(seeded_2023)
    moved = next(seen for seen in found.sightings if seen.release.side == "cn")
    answer = client.post("/review/1/split?sort=oldest", data={"sighting": moved.id, "version": found.version})
    assert (answer.status_code, answer.location) == (303, "/review/1?split=2&sort=oldest")
    html = client.get(answer.location).text
    notice = re.search(r'<div class="bar"[^>]* id="split-off">.*?</div>', html, re.DOTALL)[0]
    assert f"{CN.publisher}, 10 Jan 2024: {CN.title}." in words_of(notice)
    assert "From candidate 1 to candidate 2; merge that with this one to take it back." in words_of(notice)
    assert 'href="/review/2?sort=oldest"' in notice
    for other in ("/review/1", "/review/1?split=1", "/review/1?split=99", "/review/1?split=x", "/review/2?split=1"):
        assert 'id="split-off"' not in client.get(other).text, "only what was split off is told so"


def test_a_split_that_was_merged_again_is_no_more_told(seeded_2023):
    arrive(seeded_2023, US, sighting())
    (found,) = arrive(seeded_2023, CN, sighting())
    client = signed_in(seeded_2023)
    client.post("/review/1/split", data={"sighting": found.sightings[0].id, "version": found.version})
    with seeded_2023.store.reading() as db:
        version = db.candidates.get(2).version
    assert client.post("/review/2/merge", data={"into": 1, "version": version}).status_code == 303
    assert 'id="split-off"' not in client.get("/review/1?split=2").text


def test_the_keys_have_a_page_of_their_own(seeded_2023):
    client: FlaskClient = signed_in(seeded_2023)
    assert "reject: r opens the reasons, a digit decides" in words_of(client.get("/review/keys").text)
    arrive(seeded_2023, US, sighting())
    assert 'href="/review/keys"' in client.get("/review").text


@pytest.mark.parametrize(
    "address",
    [
        "/review/99999999999999999999",
        "/review/releases/99999999999999999999/page",
        "/review/99999999999999999999/present",
        "/claims/change-99999999999999999999",
    ],
)
def test_a_number_that_no_row_can_have_leads_nowhere(seeded: Service, address: str) -> None:
    assert signed_in(seeded).get(address).status_code == 404


def test_a_version_of_very_many_digits_is_none(seeded: Service) -> None:
    answer = signed_in(seeded).post("/review/1", data={"action": "accept", "version": "9" * 5_000})
    assert answer.status_code in (400, 404)
    assert signed_in(seeded, "admin", "olga").get("/admin/audit?before=2024-01-01T00:00:00Z~1~-5").status_code == 400


def sent_back(html: str, **over) -> dict[str, str]:
    """The form of the decision as the page filled it in, with what a reviewer changed."""
    form = html.partition('id="decision"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input(?: type="hidden")? name="(\w+)"[^>]* value="([^"]*)"', form))
    for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return {name: value for name, value in fields.items() if name != "another"} | over


def met_once(service: Service) -> FlaskClient:
    """One side's meeting is on the record, and the other side brought it back; answers a reviewer's client."""
    (found,) = arrive(service, US, ON_8)
    accept(service.store, found.id, found.version, by="ana", at=service.clock())
    arrive(service, CN, ON_9)
    service.clock.advance(seconds=1)
    return signed_in(service)


def test_a_form_that_was_filled_from_a_row_does_not_revert_what_somebody_corrected_there_since(seeded_2023):
    client = met_once(seeded_2023)
    form = sent_back(client.get("/review/1").text, action="accept")
    with seeded_2023.store.reading() as db:
        met = db.record.entries_of("dpct")[1][-1]
    name, who = ClaimName(Contact, met.id), {"by": "ben", "at": seeded_2023.clock()}
    fresh = correct(seeded_2023.store, name, {"place": "Pentagon"}, reason="It says so.", **who)
    seeded_2023.clock.advance(seconds=1)
    answer = client.post("/review/1", data=form)
    assert answer.status_code == 409
    assert f"What the record tells of candidate 1 has changed since you opened it; it is in {fresh}" in words_of(
        answer.text
    )
    with seeded_2023.store.reading() as db:
        assert db.record.entries_of("dpct")[1][-1].place == "Pentagon"
    again = sent_back(client.get("/review/1").text, action="accept")
    assert client.post("/review/1", data=again).status_code == 303


def test_a_reviewer_says_in_the_form_that_it_is_another_event_and_adds_it_beside_what_is_on_record(seeded_2023):
    client = met_once(seeded_2023)
    typed = {"date": "2024-01-09", "state": "", "effective": "", "another": "1"}
    html = client.get("/review/1").text
    assert "This is another event than that on record: add it as new" in words_of(html)
    checked = client.post("/review/1", data=sent_back(html, action="check", **typed)).text
    assert "Accepting records: ■ held 9 Jan 2024 citing 2 releases" in words_of(checked)
    assert re.search(r'name="another" value="1" checked', checked)
    assert client.post("/review/1", data=sent_back(html, action="accept", **typed)).status_code == 303
    with seeded_2023.store.reading() as db:
        contacts = [row for row in db.record.entries_of("dpct")[1] if row.decision]
    assert [(str(row.date), row.replaces) for row in contacts] == [("2024-01-08", None), ("2024-01-09", None)]


def test_what_the_record_told_of_can_be_put_in_the_queue(seeded):
    arrive(seeded, US, sighting())
    client = signed_in(seeded)
    page = client.get("/review/1").text
    assert "The record told of this event" in words_of(page)
    assert client.post("/review/1/queue", data={"version": 2}).status_code == 303
    assert 'value="accept"' in client.get("/review/1").text


def test_a_rejection_of_what_stands_on_the_record_says_what_to_undo_first(seeded_2023):
    client = met_once(seeded_2023)
    version = re.search(r'name="version" value="(\d+)"', client.get("/review/1").text)[1]
    refused = client.post("/review/1", data={"action": "reject", "reason": "Wrong.", "version": version})
    assert refused.status_code == 409
    assert "What ana accepted at 1 Feb 2024 12:00 UTC stands on the record. Undo that decision first" in words_of(
        refused.text
    )
    many = client.post("/review/reject", data={"candidate": f"1~{version}", "reason": "Wrong."}, follow_redirects=True)
    assert "What ana accepted at 1 Feb 2024 12:00 UTC stands on the record." in words_of(many.text)
