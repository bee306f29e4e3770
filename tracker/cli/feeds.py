"""Commands about feeds: poll them now, how they are, and a person's word on when they are polled."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

import click
from rich.progress import track
from rich.table import Table

from config.errors import suggest
from db.feeds import FeedHealth, PollRow
from tracker import tending
from tracker.cli.check import check
from tracker.cli.common import opened, output, table
from tracker.errors import Refused
from tracker.health import Health, health_of, span_words
from tracker.model import Feed
from tracker.poll import logged_as_poll_of, poll_feed
from tracker.scheduler import WORKERS
from tracker.service import Service


@click.command()
@click.argument("feed", nargs=-1)
def poll(feed: tuple[str, ...]) -> None:
    """Poll the feeds named (all that are enabled and not paused when none is), now and once."""
    service = _prepared()
    chosen = [_configured(service, slug) for slug in feed] or _polled(service)
    console = output()
    with ThreadPoolExecutor(WORKERS) as workers:
        polls = [workers.submit(_poll, service, chosen_feed) for chosen_feed in chosen]
        finished: Iterator[Future] = as_completed(polls)
        if console.is_terminal:
            finished = track(finished, "Polling", total=len(polls), console=console, transient=True)
        rows = {row.feed: row for row in (future.result() for future in finished)}
    console.print(_table([rows[chosen_feed.slug] for chosen_feed in chosen]))


@click.group(invoke_without_command=True)
@click.pass_context
def feeds(context: click.Context) -> None:
    """How each feed is, what needs you first: last read, last new item, usual rhythm, what is wrong, next try."""
    if context.invoked_subcommand is None:
        _show_feeds()


feeds.add_command(check)


@feeds.command()
@click.argument("slug")
@click.option("--because", metavar="TEXT", help="Why, for those who see it on the feeds page.")
def pause(slug: str, because: str | None) -> None:
    """Poll a feed no more until it is resumed; the configuration stays as it is."""
    tending.pause(_prepared(), slug, by=_who(), because=because)
    click.echo(f"{slug} is paused. python -m tracker feeds resume {slug} has it polled again.")


@feeds.command()
@click.argument("slug")
def resume(slug: str) -> None:
    """Have a paused feed polled again, at the next tick of the scheduler."""
    service = _prepared()
    feed = tending.resume(service, slug, by=_who())
    click.echo(f"{slug} is resumed. {_when_polled(service, feed)}")


@feeds.command()
@click.argument("slug")
def now(slug: str) -> None:
    """Have a feed polled at the scheduler's next tick, whatever a backoff or its server asked for."""
    service = _prepared()
    feed = tending.poll_now(service, slug, by=_who())
    click.echo(f"{slug} is due. {_when_polled(service, feed)}")


def _prepared() -> Service:
    """The service, its database told of the feeds that are configured now."""
    service = opened()
    service.prepare()
    return service


def _show_feeds() -> None:
    service = _prepared()
    moment = service.clock()
    shown = table("feed", "side", "how", "last read (UTC)", "last new", "usual", "next (UTC)", "in words")
    with service.store.reading() as db:
        fares = sorted((health_of(feed, moment) for feed in db.feeds.all()), key=lambda health: health.need)
    for health in fares:
        feed = health.feed
        shown.add_row(feed.slug, feed.side, health.fares, *_times(health), _in_words(health))
    output().print(shown)


def _who() -> str:
    """The account of this machine that gives the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an operator"


def _when_polled(service: Service, feed: FeedHealth) -> str:
    if not feed.enabled:
        return f"It is still not polled: {feed.reason or 'it is disabled in feeds.yaml.'}"
    if tending.ticks(service):
        return "The scheduler polls it at its next tick."
    return f"No scheduler runs now: start one, or poll it yourself with python -m tracker poll {feed.slug}."


def _polled(service: Service) -> list[Feed]:
    """The configured feeds that a scheduler polls."""
    with service.store.reading() as db:
        paused = {feed.slug for feed in db.feeds.all() if feed.paused}
    return [feed for feed in service.feeds if feed.enabled and feed.slug not in paused]


def _configured(service: Service, slug: str) -> Feed:
    if slug not in service.feeds_by_slug:
        raise Refused(f"There is no feed {slug!r};", suggest(slug, service.feeds_by_slug) + ".")
    chosen = service.feeds_by_slug[slug]
    if chosen.kind == "listing" and not chosen.select:
        raise Refused(f"{slug} is a listing without selectors.", "Add select to its entry in feeds.yaml.")
    return chosen


def _poll(service: Service, feed: Feed) -> PollRow:
    detect = service.detectors[feed.relationship]
    with logged_as_poll_of(feed.slug):
        return poll_feed(service.store, feed, detect, service.clock, service.fetch, service.robots)


def _table(rows: list[PollRow]) -> Table:
    shown = table("feed", "outcome", "items", "new", "revised", "sightings", "in words")
    for row in rows:
        counts = (str(number) for number in (row.items, row.fresh, row.revised, row.sightings))
        shown.add_row(row.feed, row.outcome, *counts, row.fault or "")
    return shown


def _times(health: Health) -> tuple[str, str, str, str]:
    """Last read, last new item, usual rhythm, next try."""
    feed = health.feed
    return (
        f"{feed.last_read:%Y-%m-%d %H:%M}" if feed.last_read else "never",
        str(feed.newest or "-"),
        f"every {span_words(feed.rhythm)}" if feed.rhythm else "-",
        f"{feed.next_poll:%Y-%m-%d %H:%M}" if health.polled else "-",
    )


def _in_words(health: Health) -> str:
    return "\n".join(warned.sentence for warned in health.warnings) or health.words
