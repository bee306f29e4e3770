"""What every test may use: a real database in a temporary folder, the shipped configuration, one fixed clock."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import CodeType, MethodType
from typing import Any

import pytest
import yaml
from flask import Flask
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from config.settings import Settings, settings_from
from db.store import Store, open_store
from tests import servers
from tests.site import Site, running_site
from tracker.logs import JsonLines
from tracker.operating.seed import seed
from tracker.service import Service, open_service
from tracker.tongue import ENGLISH, speaking

for _name in [name for name in os.environ if name.startswith("OPENLINES_")]:
    del os.environ[_name]  # Programs that tests start write nothing to the database of whoever runs them.


class Compiled(BytecodeCache):
    """Templates compiled once for all the applications of a test run: that costs more than filling them in."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


class Routes(dict[tuple[object, ...], Rule]):
    """Routes compiled once for all applications: half of what one of them costs."""

    def __init__(self, compiled: Callable[[Rule], None]) -> None:
        self._compiled = compiled

    def compile(self, rule: Rule) -> None:
        told = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, *sorted((rule.defaults or {}).items()))
        name = (*told, rule.map.host_matching, *rule.map.converters.items())
        first = self.get(name)
        if first is None:
            self._compiled(rule)
            self[name] = rule
            return
        rule._parts, rule._trace, rule._converters = first._parts, first._trace, first._converters
        rule.arguments = set(first.arguments)
        rule._build = MethodType(first._build.__func__, rule)
        rule._build_unknown = MethodType(first._build_unknown.__func__, rule)


class Events(dict[str, list[yaml.Event]]):
    """What the parser of YAML tells of each text, kept of those that it read to their end."""

    def __init__(self, parsed: Callable[..., Iterable[yaml.Event]]) -> None:
        self._parsed = parsed

    def of(self, text: str, **how: Any) -> Iterator[yaml.Event]:
        if text in self:
            yield from self[text]
            return
        told = []
        for event in self._parsed(text, **how):
            told.append(event)
            yield event
        self[text] = told


# The shipped configuration is read by most commands: its files are parsed once.
yaml.compose = lru_cache(maxsize=100)(yaml.compose)
yaml.parse = Events(yaml.parse).of

Flask.jinja_options = {"bytecode_cache": Compiled()}
_routes = Routes(Rule.compile)
Rule.compile = lambda rule: _routes.compile(rule)

