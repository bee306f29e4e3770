"""The command that says on whose word the record rests, and which side is still to be sought."""

from __future__ import annotations

import json
from datetime import date

import click

from tracker.cli.common import Since, opened, output, table
from tracker.errors import Refused
from tracker.model import Category, Relationship, StatusChange
from tracker.record.heard import Resting, Tally, by_category, resting, tally


@click.command()
@click.option("--relationship", metavar="SLUG", help="One relationship alone.")
@click.option("--category", type=click.Choice([one.value for one in Category]), help="One category alone.")
@click.option("--since", type=Since(), help="Only claims that begin then or later: a year, a month or a day.")
@click.option("--list", "listed", is_flag=True, help="Also each claim on which a side is unheard, newest first.")
@click.option("--json", "as_json", is_flag=True, help="The same as one JSON document.")
def sources(relationship: str | None, category: str | None, since: date | None, listed: bool, as_json: bool) -> None:
    """On whose word the record rests: its claims by side, and with --list the sides still to be sought."""
    service = opened()
    with service.store.reading() as db:
        relationships, channels, entries = db.record.relationships(), db.record.channels(), db.record.entries()
    kind, now = Category(category) if category else None, service.clock()
    told = [
        (pair, resting(pair, channels, entries, now, since=since, category=kind))
        for pair in _chosen(relationships, relationship)
    ]
    if as_json:
        click.echo(json.dumps([_document(*one, since, listed=listed) for one in told], ensure_ascii=False, indent=2))
    else:
        for pair, claims in told:
            _print(pair, claims, since, listed=listed)


def _chosen(relationships: list[Relationship], slug: str | None) -> list[Relationship]:
    if not relationships:
        raise Refused("Nothing is on record yet.", "python -m tracker seed loads the configured record.")
    chosen = [pair for pair in relationships if slug in (None, pair.slug)]
    if not chosen:
        raise Refused(f'No relationship is called "{slug}".', f"On record: {', '.join(p.slug for p in relationships)}.")
    return chosen


def _print(pair: Relationship, claims: list[Resting], since: date | None, *, listed: bool) -> None:
    from_when = f" that begin on {since} or later" if since else ""
    click.echo(f"{pair.names['en']}: on whose word {len(claims)} claims{from_when} rest.")
    parties = {party.code: party.names["en"] for party in pair.parties}
    counts = ("claims", "both", *(f"{code} only" for code in parties), "third only", "none", "share of both")
    shown = table("category", *counts)
    for column in shown.columns[1:]:
        column.justify = "right"
    for category, counted in by_category(claims, pair).items():
        shown.add_row(category.value, *_figures(counted))
    shown.add_row("total", *_figures(tally(claims, pair)), style="bold")
    output().print(shown)
    if listed:
        for one in _lacking(claims):
            missing = " and ".join(parties[code] for code in one.unheard)
            click.echo(f"{one.date or 'no date'}  {one.channel.slug}: {_what(one)}; unheard: {missing}")


def _figures(counted: Tally) -> list[str]:
    share = counted.share_both
    return [str(counted.total), *map(str, counted.counts.values()), "-" if share is None else f"{share:.0%}"]


def _document(pair: Relationship, claims: list[Resting], since: date | None, *, listed: bool) -> dict:
    counted = {category.value: _counts(one) for category, one in by_category(claims, pair).items()}
    document = {
        "relationship": pair.slug,
        "since": since and since.isoformat(),
        "categories": counted,
        "total": _counts(tally(claims, pair)),
    }
    return document | ({"unheard": [_row(one) for one in _lacking(claims)]} if listed else {})


def _counts(counted: Tally) -> dict[str, int | float | None]:
    share = counted.share_both
    return {"claims": counted.total, **counted.counts, "share_both": share and round(share, 4)}


def _row(one: Resting) -> dict:
    return {
        "date": one.date and str(one.date),
        "channel": one.channel.slug,
        "category": one.channel.category.value,
        "claim": _what(one),
        "rests_on": one.on,
        "unheard": list(one.unheard),
    }


def _lacking(claims: list[Resting]) -> list[Resting]:
    return [one for one in claims if one.unheard]


def _what(one: Resting) -> str:
    return str(one.claim.state) if isinstance(one.claim, StatusChange) else f"contact {one.claim.outcome}"
