"""A release that its publisher edited or took out, as the candidate's page and the API show it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.feeds.test_poll import TALKS, feed_at, rss
from tests.site import Site
from tests.web.api_client import Api, assert_problem
from tests.web.conftest import serving
from tracker.polling.poll import poll_feed
from tracker.service import Service

EDITED = TALKS[1].replace("Jan. 8-9", "Jan. 9-10")
FILLER = tuple((f"Notice {n}", f"Item {n} of the day.") for n in range(2))


@pytest.fixture
def changed(seeded_2023: Service, site: Site) -> Service:
    """The talks were reported, moved by a day in the release, then taken out, and sent again under another name."""
    feed = feed_at(site.url())

    def poll(body: bytes) -> None:
        site.serve("/feed", body=body)
        with seeded_2023.store.writing() as db:
            db.feeds.sync([feed], now=seeded_2023.clock())
        poll_feed(seeded_2023.store, feed, seeded_2023.detectors["us-china"], seeded_2023.clock)
        seeded_2023.clock.advance(minutes=30)

    poll(rss(TALKS, *FILLER))
    poll(rss((TALKS[0], EDITED), *FILLER))
    poll(
        rss((TALKS[0], EDITED), *FILLER).replace(b"<guid>r0", b"<guid>again").replace(b".example/r0", b".example/again")
    )
    head, _, rest = rss(TALKS, *FILLER).partition(b"<item>")
    poll(head + rest[rest.index(b"<item>") :])
    return seeded_2023


def test_the_page_shows_what_was_reworded_and_that_it_was_taken_out(changed: Service, page, sign_in) -> None:
    with serving(changed) as address:
        sign_in(changed, page, address)
        page.goto(f"{address}/review/1")
        release = page.locator("article.release").first
        expect(release.locator(".changed").first).to_contain_text("Department changed its wording on 2024-02-01")
        expect(release).to_contain_text("Taken out")
        expect(release.locator("details.revisions")).to_have_attribute("open", "")
        assert release.locator(".lines del").all_text_contents() == ["8", "9"]
        assert release.locator(".lines ins").all_text_contents() == ["9", "10"]
        assert "line-through" in release.locator("del").last.evaluate("e => getComputedStyle(e).textDecoration")
        assert "underline" in release.locator("ins").last.evaluate("e => getComputedStyle(e).textDecoration")
        expect(release).to_contain_text("with the same words")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_api_gives_every_wording_and_every_name_of_a_release(changed: Service) -> None:
    api = Api(changed)
    reviewer = api.token("reviewer")
    (sighting,) = api.get("/candidates/1", headers=reviewer).get_json()["sightings"]
    assert (sighting["lost"], sighting["revision"]) == (False, 2)
    assert "now says held, 2024-01-09 to 2024-01-10" in sighting["reworded"]
    kept = api.get(f"/releases/{sighting['release']['id']}", headers=reviewer).get_json()
    first, second = kept["revisions"]
    assert (first["summary"], second["summary"]) == (TALKS[1], EDITED)
    assert first["seen_at"] < second["seen_at"]
    assert (first["summary_changes"], second["title_changes"]) == ([], [])
    assert [piece["text"] for piece in second["summary_changes"] if piece["change"] == "old"] == ["8", "9"]
    assert kept["gone_since"] == "2024-02-01T13:30:00Z"
    assert [name["because"] is None for name in kept["names"]] == [True, False]
    assert_problem(api.get("/releases/1"), 401)
    assert_problem(api.get("/releases/999", headers=reviewer), 404)
