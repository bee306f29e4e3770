"""`feeds check`: what it finds at an address, and that its entry is one that the configuration takes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from config.schema import FeedsFile
from tests.conftest import ROOT, Shipped
from tests.feeds.layouts import LAYOUTS, around, mfa
from tests.feeds.test_poll import HARBOR, TALKS, rss
from tests.site import Site
from tests.test_cli import feed_entry
from tracker.cli import cli
from tracker.errors import Refused
from tracker.polling.sourcing import draft_of

HTML = "text/html; charset=utf-8"


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command on an address of the test's site."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("OPENLINES_LOG_LEVEL", "error")

    def run(url: str, *options: str, private: bool = True) -> Result:
        arguments = ["feeds", "check", url, *options, *(["--private"] if private else [])]
        return CliRunner().invoke(cli, arguments, catch_exceptions=True)

    return run


def entry_of(result: Result) -> dict:
    """What stands on standard output, as feeds.yaml would have it."""
    assert result.exit_code == 0, result.exception
    (entry,) = yaml.safe_load(result.stdout)
    FeedsFile.model_validate([entry])
    return entry


def refusal(result: Result) -> str:
    assert isinstance(result.exception, Refused)
    assert result.stdout == ""
    return str(result.exception)


def serve_page(site: Site, page: str, path: str = "/news") -> str:
    return site.serve(path, body=page.encode(), Content_Type=HTML)


def test_a_feed_is_described_with_its_entry_and_its_first_items(checked, site: Site):
    url = site.serve("/releases/feed", body=rss(*[TALKS, HARBOR] * 6))
    result = checked(url, "--side", "us", "--slug", "dod", "--every", "2h")
    assert entry_of(result) == {
        "slug": "dod",
        "publisher": "Sample",
        "side": "us",
        "lang": "en",
        "kind": "feed",
        "url": url,
        "timezone": "America/New_York",
        "every": "2h",
        "allow_private": True,
    }
    assert f"{url} can be read: rss-2.0 “Sample”, 12 items." in result.stderr
    assert result.stderr.count("2024-01-10 │ en   │") == 10


def test_of_a_long_feed_it_is_said_how_much_is_not_read_and_whether_that_is_the_oldest(checked, site: Site):
    told = checked(site.serve("/feed", body=rss(*[HARBOR] * 507))).stderr
    assert "500 items. 7 further ones are not read." in " ".join(told.split())
    assert "their dates do not tell which are the newest" in told


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_page_gets_selectors_that_read_it(checked, site: Site, name: str):
    result = checked(serve_page(site, LAYOUTS[name]().page), "--side", "cn")
    entry = entry_of(result)
    assert (entry["kind"], entry["timezone"]) == ("listing", "Asia/Shanghai")
    assert entry["lang"] == ("zh" if name in ("mod", "mfa", "fives") else "en")
    assert "They are of 20" in result.stderr
    assert "without a date" not in result.stderr


def test_the_feed_that_a_page_names_is_preferred_and_one_that_fails_is_passed_over(checked, site: Site):
    head = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{name}">' for name in ("gone", "login", "f")
    )
    url = serve_page(site, mfa().page.replace("</head>", head + "</head>"))
    serve_page(site, "<html><title>Sign in</title></html>", "/login")
    site.serve("/gone", status=404)
    feed = site.serve("/f", body=rss(TALKS))
    result = checked(url)
    assert (entry_of(result)["kind"], entry_of(result)["url"]) == ("feed", feed)
    assert "/gone, which cannot be read as a feed: The server answered 404 Not Found." in result.stderr
    assert "/login, which cannot be read as a feed: The answer is an HTML page" in result.stderr
    assert entry_of(checked(url, "--listing"))["kind"] == "listing"


def test_no_more_than_three_feeds_of_a_page_are_tried(checked, site: Site):
    head = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}.xml">' for n in range(50))
    url = serve_page(site, mfa().page.replace("</head>", head + "</head>"))
    assert entry_of(checked(url))["kind"] == "listing"
    assert [path for path, _ in site.seen if path.endswith(".xml")] == ["/0.xml", "/1.xml", "/2.xml"]


def test_what_cannot_be_read_is_said_with_its_remedy(checked, site: Site):
    assert "404 Not Found. It may have moved" in refusal(checked(site.serve("/nothing", status=404)))
    login = serve_page(site, '<html><title>Sign in</title><form><input type="password"></form></html>')
    assert "looks like a sign-in page" in refusal(checked(login))
    single = serve_page(site, around("en", "Release", "<h1>Talks held</h1>", others=False), "/single")
    assert "Nothing on it looks like a list of releases." in refusal(checked(single))
    assert "allow_private" in refusal(checked(login, private=False))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--side", "fr"), "'fr' is no side. Use one of us, cn, third-party."),
        (("--every", "3"), 'every: "3" has no unit; write 30m, 2h or 1d.'),
        (("--timezone", "Asia/Peking"), "Asia/Peking"),
        (("--slug", "Two Words"), "is not a short name"),
    ],
)
def test_options_are_checked_before_anything_is_fetched(checked, site: Site, options: tuple[str, ...], told: str):
    assert told in refusal(checked(site.url("/feed"), *options))
    assert site.seen == []


@pytest.mark.parametrize("url", ["ftp://x.example/", "http://[1/", "nonsense", ""])
def test_an_address_that_is_none_is_refused(checked, url: str):
    assert "url" in refusal(checked(url))


def test_a_move_for_good_is_told_and_the_new_address_proposed(checked, site: Site):
    new = site.serve("/new", body=rss(TALKS))
    old = site.serve("/old", status=301, Location=new)
    result = checked(old)
    assert entry_of(result)["url"] == new
    assert f"moved for good to {new}." in result.stderr


def test_a_source_that_speaks_both_languages_shows_which_item_is_in_which(checked, site: Site):
    chinese = ("国防部工作会晤", "国防部新闻发言人就第十七次中美国防部工作会晤答记者问，双方进行了交流。")
    result = checked(site.serve("/feed", body=rss(TALKS, TALKS, chinese)))
    assert entry_of(result)["lang"] == "en"
    assert "│ zh   │ 国防部工作会晤" in result.stderr


def test_an_address_that_is_configured_already_is_named(checked, site: Site, tmp_path: Path, monkeypatch):
    url = site.serve("/feed", body=rss(TALKS))
    shutil.copytree(ROOT / "config" / "relationships", tmp_path / "relationships")
    (tmp_path / "relationships" / "us-china" / "feeds.yaml").write_text(feed_entry("known", url), encoding="utf-8")
    shutil.copytree(ROOT / "config" / "detection", tmp_path / "detection")
    monkeypatch.setenv("OPENLINES_CONFIG", str(tmp_path))
    assert "a source already, as known of us-china" in checked(url).stderr


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://www.mod.gov.cn/gfbw/xwfyr/yzxwfb/index.html", ("mod-yzxwfb", "cn", "Asia/Shanghai")),
        ("https://www.war.gov/News/Releases/", ("war-releases-2", "us", "America/New_York")),
        ("https://focustaiwan.tw/rss", ("focustaiwan", "third-party", "UTC")),
        ("https://192.0.2.1/", ("source", "third-party", "UTC")),
    ],
)
def test_name_side_and_time_zone_follow_from_the_address(shipped: Shipped, url: str, entry: tuple[str, str, str]):
    given = dict.fromkeys(("slug", "publisher", "side", "lang", "timezone"))
    draft = draft_of(url, False, "30m", given, shipped.service.packs, shipped.service.feeds)
    assert (draft.slug, draft.side, draft.timezone) == entry
