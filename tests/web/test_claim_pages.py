"""The page of a claim at both clocks: what it shows as of then, what it hides, and how it is cited."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest

from tests.test_amend import amended, cut_of
from tests.web.api_client import Api
from tests.web.test_citing import cited_on
from tests.web.test_pages import words_of
from tracker.model import PartialDate
from tracker.record.lineage import entry_key
from tracker.service import Service


@pytest.fixture
def api(seeded: Service) -> Api:
    seeded.clock.advance(hours=1)
    return Api(seeded)


def corrected(api: Api, **says: object) -> tuple[str, str]:
    """A row that was corrected a day later, and the row in its place, by their names."""
    row = cut_of(api.service)
    api.service.clock.advance(days=1)
    amended(api.service, row, **says)
    return entry_key(row), entry_key(cut_of(api.service))


@pytest.mark.parametrize(
    "clocks", ["as_of=2023-01-01", "known_at=2024-02-01T12:30:00Z", "as_of=2023-01-01&known_at=2024-02-01"]
)
def test_a_claim_is_shown_at_both_clocks_which_its_links_keep(api: Api, clocks: str) -> None:
    name = entry_key(cut_of(api.service))
    answer = api.client.get(f"/claims/{name}?{clocks}")
    page = words_of(answer.text)
    assert answer.status_code == 200
    assert f"As of {'1 Jan 2023' if 'as_of' in clocks else '1 Feb 2024'}" in page
    assert "On record" in page
    way = unescape(re.search(r'<p class="kicker"><a href="([^"]+)"', answer.text)[1])
    assert set(clocks.split("&")) == set(unescape(way).partition("?")[2].replace("%3A", ":").split("&"))


def test_a_claim_at_an_older_known_at_says_nothing_of_what_came_later(api: Api) -> None:
    then = api.service.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    old, new = corrected(api, effective=PartialDate("2022-08-04"))
    shown = words_of(api.client.get(f"/claims/{old}?known_at={then}").text)
    assert "On record" in shown
    assert new not in shown
    assert "Replaced" in words_of(api.client.get(f"/claims/{old}").text)
    hidden = words_of(api.client.get(f"/claims/{new}?known_at={then}").text)
    assert "this claim was not on record yet" in hidden
    assert "4 Aug 2022" not in hidden
    assert "On record" in words_of(api.client.get(f"/claims/{new}?known_at={api.service.clock():%Y-%m-%d}").text)


def test_a_claim_on_a_day_before_what_it_tells_says_so_in_words(api: Api) -> None:
    name = entry_key(cut_of(api.service))
    page = words_of(api.client.get(f"/claims/{name}?as_of=2022-08-04").text)
    assert "On 4 Aug 2022 this had not happened" in page
    assert "Suspended" not in page
    assert "this had not happened" not in words_of(api.client.get(f"/claims/{name}?as_of=2022-08-05").text)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("as_of=2022-13-01", "“2022-13-01” is not a day of the calendar."),
        ("known_at=2099-01-01", "has not come yet"),
        ("foo=1", "'foo' is not known here"),
    ],
)
def test_a_claim_refuses_what_cannot_be(api: Api, query: str, words: str) -> None:
    answer = api.client.get(f"/claims/change-1?{query}")
    assert (answer.status_code, words in words_of(answer.text)) == (400, True)


@pytest.mark.parametrize(
    "query", ["as_of=2022-13-01", "known_at=2099-01-01", "known_at=2024-02-01", "foo=1", "cited=1"]
)
def test_a_proof_refuses_every_parameter_by_its_name(api: Api, query: str) -> None:
    answer = api.client.get(f"/claims/change-1/proof?{query}")
    told = words_of(answer.text)
    assert answer.status_code == 400
    assert f"'{query.partition('=')[0]}' is not known here" in told
    assert "Send none." in told
    assert api.client.get("/claims/change-1/proof").mimetype == "application/zip"


@pytest.mark.parametrize("claim", ["change-1", "contact-1"])
def test_a_claim_is_cited_with_both_clocks_its_revision_and_its_hash(api: Api, claim: str) -> None:
    told = api.json(f"/citation?path={quote(f'/claims/{claim}')}")
    address = re.sub(r"^https?://[^/]+", "", told["address"])
    assert re.fullmatch(
        rf"/claims/{claim}\?as_of=2024-02-01&known_at=2024-02-01T[\d%A.]+Z&cited=1\.1\.[0-9a-f]{{32}}", address
    )
    assert told["rows"][0]["row"] == claim
    assert cited_on(api.client.get(f"/claims/{claim}").text) == address, "the page says the same"
    assert "✓ As cited" in api.client.get(address).text


def test_a_cited_claim_that_was_corrected_shows_what_it_showed_and_says_what_changed(api: Api) -> None:
    old = entry_key(cut_of(api.service))
    address = cited_on(api.client.get(f"/claims/{old}").text)
    other = cited_on(api.client.get("/claims/contact-1").text)
    _, new = corrected(api, effective=PartialDate("2022-08-04"))
    later = words_of(api.client.get(address).text)
    assert "✓ As cited" in later
    assert "Since you cited this: 1 correction." in later
    assert "Since you cited this: nothing changed." in words_of(api.client.get(other).text)
    again = cited_on(api.client.get(address).text)
    assert again == address, "the revision is that of then"
    assert "&cited=2.1." in cited_on(api.client.get(f"/claims/{new}").text)


def test_the_page_of_a_claim_says_what_it_said_before(api: Api) -> None:
    old, new = corrected(api, cause="China cancelled the talks.")
    for name in (old, new):
        page = words_of(api.client.get(f"/claims/{name}").text)
        assert "What was corrected" in page
        assert "Taiwan.China cancelled the talks." in page.partition("It says")[2]
    api.service.clock.advance(days=1)
    before = api.service.clock() - timedelta(days=3)
    assert "What was corrected" not in words_of(api.client.get(f"/claims/{old}?known_at={before:%Y-%m-%d}").text)
