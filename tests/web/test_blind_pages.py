"""Checks of reviewers on themselves on pages: the text first, decoys that look like all else and reach nothing."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from db.blind import Word
from tests.make import sighting
from tests.test_review import CN, US, arrive
from tests.web.conftest import serving
from tests.web.test_pages import signed_in, words_of
from tracker.measuring.blind import Answer, Said, is_blind
from tracker.model import Evidence, PartialDate, Signal, Status, Verdict
from tracker.operating import export
from tracker.releases.grouping import report_of
from tracker.reviewing import decoys
from tracker.service import Service
from tracker.web.app import create_app

SECRET = "a secret of these tests 2"
CHECKED = "We check ourselves"


def told(release):
    """A sighting whose marks stand in the release's title, as detection would give it."""
    return sighting(evidence=(Evidence("title", 0, 5, release.title[:5], "signal"),))


def checking(service: Service, percent: int) -> Service:
    return replace(service, settings=replace(service.settings, blind=percent, secret_key=SECRET))


@pytest.fixture
def plain(seeded_2023: Service) -> Service:
    """Checks are on, and by their lots none of the first numbers is read blind."""
    assert not any(is_blind(SECRET.encode(), name, number, 1) for name in ("ana", "ben") for number in range(1, 60))
    return checking(seeded_2023, 1)


def plant(service: Service, key: str, channel: str = "dpct") -> int:
    """Let a decoy stand in ana's queue, before a candidate of a channel; answers its number."""
    document = replace(US, url=f"https://us.example/{channel}")
    with service.store.writing() as db:
        db.blind.plan("ana", key, 0, at=service.clock())
    arrive(service, document, replace(told(document), channel=channel))
    decoys.dress(service, "ana", random.Random(1))
    with service.store.reading() as db:
        return max(hidden.number for hidden in db.blind.waiting("ana"))


def version_in(html: str) -> str:
    return re.search(r'name="version" value="(\d+)"', html).group(1)


def decide(client: FlaskClient, number: int, action: str, **form: str):
    version = version_in(client.get(f"/review/{number}").text)
    return client.post(f"/review/{number}", data={"action": action, "version": version, **form})


HELD = {"outcome": "held", "date": "2024-01-08", "cause": "They met."}


# The text before the proposal


@pytest.fixture
def blind(seeded_2023: Service) -> Service:
    """Everybody reads everything blind."""
    service = checking(seeded_2023, 100)
    for document in (US, CN):
        arrive(service, document, told(document))
    return service


def test_a_text_is_read_before_its_proposal_and_then_decided_as_usual(blind):
    client = signed_in(blind)
    queue = client.get("/review").text
    assert "Read before the proposal" in queue
    assert US.title in queue
    assert "Would record" not in queue
    assert 'class="inbox"' not in queue
    assert client.get("/review?channel=dpct").text.count(US.title) == 0, "its channel would tell the proposal"

    first = client.get("/review/1").text
    main = first[first.index("<main") : first.index('name="channel"')]
    assert US.title in words_of(main)
    for proposal in ("<mark", "Defense Policy Coordination", "DPCT", "held", "resumed", "Accept"):
        assert proposal not in main, proposal
    assert 'value="accept"' not in first

    empty = client.post("/review/1/blind", data={})
    assert empty.status_code == 400
    assert "Choose one, or say that it reports no update." in empty.text
    answer = client.post("/review/1/blind", data={"channel": "dpct", "signal": "held", "date": "2024-01-08"})
    assert answer.location == "/review/1"
    page = words_of(client.get("/review/1").text)
    assert "You read the text first, and said: Defense Policy Coordination Talks (DPCT), held, 8 Jan 2024" in page
    assert "So says the proposal." in page
    assert "Would record" in client.get("/review").text, "it stands among the others now"
    client.post("/review/1/blind", data={"channel": "none"})
    assert "and said: no update" not in words_of(client.get("/review/1").text), "the first word stays"

    assert decide(client, 1, "accept", **HELD).status_code == 303
    mine = words_of(client.get("/review/mine").text)
    assert "you said what the proposal says100 %" in mine
    assert "it was decided as you had read it100 %" in mine


def test_of_many_texts_to_be_read_first_some_come_at_once_so_that_the_queue_is_in_reach(seeded_2023):
    service = checking(seeded_2023, 100)
    for day in range(1, 13):
        document = replace(US, url=f"https://us.example/{day}")
        arrive(service, document, replace(told(document), date=PartialDate(f"2023-12-{day:02}")))
    page = main_of(signed_in(service).get("/review").text)
    assert len(re.findall(r'href="/review/\d+" data-line', page)) == 10
    assert "2 more come once these are decided." in page


