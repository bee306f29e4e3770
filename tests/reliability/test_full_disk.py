"""A disk that is full: a clear error, nothing torn, and all well again when there is room."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db.store import StoreError, open_store
from tests.conftest import EVERYTHING, THEN, Shipped
from tests.feeds.test_poll import HARBOR, TALKS, feed_at, rss
from tests.make import sighting
from tests.reliability.processes import assert_sound, copied, product, sizes
from tests.site import Site
from tests.test_review import US, arrive
from tracker.operating.seed import seed
from tracker.polling.poll import poll_feed
from tracker.service import Service, utc_now
from tracker.web.app import create_app

FULL = r"could not be written \(.*disk.*\); nothing was changed"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", disk], check=False, capture_output=True
    ).returncode:
        pytest.skip("Only an administrator may mount a small disk; the test with a limited file runs everywhere.")
    yield disk
    subprocess.run(["umount", disk], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves no room."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        left = shutil.disk_usage(disk).free
        while left:
            file.write(b"x" * min(left, 1 << 20))
            file.flush()
            left = shutil.disk_usage(disk).free
    return ballast


@pytest.mark.sqlite
def test_on_a_full_disk_everything_is_refused_in_words_and_done_when_there_is_room(
    seeded_2023: Service, small_disk: Path, site: Site, survived
):
    (candidate,) = arrive(seeded_2023, US, sighting())
    feed = feed_at(site.serve("/feed", body=rss(TALKS, *((f"{HARBOR[0]} {n}", HARBOR[1] * 200) for n in range(40)))))
    with seeded_2023.store.writing() as db:
        token = db.accounts.make_token("ana", "reviewer", at=seeded_2023.clock())
        db.feeds.sync([feed], now=seeded_2023.clock())
    seeded_2023.store.close()
    database = copied(seeded_2023.store.path, small_disk / "openlines.db")
    service = replace(seeded_2023, store=open_store(f"sqlite:///{database}"))
    client = create_app(service).test_client()
    asked = {
        "json": {"decision": "accept"},
        "headers": {"Authorization": f"Bearer {token}", "If-Match": f'"{candidate.version}"'},
    }
    detect = service.detectors["us-china"]
    assert client.get("/api/v1/channels/dpct").json["state"] == "suspended"
    before = sizes(database)
    for _ in range(3):
        ballast = fill(small_disk)
        refused = client.post(f"/api/v1/candidates/{candidate.id}/review", **asked)
        assert (refused.status_code, refused.mimetype) == (503, "application/problem+json")
        with pytest.raises(StoreError, match=FULL):
            poll_feed(service.store, feed, detect, service.clock)
        with pytest.raises(StoreError, match=FULL):
            seed(service.store, service.packs, at=service.clock(), until=EVERYTHING)
        assert client.get("/api/v1/channels/dpct").json["state"] == "suspended", "what is there is read all the same"
        assert sizes(database) == before
        ballast.unlink()
    assert client.post(f"/api/v1/candidates/{candidate.id}/review", **asked).status_code == 200
    assert client.get("/api/v1/channels/dpct").json["state"] == "resumed"
    assert poll_feed(service.store, feed, detect, service.clock).fresh == 41
    assert seed(service.store, service.packs, at=service.clock()).added
    service.store.close()
    assert_sound(database)
    survived("A2 writes on a full disk", 9)


def test_a_file_that_may_not_grow_is_a_full_disk_too(shipped: Shipped, clock, tmp_path: Path, survived):
    service = shipped.over(tmp_path, clock, THEN)
    (candidate,) = arrive(service, US, sighting())
    with service.store.writing() as db:
        token = db.accounts.make_token("ana", "reviewer", at=utc_now())
    service.store.close()
    before = sizes(service.store.path)

    def accept(server) -> tuple[int, bytes]:
        return server.ask(
            "POST", f"/api/v1/candidates/{candidate.id}/review", {"decision": "accept"},
            Authorization=f"Bearer {token}", If_Match=f'"{candidate.version}"',
        )  # fmt: skip

    env = {"OPENLINES_SECRET_KEY": "s" * 40, "OPENLINES_LOG_LEVEL": "error"}
    folder = service.settings.var
    with product(folder, "--no-scheduler", env=env) as server:
        assert server.ask("GET", "/healthz")[0] == 200, "it has begun to serve"
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (16_384, resource.RLIM_INFINITY))
        status, body = accept(server)
        assert (status, b"cannot be read or written" in body) == (503, True)
        assert server.ask("GET", "/api/v1/channels/dpct")[0] == 200
        assert "could not be written" in server.log.read_text()
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert accept(server)[0] == 200
    assert sizes(service.store.path)["decision"] == before["decision"] + 1
    assert_sound(service.store.path)
    survived("A2 writes to a file that may not grow", 1)
