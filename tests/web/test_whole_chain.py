"""The whole chain: a feed changes, a candidate appears, a reviewer accepts, dashboard and API show it."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import replace

from playwright.sync_api import Page, expect

from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.site import Site
from tests.web.conftest import serving
from tracker.scheduler import Polling
from tracker.service import Service, utc_now

CHINESE = (
    "中美国防部工作会晤在华盛顿举行",
    "国防部发布消息，1月8日至9日，第17次中美国防部工作会晤在华盛顿举行，中央军委国际军事合作办公室副主任宋延超与"
    "美国助理国防部长帮办蔡斯共同主持。双方就两军关系交换了意见。",
)


def channel(address: str) -> dict:
    with urllib.request.urlopen(f"{address}/api/v1/channels/dpct", timeout=10) as answer:
        return json.loads(answer.read())


def wait_for(question, seconds: float = 20):
    """The first true answer to a question asked again and again."""
    until = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)
    return answer


def test_a_release_of_each_side_becomes_a_corroborated_fact(
    seeded_2023: Service,
    site: Site,
    page: Page,
    sign_in,
):
    ours = feed_at(site.serve("/us", body=rss(HARBOR)), slug="us-feed", every=1)
    theirs = feed_at(site.serve("/cn", body=rss(HARBOR, prefix="c")), slug="cn-feed", side="cn", lang="zh", every=1)
    service = replace(seeded_2023, feeds=(ours, theirs), clock=utc_now)
    service.prepare()
    polling = Polling(service, tick_seconds=0.2)

    def pending():
        with service.store.reading() as db:
            return db.candidates.queue("pending", most=5)

    def polled_both():
        with service.store.reading() as db:
            return {read.feed for read in db.feeds.reads_since(service.clock().replace(year=2000))} == {
                "us-feed",
                "cn-feed",
            }

    with serving(service) as address:
        polling.start()
        try:
            wait_for(polled_both)
            assert pending() == []
            before = channel(address)
            assert before["state"] == "suspended"

            site.serve("/us", body=rss(TALKS, HARBOR, prefix="n"))
            wait_for(pending)
            assert channel(address)["state"] == "suspended", "nothing changes the record without a person"

            sign_in(service, page, address)
            page.goto(f"{address}/review")
            page.locator("[data-line]").first.click()
            expect(page.locator("mark").first).to_be_visible()
            page.get_by_label("Cause").fill("The talks were held again.")
            page.get_by_role("button", name="Accept").click()
            page.goto(f"{address}/channels/dpct")
            expect(page.locator("main")).to_contain_text("resumed since 8 Jan 2024")
            now = channel(address)
            assert (now["state"], now["since"], now["corroboration"]) == (
                "resumed", {"date": "2024-01-08", "precision": "day"}, "us",
            )  # fmt: skip
            assert [source["url"] for source in now["sources"]] == ["https://news.example/n0"]

            site.serve("/cn", body=rss(CHINESE, HARBOR, prefix="c9"))
            wait_for(pending)
            page.goto(f"{address}/review")
            page.locator("[data-line]").first.click()
            expect(page.locator("main")).to_contain_text("A side that had not spoken now reports it.")
            page.get_by_role("button", name="Accept").click()
            now = wait_for(lambda: (c := channel(address))["corroboration"] == "both" and c)
            assert {source["side"] for source in now["sources"]} == {"us", "cn"}
            page.goto(address)
            row = page.locator("tr", has_text="Defense Policy Coordination Talks").first
            expect(row).to_contain_text("resumed")
            expect(row).to_contain_text("both sides")
        finally:
            polling.stop()
