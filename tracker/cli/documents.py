"""Commands that put documents into the database."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from tracker.cli.common import Day, opened
from tracker.model import Release
from tracker.polling.handin import check_told, other_day, release_from_file, release_from_page, take
from tracker.polling.intake import HandedIn


@click.command(name="add-file")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", required=True, help="Address under which the document is published.")
@click.option("--side", required=True, help="Whom it speaks for: a party's code, or third-party.")
@click.option("--published", required=True, type=Day(), help="Its date, in the publisher's time zone.")
@click.option("--publisher", help="Who published it; the address's host when left out.")
@click.option("--lang", help="en or zh; told from the text when left out.")
def add_file(file: Path, url: str, side: str, published: date, publisher: str | None, lang: str | None) -> None:
    """Take a text file (its first line is the title) or an HTML page as a release, and say what it reports."""
    service = opened()
    check_told(service, side=side, lang=lang, published=published)
    service.prepare()
    release = release_from_file(file, url=url, side=side, published=published, publisher=publisher, lang=lang)
    _show(release, take(service, release))


@click.command(name="add-url")
@click.argument("url")
@click.option("--side", required=True, help="Whom it speaks for: a party's code, or third-party.")
@click.option("--published", type=Day(), help="Its date; read from the page when left out.")
@click.option("--publisher", help="Who published it; the address's host when left out.")
@click.option("--lang", help="en or zh; told from the text when left out.")
@click.option("--allow-private", is_flag=True, help="The page may live on a private or loopback address.")
def add_url(
    url: str, side: str, published: date | None, publisher: str | None, lang: str | None, allow_private: bool
) -> None:
    """Fetch a page as a release, and say what it reports."""
    service = opened()
    check_told(service, side=side, lang=lang, published=published)
    service.prepare()
    told = {"side": side, "published": published, "publisher": publisher, "lang": lang}
    release = release_from_page(url, service.fetch, allow_private=allow_private, **told)
    _show(release, take(service, release))


def _show(release: Release, handed_in: HandedIn) -> None:
    if note := other_day(release, handed_in):
        click.echo(note, err=True)
    if not handed_in.candidates:
        click.echo("Nothing in it is an update of a channel.")
    for candidate in handed_in.candidates:
        when = candidate.date or "no date"
        click.echo(f"candidate {candidate.id}: {candidate.channel} {candidate.signal} {when} ({candidate.status})")
