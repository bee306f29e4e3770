"""Packs that are added, broken and mended while the product runs."""

import json
import logging
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.commands import run
from tests.conftest import Clock, settings_in
from tests.many import SHARED, release_on, slug_of, write_pack
from tests.reliability.processes import product
from tests.site import Site
from tests.web.test_pages import signed_in
from tracker.model import Status
from tracker.operating.reloading import Reloading
from tracker.operating.seed import seed
from tracker.record.history import in_force
from tracker.scheduler import Polling
from tracker.service import Service, open_service
from tracker.web.app import create_app

DAY = format_datetime(datetime(2024, 1, 9, tzinfo=UTC))


def rss(*numbers: int) -> bytes:
    """A feed of the first state's ministry, with a release for each of some pairs."""
    items = "".join(
        f"<item><title>{title}</title><description>{text}</description><guid>{number}</guid>"
        f"<link>https://hub.example/{number}</link><pubDate>{DAY}</pubDate></item>"
        for number in numbers
        for title, text in [release_on(number)]
    )
    return f'<rss version="2.0"><channel><title>Sample</title>{items}</channel></rss>'.encode()


@pytest.fixture
def one_pair(tmp_path: Path, site: Site, clock: Clock) -> Iterator[Service]:
    """The product over one synthetic pair, whose shared feed tells of three."""
    site.serve("/feed", body=rss(0, 1, 2))
    write_pack(tmp_path / "config", 0, feed=site.url())
    settings = replace(settings_in(tmp_path / "var"), config=tmp_path / "config")
    service = open_service(settings, migrate=True, clock=clock)
    service.prepare()
    seed(service.store, service.packs, at=clock())
    yield service
    service.store.close()


def candidates(service: Service) -> list[str]:
    with service.store.reading() as db:
        return sorted(found.channel for found in db.candidates.queue(Status.PENDING, most=9))


def look(reloading: Reloading) -> bool:
    """As often as it takes until a change lies still."""
    return [reloading.look(), reloading.look()][1]


def told_of(service: Service, channel: str) -> tuple[str, str]:
    """The name of a channel, and the cause of its first change as it stands."""
    with service.store.reading() as db:
        standing = in_force(db.record.entries_of(channel)[0], service.clock() + timedelta(days=1))
        first = min(standing, key=lambda row: row.effective.first)
        name = next(line.names["en"] for line in db.record.channels() if line.slug == channel)
    return name, first.cause


def test_a_pack_that_is_added_is_shown_and_polled(one_pair, tmp_path, site):
    site.serve("/feed", body=rss(0))
    reloading, polling = Reloading(one_pair), Polling(one_pair)
    client = create_app(one_pair).test_client()
    wait(polling.tick())
    assert candidates(one_pair) == ["p000-hotline"]
    assert not look(reloading), "nothing has changed"
    write_pack(tmp_path / "config", 1, feed=site.url())
    assert not reloading.look(), "somebody may be writing yet"
    assert reloading.look()
    assert "p001-hotline" in client.get(f"/?relationship={slug_of(1)}").text, "what is new has its history loaded"
    one_pair.clock.advance(hours=1)
    site.serve("/feed", body=rss(0, 1))
    wait(polling.tick())
    polling.stop()
    assert candidates(one_pair) == ["p000-hotline", "p001-hotline"]
    assert len([path for path, _ in site.seen if path == "/feed"]) == 2, "asked once for both"


def test_one_release_is_read_for_all_that_share_its_feed(one_pair, tmp_path, site):
    for number in (1, 2):
        write_pack(tmp_path / "config", number, feed=site.url())
    reloading, polling = Reloading(one_pair), Polling(one_pair)
    reloading.at_once()
    assert reloading.look(), "asked for, it does not wait"
    wait(polling.tick())
    polling.stop()
    assert candidates(one_pair) == ["p000-hotline", "p001-hotline", "p002-hotline"]
    since = one_pair.clock().replace(year=2000)
    with one_pair.store.reading() as db:
        assert db.feeds.get(SHARED).also == (slug_of(1), slug_of(2))
        told = [[read.feed for read in db.feeds.reads_since(since, relationship=slug_of(pair))] for pair in (0, 2)]
    assert told == [[SHARED], [SHARED]], "its polls tell of each how far it was read"


def test_a_mistake_leaves_what_was_and_says_where(one_pair, tmp_path, caplog):
    reloading = Reloading(one_pair)
    file = tmp_path / "config/relationships" / slug_of(0) / "feeds.yaml"
    good, packs = file.read_text(), one_pair.packs
    file.write_text(good.replace("every: 30m", "every: soon", 1))
    with caplog.at_level(logging.ERROR):
        assert not look(reloading)
        assert not look(reloading)
    assert one_pair.packs is packs
    (said,) = caplog.messages
    assert f"relationships/{slug_of(0)}/feeds.yaml, line 7, {SHARED}.every" in said
    assert one_pair.fault in said
    assert str(tmp_path) not in one_pair.fault
    admin = signed_in(one_pair, "admin", "ada")
    visitor = admin.application.test_client()
    assert one_pair.fault in visitor.get("/readyz").json["warnings"][0]
    assert "older than its files" not in visitor.get("/feeds").text, "that is for admins"
    assert "older than its files" in admin.get("/feeds").text
    file.write_text(good.replace("every: 30m", "every: 45m", 1))
    assert look(reloading)
    assert one_pair.fault is None
    assert one_pair.feeds_by_slug[SHARED].every == 45 * 60


