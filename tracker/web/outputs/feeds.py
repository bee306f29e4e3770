"""Status changes and contacts as Atom and as JSON Feed 1.1, what was recorded or revised last first.

An entry keeps its id whatever is corrected or withdrawn; it is issued again, and says what it said before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import render_template, url_for
from lxml import etree
from lxml.builder import ElementMaker

from tracker import __version__
from tracker.model import Channel, Moment
from tracker.moments import second_text
from tracker.record.chain import Checkpoint
from tracker.record.statement import Statement, statements
from tracker.web.api.chain import heads_of_days
from tracker.web.api.cursor import page_moment, page_of
from tracker.web.api.parameters import ChannelPath, ChannelStatementsQuery, StatementsQuery
from tracker.web.api.selection import lines_asked_for
from tracker.web.current import Snapshot, current, find_channel
from tracker.web.outputs.calls import (
    LICENCE,
    LICENCE_WORDS,
    absolute,
    asked_moment,
    authority,
    moment_words,
    output,
    own_address,
)
from tracker.web.words import web_address
from tracker.wording import category_words

ATOM, JSON_FEED = "application/atom+xml", "application/feed+json"
ABOUT = "/api/docs#outputs"

_make = ElementMaker(namespace="http://www.w3.org/2005/Atom", nsmap={None: "http://www.w3.org/2005/Atom"})

DAYS_OF_CHECKPOINTS = 7
"""Days whose heads of the chain stand in the feed of all changes; /api/v1/checkpoints has every one."""

_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
"""When a feed without entries was last changed."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Shown:
    """One page of a feed: what stands on it, and where the next one begins."""

    title: str
    home: str
    moment: Moment
    statements: Sequence[Statement]
    following: str | None
    checkpoints: Sequence[Checkpoint] = ()


@output("/changes.atom", ATOM)
def changes_atom(query: StatementsQuery) -> bytes:
    return atom(_of_all(query))


@output("/changes.json", JSON_FEED)
def changes_json(query: StatementsQuery) -> str:
    return json_feed(_of_all(query))


@output("/channels/<slug>/changes.atom", ATOM)
def channel_changes_atom(path: ChannelPath, query: ChannelStatementsQuery) -> bytes:
    return atom(_of_channel(path.slug, query))


@output("/channels/<slug>/changes.json", JSON_FEED)
def channel_changes_json(path: ChannelPath, query: ChannelStatementsQuery) -> str:
    return json_feed(_of_channel(path.slug, query))


def _of_all(query: StatementsQuery) -> Shown:
    snapshot, moment = current().snapshot(), page_moment(query)
    lines = lines_asked_for(snapshot, query, moment.known_at)
    narrowed = [category_words(query.category).lower()] if query.category else []
    narrowed += [line.names["en"] for line in lines if query.channel == line.slug]
    narrowed += [pair.names["en"] for pair in snapshot.relationships if query.relationship == pair.slug]
    title = f"Open Lines: changes and contacts{''.join(f', {words}' for words in narrowed)}"
    home = absolute(url_for("pages.changes"), category=query.category)
    shown = _shown(title, home, snapshot, lines, moment, query)
    if narrowed or query.cursor:
        return shown
    # The heads of the newest days that were over: who follows the feed keeps what the record can be held against.
    heads = heads_of_days(moment.known_at if query.known_at else None)
    return replace(shown, checkpoints=heads[:DAYS_OF_CHECKPOINTS])


def _of_channel(slug: str, query: ChannelStatementsQuery) -> Shown:
    snapshot, moment = current().snapshot(), page_moment(query)
    line = find_channel(snapshot, slug, moment.known_at)
    home = absolute(url_for("pages.channel", slug=slug))
    return _shown(f"Open Lines: {line.names['en']}", home, snapshot, [line], moment, query)


def _shown(
    title: str,
    home: str,
    snapshot: Snapshot,
    lines: Sequence[Channel],
    moment: Moment,
    query: StatementsQuery | ChannelStatementsQuery,
) -> Shown:
    found = [
        statement
        for line in lines
        for statement in statements(
            snapshot.view(line, moment), snapshot.relationship(line.relationship), *snapshot.entries[line.slug]
        )
    ]
    # As known at the newest act, which is the same record: the link to the next page, too, stays while nothing changes.
    walked = Moment(moment.as_of, min(moment.known_at, snapshot.recorded_until))
    page, following = page_of([(_position(one), one) for one in found], query, walked)
    return Shown(f"{title}{moment_words(moment)}", home, moment, page, following)


def _position(statement: Statement) -> tuple[str, int, str]:
    """Where it stands: what was recorded or revised last stands highest."""
    revised = statement.lineage.revised_at.isoformat(timespec="microseconds")
    return f"{revised}~{statement.day}", statement.lineage.rows[0].id, statement.key