def test_who_gives_way_to_the_proposal_sees_it_in_their_own_figures_alone(blind):
    client = signed_in(blind)
    client.post("/review/1/blind", data={"channel": "none"})
    assert "The proposal says otherwise." in words_of(client.get("/review/1").text)
    decide(client, 1, "accept", **HELD)
    assert "it was accepted after all100 %" in words_of(client.get("/review/mine").text)
    assert "it was accepted after allnone yet" in words_of(signed_in(blind, name="ben").get("/review/mine").text)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"channel": "dpct"}, "What it reports is missing."),
        ({"channel": "dpct", "signal": "danced"}, "is not possible here"),
        ({"channel": "dpct", "signal": "held", "date": "soon"}, "Write YYYY-MM-DD, YYYY-MM or YYYY"),
    ],
)
def test_a_word_that_cannot_be_kept_is_refused_with_the_form_as_it_was(blind, form, sentence):
    refused = signed_in(blind).post("/review/1/blind", data=form)
    assert refused.status_code == 400
    assert sentence in words_of(refused.text)
    assert '<option value="dpct" selected>' in refused.text


def test_one_that_came_back_is_no_blind_reading_and_neither_is_any_where_checks_are_off(blind):
    client = signed_in(blind)
    client.post("/review/1/blind", data={"channel": "none"})
    decide(client, 1, "reject", reason="Not about this channel")
    client.post("/review/1/undo", data={"version": version_in(client.get("/review/1").text)})
    assert 'value="accept"' in signed_in(blind, name="ben").get("/review/1").text
    off = signed_in(checking(blind, 0), name="eve")
    assert CHECKED not in off.get("/review").text
    assert "ourselves" not in off.get("/method").text


def test_a_check_is_passed_with_the_keyboard_alone_from_the_text_to_the_next_candidate(plain, page, sign_in):
    number = plant(plain, "dpct-held-en", channel="mmca")
    with serving(checking(plain, 100)) as address:
        sign_in(plain, page, address)
        page.goto(f"{address}/review")
        page.keyboard.press("j")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("What does this text report?")
        page.locator("select[name=channel]").focus()
        page.keyboard.type("no update")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_text("The proposal says otherwise.")).to_be_visible()
        page.keyboard.press("a")
        page.keyboard.type("They met again.")
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("This was a check, and you were right")
        with page.expect_navigation():
            page.keyboard.press("n")
        assert page.url == f"{address}/review/{number + 1}"


# Decoys


def likeness(html: str, number: int) -> str:
    """A page or a line with its own number as N, whitespace apart, and without where it stands in the queue."""
    html = re.sub(rf'(/review/|candidate ){number}(?=[/?":, <])|(value="){number}(?=~)', r"\1\2N", html)
    html = re.sub(r'name="csrf_token" value="[^"]+"', "", html)
    html = re.sub(r'<nav class="steps".*?</nav>', "", html, flags=re.S)
    html = re.sub(r'<option value="\w+">\d+:', "<option>another one:", html)
    return re.sub(r"\s*([<>])\s*", r"\1", re.sub(r"\s+", " ", html))


