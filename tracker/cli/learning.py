"""Commands that learn from what happened: decisions as cases, misses measured, stored releases read again."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from config.errors import suggest
from tracker.cli.common import Day, Instant, opened, output, table
from tracker.errors import Refused
from tracker.model import Sighting
from tracker.moments import second_text
from tracker.operating.export import read_record, refuse_taken, write_database, write_folder
from tracker.reviewing.cases import Exported, measurement
from tracker.reviewing.replay import Change, Difference, Replayed, write
from tracker.reviewing.replay import replay as read_again
from tracker.reviewing.sampler import sample as pass_arrivals
from tracker.service import Service

_FILE = {"is_flag": False, "flag_value": "-", "metavar": "[FILE]", "type": click.Path(dir_okay=False, allow_dash=True)}


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--as-of", type=Day(), help="The world on that day; today when left out.")
@click.option("--known-at", type=Instant(), help="As we knew it then: a day (its end) or an instant.")
@click.option("--sqlite", type=click.Path(path_type=Path), metavar="FILE", help="The record as one SQLite file too.")
@click.option("--cases", **_FILE, help="Reviewers' decisions as labelled cases, for evaluate.")
@click.option("--samples", **_FILE, help="What the recall on /method is reckoned from.")
def export(
    folder: Path | None,
    as_of: date | None,
    known_at: datetime | None,
    sqlite: Path | None,
    cases: str | None,
    samples: str | None,
) -> None:
    """Write the whole record into a new FOLDER, as CSV and JSON that datapackage.json describes.

    --cases and --samples write what reviewers decided as JSON Lines, to FILE or to standard output. Nobody's name is in
    any of it.
    """
    if not (folder or sqlite or cases or samples):
        raise Refused("Nothing was asked for.", "Name a folder, or say --sqlite, --cases or --samples.")
    service = opened()
    if folder or sqlite:
        _export_record(service, folder, sqlite, as_of, known_at)
    if cases:
        exported = Exported(service.store)
        _write(cases, exported)
        click.echo(f"{exported.written} cases.", err=True)
        for why, releases in sorted(exported.left_out.items()):
            click.echo(f"{releases} releases left out: {why}.", err=True)
    if samples:
        _write(samples, measurement(service.store, list(service.compiled), service.clock().date()))


def _export_record(
    service: Service, folder: Path | None, sqlite: Path | None, as_of: date | None, known_at: datetime | None
) -> None:
    now = service.clock()
    if known_at and known_at > now:
        if known_at != datetime.combine(now, time.max, UTC):
            raise Refused(
                f"{known_at:%Y-%m-%d %H:%M} UTC has not come yet.", "Say a moment up to now, or leave it out."
            )
        known_at = None  # Of today: what is known by now.
    for place in filter(None, (folder, sqlite)):
        refuse_taken(place)
    moment, tables = read_record(service.store, as_of or service.today(), known_at)
    if folder:
        write_folder(folder, moment, tables)
    if sqlite:
        write_database(sqlite, moment, tables)
    counts = ", ".join(f"{len(one.rows)} {one.name}" for one in tables)
    where = " and ".join(str(path) for path in (folder, sqlite) if path)
    click.echo(f"{where}: {counts}.")
    click.echo(f"As of {moment.as_of}, from the record as it stood at {second_text(moment.known_at)}.")


def _write(name: str, rows: Iterable[dict[str, Any]]) -> None:
    try:
        with click.open_file(name, "w", encoding="utf-8", atomic=name != "-") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    except OSError as error:
        raise Refused(f"{name} cannot be written ({error.strerror}).", "Name a file in a folder that can.") from error


@click.command()
def sample() -> None:
    """Measure the releases that came since the last time, as the scheduler does; some enter the queue unmarked."""
    service = opened()
    service.prepare()
    if not service.settings.sample:
        raise Refused("OPENLINES_SAMPLE is 0: nothing is drawn.", "Set it to how many releases a week to draw.")
    for relationship, passed in pass_arrivals(service, random.SystemRandom()).items():
        click.echo(f"{relationship}: {passed.releases} releases passed, {passed.flagged} of them flagged.")


@click.command()
@click.option("--feed", help="Only the releases of this feed.")
@click.option("--since", type=Day(), default=str(date.min), show_default="all", help="Only releases from this day on.")
@click.option("--write/--dry-run", "writes", default=None, help="Take in what is new, or only show it; else asks.")
def replay(feed: str | None, since: date, writes: bool | None) -> None:
    """Read stored releases by today's rules and show what differs from what is kept.

    Nothing is written unless you say so; what is no longer found stays. A decided candidate comes back only with new
    evidence.
    """
    service = opened()
    with service.store.reading() as db:
        known = [health.slug for health in db.feeds.all()]
        number = db.releases.count(feed=feed, since=since)
    if feed and feed not in known:
        raise Refused(f"There is no feed {feed!r};", suggest(feed, known, "`python -m tracker feeds` lists them."))
    console = output()
    counts: Counter[tuple[str, str, Change]] = Counter()
    news = []
    for replayed in _tracked(console, "Reading", read_again(service, feed=feed, since=since), number):
        for difference in replayed.differences:
            console.out(_line(replayed, difference), highlight=False)
            counts[replayed.release.feed or "handed in", replayed.release.lang, difference.change] += 1
        if replayed.news:
            news.append(replayed.kept.id)
    if counts:
        console.print(_summary(counts))
    click.echo(f"{number} releases read again: {_totals(counts)}.")
    if news and _agreed(writes, len(news)):
        service.prepare()
        again = _tracked(console, "Writing", read_again(service, feed=feed, since=since, only=news), len(news))
        gained = sum(write(service, replayed) for replayed in again)
        click.echo(f"Taken in: {gained} new sighting(s).")
    else:
        click.echo("Nothing was written." + (" Say --write to take in what is new." if news else ""))


def _agreed(writes: bool | None, releases: int) -> bool:
    if writes is None:
        return sys.stdin.isatty() and click.confirm(f"Take in what is new in {releases} release(s)?")
    return writes


def _tracked(console: Console, words: str, replayed: Iterator[Replayed], number: int) -> Iterable[Replayed]:
    if not console.is_terminal:
        return replayed
    return track(replayed, words, total=number, console=console, transient=True)


def _line(replayed: Replayed, difference: Difference) -> str:
    release = replayed.release
    before = difference.before.sighting if difference.before else None
    change = f"{_reading(before)} -> {_reading(difference.after)}"
    status = f" ({difference.before.status})" if difference.before else ""
    where = f"release {release.id}, {release.published}, {release.feed or 'handed in'}: {release.title[:80]}"
    return f"{difference.change:<8} {difference.channel:<26} {change}{status}  {where}"


def _reading(sighting: Sighting | None) -> str:
    if sighting is None:
        return "nothing"
    return f"{sighting.signal} {sighting.date or 'undated'}{'' if sighting.flagged else ', probably nothing'}"


def _totals(counts: Counter[tuple[str, str, Change]]) -> str:
    totals = Counter(change for _, _, change in counts.elements())
    return ", ".join(f"{totals[change]} {change}" for change in Change)


def _summary(counts: Counter[tuple[str, str, Change]]) -> Table:
    shown = table("feed", "language", *Change)
    for feed, lang in sorted({(feed, lang) for feed, lang, _ in counts}):
        shown.add_row(feed, lang, *(str(counts[feed, lang, change]) for change in Change))
    return shown
