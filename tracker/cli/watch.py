"""The command that reads cited pages again, now."""

from __future__ import annotations

import click
from rich.progress import track
from rich.table import Column, Table

from config.errors import suggest
from db.watch import Visit
from tracker.cli.common import opened, output
from tracker.errors import Refused
from tracker.polling.rereading import MOST_DUE, notice, read_again
from tracker.releases.watch import CONFIRMED_BY, Watched
from tracker.service import Service


@click.command()
@click.argument("url", nargs=-1)
def watch(url: tuple[str, ...]) -> None:
    """Read the cited pages named (those that are due when none is) again, now: what became of each."""
    service = opened()
    service.prepare()
    notice(service, service.clock())
    with service.store.reading() as db:
        known = [page.url for page in db.watch.all()]
        due = db.watch.due(service.clock(), most=MOST_DUE)
    for one in url:
        if one not in known:
            raise Refused(f"The record cites no page {one};", suggest(one, known, "write it as a source has it."))
    chosen = list(dict.fromkeys(url)) or due
    if not chosen:
        click.echo(f"None of {len(known)} cited pages is due. {_next(service)}")
        return
    console = output()
    pages = track(chosen, "Reading", console=console, transient=True) if console.is_terminal else chosen
    headings = ("page", "found", "stands", "since (UTC)", "next (UTC)", "in words")
    table = Table(*(Column(heading, overflow="fold") for heading in headings))
    for one in pages:
        visit = read_again(service, one, if_due=not url)
        with service.store.reading() as db:
            table.add_row(one, *_row(visit, db.watch.get(one)))
    console.print(table)


def _next(service: Service) -> str:
    with service.store.reading() as db:
        pages = db.watch.all()
    return (
        f"The next is, at {pages[0].next_visit:%Y-%m-%d %H:%M} UTC: {pages[0].url}" if pages else "There is none yet."
    )


def _row(visit: Visit | None, page: Watched) -> tuple[str, ...]:
    return (
        (visit.found or "no verdict") if visit else "not read",
        page.state or "-",
        f"{page.since:%Y-%m-%d %H:%M}" if page.since else "-",
        f"{page.next_visit:%Y-%m-%d %H:%M}",
        _in_words(visit, page),
    )


def _in_words(visit: Visit | None, page: Watched) -> str:
    if visit is None:
        return "Another process reads it now, or its host wants to be left alone or is busy with others of ours."
    if visit.fault:
        return f"{visit.fault} It is tried again."
    if page.doubted:
        return f"Found so {page.doubts} of {CONFIRMED_BY} times."
    if visit.missing:
        return f"No longer there: {'; '.join(visit.missing)}"
    return f"Now at {visit.moved_to}" if visit.moved_to else ""