def main_of(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


def line_of(html: str, number: int) -> str:
    start = html.index(f'value="{number}~')
    return html[start : html.index("</tr>", start)]


def test_a_decoy_is_to_the_letter_what_a_candidate_with_its_words_would_be(plain):
    number, client = plant(plain, "dpct-held-en", channel="mmca"), signed_in(plain)
    with plain.store.reading() as db:
        decoy = db.blind.get("ana", number)
    again = replace(decoy.release, id=None, summary=f"{decoy.release.summary} ", url="https://us.example/same")
    (real,) = arrive(plain, again, decoy.sighting)
    pages = {one: main_of(client.get(f"/review/{one}").text) for one in (number, real.id)}
    assert likeness(pages[number], number) == likeness(pages[real.id], real.id)
    queue = client.get("/review").text
    assert "3 candidates wait" in queue
    assert likeness(line_of(queue, number), number) == likeness(line_of(queue, real.id), real.id)
    for one in (number, real.id):
        assert client.get(f"/review/{one}/present?version={version_in(pages[one])}").text.strip() == ""
        decided = decide(client, one, "reject")
        assert "A rejection needs a reason." in decided.text
    assert client.get(f"/review/{number}").status_code == 200


@pytest.mark.parametrize(
    ("key", "action", "form", "heading", "words"),
    [
        ("denial-leaders-en", "reject", {"reason": "Says what might be, not what was"}, "you were right", "no update"),
        ("denial-leaders-en", "accept", HELD, "the answer was another one", "The ministry denies"),
        ("dpct-held-en", "accept", HELD, "you were right", "The talks themselves were held"),
        ("dpct-held-en", "reject", {"reason_text": "Old"}, "the answer was another one", "held"),
    ],
)
def test_whoever_decides_a_decoy_is_told_at_once_whether_that_was_right_and_nothing_else_happens(
    plain, key, action, form, heading, words
):
    number = plant(plain, key)
    client = signed_in(plain)
    with plain.store.reading() as db:
        before = (db.candidates.counts(), db.record.entries_of("dpct"), db.record.entries_of("leaders"))
    answer = decide(client, number, action, **form)
    assert (answer.status_code, answer.location) == (303, f"/review/{number}")
    page = words_of(client.get(answer.location).text)
    assert heading in page
    assert words in page
    assert "The text is a sample of our own writing. Nobody published it:" in page
    with plain.store.reading() as db:
        assert (db.candidates.counts(), db.record.entries_of("dpct"), db.record.entries_of("leaders")) == before
        title = db.blind.get("ana", number).release.title
    assert f"{'right' if 'right' in heading else 'wrong'} : {title}".replace(" :", ":") in words_of(
        client.get("/review/mine").text
    ).replace(" :", ":")
    assert client.post(f"/review/{number}", data={"action": "accept", "version": "2"}).location == f"/review/{number}"
    assert "1 candidate waits" in client.get("/review").text


def test_what_cannot_be_decided_is_refused_of_a_decoy_as_of_any_candidate(plain):
    number, client = plant(plain, "denial-leaders-en"), signed_in(plain)
    assert "A rejection needs a reason." in decide(client, number, "reject").text
    assert "is no day" in (page := decide(client, number, "accept", outcome="held", date="soon").text) or "soon" in page
    assert "Checked as you typed it" in decide(client, number, "check", **HELD).text
    assert 'value="accept"' in client.get(f"/review/{number}").text, "it is still open"


def test_other_acts_end_a_check_and_count_neither_way(plain):
    client = signed_in(plain)
    acts = ("later", "channel", "second", "undo", "queue", "split", "merge", "original")
    (pack,) = plain.packs
    for act, decoy, channel in zip(acts, pack.decoys, pack.channels, strict=False):
        number = plant(plain, decoy.key, channel.slug)
        address = f"/review/{number}/{act}"
        answer = client.get(f"{address}/0") if act == "original" else client.post(address, data={"version": "2"})
        assert answer.location == f"/review/{number}", act
        page = words_of(client.get(f"/review/{number}").text)
        assert "This was a check" in page
        assert "that counts neither way" in page
    number = plant(plain, pack.decoys[-1].key, pack.channels[-1].slug)
    answer = client.post(f"/review/{number + 1}/merge", data={"version": "2", "into": str(number)})
    assert answer.location == f"/review/{number}", "what is merged into a decoy stays as it was"
    assert "This was a check" in client.get(answer.location).text
    with plain.store.reading() as db:
        assert db.candidates.get(number + 1).status is Status.PENDING
    assert "Samples that report an update: rightnone yet" in words_of(client.get("/review/mine").text)


def test_a_decoy_that_is_rejected_with_others_is_told_apart_there(plain):
    number, client = plant(plain, "denial-leaders-en"), signed_in(plain)
    marked = {"candidate": [f"{number}~2", f"{number + 1}~2"], "reason": "Not about this channel"}
    page = words_of(client.post("/review/reject", data=marked, follow_redirects=True).text)
    assert "1 candidate rejected" in page
    assert f"1 of them was a check on ourselves: what it was: {number}" in page
    assert "you were right" in client.get(f"/review/{number}").text


def test_the_way_to_a_release_leads_through_us_so_that_no_address_is_made_up(plain):
    number, client = plant(plain, "denial-leaders-en"), signed_in(plain)
    for one in (number, number + 1):
        page = client.get(f"/review/{one}").text
        assert f'href="/review/{one}/original/0"' in page
        assert "sample.invalid" not in page
        assert "https://us.example" not in page
    assert client.get(f"/review/{number + 1}/original/0").location == "https://us.example/dpct"
    assert client.get(f"/review/{number + 1}/original/7").status_code == 404


VALUES = {"slug": "leaders", "channel": "leaders", "relationship": "us-china", "name": "leaders"}


def addresses(app, number: int, words: str) -> list[str]:
    """Every address that answers, with what it asks for as far as we have it, and those that look for words."""
    values = VALUES | {"number": number}
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and set(rule.arguments) <= set(values)]
    plain = [rule.build({name: values[name] for name in rule.arguments})[1] for rule in rules]
    calls = ("/search", "/api/v1/search", "/api/v1/candidates", "/review")
    return [*plain, f"/api/v1/candidates/{number}", *(f"{call}?q={words}" for call in calls)]


