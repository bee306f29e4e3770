"""One message to one webhook: what it says, how it is signed (Standard Webhooks), and how it went, in words.

The receiver's address is as hostile as a feed's: it is checked when connecting, the whole exchange has a deadline, and
nothing of the answer is read but its head.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from tracker.feeds.failure import FetchFailed
from tracker.feeds.fetch import LIBRARY_ERRORS, check_target, in_words, phrase, retry_instant, user_agent
from tracker.feeds.guard import Deadline, GuardedSession
from tracker.moments import second_text
from tracker.news.events import Event

DEADLINE = 15.0
"""Seconds for a whole exchange: name, connection, request, and the head of the answer."""

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@dataclass(frozen=True)
class Outcome:
    """How sending went, in a sentence; the status if there was one.

    `retry_after`: the receiver wants to be left alone until then. `gone`: it wants no more messages at all.
    """

    sent: bool
    words: str
    status: int | None = None
    retry_after: datetime | None = None
    gone: bool = False


def new_secret() -> str:
    """A signing secret, as Standard Webhooks writes it: 32 random bytes."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def message_of(event: Event, base_url: str) -> dict[str, Any]:
    """The body: what happened, of which statement (the thread), and what it says now. See docs/notifications.md."""
    tag = f"tag:{urlsplit(base_url).hostname},2026:"
    told = {"statement": event.statement, "also": [], "unconfirmed": []} | event.told
    told = {name: value for name, value in told.items() if name not in ("day", "words", "opens")}
    also = [dict(other) for other in told["also"]]
    for one in (told, *also):
        one["statement"] = f"{tag}{one['statement']}"
        one["sources"] = [{"level": None, "denies": False} | source for source in one["sources"]]
    return {
        "type": f"{'signal' if event.candidate else 'statement'}.{event.what}",
        "timestamp": second_text(event.at),
        "data": {
            "id": f"{tag}{event.key}",
            "thread": f"{tag}{event.statement}",
            "sequence": event.sequence,
            "what": event.what,
            "title": event.title,
            **told,
            "also": also,
            "before": event.before,
            "reason": event.reason,
            "url": f"{base_url}/channels/{event.channel}" + ("" if event.candidate else f"#{event.statement}"),
            "licence": LICENCE,
        },
    }


def test_message(now: datetime) -> dict[str, Any]:
    """What an operator sends to see whether a receiver takes messages."""
    return {"type": "test", "timestamp": second_text(now), "data": {"title": "A test from Open Lines."}}


def deliver(
    url: str,
    message: dict[str, Any],
    *,
    key: str,
    secret: str,
    now: datetime,
    allow_private: bool = False,
    contact: str | None = None,
    seconds: float = DEADLINE,
) -> Outcome:
    """POST a signed message. `key` names it, the same at every attempt, so that a receiver knows a repetition.

    `allow_private` lifts the check of address and port. Redirects are not followed. Raises nothing: what goes wrong is
    an outcome.
    """
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    headers = {
        "User-Agent": user_agent(contact),
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(key, now, body),
    }
    deadline = Deadline(seconds)
    try:
        check_target(url, checked=not allow_private)
        with GuardedSession(url, checked=not allow_private) as session:
            session.bounds.deadline = deadline
            answer = session.post(
                url, data=body.encode(), headers=headers, timeout=seconds, stream=True, allow_redirects=False
            )
            answer.close()
    except FetchFailed as failed:
        return Outcome(False, failed.sentence)
    except (*LIBRARY_ERRORS, ValueError) as error:
        return Outcome(False, in_words(error, url, deadline).sentence)
    return _judged(answer.status_code, answer.headers, now)


def _judged(status: int, headers: Any, now: datetime) -> Outcome:
    answered = f"The receiver answered {status} {phrase(status)}".strip()
    if 200 <= status < 300:
        return Outcome(True, f"{answered}.", status)
    if 300 <= status < 400:
        return Outcome(False, f"{answered}: redirects are not followed; subscribe the address where it leads.", status)
    if status == HTTPStatus.GONE:
        return Outcome(False, f"{answered}: it wants no more messages.", status, gone=True)
    later = retry_instant(headers.get("Retry-After"), now) if status in (429, 503) else None
    return Outcome(False, f"{answered}.", status, later)
