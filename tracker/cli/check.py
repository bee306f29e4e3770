"""`feeds check`: whether an address can be polled, and the feeds.yaml entry for that. `feeds add` has it polled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter

import click
from rich.console import Console
from rich.table import Table

from config.load import feeds_of, load_relationships
from tracker.added import judged, read_added
from tracker.cli.common import opened, settings, who
from tracker.errors import Refused
from tracker.feeds.check import Fetch, Found
from tracker.feeds.check import check as check_source
from tracker.feeds.failure import FetchFailed, NotAFeed
from tracker.feeds.fetch import fetch as fetch_plainly
from tracker.feeds.language import spoken
from tracker.model import Feed, Item
from tracker.operating import tending
from tracker.polling.sourcing import (
    SHOWN,
    as_yaml,
    day_of,
    draft_of,
    entry_of,
    known_as,
    relationship_of,
    remedy_where_added,
    summary_of,
)

_OPTIONS = (
    click.argument("url"),
    click.option("--listing", is_flag=True, help="Read the page itself, even if it names a feed."),
    click.option("--side", help="Whom it speaks for: a party's code, or third-party. Else by the address."),
    click.option("--slug", help="Its short name. Else by the address."),
    click.option("--publisher", help="Who publishes it. Else what it calls itself."),
    click.option("--lang", help="Its language. Else that of most items."),
    click.option("--timezone", help="Of dates that have none (IANA name). Else that of the side's capital, or UTC."),
    click.option("--every", default="30m", show_default=True, help="The pace of polling."),
)


def _described(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the address, and what may be told of it."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command()
@_described
@click.option("--allow-private", "--private", "private", is_flag=True, help="The address may be on a private network.")
def check(url: str, private: bool, listing: bool, every: str, **given: str | None) -> None:
    """Try an address as a source. Nothing is stored.

    Says what is there and what would be read, and prints an entry for feeds.yaml to standard output: that of the feed,
    of a feed that the page names, or of the page with selectors of its list.
    """
    here = settings()
    packs = load_relationships(here.config)
    known = [*judged(read_added(here.database_url), feeds_of(packs), packs).feeds.values()]
    found = _found(draft_of(url, private, every, given, packs, known), known, listing=listing)
    entry = entry_of(found, given["publisher"], every)
    _console().print("An entry for feeds.yaml; read it through before you add it:", markup=False)
    click.echo(as_yaml(entry), nl=False)


@click.command()
@_described
@click.option("--relationship", metavar="SLUG", help="Whose source it is, where several have its side.")
def add(url: str, listing: bool, every: str, relationship: str | None, **given: str | None) -> None:
    """Have an address polled from now on, if it can be read: it is kept in the database, beside feeds.yaml.

    Shows what would be read first. Only public addresses can be added so; others stand in feeds.yaml.
    """
    service = opened()
    service.prepare()
    known = [*service.feeds_by_slug.values()]
    draft = draft_of(url, False, every, given, service.packs, known)
    found = _found(draft, known, listing=listing, fetch=service.fetch, remedy_of=remedy_where_added)
    entry = entry_of(found, given["publisher"], every)
    relationship = relationship_of(found.feed.side, service.packs, relationship)
    feed = tending.add(service, entry, relationship=relationship, by=who())
    click.echo(f"{feed.slug} is a source now, and is polled at the scheduler's next tick.")


def _found(
    draft: Feed,
    known: Iterable[Feed],
    *,
    listing: bool,
    fetch: Fetch = fetch_plainly,
    remedy_of: Callable[[FetchFailed | NotAFeed], str] = attrgetter("remedy"),
) -> Found:
    """What an address holds, shown on standard error."""
    try:
        found = check_source(draft, as_listing=listing, fetch=fetch)
    except (FetchFailed, NotAFeed) as failed:
        raise Refused(failed.about(draft.url, remedy_of(failed)), field="url") from failed
    console = _console()
    for sentence in (*summary_of(found), *found.notes, *known_as(found.feed, known)):
        console.print(sentence, markup=False)
    console.print(_table(found.feed, found.parsed.items[:SHOWN]), soft_wrap=False)
    return found


def _console() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _table(feed: Feed, items: Iterable[Item]) -> Table:
    table = Table("date", "lang", "title", "address")
    for item in items:
        table.add_row(
            day_of(item, feed), spoken(f"{item.title} {item.summary}", feed.lang), item.title, item.url or "-"
        )
    return table