def test_the_words_of_a_decoy_are_found_in_no_output_by_no_call_and_by_no_other_reviewer(plain, tmp_path):
    client, other, app = signed_in(plain), signed_in(plain, name="ben"), create_app(plain)
    reader = app.test_client()
    accepted, waiting = plant(plain, "leaders-held-zh", "leaders"), plant(plain, "dpct-suspended-zh", "mmca")
    assert "you were right" in client.get(decide(client, accepted, "accept", **HELD).location).text
    with plain.store.writing() as db:
        told = [db.blind.get("ana", number).release for number in (accepted, waiting)]
        token = {"Authorization": f"Bearer {db.accounts.make_token('desk', 'reviewer', at=plain.clock())}"}

    def leaks(text: str) -> bool:
        return any(release.title in text or release.summary[:40] in text for release in told)

    asked = {address for number, release in zip((accepted, waiting), told, strict=True)
             for address in addresses(app, number, release.title[:6])}  # fmt: skip
    assert len(asked) > 40
    for address in sorted(asked):
        asks = other if address.startswith("/review") else reader
        assert not leaks(asks.get(address, headers=token if address.startswith("/api/") else {}).text), address
    for number in (accepted, waiting):
        assert other.get(f"/review/{number}").status_code == 404
        assert reader.get(f"/api/v1/candidates/{number}", headers=token).status_code == 404
        body = {"decision": "accept"}
        answer = reader.post(f"/api/v1/candidates/{number}/review", json=body, headers=token | {"If-Match": '"2"'})
        assert answer.status_code == 404, answer.text
    moment, tables = export.read_record(plain.store, plain.clock().date(), None)
    export.write_folder(tmp_path / "exported", moment, tables)
    export.write_database(tmp_path / "exported.db", moment, tables)
    files = [file for file in (tmp_path / "exported.db", *(tmp_path / "exported").rglob("*")) if file.is_file()]
    assert len(files) > 5
    assert not [file for file in files if any(release.title.encode() in file.read_bytes() for release in told)]
    with plain.store.reading() as db:
        assert db.candidates.counts()[Status.PENDING] == 2
        assert [waits.id for waits in db.waiting.all(plain.clock())] == [accepted + 1, waiting + 1]
    assert leaks(client.get("/review").text), "the reviewer alone"


# Figures


def test_reviewers_are_told_that_there_are_checks_and_so_is_everybody(plain):
    client = signed_in(plain)
    assert CHECKED in words_of(client.get("/review").text)
    method = words_of(create_app(plain).test_client().get("/method").text)
    assert "Reviewers know that there are checks, not which candidates are." in method
    assert "No figures yet: a share is given when 20 checks of its kind were answered." in method
    assert create_app(plain).test_client().get("/review/mine").status_code == 302, "asks to sign in"


def test_the_method_gives_the_sum_over_all_reviewers_with_intervals_and_without_names(plain):
    arrive(plain, US, told(US))
    now = plain.clock()
    with plain.store.writing() as db:
        keys = [decoy.key for decoy in plain.packs[0].decoys if decoy.truth is None]
        for name in ("ana", "ben"):
            for key in keys[:12]:
                db.blind.plan(name, key, 0, at=now)
    client = create_app(plain).test_client()
    assert "No figures yet" in client.get("/method").text
    with plain.store.writing() as db:
        for _ in range(24):
            db.candidates.open("mmca", report_of(told(US), US.published), Status.PENDING, at=now)
    for name, answer in (("ana", Answer.REJECTED), ("ben", Answer.ACCEPTED)):
        decoys.dress(plain, name)
        with plain.store.reading() as db:
            waiting = [hidden.number for hidden in db.blind.waiting(name)]
        assert len(waiting) == 12
        for number in waiting:
            decoys.answer(plain, name, number, answer)
    with plain.store.writing() as db:
        db.blind.add_reading("ana", 1, Word(Said(None, None), None, Said("dpct", Signal.HELD), None), at=now)
        db.candidates.add_decision(1, Verdict.REJECT, by="ana", at=now)
        for _ in range(30):
            db.blind.open_item("ana", 1, at=plain.clock() - timedelta(seconds=42))
            db.blind.close_item("ana", 1, at=plain.clock())
    method = words_of(client.get("/method").text)
    assert "Samples that only look so: right50 % (31–69 %)12 of 24" in method
    assert "Half of the decisions took 40 seconds or less." in method
    assert "Read first: as it was decided then" not in method, "one reading is too few"
    assert not {"ana", "ben"} & set(re.findall(r"\w+", method))
