"""Commands about feeds: poll them now, how they are, and a person's word on when they are polled."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress

import click
from rich.progress import track
from rich.table import Table

from config.errors import suggest
from db.feeds import FeedHealth, PollRow
from tracker.cli.check import add, check
from tracker.cli.common import opened, output, table, who
from tracker.errors import Refused
from tracker.feeds.hosts import PER_HOST, host_of
from tracker.model import Feed
from tracker.operating import tending
from tracker.polling.health import Health, health_of, span_words
from tracker.polling.poll import logged_as_poll_of, poll_feed
from tracker.polling.sourcing import as_yaml
from tracker.scheduler import WORKERS
from tracker.service import Service


@click.command()
@click.argument("feed", nargs=-1)
def poll(feed: tuple[str, ...]) -> None:
    """Poll the feeds named (all that are enabled and not paused when none is), now and once.

    Ends with 1 where none of them could be read.
    """
    service = _prepared()
    chosen = [_configured(service, slug) for slug in dict.fromkeys(feed)] or _polled(service)
    console = output()
    with ThreadPoolExecutor(WORKERS) as workers:
        polls = _begun(service, workers, chosen)
        finished: Iterator[Future] = as_completed(polls)
        if console.is_terminal:
            finished = track(finished, "Polling", total=len(polls), console=console, transient=True)
        try:
            rows = {row.feed: row for row in (future.result() for future in finished)}
        except KeyboardInterrupt:
            workers.shutdown(cancel_futures=True)
            ended = sum(future.done() for future in polls)
            raise Refused(
                f"Stopped: {ended} of {len(polls)} feeds were polled, and what they brought is kept.",
                "Run it again for the others." if ended < len(polls) else "",
            ) from None
    with service.store.reading() as db:
        fares = {feed.slug: health_of(feed, service.clock()) for feed in db.feeds.all()}
    console.print(_table([(rows[one.slug], fares[one.slug]) for one in chosen]))
    if chosen and all(row.fault for row in rows.values()):
        raise SystemExit(1)


@click.group(invoke_without_command=True)
@click.pass_context
def feeds(context: click.Context) -> None:
    """How each feed is, what needs you first: last read, last new item, usual rhythm, what is wrong, next try."""
    if context.invoked_subcommand is None:
        _show_feeds()


feeds.add_command(check)
feeds.add_command(add)


@feeds.command()
@click.argument("slug")
def remove(slug: str) -> None:
    """Poll a feed no more that was added beside feeds.yaml; its releases and its history stay."""
    tending.remove(_prepared(), slug, by=who())
    click.echo(f"{slug} is polled no more. What was read of it stays.")


@feeds.command()
def export() -> None:
    """The feeds that were added beside feeds.yaml, as entries for that file.

    Once they stand there the file goes first, also while the service runs, and the added ones can be removed.
    """
    service = opened()
    with service.store.reading() as db:
        added = [one for one in db.added.all() if not one.removed]
    for pack in service.packs:
        entries = [one.entry for one in added if one.relationship == pack.relationship.slug]
        if entries:
            click.echo(f"# relationships/{pack.relationship.slug}/feeds.yaml")
            click.echo(as_yaml(*entries), nl=False)
    if not added:
        click.echo("No feed was added beside feeds.yaml.", err=True)


@feeds.command()
@click.argument("slug")
@click.option("--because", metavar="TEXT", help="Why, for those who see it on the feeds page.")
def pause(slug: str, because: str | None) -> None:
    """Poll a feed no more until it is resumed; the configuration stays as it is."""
    tending.pause(_prepared(), slug, by=who(), because=because)
    click.echo(f"{slug} is paused. python -m tracker feeds resume {slug} has it polled again.")


@feeds.command()
@click.argument("slug")
def resume(slug: str) -> None:
    """Have a paused feed polled again, at the next tick of the scheduler."""
    service = _prepared()
    feed = tending.resume(service, slug, by=who())
    click.echo(f"{slug} is resumed. {_when_polled(service, feed)}")


@feeds.command()
@click.argument("slug")
def now(slug: str) -> None:
    """Have a feed polled at the scheduler's next tick, whatever its backoff; or when its host may be asked again."""
    service = _prepared()
    feed = tending.poll_now(service, slug, by=who())
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


def _when_polled(service: Service, feed: FeedHealth) -> str:
    if not feed.enabled:
        return f"It is still not polled: {feed.reason or 'it is disabled in feeds.yaml.'}"
    with service.store.reading() as db:
        alone_until = db.hosts.left_alone().get(host_of(feed.url))
    if alone_until and alone_until > service.clock():
        return f"Its host asked to be left alone: it is polled at {alone_until:%Y-%m-%d %H:%M} UTC."
    if tending.ticks(service):
        return "The scheduler polls it at its next tick."
    return f"No scheduler runs now: start one, or poll it yourself with python -m tracker poll {feed.slug}."


def _polled(service: Service) -> list[Feed]:
    """The feeds that a scheduler polls."""
    with service.store.reading() as db:
        paused = {feed.slug for feed in db.feeds.all() if feed.paused}
    return [feed for feed in service.feeds_by_slug.values() if feed.enabled and feed.slug not in paused]


def _configured(service: Service, slug: str) -> Feed:
    feeds = service.feeds_by_slug
    if slug not in feeds:
        near = suggest(slug, feeds)
        raise Refused(f"There is no feed {slug!r};", near if near.endswith("?") else f"{near}.")
    chosen = feeds[slug]
    if chosen.kind == "listing" and not chosen.select:
        raise Refused(f"{slug} is a listing without selectors.", "Add select to its entry in feeds.yaml.")
    return chosen


def _poll(service: Service, feed: Feed) -> PollRow:
    detect = service.detect_for(feed.relationships)
    with logged_as_poll_of(feed.slug):
        return poll_feed(service.store, feed, detect, service.clock, service.fetch, service.robots)


def _begun(service: Service, workers: ThreadPoolExecutor, feeds: Iterable[Feed]) -> list[Future[PollRow]]:
    """A poll of each, no more of one host at a time than it is asked by.

    So the feeds of a slow host wait for each other before they begin, and hold no hands that others need.
    """
    polls: list[Future[PollRow]] = []
    of_hosts: defaultdict[str, deque[tuple[Feed, Future[PollRow]]]] = defaultdict(deque)
    for feed in feeds:
        polls.append(Future())
        of_hosts[host_of(feed.url)].append((feed, polls[-1]))
    for waiting in of_hosts.values():
        for _ in range(min(PER_HOST, len(waiting))):
            workers.submit(_poll_each, service, waiting)
    return polls


def _poll_each(service: Service, waiting: deque[tuple[Feed, Future[PollRow]]]) -> None:
    """Poll one after another, as long as no other hand has taken the last."""
    with suppress(IndexError):
        while True:
            feed, poll = waiting.popleft()
            try:
                poll.set_result(_poll(service, feed))
            except BaseException as error:
                poll.set_exception(error)


def _table(polls: list[tuple[PollRow, Health]]) -> Table:
    """What each poll brought, and why it failed, else what is not as it should be with what was read."""
    shown = table("feed", "outcome", "items", "new", "revised", "sightings", "in words")
    for row, health in polls:
        counts = (str(number) for number in (row.items, row.fresh, row.revised, row.sightings))
        warned = "\n".join(one.sentence for one in health.warnings)
        shown.add_row(row.feed, row.outcome, *counts, row.fault or warned)
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
