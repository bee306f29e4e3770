"""What an operator should know before something breaks: each check one line, with what to do. Changes nothing."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.errors import ConfigError
from config.hosts import is_loopback
from config.load import RelationshipPack, feeds_of, load_relationships, unread_words
from config.settings import Settings
from config.weights import read_measured
from db.engine import Work
from db.integrity import EngineState
from db.store import Store, StoreError, Subjects, open_store
from tracker.added import judged, read_added
from tracker.model import Feed
from tracker.notifications.notify import FAILING
from tracker.scheduler import LATE, LEASE
from tracker.service import key_fault

FEW_BYTES, TOO_FEW_BYTES = 500_000_000, 50_000_000
"""Room on the disk below which it is time to look, and below which writes will soon fail."""

LONG_LOG = 64_000_000
"""Bytes of the write-ahead log that no ordinary day reaches."""

CLOCK_SLACK = timedelta(minutes=5)
CONNECT_SECONDS = 5.0
SAFE_SQLITE = (3, 51, 3)
"""From this version on several processes may write and checkpoint without the rare window for corruption."""

_OF_SQLITE = {"journal_mode": "wal", "foreign_keys": "1", "synchronous": "2"}
_OF_POSTGRES = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


class Found(StrEnum):
    OK = "ok"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True)
class Line:
    """One thing that was checked: how it is, in a sentence, and what to do (empty where nothing is)."""

    about: str
    found: Found
    says: str
    do: str = ""


def examine(settings: Settings, *, now: datetime, key_file: Path | None = None, network: bool = False) -> list[Line]:
    """Every check. `key_file`: where the secret key is, if not in the folder for data. `network`: also whether the
    hosts of the feeds and the mail server can be connected to.
    """
    told, packs, feeds = _configured(settings)
    lines = [*_folder(settings, key_file), *_room(settings), *_address(settings), *_database(settings, packs, now)]
    zones = {party.timezone for pack in packs for party in pack.relationship.parties}
    lines = [*told, *lines, *_zone_data(zones | {feed.timezone for feed in feeds})]
    return [*lines, *_network(settings, feeds)] if network else lines


def _ok(about: str, says: str) -> Line:
    return Line(about, Found.OK, says)


def _look(about: str, says: str, do: str) -> Line:
    return Line(about, Found.LOOK, says, do)


def _broken(about: str, says: str, do: str) -> Line:
    return Line(about, Found.BROKEN, says, do)


def _configured(settings: Settings) -> tuple[list[Line], tuple[RelationshipPack, ...], list[Feed]]:
    """What is said of it, the packs, and the feeds of the files and those that people added."""
    try:
        packs = load_relationships(settings.config)
        read_measured(settings.config)
    except ConfigError as error:
        return [_broken("configuration", str(error), "Correct that line; nothing starts before.")], (), []
    filed = feeds_of(packs)
    found = judged(read_added(settings.database_url), filed, packs)
    feeds, channels = [*found.feeds.values()], sum(len(pack.channels) for pack in packs)
    enabled, more = sum(feed.enabled for feed in feeds), len(feeds) - len(filed)
    said = f"Relationships: {len(packs)}, channels: {channels}, feeds enabled: {enabled} of {len(feeds)}"
    lines = [_ok("configuration", f"{said}{f', {more} added' if more else ''}.")]
    for slug, why in found.left_out.items():
        do = f"python -m tracker feeds remove {slug}, or change it at /feeds/{slug}/entry."
        lines.append(_look("added feeds", f"{slug} is not polled. {why}", do))
    return lines, packs, feeds


def _folder(settings: Settings, key_file: Path | None) -> Iterator[Line]:
    """Whether the folder for data can be written to, and who else can read what is secret in it."""
    folder = settings.var
    if folder.exists() and not folder.is_dir():
        yield _broken("folder", f"{folder} is no folder.", "Name a folder in OPENLINES_VAR.")
    elif not folder.is_dir():
        makes = "migrate" if settings.database_path else "serve"
        yield _look("folder", f"{folder} does not exist.", f"It is made by: python -m tracker {makes}")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield _broken("folder", f"{folder} cannot be written to.", "Give it to the user that runs the service.")
    else:
        yield _ok("folder", f"{folder} can be written to.")
    key = key_file or settings.var / "secret.key"
    kept = (_unusable(key) or _private("secret key", key)) if key.exists() else None
    if kept and kept.found is not Found.OK:
        yield kept
    elif not settings.database_path and not settings.secret_key:
        do = "With more than one web node set OPENLINES_SECRET_KEY, to the same on all."
        yield _look("secret key", f"{key} is for this node alone: a form that it gave is refused by another.", do)
    elif kept:
        yield kept
    elif settings.secret_key:
        yield _ok("secret key", "It comes from the environment.")
    else:
        yield _ok("secret key", f"{key} is made at the first start.")
    file = settings.database_path
    if file and file.exists():
        yield _private("database file", file)


def _unusable(key: Path) -> Line | None:
    """Why the product would not start with the key that is there; None where it would."""
    try:
        fault = key_fault(key)
    except OSError as error:
        do = "Let the user that runs the service read it."
        return _broken("secret key", f"{key} cannot be read ({error.strerror}).", do)
    return _broken("secret key", f"{fault}.", "Remove it, and another is made at the start.") if fault else None


def _private(about: str, file: Path) -> Line:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        own = "700" if file.is_dir() else "600"
        return _look(about, f"{file} can be read by others (mode {mode:04o}).", f"chmod {own} {file}")
    return _ok(about, f"{file} is for its owner alone.")


def _room(settings: Settings) -> Iterator[Line]:
    place = (settings.database_path or settings.var / "secret.key").absolute()
    folder = next(path for path in place.parents if path.exists())
    free = shutil.disk_usage(folder).free
    said = f"{_bytes(free)} free in {folder}."
    if free < TOO_FEW_BYTES:
        yield _broken("room", said, "Make room: without it nothing can be recorded.")
    elif free < FEW_BYTES:
        yield _look("room", said, "Make room; OPENLINES_KEEP_PAGES bounds the copies of releases' pages.")
    else:
        yield _ok("room", said)


def _address(settings: Settings) -> Iterator[Line]:
    """Settings that do not fit one another: what readers are told, who is believed, and on what the service listens."""
    base, proxy = urlsplit(settings.base_url), settings.trusted_proxy
    https, at_home, listens_at_home = (
        base.scheme == "https",
        is_loopback(base.hostname or ""),
        is_loopback(settings.host),
    )
    wrong = []
    if not https and not at_home:
        says = f"{settings.base_url} is not https: cookies are not Secure, and passwords can be read on the way."
        wrong.append(
            (says, "Put a proxy with TLS in front (deploy/nginx.conf), and set OPENLINES_BASE_URL to https://…")
        )
    if at_home and not listens_at_home:
        names = ", ".join(sorted(settings.hosts))
        says = f"On {settings.host}, its links lead to {settings.base_url}, and it answers as {names} alone."
        wrong.append((says, "Set OPENLINES_BASE_URL to the address under which readers reach it."))
    if https and not proxy:
        says = (
            "Without OPENLINES_TRUSTED_PROXY all readers are one client: one rate limit, one count of tries to sign in."
        )
        wrong.append((says, "Set it to the address from which the proxy asks."))
    if proxy and not https:
        says = f"A proxy is trusted, and OPENLINES_BASE_URL is {settings.base_url}."
        wrong.append((says, "Where the proxy speaks TLS, set OPENLINES_BASE_URL to https://…"))
    if https and not listens_at_home:
        says = f"The service listens on {settings.host} without TLS, past the proxy."
        wrong.append((says, "Set OPENLINES_HOST=127.0.0.1, or let only the proxy reach that port."))
    for says, do in wrong:
        yield _look("address", says, do)
    if not wrong:
        yield _ok("address", f"Readers reach it at {settings.base_url}.")


def _database(settings: Settings, packs: Sequence[RelationshipPack], now: datetime) -> Iterator[Line]:
    try:
        store = open_store(settings.database_url, replica=settings.replica_url)
    except StoreError as error:
        yield _broken("database", str(error), "")
        return
    try:
        if not store.is_ours():
            do = "Name another in OPENLINES_DATABASE_URL, put back a backup, or begin one: python -m tracker migrate"
            yield _broken("database", f"{store.place} holds no record of Open Lines.", do)
            return
        pending = store.pending()
        if pending:
            yield _broken(
                "schema",
                f"Pending migrations: {len(pending)}, first {pending[0]}.",
                "Make a backup, then run: python -m tracker migrate",
            )
            return
        yield _ok("schema", "It is that of this version.")
        with store.reading() as db:
            yield from _file(store, db) if store.is_file else _server(store, db)
            yield from _replica(store)
            yield from _clock(store, db, now)
            yield from _scheduler(settings, db, store.work(), now)
            yield from _messages(settings, db, now)
            yield from _channels(db, packs)
    except StoreError as error:
        yield _broken("database", str(error), "")
    except Exception as error:  # Whatever the engine meets in a damaged file, in whichever question.
        yield _broken("database", f"{store.place}: {error}", "python -m tracker restore puts back a backup.")
    finally:
        store.close()


def _file(store: Store, db: Subjects) -> Iterator[Line]:
    faults, log = db.integrity.quick_faults(), Path(f"{store.path}-wal")
    size, logged = store.path.stat().st_size, log.stat().st_size if log.exists() else 0
    if faults:
        yield _broken(
            "database", f"{store.path} is damaged: {faults[0]}.", "Put back a backup: python -m tracker restore"
        )
    else:
        yield _ok("database", f"{store.path} is whole as far as a quick check tells ({_bytes(size)}).")
    if logged > LONG_LOG:
        do = "Something reads for long, or many write at once; it shrinks when all have ended."
        yield _look("log of the database", f"{log} has {_bytes(logged)}.", do)
    else:
        yield _ok("log of the database", f"{_bytes(logged)}.")
    engine = db.integrity.engine()
    differing = _differing(engine, _OF_SQLITE)
    if differing:
        yield _broken("SQLite", f"{differing}.", "Use a newer SQLite, and a local disk.")
    elif tuple(map(int, engine.version.split("."))) < SAFE_SQLITE:
        said = f"{engine.version}: with several writing processes there is a rare window for corruption before 3.51.3."
        yield _look(
            "SQLite", said, "Let one process write (serve alone, no schedule beside it), or use a newer library."
        )
    else:
        yield _ok("SQLite", f"{engine.version}, write-ahead logging, each commit on disk.")


def _server(store: Store, db: Subjects) -> Iterator[Line]:
    faults, engine = db.integrity.quick_faults(), db.integrity.engine()
    if faults:
        yield _broken("database", f"{store.place} cannot be read: {faults[0]}.", "Put back a backup: pg_restore.")
    else:
        yield _ok("database", f"{store.place} answers; its backups are made by pg_dump or on the server.")
    if differing := _differing(engine, _OF_POSTGRES):
        do = "Set it on the server: without it, what was acknowledged can be lost when the power fails."
        yield _broken("PostgreSQL", f"{engine.version}; {differing}.", do)
    else:
        yield _ok("PostgreSQL", f"{engine.version}, each commit on disk.")


def _replica(store: Store) -> Iterator[Line]:
    if (behind := store.behind()) is None:
        return
    if behind.size is None:
        do = "Check OPENLINES_REPLICA_URL; until then the first server is read in its place."
        yield _look("replica", "It cannot be asked, or follows nobody.", do)
    else:
        yield _ok("replica", f"It is {_bytes(behind.size)} and {behind.seconds} seconds behind.")


def _differing(engine: EngineState, wanted: dict[str, str]) -> str:
    return ", ".join(
        f"{name} is {engine.settings[name]}" for name, is_to_be in wanted.items() if engine.settings[name] != is_to_be
    )


def _clock(store: Store, db: Subjects, now: datetime) -> Iterator[Line]:
    touched = datetime.fromtimestamp(store.path.stat().st_mtime, UTC) if store.is_file else None
    for what, at in (("the newest row", db.integrity.newest()), ("the database file", touched)):
        if at and at > now + CLOCK_SLACK:
            said = f"It is {now:%Y-%m-%d %H:%M} UTC here, and {what} is of {at:%Y-%m-%d %H:%M} UTC."
            yield _broken("clock", said, "Set the clock (timedatectl): the record orders what happened by it.")
            return
    yield _ok("clock", f"{now:%Y-%m-%d %H:%M} UTC, after everything that was recorded.")


def _scheduler(settings: Settings, db: Subjects, work: Work | None, now: datetime) -> Iterator[Line]:
    if not settings.poll:
        yield _ok("scheduler", "Polling is off (OPENLINES_POLL).")
        return
    last, starts = db.feeds.last_tick(LEASE), "worker" if work else "serve"
    if work:
        yield from _workers(work)
    if last is None:
        yield _look("scheduler", "It has not ticked yet.", f"Start: python -m tracker {starts}")
    elif now - last > LATE:
        said = f"It last ticked at {last:%Y-%m-%d %H:%M} UTC; no feed has been polled since."
        yield _broken("scheduler", said, f"Start {starts}; its log says why it stopped.")
    else:
        yield _ok("scheduler", f"It last ticked {(now - last).total_seconds():.0f} seconds ago.")


def _workers(work: Work) -> Iterator[Line]:
    says = (
        f"{work.workers} alive; jobs: {work.waiting} waiting, {work.in_hand} in hand, {work.failed} failed in a week."
    )
    if not work.workers:
        yield _broken("workers", says, "Start: python -m tracker worker, on any machine that reaches the database.")
    elif work.failed:
        yield _look("workers", says, "The logs of the workers say why; what was due was tried again.")
    else:
        yield _ok("workers", says)


def _messages(settings: Settings, db: Subjects, now: datetime) -> Iterator[Line]:
    by_mail = sum(fares.subscription.kind == "mail" for fares in db.notifications.live())
    if by_mail and not settings.smtp_url:
        yield _look("mail", f"{by_mail} digests wait, and no mail server is set.", "Set OPENLINES_SMTP_URL.")
    elif settings.smtp_url:
        yield _ok("mail", f"By {settings.smtp_url.host}:{settings.smtp_url.port}, to {by_mail} addresses.")
    else:
        yield _ok("mail", "No mail server is set, and nobody waits for mail.")
    failing = db.notifications.receivers(week_ago=now - FAILING).failing_long
    if failing:
        yield _look(
            "messages", f"{failing} receivers took nothing for a week.", "python -m tracker deliveries --failed"
        )


def _channels(db: Subjects, packs: Sequence[RelationshipPack]) -> Iterator[Line]:
    """Channels that are in the files no more, or under another name; of files with a mistake nothing is told."""
    if packs and (unread := unread_words(db.record.channels(), packs)):
        yield _look("channels", unread, "Put the file back under that name, or leave it so: the record stays.")


def _zone_data(zones: set[str]) -> Iterator[Line]:
    missing = sorted(zone for zone in zones if not _is_known(zone))
    if missing:
        do = "Install the packages of requirements.lock again (tzdata is one of them)."
        yield _broken("time zones", f"There is no data for {', '.join(missing)}.", do)
    elif zones:
        yield _ok("time zones", f"Data for all {len(zones)} that are configured.")


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _network(settings: Settings, feeds: Iterable[Feed]) -> Iterator[Line]:
    """Whether a connection can be opened to each host; nothing is asked of it."""
    hosts = {_host_of(feed.url) for feed in feeds if feed.enabled}
    with ThreadPoolExecutor(8) as threads:
        faults = dict(zip(sorted(hosts), threads.map(_fault_of, sorted(hosts)), strict=True))
    failed = {host: fault for host, fault in faults.items() if fault}
    judge: Callable[..., Line] = _broken if hosts and len(failed) == len(hosts) else _look
    for (host, port), fault in failed.items():
        do = "If it is so with many: names (resolv.conf), firewall, route. Else the host is down: /feeds."
        yield judge("network", f"{host}:{port} cannot be reached ({fault}).", do)
    if len(failed) < len(hosts):
        yield _ok("network", f"{len(hosts) - len(failed)} of {len(hosts)} hosts of feeds can be reached.")
    if smtp := settings.smtp_url:
        fault = _fault_of((smtp.host, smtp.port))
        said = f"{smtp.host}:{smtp.port} cannot be reached ({fault})."
        yield (
            _broken("mail server", said, "Check OPENLINES_SMTP_URL.")
            if fault
            else _ok("mail server", "It can be reached.")
        )


def _host_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _fault_of(address: tuple[str, int]) -> str | None:
    try:
        socket.create_connection(address, timeout=CONNECT_SECONDS).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _bytes(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
