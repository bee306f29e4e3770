"""Several relationships side by side: the overview, and every list asked for one of them."""

import csv
import io
from dataclasses import replace

import brotli
import pytest

from tests.conftest import Clock, settings_in
from tests.many import HUB, SHARED, partner, slug_of, write_packs
from tests.web.test_pages import signed_in, words_of
from tracker.accounts import Act, limit_user
from tracker.operating.seed import seed
from tracker.service import open_service
from tracker.web.app import create_app

PAIRS = 6

SOURCE = {
    "slug": "hub-press", "publisher": "A ministry", "side": HUB[0], "lang": "en", "kind": "feed",
    "url": "https://press.example/feed", "timezone": "UTC", "every": "2h",
}  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Six synthetic pairs of three channels each."""
    folder = tmp_path_factory.mktemp("six")
    write_packs(folder / "config", PAIRS)
    settings = replace(settings_in(folder), config=folder / "config")
    service = open_service(settings, migrate=True, clock=Clock())
    service.prepare()
    seed(service.store, service.packs, at=service.clock())
    yield service
    service.store.close()


@pytest.fixture(scope="module")
def client(service):
    return create_app(service).test_client()


def test_the_first_page_has_a_line_for_each_and_leads_to_its_board(client):
    page = client.get("/")
    told = words_of(page.text)
    assert page.text.count('<th scope="row">') == PAIRS
    assert "channels of 6 relationships" in told
    assert "Hubland – Avaria 枢国—阿东国 ● 1 active, ◐ 1 resumed, ‖ 1 suspended" in told
    assert "We are not looking anywhere now." in told
    assert f'href="/?relationship={slug_of(3)}"' in page.text
    board = words_of(client.get(f"/?relationship={slug_of(3)}").text)
    assert "Doraria military hotline" in board
    assert "Avaria" not in board
    assert "All relationships" in board


def test_the_overview_is_asked_as_the_board_was(client):
    told = client.get("/?q=Avaria&state=suspended").text
    assert told.count('<th scope="row">') == 1
    assert "1 of 3 fit" in words_of(told)
    assert f'href="/?relationship={slug_of(0)}&amp;state=suspended&amp;q=Avaria"' in told
    assert client.get("/?as_of=2021-06-01").status_code == 200


REST = [pytest.param(path, marks=pytest.mark.long) for path in ("/contacts", "/figures", "/timeline", "/corrections")]


@pytest.mark.parametrize("path", ["/changes", "/search?q=sample", *REST])
def test_a_list_shows_all_with_their_pairs_or_one_alone(client, path):
    joined = "&" if "?" in path else "?"
    everything, one = client.get(path), client.get(f"{path}{joined}relationship={slug_of(1)}")
    assert (everything.status_code, one.status_code) == (200, 200)
    assert f'<option value="{slug_of(1)}" selected>' in one.text
    assert "Avaria military" not in one.text
    if path != "/corrections":
        assert "Boraria military hotline" in one.text
    if path in ("/changes", "/contacts", "/search?q=sample"):
        assert '<span class="of-pair">Hubland – Avaria</span>' in everything.text
        assert "of-pair" not in one.text


def test_links_of_a_list_keep_the_relationship(client):
    page = client.get(f"/changes?relationship={slug_of(1)}").text
    for href in ("/contacts?", "/timeline?", "/changes.csv?", "/changes.atom?", "/changes.json?", "/?"):
        assert f'href="{href}relationship={slug_of(1)}' in page, href


def test_every_table_has_the_rows_of_the_relationship_alone(client):
    href = f"/years.csv?relationship={slug_of(1)}"
    assert f'href="{href}"' in client.get(f"/figures?relationship={slug_of(1)}").text
    for path in (href, f"/contacts.csv?relationship={slug_of(1)}"):
        rows = csv.DictReader(io.StringIO(client.get(path).data.decode("utf-8-sig")))
        assert {row["relationship"] for row in rows} == {slug_of(1)}


def test_a_relationship_that_there_is_not_is_refused_in_words(client):
    for path in ("/", "/changes", "/feeds", "/timeline", "/api/v1/feeds", "/api/v1/figures", "/api/v1/search?q=a"):
        joined = "&" if "?" in path else "?"
        answer = client.get(f"{path}{joined}relationship=nowhere")
        assert answer.status_code == 400, path
        assert slug_of(0) in answer.text, path


def test_the_api_answers_for_one(client):
    def asked(call):
        return client.get(f"/api/v1/{call}{'&' if '?' in call else '?'}relationship={slug_of(2)}").json

    assert [row["channel"][:4] for row in asked("figures")["channels"]] == ["p002"] * 3
    assert {feed["slug"] for feed in asked("feeds")["feeds"]} == {"hub-news", "p002-news"}
    assert len(asked("search?q=sample&kind=channel")["hits"]) == 3
    assert "p002" in str(asked("brief?after=2020-01-01")["coverage"])
    assert "(Hubland – " not in asked("brief?after=2020-01-01")["text"]
    assert "(Hubland – " in client.get("/api/v1/brief?after=2020-01-01").json["text"]
    assert "（枢国—" in client.get("/api/v1/brief?after=2020-01-01&lang=zh").json["text"]


def test_the_timeline_draws_a_few_and_leads_to_the_others(client):
    page = client.get("/timeline")
    assert page.text.count('<figure class="picture') == 4
    assert f'/timeline?relationship={slug_of(5)}"' in page.text


@pytest.mark.long
def test_a_page_of_all_is_small_on_the_wire(client):
    for path in ("/", "/changes", "/timeline"):
        body = client.get(path, headers={"Accept-Encoding": "br"}).data
        assert brotli.decompress(body)
        assert len(body) < 60_000


def test_an_admin_is_offered_the_sources_of_what_their_account_is_limited_to(service):
    signed_in(service, "admin", "ana")
    admin = signed_in(service, "admin", "lim")
    limit_user(service.store, "lim", [slug_of(0)], Act("ana", service.clock()))
    offered = admin.get("/feeds/new").text
    assert [f'value="{partner(number)[0]}"' in offered for number in (0, 1)] == [True, False]
    own, shared, foreign = (
        'class="tend"' in admin.get(f"/feeds/{feed}").text
        for feed in (f"{partner(0)[0]}-news", SHARED, f"{partner(1)[0]}-news")
    )
    assert (own, shared, foreign) == (True, False, False)
    # Its first state is a party to all six, of which the account has one to choose from.
    assert admin.post("/feeds/new/add", data=SOURCE).location.startswith("/feeds/hub-press")
