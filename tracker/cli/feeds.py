"""Commands about feeds: poll them now, and how they are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from config.errors import suggest
from db.feeds import FeedHealth, PollRow
from tracker.cli.check import check
from tracker.cli.common import opened
from tracker.errors import Refused
from tracker.model import Feed
from tracker.poll import poll_feed
from tracker.scheduler import WORKERS
from tracker.service import Service


@click.command()
@click.argument("feed", nargs=-1)
def poll(feed: tuple[str, ...]) -> None:
    """Poll the feeds named (all that are enabled when none is), now and once."""
    service = opened()
    service.prepare()
    chosen = [_configured(service, slug) for slug in feed] or [f for f in service.feeds if f.enabled]
    console = Console()
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
    """How each feed is: last read, what is wrong, when it is asked again."""
    if context.invoked_subcommand is None:
        _show_feeds()


feeds.add_command(check)


def _show_feeds() -> None:
    service = opened()
    service.prepare()
    table = Table("feed", "side", "last read (UTC)", "next (UTC)", "in words")
    with service.store.reading() as db:
        for health in db.feeds.all():
            table.add_row(health.slug, health.side, *_times(health), _in_words(health))
    Console().print(table)


def _configured(service: Service, slug: str) -> Feed:
    if slug not in service.feeds_by_slug:
        raise Refused(f"There is no feed {slug!r};", suggest(slug, service.feeds_by_slug) + ".")
    chosen = service.feeds_by_slug[slug]
    if chosen.kind == "listing" and not chosen.select:
        raise Refused(f"{slug} is a listing without selectors.", "Add select to its entry in feeds.yaml.")
    return chosen


def _poll(service: Service, feed: Feed) -> PollRow:
    return poll_feed(
        service.store, feed, service.detectors[feed.relationship], service.clock, service.fetch, service.robots
    )


def _table(rows: list[PollRow]) -> Table:
    table = Table("feed", "outcome", "items", "new", "revised", "sightings", "in words")
    for row in rows:
        counts = (str(number) for number in (row.items, row.fresh, row.revised, row.sightings))
        table.add_row(row.feed, row.outcome, *counts, row.fault or "")
    return table


def _times(health: FeedHealth) -> tuple[str, str]:
    read = f"{health.last_read:%Y-%m-%d %H:%M}" if health.last_read else "never"
    return read, f"{health.next_poll:%Y-%m-%d %H:%M}" if health.enabled else "-"


def _in_words(health: FeedHealth) -> str:
    if not health.enabled:
        return f"Disabled: {health.reason or 'no reason given.'}"
    return health.fault or "Well."


commands = (poll, feeds)
