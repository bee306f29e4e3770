"""`feeds check`: whether an address can be polled, and the feeds.yaml entry with which it is."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.console import Console
from rich.table import Table

from config.load import load_relationships
from tracker.cli.common import settings
from tracker.errors import Refused
from tracker.feeds.check import check as check_source
from tracker.feeds.failure import FetchFailed, NotAFeed
from tracker.feeds.language import spoken
from tracker.model import Feed, Item
from tracker.sourcing import SHOWN, as_yaml, configured_as, day_of, draft_of, entry_of, summary_of


@click.command()
@click.argument("url")
@click.option("--private", is_flag=True, help="The address may be on a private network.")
@click.option("--listing", is_flag=True, help="Read the page itself, even if it names a feed.")
@click.option("--side", help="Whom it speaks for: a party's code, or third-party. Else by the address.")
@click.option("--slug", help="Its short name. Else by the address.")
@click.option("--publisher", help="Who publishes it. Else what it calls itself.")
@click.option("--lang", help="Its language. Else that of most items.")
@click.option("--timezone", help="Of dates that have none (IANA name). Else that of the side's capital, or UTC.")
@click.option("--every", default="30m", show_default=True, help="The pace of polling.")
def check(url: str, private: bool, listing: bool, every: str, **given: str | None) -> None:
    """Try an address as a source. Nothing is stored.

    Says what is there and what would be read, and prints an entry for feeds.yaml to standard output: that of the feed,
    of a feed that the page names, or of the page with selectors of its list.
    """
    packs = load_relationships(settings().config)
    draft = draft_of(url, private, every, given, packs)
    try:
        found = check_source(draft, as_listing=listing)
    except (FetchFailed, NotAFeed) as failed:
        raise Refused(failed.about(url), field="url") from failed
    entry = entry_of(found, given["publisher"], every)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for sentence in (*summary_of(found), *found.notes, *configured_as(found.feed, packs)):
        console.print(sentence, markup=False)
    console.print(_table(found.feed, found.parsed.items[:SHOWN]), soft_wrap=False)
    console.print("An entry for feeds.yaml; read it through before you add it:", markup=False)
    click.echo(as_yaml(entry), nl=False)


def _table(feed: Feed, items: Iterable[Item]) -> Table:
    table = Table("date", "lang", "title", "address")
    for item in items:
        table.add_row(
            day_of(item, feed), spoken(f"{item.title} {item.summary}", feed.lang), item.title, item.url or "-"
        )
    return table
