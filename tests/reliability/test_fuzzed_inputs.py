"""What comes in from outside, mutated at random from samples: it is read or refused in words, and breaks nothing.

Feeds, dates, configuration, cursors and other parameters; each for its time in `make test-long`. What was found by it
is kept as an example of its own beside the tests of the room that it was found in.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import ConfigError
from config.load import load_relationships
from tests.conftest import ROOT
from tests.feeds.test_feed_dates import test_known_forms_are_read_as_meant as known_forms
from tests.feeds.test_poll import feed_at
from tests.reliability.processes import assert_sound
from tests.site import Site
from tests.web.api_client import Api
from tracker.detect.dates import find_dates
from tracker.detect.normalise import fold
from tracker.errors import Refused
from tracker.feeds.dates import read_date
from tracker.model import PartialDate
from tracker.moments import day_of, known_instant
from tracker.polling.poll import poll_feed
from tracker.service import Service

pytestmark = pytest.mark.long
SECONDS = 60
MANY = settings(
    max_examples=25, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def for_its_time(tried: Callable[[], None]) -> int:
    """Try some random examples again and again until the time is over; answers how many they were."""
    until, rounds = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        tried()
        rounds += 1
    return rounds * MANY.max_examples


HOSTILE = [
    b"<", b">", b"&", b"&#0;", b"&#xd800;", b"&#x110000;", b"&lt;script&gt;", b"]]>", b"<![CDATA[", b"<!--",
    b"<!DOCTYPE x [", b"<!ENTITY a 'b'>", b"<?xml version='1.0' encoding='gb2312'?>", b"\0", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b$B", b"\xe2\x80\xae", b'"', b"'", b"\\", b"\\ud800", b"{", b"[", b"}",
    b"]", b":", b": ", b"- ", b"\n", b"\r", b"\t", b"#", b"|", b">-", b"&a ", b"*a", b"<<: *a",
    b"!!python/name:os.system", b"? ", b"%", b"@", b"`", b"null", b"true", b"~", b"0x10", b"1e999", b"-1", b"9" * 400,
    b"2024-02-30", b"0000-00-00", b"+99:99", b"..", b"//", b"javascript:alert(1)", b"http://[::1", b"http://\xff/",
    b" " * 300, b"a" * 3_000, "2022年13月40日".encode(), "\u2028\u0085".encode(),
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """A sample with a few things done to it, as a fuzzer does: cut, doubled, moved, replaced, spliced."""
    body = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(body)))
        end = min(at + draw(st.sampled_from([1, 1, 2, 5, 20, 100, 1_000])), len(body))
        match draw(st.integers(0, 6)):
            case 0:
                body = body[:at] + body[end:]
            case 1:
                body = body[:end] + body[at:end] * draw(st.sampled_from([1, 2, 50])) + body[end:]
            case 2 | 3:
                body = body[:at] + draw(st.sampled_from(HOSTILE)) + body[at:]
            case 4:
                body = body[:at] + draw(st.binary(min_size=1, max_size=4)) + body[end:]
            case 5:
                other = draw(st.sampled_from(samples))
                body = body[:at] + other[draw(st.integers(0, len(other))) :]
            case _:
                to = draw(st.integers(0, len(body)))
                body = body[:to] + body[at:end] + body[to:]
    return body


FEEDS = [path.read_bytes() for path in sorted((ROOT / "tests" / "samples" / "feeds").iterdir())]
TYPES = [
    None,
    "application/rss+xml",
    "text/html; charset=gb2312",
    "application/json",
    "text/xml; charset=utf-16",
    "x/y; charset=?",
]


def test_a_mutated_feed_is_polled_or_refused_in_a_sentence_and_is_shown(seeded_2023: Service, site: Site, survived):
    feed = feed_at(site.url("/feed"))
    with seeded_2023.store.writing() as db:
        db.feeds.sync([feed], now=seeded_2023.clock())
    api = Api(seeded_2023)

    @MANY
    @given(body=mutated(FEEDS), kind=st.sampled_from(TYPES))
    def tried(body: bytes, kind: str | None) -> None:
        site.serve("/feed", body=body, **({"Content_Type": kind} if kind else {}))
        seeded_2023.clock.advance(hours=1)
        row = poll_feed(seeded_2023.store, feed, seeded_2023.detect_all, seeded_2023.clock)
        assert row.fault is None or (row.fault.strip() and "\n" not in row.fault), row.fault
        for path in ("/feeds", "/review"):
            assert api.client.get(path).status_code in (200, 302), path

    times = for_its_time(tried)
    seeded_2023.store.close()
    assert_sound(seeded_2023.store.path)
    survived("B2 mutated feeds polled, stored and shown", times)


KNOWN_FORMS = [raw for raw, _, _ in known_forms.pytestmark[0].args[1]]
ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia", "Africa/Monrovia"]


def test_a_mutated_date_is_read_as_a_date_or_not_at_all(survived):
    samples = [raw.encode() for raw in KNOWN_FORMS]

    @MANY
    @given(raw=mutated(samples), zone=st.sampled_from(ZONES), published=st.dates(date(1900, 1, 1), date(2199, 12, 31)))
    def tried(raw: bytes, zone: str, published: date) -> None:
        text = raw.decode("utf-8", "replace")
        found = read_date(text, zone)
        assert found is None or found.tzinfo is UTC
        assert read_date(f" {text}\n", zone) == found
        folded = fold(text).text
        for mention in find_dates(folded, published):
            assert 0 <= mention.start < mention.end <= len(folded)
            for span in (mention.past, mention.future):
                assert span.first is None or span.first <= span.value.first
        for read in (PartialDate, known_instant, lambda given: day_of(given, "as_of")):
            with suppress(ValueError, Refused):
                read(text)

    times = for_its_time(tried)
    survived("B9 mutated dates read or refused", times)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    copy = tmp_path / "config"
    shutil.copytree(ROOT / "config", copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


def refusal(configuration: Path) -> str | None:
    try:
        load_relationships(configuration)
    except ConfigError as error:
        return str(error)
    return None


def test_a_mutated_configuration_is_read_or_refused_in_a_sentence_that_names_the_file(configuration: Path, survived):
    files = sorted(path for path in configuration.rglob("*.yaml") if path.stat().st_size < 60_000)

    @MANY
    @given(data=st.data(), file=st.sampled_from(files))
    def tried(data: st.DataObject, file: Path) -> None:
        whole = file.read_bytes()
        file.write_bytes(data.draw(mutated([whole])))
        said = refusal(configuration)
        file.write_bytes(whole)
        assert said is None or (str(configuration) in said and len(said.splitlines()) == 1), said

    times = for_its_time(tried)
    load_relationships(configuration)
    survived("D2 mutated files of configuration read or refused in a sentence", times)


def calls() -> Iterator[str]:
    for path in ("/channels", "/changes", "/contacts", "/diff", "/candidates", "/feeds", "/channels/dpct"):
        yield f"/api/v1{path}"
    yield from (
        "/",
        "/changes",
        "/contacts",
        "/search",
        "/channels/dpct",
        "/channels.csv",
        "/changes.atom",
        "/contacts.ics",
    )


PARAMETERS = ["cursor", "limit", "as_of", "known_at", "from", "to", "q", "state", "fields", "sort", "next", "lang"]


def test_no_cursor_and_no_other_parameter_breaks_a_call(seeded_2023: Service, survived):
    api, paths = Api(seeded_2023), list(calls())
    token = api.token("admin")
    cursors = [api.json(f"{path}?limit=1")["next"] for path in ("/changes", "/contacts")]
    samples = [text.encode() for text in (*cursors, "2024-01-09", "2024-01-09T10:00:00Z", "active", "name,state", "10")]

    @MANY
    @given(
        path=st.sampled_from(paths),
        asked=st.lists(st.tuples(st.sampled_from(PARAMETERS), mutated(samples) | st.sampled_from(samples)), max_size=3),
    )
    def tried(path: str, asked: list[tuple[str, bytes]]) -> None:
        query = "&".join(f"{name}={quote(value[:2_000])}" for name, value in asked)
        answer = api.client.get(f"{path}?{query}", headers=token)
        assert answer.status_code in (200, 302, 400, 404, 409, 414), (path, query, answer.text[-2_000:])
        if answer.status_code >= 400 and path.startswith("/api/"):
            assert answer.mimetype == "application/problem+json", (path, query)
            assert answer.json["detail"].strip()

    times = for_its_time(tried)
    survived("C7 calls with mutated cursors and other parameters", times)
