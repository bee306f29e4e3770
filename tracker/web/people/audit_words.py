"""The audit in words: what was done as a sentence, what it was done to as a link, a browser as its owner knows it."""

from __future__ import annotations

from collections.abc import Callable

from flask import url_for
from markupsafe import Markup, escape

from db.audit import NOBODY, Audited, What
from tracker.accounts import COMMAND_LINE, limits_words
from tracker.tongue import gettext, msg
from tracker.web.people.agents import agent_parts
from tracker.web.reviewing.choice import reason_mark

KIND_WORDS = {
    "sign-in": msg("Sign-ins"),
    "account": msg("Accounts"),
    "token": msg("Tokens"),
    "decision": msg("Decisions"),
    "amendment": msg("Amendments"),
    "feed": msg("Sources"),
}

WAY_WORDS = {
    "password": msg("by password"),
    "passkey": msg("by passkey"),
    "link": msg("by one-time link"),
}

ROLE_WORDS = {"reader": msg("reader"), "reviewer": msg("reviewer"), "admin": msg("admin")}

_WORDS = {
    What.SIGNED_IN: msg("Signed in"),
    What.REFUSED: msg("Sign-in refused"),
    What.THROTTLED: msg("Sign-ins held back for a while: too many tries"),
    What.SIGNED_OUT: msg("Signed out"),
    What.USER_ADDED: msg("User added"),
    What.USER_DISABLED: msg("User disabled"),
    What.USER_ENABLED: msg("User enabled"),
    What.ROLE_CHANGED: msg("Role changed"),
    What.LIMITED: msg("Relationships set"),
    What.PASSWORD_SET: msg("Password set"),
    What.LINK_MADE: msg("One-time link made"),
    What.SESSIONS_ENDED: msg("Sessions ended"),
    What.PASSKEY_ADDED: msg("Passkey added"),
    What.PASSKEY_REMOVED: msg("Passkey removed"),
    What.TOKEN_MADE: msg("Token made"),
    What.TOKEN_REVOKED: msg("Token revoked"),
    What.CORRECTED: msg("Claim corrected"),
    What.WITHDRAWN: msg("Claim withdrawn"),
    What.CITED: msg("Source cited"),
    What.FEED_ADDED: msg("Source added"),
    What.FEED_CHANGED: msg("Source’s entry changed"),
    What.FEED_REMOVED: msg("Source removed"),
    What.FEED_PAUSED: msg("Source paused"),
    What.FEED_RESUMED: msg("Source resumed"),
    What.FEED_HURRIED: msg("Source to be polled at once"),
    "accept": msg("Candidate accepted"),
    "reject": msg("Candidate rejected"),
    "undo": msg("Decision undone"),
    "split": msg("Candidate split"),
    "channel": msg("Candidate moved to another channel"),
    "merge": msg("Candidates merged"),
}

_LINKS: dict[str, Callable[[str], str]] = {
    "account": lambda name: url_for("admin.user", name=name),
    "sign-in": lambda name: url_for("admin.user", name=name),
    "token": lambda name: url_for("admin.tokens"),
    "decision": lambda number: url_for("review.candidate", number=int(number)),
    "amendment": lambda claim: url_for("pages.claim", claim=claim),
    "feed": lambda slug: url_for("pages.feeds", _anchor=f"feed-{slug}"),
}


def what_words(row: Audited) -> str:
    """What was done; how, where it was a sign-in."""
    words = gettext(_WORDS.get(row.what, row.what))
    way = WAY_WORDS.get(row.detail or "") if row.kind == "sign-in" else None
    return gettext("%(what)s, %(how)s", what=words, how=gettext(way)) if way else words


def role_words(role: str) -> str:
    """What a person or a program may do, by its name."""
    return gettext(ROLE_WORDS.get(role, role))


def actor_words(row: Audited) -> str:
    """Who did it."""
    if row.actor == COMMAND_LINE:
        return gettext("command line")
    return gettext("somebody unknown") if row.actor == NOBODY else row.actor


def subject_words(row: Audited) -> str:
    """What it was done to."""
    if row.subject == NOBODY:
        return ""
    return gettext("candidate %(number)s", number=row.subject) if row.kind == "decision" else row.subject


def subject_address(row: Audited) -> str:
    """The page about it."""
    return _LINKS[row.kind](row.subject)


def detail_words(row: Audited) -> Markup:
    """What was said of it, where that is not in the sentence already."""
    if row.kind == "sign-in" or not row.detail:
        return Markup("")
    if row.what == What.LIMITED and row.detail == limits_words(None):
        return escape(gettext("all relationships"))
    roles = row.detail.split(" → ")
    if all(role in ROLE_WORDS for role in roles):
        return escape(" → ".join(map(role_words, roles)))
    return reason_mark(row.detail)


def browser_words(agent: str) -> str:
    """`Firefox on Windows`."""
    browser, system = agent_parts(agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or gettext("unknown browser")