@pytest.mark.long
def test_what_is_on_record_changes_by_seeding_alone(one_pair, tmp_path):
    reloading = Reloading(one_pair)
    file = tmp_path / "config/relationships" / slug_of(0) / "channels/p000-hotline.yaml"
    text = file.read_text().replace("Sample cause 0.", "Another cause.").replace("Avaria military", "Avarian military")
    file.write_text(text)
    assert look(reloading)
    assert told_of(one_pair, "p000-hotline") == ("Avarian military hotline", "Sample cause 0.")
    seed(one_pair.store, one_pair.packs, at=one_pair.clock())
    assert told_of(one_pair, "p000-hotline") == ("Avarian military hotline", "Another cause.")


@pytest.mark.long
def test_a_pack_that_is_taken_away_is_polled_no_more_and_stays_on_record(one_pair, tmp_path, site):
    second = write_pack(tmp_path / "config", 1, feed=site.url())
    reloading = Reloading(one_pair)
    reloading.at_once()
    reloading.look()
    shutil.rmtree(second)
    assert look(reloading)
    assert told_of(one_pair, "p001-hotline") == ("Boraria military hotline", "Sample cause 0.")
    assert one_pair.feeds_by_slug[SHARED].relationships == (slug_of(0),)


def test_a_channel_that_is_taken_out_of_the_files_does_not_look_alive(one_pair, tmp_path, caplog):
    folder = tmp_path / "config/relationships" / slug_of(0)
    for file in ("relationship.yaml", "lexicon.yaml"):
        text = (folder / file).read_text()
        (folder / file).write_text("".join(line for line in text.splitlines(True) if "p000-summit" not in line))
    lexicon = (folder / "lexicon.yaml").read_text()
    (folder / "lexicon.yaml").write_text(lexicon.replace("    names: [leaders' meeting, 首脑会晤]\n", ""))
    (folder / "channels/p000-summit.yaml").unlink()
    client = create_app(one_pair).test_client()
    assert "configured no more" not in client.get("/channels/p000-summit").text
    with caplog.at_level(logging.WARNING):
        assert Reloading(one_pair).look(), one_pair.fault
    says = "The channel p000-summit is on record and in no file: nothing is read for it."
    assert says in caplog.messages
    assert client.get("/readyz").json["warnings"][0] == says
    assert "configured no more" in client.get("/channels/p000-summit").text
    assert "configured no more" not in client.get("/channels/p000-hotline").text
    env = {"OPENLINES_CONFIG": str(tmp_path / "config"), "OPENLINES_VAR": str(one_pair.settings.var)}
    if one_pair.store.is_file:
        assert says in run(["seed"], env=env).stdout.decode()
        assert f"look    channels: {says}" in run(["doctor"], env=env).stdout.decode()


def test_what_fails_unexpectedly_is_said_too(one_pair, tmp_path, caplog):
    client = create_app(one_pair).test_client()

    def clock() -> datetime:
        raise RuntimeError("no clock")

    one_pair.clock, reloading = clock, Reloading(one_pair, seconds=0.01)
    reloading.at_once()
    reloading.start()
    until(lambda: one_pair.fault, within=10)
    reloading.stop()
    one_pair.clock = lambda: datetime(2024, 2, 1, tzinfo=UTC)
    assert "the log of this process says why" in client.get("/readyz").json["warnings"][0]
    assert "no clock" in caplog.text


def until(true: Callable[[], object], *, within: float) -> None:
    """Wait for what another process does; fails where it does not come."""
    ends = time.monotonic() + within
    while not true():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.2)


@pytest.mark.long
def test_a_running_service_takes_packs_as_they_come_and_leaves_what_is_broken(tmp_path, site):
    site.serve("/feed", body=rss(0, 1))
    folder = write_pack(tmp_path / "config", 0, feed=site.url())
    env = {"OPENLINES_CONFIG": str(tmp_path / "config"), "OPENLINES_VAR": str(tmp_path)}
    assert run(["migrate"], env=env).returncode == 0
    with product(tmp_path, env=env) as served:

        def told(path: str) -> str:
            return served.ask("GET", path)[1].decode()

        write_pack(tmp_path / "config", 1, feed=site.url())
        until(lambda: "p001-hotline" in told(f"/?relationship={slug_of(1)}"), within=30)
        until(lambda: json.loads(told(f"/api/v1/feeds/{SHARED}"))["last_read"], within=30)
        feeds = folder / "feeds.yaml"
        good = feeds.read_text()
        feeds.write_text(good.replace("side: hub", "side: nobody", 1))
        until(lambda: "feeds.yaml, line 3" in told("/readyz"), within=30)
        assert "p001-hotline" in told(f"/?relationship={slug_of(1)}")
        feeds.write_text(good.replace("every: 30m", "every: 2h", 1))
        served.process.send_signal(signal.SIGHUP)
        until(lambda: "line 3" not in told("/readyz"), within=30)
