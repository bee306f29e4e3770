"""Signs and words of sources: how one fares, how a poll of it ended, why it was not read. Filters of their pages."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from markupsafe import Markup

from db.feeds import PollRow
from tracker.model import Feed
from tracker.polling.health import Fares
from tracker.record.coverage import HoleKind
from tracker.tongue import gettext, msg
from tracker.web.sources.rhythm import lasted
from tracker.web.words import FARES_WORDS
from tracker.wording import day_words

FARES_SIGNS = {
    Fares.FAILING: "✗",
    Fares.WARNING: "△",
    Fares.PAUSED: "◫",
    Fares.NOT_READ_YET: "…",
    Fares.READ: "✓",
    Fares.OFF: "–",
}

OUTCOMES = {
    "read": ("✓", msg("read")),
    "unchanged": ("=", msg("unchanged")),
    "failed": ("✗", msg("failed")),
}
"""How a poll ended: its sign and its word."""

KIND_WORDS = {
    "feed": msg("a feed (RSS, Atom or JSON Feed)"),
    "listing": msg("a page that lists releases"),
    "sitemap": msg("a sitemap"),
}

HOLE_WORDS = {
    HoleKind.FAULT: msg("could not be read"),
    HoleKind.BOT_WALL: msg("turned us away"),
    HoleKind.WINDOW_OVERRUN: msg("showed nothing known"),
    HoleKind.NOT_POLLED: msg("not polled"),
    HoleKind.NOT_CONFIGURED: msg("not yet a source"),
    HoleKind.PAUSED: msg("paused"),
    HoleKind.DISABLED: msg("switched off"),
}


def fares_mark(fares: Fares) -> Markup:
    """Sign and word of how a source fares."""
    return Markup(
        '<span class="fares fares-{}"><span class="sign" aria-hidden="true">{}</span> <b>{}</b></span>'
    ).format(fares.value.replace(" ", "-"), FARES_SIGNS[fares], gettext(FARES_WORDS[fares]))


def outcome_of_poll(poll: PollRow) -> Markup:
    """Sign and word of how a poll ended."""
    sign, word = OUTCOMES[poll.outcome]
    return Markup('<span class="polled-{}"><span class="sign" aria-hidden="true">{}</span> {}</span>').format(
        poll.outcome, sign, gettext(word)
    )


def usual(rhythm: timedelta) -> str:
    """`every day`, `every 1.5 days`: a rhythm."""
    days = round(rhythm / timedelta(days=1), 1)
    if days == 1:
        return gettext("every day")
    number = f"{days:g}"
    return gettext("every %(days)s days", days=number)


def selectors(feed: Feed) -> list[tuple[str, str]]:
    """How a listing is read: each selector by its name in feeds.yaml."""
    return [(name, how) for name, how in vars(feed.select).items() if how] if feed.select else []


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        fares_mark=fares_mark,
        hole=lambda hole: gettext(HOLE_WORDS[hole.kind]),
        kind_of_source=lambda kind: gettext(KIND_WORDS.get(kind, kind)),
        lasted=lasted,
        outcome_of_poll=outcome_of_poll,
        selectors=selectors,
        short_day=day_words,
        took=lambda poll: lasted(poll.ended_at - poll.started_at),
        usual=usual,
    )
