"""The audit in words: what was done as a sentence, what it was done to as a link, a browser as its owner knows it."""

from __future__ import annotations

from collections.abc import Callable

from flask import url_for
from flask_babel import gettext, lazy_gettext

from db.audit import NOBODY, Audited, What
from tracker.web.agents import agent_parts

KIND_WORDS = {
    "sign-in": lazy_gettext("Sign-ins"),
    "account": lazy_gettext("Accounts"),
    "token": lazy_gettext("Tokens"),
    "decision": lazy_gettext("Decisions"),
    "amendment": lazy_gettext("Amendments"),
    "feed": lazy_gettext("Sources"),
}

WAY_WORDS = {
    "password": lazy_gettext("by password"),
    "passkey": lazy_gettext("by passkey"),
    "link": lazy_gettext("by one-time link"),
}

_WORDS = {
    What.SIGNED_IN: lazy_gettext("Signed in"),
    What.REFUSED: lazy_gettext("Sign-in refused"),
    What.THROTTLED: lazy_gettext("Sign-ins held back for a while: too many tries"),
    What.SIGNED_OUT: lazy_gettext("Signed out"),
    What.USER_ADDED: lazy_gettext("User added"),
    What.USER_DISABLED: lazy_gettext("User disabled"),
    What.USER_ENABLED: lazy_gettext("User enabled"),
    What.ROLE_CHANGED: lazy_gettext("Role changed"),
    What.PASSWORD_SET: lazy_gettext("Password set"),
    What.LINK_MADE: lazy_gettext("One-time link made"),
    What.SESSIONS_ENDED: lazy_gettext("Sessions ended"),
    What.PASSKEY_ADDED: lazy_gettext("Passkey added"),
    What.PASSKEY_REMOVED: lazy_gettext("Passkey removed"),
    What.TOKEN_MADE: lazy_gettext("Token made"),
    What.TOKEN_REVOKED: lazy_gettext("Token revoked"),
    What.CORRECTED: lazy_gettext("Claim corrected"),
    What.WITHDRAWN: lazy_gettext("Claim withdrawn"),
    What.CITED: lazy_gettext("Source cited"),
    What.FEED_PAUSED: lazy_gettext("Source paused"),
    What.FEED_RESUMED: lazy_gettext("Source resumed"),
    "accept": lazy_gettext("Candidate accepted"),
    "reject": lazy_gettext("Candidate rejected"),
    "undo": lazy_gettext("Decision undone"),
    "split": lazy_gettext("Candidate split"),
    "merge": lazy_gettext("Candidates merged"),
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
    words = str(_WORDS.get(row.what, row.what))
    way = WAY_WORDS.get(row.detail or "") if row.kind == "sign-in" else None
    return gettext("%(what)s, %(how)s", what=words, how=way) if way else words


def actor_words(row: Audited) -> str:
    """Who did it."""
    return gettext("somebody unknown") if row.actor == NOBODY else row.actor


def subject_words(row: Audited) -> str:
    """What it was done to."""
    if row.subject == NOBODY:
        return ""
    return gettext("candidate %(number)s", number=row.subject) if row.kind == "decision" else row.subject


def subject_address(row: Audited) -> str:
    """The page about it."""
    return _LINKS[row.kind](row.subject)


def detail_words(row: Audited) -> str:
    """What was said of it, where that is not in the sentence already."""
    return "" if row.kind == "sign-in" else row.detail or ""


def browser_words(agent: str) -> str:
    """`Firefox on Windows`."""
    browser, system = agent_parts(agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or gettext("unknown browser")
