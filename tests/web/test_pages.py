"""The pages as a reader without scripts gets them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from tests.make import release, sighting
from tests.test_review import CN, US, arrive, decide
from tracker.model import Evidence, PartialDate
from tracker.passwords import passwords
from tracker.reviewing.review import accept
from tracker.web.app import create_app
from tracker.web.auth import COOKIE
from tracker.web.reviewing.marks import marked

PUBLIC = [
    "/",
    "/timeline",
    "/channels/dpct",
    "/claims/contact-1",
    "/changes",
    "/contacts",
    "/feeds",
    "/method",
    "/login",
]


class Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


def text_of(html: str) -> str:
    parser = Text()
    parser.feed(html)
    return parser.text


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", text_of(html))


@pytest.fixture
def client(seeded):
    return create_app(seeded).test_client()


def signed_in(service, role="reviewer", name="ana"):
    """A client with the cookie of a person in that role, and without form tokens to think of."""
    app = create_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    now = service.clock()
    with service.store.writing() as db:
        db.accounts.add_user(name, role, None, at=now)
        secret = db.accounts.start_session(name, now=now, expires_at=now + timedelta(days=1))
    client = app.test_client()
    client.set_cookie(COOKIE, secret)
    return client


@pytest.mark.parametrize("path", PUBLIC)
def test_every_public_page_answers_with_headers_that_allow_no_foreign_script(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", answer.text)


def test_the_first_line_says_as_of_when_how_many_are_in_which_state_and_what_was_read(client):
    words = words_of(client.get("/").text)
    counted = r"As of 1 Feb 2024 12:00 UTC: ● \d+ active, .*‖ \d+ suspended.* of \d+ channels; last change"
    assert re.search(counted, words)
    assert "last hour" in words


def test_with_no_source_read_the_page_warns_before_it_gives_any_state(client):
    words = words_of(client.get("/").text)
    warning = re.search(r"[Nn]o(ne| source)[^.]{0,80}read[^.]*last hour", words)
    assert warning, words[:800]
    assert warning.start() < words.index("As of 1 Feb 2024")


OF_THE_PAST = [
    "/", "/channels/dpct", "/claims/change-1", "/changes", "/changes?from=2022-08-01&to=2022-08-31", "/contacts",
    "/corrections", "/feeds", "/feeds/war-releases", "/figures", "/method", "/search?q=pelosi", "/timeline",
    "/since?after=2022-08-01",
]  # fmt: skip


@pytest.mark.parametrize("path", OF_THE_PAST)
def test_links_and_forms_of_a_page_of_the_past_lead_into_the_same_past(client, clock, path):
    known_at, joint = clock().strftime("%Y-%m-%dT%H:%M:%SZ"), "&" if "?" in path else "?"
    shown = client.get(f"{path}{joint}as_of=2023-09-01&known_at={known_at}")
    main = BeautifulSoup(shown.text, "lxml").find("main")
    kept = re.compile(r"^/(channels/[^/?]+|claims/[^/?]+|feeds(/[^/?]+)?|corrections|method|search)?(\?|#|$)")
    links = [link["href"] for link in main.find_all("a", href=kept)]
    assert not [link for link in links if "known_at=" not in link]
    for form in main.find_all("form", method="get"):
        assert form.find("input", attrs={"name": "known_at", "value": known_at}), form["action"]


@pytest.mark.parametrize(
    ("day", "state"), [("2022-09-01", "suspended"), ("2024-02-01", "resumed"), ("2024-10-01", "active")]
)
def test_a_past_day_is_shown_and_said(client, day, state):
    words = words_of(client.get(f"/channels/dpct?as_of={day}").text)
    assert f"{state} since" in words
    assert "from the record as it stood at" in words or "from the record as it stands now" in words


@pytest.mark.parametrize("path", ["/", "/channels/dpct", "/search"])
def test_a_day_that_has_not_come_is_not_shown_as_if_it_were_known(client, path):
    warning = "This day has not come: below is what stands now, and what was announced."
    assert warning in words_of(client.get(f"{path}?as_of=2031-01-01").text)
    assert warning not in words_of(client.get(f"{path}?as_of=2023-01-01").text)


def test_a_date_is_never_more_precise_than_it_is_known(client):
    words = words_of(client.get("/channels/mmca?as_of=2019-01-01").text)
    assert "since Jan 1998" in words
    assert "1 Jan 1998" not in words


def test_every_claim_of_a_channel_page_cites_its_source(client):
    html = client.get("/channels/dpct").text
    cited = set(re.findall(r'href="#(source-\d+)"', html))
    assert cited
    assert all(f'id="{anchor}"' in html for anchor in cited)
    assert "中美国防部工作会晤" in html
    assert "what each side last said" in words_of(html).lower()


@pytest.mark.parametrize("path", ["/channels/dpct", "/changes", "/contacts"])
def test_each_claim_says_in_words_and_by_a_sign_on_whose_word_it_rests(client, path):
    mark = r'<span class="word word-[\w-]+"><span class="dots" aria-hidden="true">(..)</span> ([^<]+)<'
    signs = re.findall(mark, client.get(path).text)
    assert ("●●", "on the word of both sides") in signs
    told = {
        "●●": ["both sides"], "●○": ["the United States only"], "○●": ["China only"],
        "○○": ["third parties only", "later sources"],
    }  # fmt: skip
    assert all(words.removeprefix("on the word of ") in told[sign] for sign, words in signs)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/channels/dcpt", 404, "Did you mean dpct"),
        ("/?as_of=2024-13-01", 400, "2024-13-01"),
        ("/channels/dpct?known_at=yesterday", 400, "yesterday"),
        ("/nowhere", 404, "nothing at /nowhere"),
    ],
)
def test_a_bad_address_is_answered_in_words(client, path, status, words):
    answer = client.get(path)
    assert answer.status_code == status
    assert words in words_of(answer.text)


def test_a_channel_has_a_page_also_as_it_was_known_before_anything_was_recorded(client):
    answer = client.get("/channels/dpct?as_of=2022-09-01&known_at=2024-01-31")
    assert answer.status_code == 200
    assert ": no state. Contacts: none on record." in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/channels/dcpt", "/?as_of=soon"])
def test_a_refusal_has_the_usual_header_and_is_kept_for_nobody_else(seeded, path):
    visitor = create_app(seeded).test_client().get(path)
    assert "Sign in" in words_of(visitor.text)
    reviewer = signed_in(seeded).get(path)
    assert re.search(r"Review \d+ Your account: ana Your account Sign out", words_of(reviewer.text))
    assert reviewer.headers["Cache-Control"] == "private, no-store"


def test_an_unchanged_page_is_not_sent_again(client):
    first = client.get("/")
    again = client.get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_waits_for_review_shows_on_no_public_page(seeded_2023):
    anonymous = create_app(seeded_2023).test_client()
    before = {path: anonymous.get(path).data for path in PUBLIC if path != "/login"}
    arrive(seeded_2023, replace(US, title="Unreviewed words"), sighting())
    assert {path: anonymous.get(path).data for path in before} == before


def test_the_queue_asks_for_a_reviewer(seeded_2023):
    anonymous = create_app(seeded_2023).test_client()
    asked = anonymous.get("/review")
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith("/login?next=")
    assert signed_in(seeded_2023, "reader", "rea").get("/review").status_code == 403
    assert signed_in(seeded_2023).get("/review").status_code == 200


def test_forms_without_a_token_are_refused(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    client = signed_in(seeded_2023)
    client.application.config["WTF_CSRF_ENABLED"] = True
    answer = client.post(f"/review/{candidate.id}", data={"action": "accept", "version": candidate.version})
    assert answer.status_code == 400


def test_a_reviewer_sees_both_sides_the_marks_and_what_would_change(seeded_2023):
    words = Evidence("title", 0, 5, "Talks", "signal")
    arrive(seeded_2023, US, sighting(evidence=(words,)))
    (candidate,) = arrive(seeded_2023, CN, sighting())
    html = signed_in(seeded_2023).get(f"/review/{candidate.id}").text
    assert re.search(r"<mark[^>]*role-signal[^>]*>Talks</mark> at the Pentagon", html)
    assert "会晤举行" in html
    assert "resumed since 8 Jan 2024" in words_of(html)
    assert 'value="2024-01-08"' in html


FORM = {"state": "resumed", "effective": "2024-01-08", "outcome": "held", "date": "2024-01-08", "cause": "Met again."}


def test_accepting_by_form_changes_the_page_and_offers_undo(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    client = signed_in(seeded_2023)
    answer = client.post(f"/review/{candidate.id}", data=FORM | {"action": "accept", "version": candidate.version})
    assert answer.status_code == 303
    offered = client.get(answer.headers["Location"]).text
    assert "Undo" in offered
    anonymous = create_app(seeded_2023).test_client()
    assert "resumed since 8 Jan 2024" in words_of(anonymous.get("/channels/dpct").text)
    with seeded_2023.store.reading() as db:
        version = db.candidates.get(candidate.id).version
    assert client.post(f"/review/{candidate.id}/undo", data={"version": version}).status_code == 303
    assert "suspended since 5 Aug 2022" in words_of(anonymous.get("/channels/dpct").text)


def test_the_notice_after_accepting_says_what_was_recorded_with_a_link_to_each_claim(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    client = signed_in(seeded_2023)
    typed = {"state": "ended", "effective": "2024-01-07", "end": "2024-01-09"}
    form = FORM | typed | {"action": "accept", "version": candidate.version}
    notice = notice_of(client, client.post(f"/review/{candidate.id}", data=form))
    assert re.search(r'Recorded: <a href="/claims/change-\d+">.*ended.* since.*7 Jan 2024.*</a>', notice, re.DOTALL)
    assert re.search(r'<a href="/claims/contact-\d+">.*held.*8.9 Jan 2024.*</a>', notice, re.DOTALL)


def test_the_notice_of_what_only_gained_sources_says_so(seeded_2023):
    client = signed_in(seeded_2023)
    for side in (US, CN):
        (candidate,) = arrive(seeded_2023, side, sighting())
        form = FORM | {"action": "accept", "version": candidate.version}
        notice = notice_of(client, client.post(f"/review/{candidate.id}", data=form))
    assert "Recorded:" not in notice
    assert re.search(r'Cited for what is on record: <a href="/claims/change-\d+">', notice)


def notice_of(client, answer):
    page = client.get(answer.headers["Location"]).text
    return re.search(r'<div class="bar[^"]*" role="status"[^>]*>(.*?)</div>', page, re.DOTALL)[1]


def test_enter_in_a_field_checks_and_records_nothing(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    client = signed_in(seeded_2023)
    page = client.get(f"/review/{candidate.id}").text
    first_button = re.search(
        r'<form[^>]*class="decision".*?<button name="action" value="(\w+)"', page, re.DOTALL
    ).group(1)
    assert first_button == "check"
    answer = client.post(f"/review/{candidate.id}", data=FORM | {"action": "check", "version": candidate.version})
    assert "Nothing has been recorded" in answer.text
    with seeded_2023.store.reading() as db:
        assert db.candidates.get(candidate.id).status == "pending"


def test_the_second_reviewer_is_told_who_was_first_and_keeps_what_they_typed(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    accept(seeded_2023.store, candidate.id, candidate.version, by="ben", at=seeded_2023.clock())
    typed = FORM | {"action": "accept", "version": candidate.version, "note": "My careful words."}
    answer = signed_in(seeded_2023).post(f"/review/{candidate.id}", data=typed)
    assert answer.status_code == 409
    assert "ben was first: accepted at 1 Feb 2024 12:00 UTC." in words_of(answer.text)
    assert "My careful words." in answer.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("effective", "2024-02-30", "cannot be read as a date"),
        ("end", "2023-01-01", "cannot end before"),
        ("cause", "", "cause"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named_and_the_rest_is_kept(seeded_2023, field, value, words):
    (candidate,) = arrive(seeded_2023, US, sighting())
    typed = FORM | {"action": "accept", "version": candidate.version, "note": "Kept."} | {field: value}
    answer = signed_in(seeded_2023).post(f"/review/{candidate.id}", data=typed)
    assert answer.status_code == 400
    assert words in answer.text
    assert "Kept." in answer.text


def test_rejecting_needs_a_reason(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    client = signed_in(seeded_2023)
    data = FORM | {"action": "reject", "version": candidate.version}
    assert client.post(f"/review/{candidate.id}", data=data).status_code == 400
    assert client.post(f"/review/{candidate.id}", data=data | {"reason_text": "Old."}).status_code == 303


UNLIKELY = sighting(
    flagged=False,
    confidence=0.27,
    doubts=("a wish, not an event", "no office is named"),
    date=None,
    starts=None,
    undated="The text gives none.",
    persons=("us-president", "cn-foreign-minister"),
    round=17,
)


def test_what_is_probably_nothing_is_listed_with_its_doubts_and_is_nowhere_in_public(seeded_2023):
    anonymous = create_app(seeded_2023).test_client()
    before = {path: anonymous.get(path).data for path in PUBLIC if path != "/login"}
    arrive(seeded_2023, US, UNLIKELY)
    client = signed_in(seeded_2023)
    assert "Nothing waits for review" in words_of(client.get("/review").text)
    listed = words_of(client.get("/review?status=unlikely").text)
    for words in ("0 waiting", "1 probably nothing", "A wish, not an event", "No office is named"):
        assert words in listed
    assert "Talks at the Pentagon" in words_of(client.get("/review?status=unlikely&q=pentagon").text)
    assert "have the words" not in words_of(client.get("/review?status=unlikely&q=pentagon").text)
    assert "has the words “harbor”" in words_of(client.get("/review?status=unlikely&q=harbor").text)
    assert {path: anonymous.get(path).data for path in before} == before


def test_offices_are_named_in_the_readers_language(seeded_2023):
    arrive(seeded_2023, US, replace(UNLIKELY, persons=("us-china-coordinator", "cn-boundary-ocean")))
    client = signed_in(seeded_2023)
    english = words_of(client.get("/review/1").text)
    assert "China Coordinator, State Department (United States)" in english
    chinese = words_of(client.get("/review/1?language=zh").text)
    assert "国务院中国事务协调员（美国），外交部边界与海洋事务司司长（中国）" in chinese


def test_a_candidate_shows_doubts_the_missing_date_who_took_part_and_how_often_that_is_right(seeded_2023):
    arrive(seeded_2023, US, UNLIKELY)
    words = words_of(signed_in(seeded_2023).get("/review/1").text)
    for said in (
        "Probably nothing: a wish, not an event; no office is named",
        "No date: The text gives none.",
        "Took part: President (United States), Foreign Minister or Director of the Central Foreign Affairs Office",
        "round 17; 2 of 10 like this were right.",
    ):
        assert said in words


def test_an_unlikely_candidate_is_put_in_the_queue_or_decided_by_form(seeded_2023):
    arrive(seeded_2023, US, UNLIKELY)
    client = signed_in(seeded_2023)
    page = client.get("/review/1").text
    assert 'value="accept"' in page
    assert "Put in the queue" in page
    assert client.post("/review/1/queue", data={"version": 2}).status_code == 303
    assert "ana put it in the queue at" in words_of(client.get("/review").text)
    assert client.post("/review/1/queue", data={"version": 2}).status_code == 409
    assert client.post("/review/1", data=FORM | {"action": "accept", "version": 3}).status_code == 303


def test_releases_that_disagree_are_shown_split_and_merged_by_form(seeded_2023):
    arrive(seeded_2023, US, sighting(date=PartialDate("2024-01-08"), starts=None))
    (found,) = arrive(seeded_2023, CN, sighting(date=PartialDate("2024-01-09"), starts=None))
    client = signed_in(seeded_2023)
    words = words_of(client.get("/review/1").text)
    assert "The releases disagree." in words
    assert "Department (China): held, 9 Jan 2024" in words
    assert "Joined because: Their dates meet: 8 Jan 2024 and 9 Jan 2024." in words
    nothing = client.post("/review/1/split", data={"version": found.version})
    assert nothing.status_code == 400
    assert "Choose what tells of another event" in words_of(nothing.text)
    chosen = next(seen.id for seen in found.sightings if seen.release.side == "cn")
    data = {"version": found.version, "sighting": chosen}
    assert client.post("/review/1/split", data=data).status_code == 303
    late = client.post("/review/1/split", data=data)
    assert (late.status_code, "split into 1 and 2 by ana" in words_of(late.text)) == (409, True)
    split = client.get("/review/2").text
    assert "ana split this (1 sighting) off from candidate 1" in words_of(split)
    assert "disagree" not in split
    assert '<option value="1">1: held, 8 Jan 2024</option>' in split
    assert client.post("/review/2/merge", data={"version": 1, "into": ""}).status_code == 400
    with seeded_2023.store.reading() as db:
        version = db.candidates.get(2).version
    merged = client.post("/review/2/merge", data={"version": version, "into": 1})
    assert merged.headers["Location"] == "/review/1"
    emptied = words_of(client.get("/review/2").text)
    assert "its releases are part of candidate 1 now" in emptied
    assert "What would change" not in emptied
    assert "merged into candidate 1" in words_of(client.get("/review?status=merged").text)


def test_what_a_decision_rests_on_is_not_split_by_form(seeded_2023):
    arrive(seeded_2023, US, sighting())
    (found,) = arrive(seeded_2023, CN, sighting())
    decided = accept(seeded_2023.store, found.id, found.version, by="ben", at=seeded_2023.clock())
    data = {"version": decided.version, "sighting": decided.sightings[0].id}
    answer = signed_in(seeded_2023).post("/review/1/split", data=data)
    assert answer.status_code == 409
    assert "What ben accepted at 1 Feb 2024 12:00 UTC rests on" in words_of(answer.text)
    assert "Undo that decision first" in words_of(answer.text)


HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


def test_hostile_text_and_links_do_nothing_on_any_page(seeded_2023):
    bad = release(title=HOSTILE, summary=HOSTILE, publisher=HOSTILE, url="javascript:alert(3)")
    (candidate,) = arrive(seeded_2023, bad, sighting(evidence=(Evidence("title", 0, 8, "<script>", "signal"),)))
    client = signed_in(seeded_2023)
    pages = [client.get(f"/review/{candidate.id}").text, client.get("/review").text]
    data = FORM | {"action": "accept", "version": candidate.version, "cause": HOSTILE, "note": HOSTILE}
    assert client.post(f"/review/{candidate.id}", data=data).status_code == 303
    anonymous = create_app(seeded_2023).test_client()
    pages += [anonymous.get(path).text for path in PUBLIC]
    for html in pages:
        assert "<script>alert" not in html
        assert "<img" not in html
        assert 'href="javascript:' not in html
    assert HOSTILE in text_of(pages[0])


@given(
    st.text(max_size=60),
    st.lists(
        st.tuples(st.integers(-5, 70), st.integers(-5, 70), st.sampled_from(["signal", "date", 'x" onload="'])),
        max_size=6,
    ),
)
def test_marks_never_change_the_words(text, spans):
    evidence = [Evidence("title", start, end, "", role) for start, end, role in spans]
    assert text_of(str(marked(text, evidence))) == text


def test_sign_in_by_password_takes_the_right_one_and_sends_nobody_elsewhere(seeded_2023):
    app = create_app(seeded_2023)
    app.config["WTF_CSRF_ENABLED"] = False
    with seeded_2023.store.writing() as db:
        db.accounts.add_user("ana", "reviewer", passwords.hash("correct horse"), at=seeded_2023.clock())
    client = app.test_client()
    for name, password in (("ana", "wrong"), ("nobody", "correct horse")):
        answer = client.post("/login", data={"name": name, "password": password})
        assert answer.status_code == 401
        assert COOKIE not in answer.headers.get("Set-Cookie", "")
    for target in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        answer = client.post("/login", data={"name": "ana", "password": "correct horse", "next": target})
        assert answer.headers["Location"] == "/review"
    assert client.get("/review").status_code == 200
    client.post("/logout")
    assert client.get("/review").status_code == 302


def test_a_source_links_to_its_page_and_to_the_words_of_it_that_are_kept(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    client = create_app(seeded_2023).test_client()
    page = client.get("/channels/dpct").text
    assert 'href="https://us.example/1"' in page
    proof = re.search(r'href="(/claims/[a-z]+-\d+/proof)">Its words as we keep them', page)[1]
    assert client.get(proof).mimetype == "application/zip"
    (source,) = (s for s in client.get("/api/v1/channels/dpct").get_json()["sources"] if "us.example" in s["url"])
    assert source["archived"]