# No example is timed: the machine may be busy with other things.
settings.register_profile("fast", max_examples=50, deadline=None)
settings.register_profile("long", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

pytest_plugins = ["tests.browser", "tests.engines", "tests.reliability.table"]

ROOT = Path(__file__).parent.parent
MEMORY = Path("/dev/shm")
ROOM = 1 << 30
"""Bytes that must be free in memory for temporary folders to lie there."""


def pytest_configure() -> None:
    """Lay temporary folders where making a write durable costs nothing; the product writes as it always does.

    Garbage is looked for among what came since it was last looked for everywhere: to look through all that was loaded,
    time and again, costs a sixth of a run.
    """
    gc.callbacks.append(_set_aside)
    gc.set_threshold(700, 10, 50)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _set_aside(phase: str, info: dict[str, int]) -> None:
    if phase == "stop" and info["generation"] == 2:
        gc.freeze()


def pytest_xdist_auto_num_workers() -> int:
    """One more process than processors: a quarter of the time a test waits for others, browsers and servers."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("early") is None)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What a test says by itself is English, whatever its requests or those of tests before it asked for."""
    with speaking(ENGLISH):
        yield


@dataclass
class Clock:
    """A clock that the test sets; it gives UTC instants."""

    now: datetime = field(default_factory=lambda: datetime(2024, 2, 1, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def settings_in(folder: Path) -> Settings:
    """The shipped configuration with its data in a folder; pages that the record cites are left alone, reviewers are
    not checked, and who asks may ask at any rate.
    """
    places = {"OPENLINES_VAR": str(folder), "OPENLINES_CONFIG": str(ROOT / "config")}
    return settings_from(places | {"OPENLINES_WATCH": "off", "OPENLINES_RATE_LIMIT": "off", "OPENLINES_BLIND": "0"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


NOTHING, THEN, EVERYTHING = None, date(2023, 11, 1), date.max
"""How much of the record is loaded: on `THEN` channels stood suspended."""


@dataclass(frozen=True)
class Shipped:
    """The shipped configuration, read once, and databases under it, each made once: a test has copies of them."""

    service: Service
    folder: Path
    templates: dict[date | None, str] = field(default_factory=dict)

    def database(self, until: date | None) -> Path:
        """The file of a database that nobody has open."""
        file = self.folder / f"{until}.db"
        if not file.exists():
            self._fill(open_store(f"sqlite:///{file}", create=True), until)
        return file

    def template(self, until: date | None) -> str:
        """The URL of such a database on the PostgreSQL of the tests."""
        if until not in self.templates:
            url = self.templates[until] = servers.create()
            self._fill(open_store(url), until)
        return self.templates[until]

    def _fill(self, store: Store, until: date | None) -> None:
        store.migrate()
        replace(self.service, store=store).prepare()
        if until:
            seed(store, self.service.packs, at=self.service.clock(), until=until)
        store.close()

    def on_a_server(self, folder: Path, clock: Callable[[], datetime], until: date | None) -> Service:
        """The service with a database of its own on the PostgreSQL of the tests."""
        url = servers.create(self.template(until))
        settings = replace(settings_in(folder / "var"), database_url=url)
        return replace(self.service, settings=settings, store=open_store(url), clock=clock)

    def over(self, folder: Path, clock: Callable[[], datetime], until: date | None) -> Service:
        """The service with a database of its own in `folder`."""
        settings = settings_in(folder / "var")
        store = open_store(settings.database_url, create=True)
        assert not store.path.exists(), "a test has one database"
        shutil.copyfile(self.database(until), store.path)
        return replace(self.service, settings=settings, store=store, clock=clock)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Shipped:
    folder = tmp_path_factory.mktemp("shipped")
    service = open_service(settings_in(folder), migrate=True, clock=Clock())
    service.store.close()
    return Shipped(service, folder)


@pytest.fixture
def serviced(shipped: Shipped, engine: str, tmp_path: Path, clock: Clock) -> Iterator[Callable[[date | None], Service]]:
    """Opens the service over as much of the record as is asked for, and closes it after the test."""
    with ExitStack() as opened:

        def over(until: date | None) -> Service:
            if engine == "postgresql":
                service = shipped.on_a_server(tmp_path, clock, until)
                opened.callback(servers.drop, service.settings.database_url)
            else:
                service = shipped.over(tmp_path, clock, until)
            opened.callback(service.store.close)
            return service

        yield over


@pytest.fixture
def service(serviced: Callable[[date | None], Service]) -> Service:
    """The shipped configuration over an empty, migrated database."""
    return serviced(NOTHING)


@pytest.fixture
def seeded(serviced: Callable[[date | None], Service]) -> Service:
    """The same, with the whole record."""
    return serviced(EVERYTHING)


@pytest.fixture
def seeded_2023(serviced: Callable[[date | None], Service]) -> Service:
    """The same, with what had happened by 2023-11-01, when channels stood suspended."""
    return serviced(THEN)


@pytest.fixture
def site() -> Iterator[Site]:
    """A real HTTP server on loopback, scripted by the test."""
    with running_site() as site:
        yield site


LogLines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log_lines() -> Iterator[LogLines]:
    """The lines that were logged since they were last asked for, as JSON tells them."""
    root, stream = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)

    def told() -> list[dict[str, Any]]:
        written = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return [json.loads(line) for line in written.splitlines()]

    yield told
    root.setLevel(level)
    root.removeHandler(handler)