def atom(shown: Shown) -> bytes:
    """The page as an Atom feed (RFC 4287). What XML cannot hold is left out."""
    revised = max((statement.lineage.revised_at for statement in shown.statements), default=_BEFORE_ALL)
    following = [_link("next", own_address(cursor=shown.following), ATOM)] if shown.following else []
    feed = _make.feed(
        {"{http://www.w3.org/XML/1998/namespace}lang": "en"},
        _make.id(f"{_tag('feed')}{_without_cursor()}"),
        _make.title(_xml(shown.title)),
        _make.updated(second_text(revised)),
        _make.author(_make.name("Open Lines"), _make.uri(absolute("/"))),
        _link("self", own_address(), ATOM),
        _link("alternate", shown.home, "text/html"),
        _link("license", LICENCE),
        *following,
        _make.generator("Open Lines", version=__version__),
        _make.rights(LICENCE_WORDS),
        *(_entry(statement) for statement in shown.statements),
        *(_checkpoint_entry(head) for head in shown.checkpoints),
    )
    return etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _entry(statement: Statement) -> etree._Element:
    cited = dict.fromkeys(filter(None, (web_address(source.url) for source in statement.sources)))
    return _make.entry(
        _make.id(_tag(statement.key)),
        _make.title(_xml(statement.title)),
        _make.published(second_text(statement.lineage.recorded_at)),
        _make.updated(second_text(statement.lineage.revised_at)),
        _link("alternate", _address(statement), "text/html"),
        *(_link("via", address) for address in cited),
        *(_make.category(term=term) for term in _terms(statement)),
        *([_make.summary(_xml(statement.detail))] if statement.detail else []),
        _make.content(_xml(_content(statement)), type="html"),
    )


def _checkpoint_entry(head: Checkpoint) -> etree._Element:
    return _make.entry(
        _make.id(_tag(f"checkpoint-{head.at.date()}")),
        _make.title(_checkpoint_title(head)),
        _make.updated(second_text(head.at)),
        _link("alternate", absolute(url_for("api.checkpoints")), "application/json"),
        _make.category(term="checkpoint"),
        _make.summary(_checkpoint_words(head)),
    )


def _checkpoint_title(head: Checkpoint) -> str:
    return f"Checkpoint of {head.at.date()}: {head.hash[:16]}"


def _checkpoint_words(head: Checkpoint) -> str:
    return (
        f"At the end of {head.at.date()} (UTC) the record’s chain had {head.seq:,} links; the hash of the last is "
        f"{head.hash}. Keep it: with `python -m tracker verify --checkpoint`, or with the proof of any claim, it shows "
        "later whether what stood before was changed."
    )


def _link(rel: str, address: str, kind: str | None = None) -> etree._Element:
    return _make.link({"rel": rel, "href": _xml(address)} | ({"type": kind} if kind else {}))


def json_feed(shown: Shown) -> str:
    """The page as a JSON Feed (version 1.1); what is ours beyond the standard stands in `_open_lines`."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": shown.title,
        "home_page_url": shown.home,
        "feed_url": own_address(),
        "language": "en",
        "authors": [{"name": "Open Lines", "url": absolute("/")}],
        "_open_lines": {"about": absolute(ABOUT), "licence": LICENCE, **asked_moment(shown.moment)},
        "items": [*map(_item, shown.statements), *map(_checkpoint_item, shown.checkpoints)],
    }
    if shown.following:
        feed["next_url"] = own_address(cursor=shown.following)
    return json.dumps(feed, ensure_ascii=False)


def _item(statement: Statement) -> dict[str, Any]:
    lineage, when = statement.lineage, statement.when
    item = {
        "id": _tag(statement.key),
        "url": _address(statement),
        "title": statement.title,
        "summary": statement.detail or statement.title,
        "content_html": _content(statement),
        "date_published": second_text(lineage.recorded_at),
        "date_modified": second_text(lineage.revised_at),
        "tags": _terms(statement),
        "_open_lines": {
            "kind": statement.kind,
            "channel": statement.told.channel,
            "says": statement.word,
            "when": {"date": when.value, "precision": when.precision} if when else None,
            "withdrawn": statement.withdrawn,
            "corrected": statement.corrected,
            "earlier": statement.earlier,
            "revisions": lineage.revisions,
            "corroboration": statement.corroboration,
            "unconfirmed": list(statement.told.unconfirmed),
            "contested": statement.contested,
            "settled": statement.told.settled,
            "sources": [
                {
                    "url": source.url,
                    "title": source.title,
                    "publisher": source.publisher,
                    "side": source.side,
                    "published": source.published.value if source.published else None,
                    "quote": source.quote,
                    "level": source.level,
                    "denies": source.denies,
                }
                for source in statement.sources
            ],
        },
    }
    external = next(filter(None, (web_address(source.url) for source in statement.sources)), None)
    return item | ({"external_url": external} if external else {})


def _checkpoint_item(head: Checkpoint) -> dict[str, Any]:
    return {
        "id": _tag(f"checkpoint-{head.at.date()}"),
        "url": absolute(url_for("api.checkpoints")),
        "title": _checkpoint_title(head),
        "content_text": _checkpoint_words(head),
        "date_published": second_text(head.at),
        "tags": ["checkpoint"],
        "_open_lines": {"kind": "checkpoint", "seq": head.seq, "hash": head.hash, "day": str(head.at.date())},
    }


def _content(statement: Statement) -> str:
    return render_template("_statement.html", statement=statement, lineage=statement.lineage)


def _terms(statement: Statement) -> list[str]:
    channel = statement.view.channel
    return [channel.category, channel.slug, statement.kind, statement.word]


def _address(statement: Statement) -> str:
    """Where the statement stands on its channel's page."""
    return f"{absolute(url_for('pages.channel', slug=statement.told.channel))}#{statement.key}"


def _tag(name: str) -> str:
    """A tag URI (RFC 4151): an id that stays, wherever the entry is read."""
    return f"tag:{authority()},2026:{name}"


def _without_cursor() -> str:
    """What sets one feed apart from another: its path and filters. Its pages are one feed."""
    path = own_address(cursor=None, limit=None).removeprefix(absolute(""))
    return path.removesuffix(".atom").replace(".atom?", "?")


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
