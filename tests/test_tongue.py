"""The languages of the interface: what is told, by the catalogue, and by what a reader asks for."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from config.weights import SHIPPED, read_weights
from scripts.words import said
from tests.conftest import EVERYTHING, NOTHING
from tests.make import contact
from tracker.model import Outcome
from tracker.service import utc_now
from tracker.tongue import ENGLISH, FOLDER, KEPT, LANGUAGES, gettext, language, ngettext, retold, speaking, to_keep
from tracker.web.app import create_app
from tracker.web.reviewing.doubts import doubt_words
from tracker.wording import contact_words, date_words, instant_words, listed, redated, span_words

PLACES = re.compile(r"%\((\w+)\)s")
TEMPLATES = Path(__file__).parent.parent / "tracker" / "web" / "templates"


def strings(told):
    return told if isinstance(told, tuple) else (told,)


@pytest.fixture(scope="module")
def client(shipped, tmp_path_factory):
    service = shipped.over(tmp_path_factory.mktemp("tongue"), utc_now, EVERYTHING)
    yield create_app(service).test_client(use_cookies=False)
    service.store.close()


@pytest.mark.parametrize("tongue", sorted(LANGUAGES.keys() - {ENGLISH}))
def test_a_catalogue_has_every_text_with_the_places_that_are_filled_in(tongue):
    with (FOLDER / f"{tongue}.po").open("rb") as file:
        catalogue = read_po(file, locale=tongue)
    said_now = {(message.context, message.id) for message in said() if message.id}
    assert {(message.context, message.id) for message in catalogue if message.id} == said_now, "run make words"
    for message in catalogue:
        for told in strings(message.string) if message.id else ():
            assert told, f"{message.id!r} is not translated"
            assert set(PLACES.findall(told)) <= {*PLACES.findall(strings(message.id)[-1]), "num"}, message.id


OF_PROGRAMS = {"_outputs.html", "api_docs.html"}
"""Pages on outputs and the API, which are told in English alone."""


def test_no_page_writes_a_sign_of_its_own_beside_a_text_that_is_told():
    """A comma of English between Chinese words is a mistake: `language.SIGNS` has those of each language."""
    left_out = re.compile(r"\{#.*?#\}|\{% trans.*?endtrans[ -]*%\}|\{%.*?%\}|<[a-zA-Z/!][^>]*>", re.S)
    told = re.compile(r"\{\{.*?\}\}", re.S)
    sign = re.compile(r"~[:;,.](?=\s|~|$)|~ ?\(|\)~|\n\s*\(~")
    written = [
        f"{path.name}: {found.group()!r} in {bare[max(0, found.start() - 20) : found.end() + 20]!r}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        if path.name not in OF_PROGRAMS
        for bare in [told.sub("~", left_out.sub("", path.read_text(encoding="utf-8")))]
        for found in sign.finditer(bare)
    ]
    assert not written


def test_dates_are_written_as_each_language_writes_them():
    one, other = date(2024, 1, 8), date(2024, 1, 9)
    spans = [(one, other), (date(2024, 2, 28), date(2024, 3, 2)), (date(2024, 12, 30), date(2025, 1, 1))]
    assert [span_words(*span) for span in spans] == ["8–9 Jan 2024", "28 Feb – 2 Mar 2024", "30 Dec 2024 – 1 Jan 2025"]
    kept = [f"{span_words(*span)}、Jan 2024。" for span in spans]
    with speaking("zh"):
        assert date_words(one) == "2024年1月8日"
        assert [span_words(*span) for span in spans] == [
            "2024年1月8日至9日",
            "2024年2月28日至3月2日",
            "2024年12月30日至2025年1月1日",
        ]
        assert instant_words(datetime(2026, 3, 14, 9, 20, tzinfo=UTC)) == "2026年3月14日 09:20 UTC"
        assert listed(["甲", "乙", "丙"]) == "甲、乙和丙"
        assert list(map(redated, kept)) == [f"{span_words(*span)}、2024年1月。" for span in spans]
    assert listed("abc") == "a, b and c"


def test_a_language_holds_for_what_is_inside_and_for_no_other_thread():
    with speaking("zh"):
        elsewhere = []
        thread = threading.Thread(target=lambda: elsewhere.append(language()))
        thread.start()
        thread.join()
        assert (language(), elsewhere) == ("zh", [ENGLISH])
        assert gettext("both sides") == "双方"
        assert ngettext("%(num)s day", "%(num)s days", 1200) == "1,200天"
    assert gettext("both sides") == "both sides"


def test_nothing_is_told_as_nothing():
    with speaking("zh"):
        assert gettext("") == ""


def test_what_is_kept_in_english_is_retold_whole_with_what_was_filled_in():
    with (FOLDER / "zh.po").open("rb") as file:
        texts = [message.id for message in read_po(file, locale="zh") if message.context == KEPT]
    for text in texts:
        values = {name: f"⟨{name}⟩" for name in PLACES.findall(text)}
        kept = to_keep(text, **values)
        with speaking("zh"):
            told = retold(kept)
        assert told != kept
        assert not re.search("[A-Za-z]+ [a-z]+ [a-z]+", re.sub("⟨.*?⟩", "", told)), told
        assert all(value in told for value in values.values()), told
        assert retold(kept) == kept


def test_sentences_about_sentences_are_retold_and_what_is_not_ours_stays_as_it_is():
    failed = "The server answered 404 Not Found. It may have moved: look for its new address on the publisher's site."
    flaw = f"Older items are missing: https://ministry.example/2 failed. {failed}"
    with speaking("zh"):
        assert retold(failed) == "服务器返回404 Not Found。可能已迁移：请在发布方网站查找新地址。"
        assert retold(flaw) == f"缺少较早的条目：https://ministry.example/2读取失败。{retold(failed)}"
        for other in ("As an older version said it.", f"{failed} As an older version said it.", "", "会晤"):
            assert retold(other) == other
    assert retold(failed) == failed


def test_every_ground_on_which_detection_doubts_is_told_in_each_language():
    weights = read_weights(SHIPPED)
    keys = {*weights.news.weights, *(key for card in weights.signals.values() for key in card.weights)}
    grounds = {re.sub("^by (name|description|offices|subject|reference): ", "", key) for key in keys}
    assert {"no date", "no signal in the sentence", "tied by topic", "future near", "wish near, no day"} <= grounds
    for ground in grounds:
        with speaking("zh"):
            told = doubt_words(ground)
        assert re.search("[\u4e00-\u9fff]", told), ground
        assert not re.search("[A-Za-z]", re.sub("“.*”", "", told)), told
        assert doubt_words(ground) == ground
    with speaking("zh"):
        assert doubt_words("future near, no day") == "旁边有将来时表述，无日期"
        assert doubt_words('says "visit"') == "用词“visit”"
        assert doubt_words("as an older version said") == "as an older version said"


def tag_of(answer) -> str:
    return re.search(r'<html lang="([^"]+)"', answer.text)[1]


@pytest.mark.parametrize(
    ("address", "headers", "tag"),
    [
        ("/", {}, "en"),
        ("/", {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-Hans"),
        ("/", {"Accept-Language": "zh-TW"}, "zh-Hans"),
        ("/", {"Accept-Language": "fr, en;q=0.3, zh;q=0.2"}, "en"),
        ("/", {"Accept-Language": ";;;q=é"}, "en"),
        ("/", {"Accept-Language": "zh", "Cookie": "openlines_language=en"}, "en"),
        ("/", {"Cookie": "openlines_language=xx"}, "en"),
        ("/?language=zh", {"Accept-Language": "en", "Cookie": "openlines_language=en"}, "zh-Hans"),
    ],
)
def test_a_page_is_told_in_the_language_of_its_address_of_a_choice_or_of_the_browser(client, address, headers, tag):
    # Twice: the second answer comes from memory.
    for _ in range(2):
        answer = client.get(address, headers=headers)
        assert tag_of(answer) == tag
        assert "Accept-Language" in answer.headers["Vary"]


def test_a_form_without_its_token_is_refused_in_the_language_of_who_sent_it_whoever_came_before(client):
    for before, asked, words in [("en", "zh", "表单已过期"), ("zh", "en", "The form has expired")]:
        client.get(f"/?language={before}")
        answer = client.post("/login", headers={"Accept-Language": asked})
        assert (answer.status_code, words in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/readouts", 404),
        ("GET", "/channels/dcpt", 404),
        ("GET", "/?foo=1", 400),
        ("GET", "/?as_off=2023-01-01", 400),
        ("GET", "/?cited=x&known_at=2024-01-01", 400),
        ("GET", f"/search?q={'x' * 201}", 400),
        ("GET", "/search?kind=foo", 400),
        ("GET", "/contacts?channel=nope", 404),
        ("GET", "/contacts?from=2023-01-02&to=2023-01-01", 400),
        ("DELETE", "/", 405),
        ("POST", "/subscribe", 413),
    ],
)
def test_a_refusal_is_told_in_one_language_alone(client, method, address, status):
    sent = b"x=" + b"y" * 1_000_001 if status == 413 else None
    kind = "application/x-www-form-urlencoded"
    answer = client.open(address, method=method, data=sent, content_type=kind, headers={"Accept-Language": "zh"})
    told = re.search(r'<p class="lead">.*?</article>', answer.text, re.DOTALL)[0]
    words = re.sub(r"<[^>]+>|['/“][^'”]*['”\s]|as_\w+|known_at", " ", told)
    assert (answer.status_code, re.findall(r"[A-Za-z]{3,} [a-z]{2,}", words)) == (status, []), words


def test_the_code_to_embed_is_in_the_language_of_the_page(client):
    page = client.get("/channels/dpct?language=zh").text
    assert "：Open Lines所记状态" in page
    assert "at Open Lines" not in page


def test_a_language_that_there_is_not_is_refused(client):
    answer = client.get("/?language=xx")
    assert answer.status_code == 400
    assert "Send en or zh." in answer.text


def test_a_choice_is_kept_and_leads_back_to_the_page_of_this_site_only(client):
    answer = client.get("/language/zh?next=/channels/dpct")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/channels/dpct")
    assert answer.headers["Set-Cookie"].startswith("openlines_language=zh;")
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "/\n/", ""):
        assert client.get("/language/zh", query_string={"next": target}).headers["Location"] == "/"
    assert client.get("/language/xx").status_code == 404


def test_programs_are_answered_in_english_whatever_their_browser_asks_for(shipped, tmp_path):
    service = shipped.over(tmp_path, utc_now, NOTHING)
    client = create_app(service).test_client()
    answer = client.get("/api/v1/channels/dpct", headers={"Accept-Language": "zh"})
    assert "双方" not in answer.text
    assert answer.json["state"] in ("active", "resumed", "suspended", "planned", "ended", None)
    service.store.close()


@pytest.mark.parametrize(
    ("announced", "told"),
    [
        (None, "contact cancelled, 5 Aug 2022"),
        (date(2022, 8, 5), "contact cancelled, 5 Aug 2022"),
        (date(2022, 8, 3), "contact cancelled, planned for 5 Aug 2022"),
    ],
)
def test_what_was_called_off_was_planned_for_a_day_only_where_one_after_the_news_is_on_record(announced, told):
    assert contact_words(contact(Outcome.CANCELLED, "2022-08-05", announced=announced)) == told
