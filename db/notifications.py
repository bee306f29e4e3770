"""Who wants to be told, what happened to statements, and what became of each message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from db.queries import Connection, Row, load_queries
from db.text import as_json, instant
from tracker.moments import instant_text
from tracker.news.events import Event, What, statements_told
from tracker.tongue import ENGLISH

_sql = load_queries("notifications.sql")

_BEFORE_ALL = ""


@dataclass(frozen=True)
class Filter:
    """Of which relationship, category or channel (slugs) events are wanted; None: of all."""

    relationship: str | None = None
    category: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Subscription:
    """A webhook (`target` is its URL) or a mail address, and what is to be told there, mail in `language`.

    `since`: events from then on are told, None for a mail address that was not confirmed; `told_at`: when mail last
    went there. `signals`: what nobody has reviewed is told there too. `failures` in a row, the first of them at
    `failing_since`. Instants are UTC.
    """

    id: int
    kind: str
    target: str
    every: str | None
    filter: Filter
    allow_private: bool
    secret: str
    created_at: datetime
    told_at: datetime | None
    since: datetime | None
    ended_at: datetime | None
    ended_because: str | None
    failures: int
    failing_since: datetime | None
    next_try: datetime
    language: str = ENGLISH
    signals: bool = False


@dataclass(frozen=True)
class Fares:
    """A subscription, how many messages wait or were given up, and how the last attempt went in words."""

    subscription: Subscription
    pending: int
    dead: int
    last_success: datetime | None
    last_outcome: str | None


@dataclass(frozen=True)
class Due:
    """An event that is to be told to a subscription. `heard`: an earlier message of its thread arrived there."""

    delivery: int
    attempts: int
    event: Event
    heard: bool


@dataclass(frozen=True)
class Delivery:
    """What became of one message to one receiver: pending, sent, dead or void; how it went last, in words."""

    id: int
    subscription: int
    target: str
    state: str
    attempts: int
    queued_at: datetime
    next_try: datetime
    key: str
    what: str
    words: str
    outcome: str | None


@dataclass(frozen=True)
class Attempt:
    """One line of the log: when, whether it was accepted, the receiver's status if it gave one, and how it went."""

    at: datetime
    succeeded: bool
    status: int | None
    outcome: str


@dataclass(frozen=True)
class Receivers:
    """Live receivers: how many, how many failed at their last attempt, and how many of those for a week."""

    number: int
    failing: int
    failing_long: int


class Unsendable(StrEnum):
    """Why a message cannot be sent once more."""

    MAIL = "mail"
    ENDED = "ended"
    WAITS = "waits"
    FOLLOWS = "follows"


@dataclass(frozen=True)
class Obstacle:
    """Why a message cannot be sent once more; `begins_with`: of one that FOLLOWS what never arrived, the number of that
    first message, with which it comes along.
    """

    why: Unsendable
    begins_with: int | None = None


class Notifications:
    """Reads and writes subscriptions, events and deliveries over one connection; writes belong into a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def subscribe(
        self,
        kind: str,
        target: str,
        wanted: Filter,
        *,
        secret: str,
        at: datetime,
        every: str | None = None,
        allow_private: bool = False,
        language: str = ENGLISH,
        signals: bool = False,
    ) -> Subscription:
        """Add a subscription. A webhook is told what happens from `at` on, a mail address once it is confirmed."""
        row = _sql.subscribe(
            self._db,
            kind=kind,
            target=target,
            every=every,
            relationship=wanted.relationship,
            category=wanted.category,
            channel=wanted.channel,
            allow_private=int(allow_private),
            secret=secret,
            created_at=instant_text(at),
            since=instant_text(at) if kind == "webhook" else None,
            language=language,
            signals=int(signals),
        )
        return _subscription(row)

    def get(self, subscription: int) -> Subscription | None:
        row = _sql.subscription(self._db, id=subscription)
        return _subscription(row) if row else None

    def by_secret(self, secret: str) -> Subscription | None:
        """The mail subscription in whose links the secret stands, also one that has ended."""
        row = _sql.subscription_by_secret(self._db, secret=secret)
        return _subscription(row) if row else None

    def live(self) -> list[Fares]:
        """Every subscription that has not ended, and how it fares."""
        return [
            Fares(_subscription(row), row["pending"], row["dead"], instant(row["last_success"]), row["last_outcome"])
            for row in _sql.subscriptions(self._db)
        ]

    def live_to(self, target: str) -> list[Subscription]:
        return [_subscription(row) for row in _sql.live_to(self._db, target=target)]

    def unconfirmed_since(self, after: datetime) -> int:
        """How many mail addresses that were entered after an instant are not confirmed."""
        return _sql.unconfirmed_since(self._db, after=instant_text(after))["number"]

    def confirm(self, subscription: int, *, now: datetime, next_try: datetime) -> bool:
        """Let a mail subscription begin; False where it had begun or has ended."""
        found = _sql.confirm(self._db, id=subscription, now=instant_text(now), next_try=instant_text(next_try))
        return found is not None

    def end(self, subscription: int, *, now: datetime, because: str) -> bool:
        """Tell it nothing more, and forget a mail address. False where it had ended."""
        if _sql.end_subscription(self._db, id=subscription, now=instant_text(now), because=because) is None:
            return False
        _sql.void_rest(self._db, subscription=subscription, now=instant_text(now))
        return True

    def earliest_since(self) -> datetime | None:
        """From when on events concern anybody; None where nobody wants any."""
        return instant(_sql.earliest_since(self._db)["since"])

    def known_events(self, since: datetime) -> dict[tuple[str, datetime], frozenset[str]]:
        """The events from `since` on that were noted, by statement and instant, with the statements they tell of."""
        rows = _sql.known_events(self._db, since=instant_text(since))
        return {
            (row["statement"], instant(row["at"])): statements_told(row["statement"], json.loads(row["told"]))
            for row in rows
        }

    def note(self, event: Event, *, now: datetime) -> bool:
        """Keep an event and queue its messages: to all who want it where it tells something new, and to those of its
        thread.

        False where it was kept before, by whomever: then nothing is queued.
        """
        row = _sql.add_event(
            self._db,
            statement=event.statement,
            sequence=event.sequence,
            what=event.what,
            at=instant_text(event.at),
            channel=event.channel,
            told=as_json(event.told),
            worded=as_json(event.worded),
            candidate=event.candidate,
            before=event.before,
            reason=event.reason,
        )
        if row is None:
            return False
        signal, queued = event.candidate is not None, {"event": row["id"], "now": instant_text(now)}
        if not event.what.begins:
            queue = _sql.queue_of_signal if signal else _sql.queue_further
            queue(self._db, statement=event.statement, **queued)
        if event.opens:
            queue = _sql.queue_signal if signal else _sql.queue_first
            place = {name: event.told[name] for name in ("relationship", "category", "channel")}
            queue(self._db, at=instant_text(event.at), **queued, **place)
        return True

    def due(self, kind: str, *, now: datetime, most: int) -> list[int]:
        """The subscriptions of a kind that something is to be sent to and that nobody serves now."""
        return [row["id"] for row in _sql.due(self._db, kind=kind, now=instant_text(now), most=most)]

    def claim(self, subscription: int, *, now: datetime, until: datetime) -> Subscription | None:
        """The subscription, the caller's own until `until`; None where it is not due or another serves it."""
        row = _sql.claim(self._db, id=subscription, now=instant_text(now), until=instant_text(until))
        return _subscription(row) if row else None

    def release(self, subscription: int, *, until: datetime) -> None:
        """Give a claim back; one that has run out may be another's by now, and stays."""
        _sql.release(self._db, id=subscription, until=instant_text(until))

    def next_for(self, subscription: int, *, now: datetime) -> Due | None:
        """The next event to tell: of a thread the oldest, of several threads the one tried least."""
        row = _sql.next_delivery(self._db, subscription=subscription, now=instant_text(now))
        if row is None:
            return None
        return _due(row)

    def waiting(self, subscription: int) -> list[Due]:
        """All events that wait to be told, in the order in which they happened."""
        return [_due(row) for row in _sql.waiting(self._db, subscription=subscription)]

    def settle(self, delivery: int, state: str, *, now: datetime) -> None:
        """It was `sent`, or it is `void`."""
        _sql.settle(self._db, id=delivery, state=state, now=instant_text(now))

    def delay(self, delivery: int, *, until: datetime) -> None:
        """It was tried in vain, and is tried again at `until`."""
        _sql.delay(self._db, id=delivery, next_try=instant_text(until))

    def answered(self, subscription: int) -> None:
        """The receiver took what it was sent."""
        _sql.answered(self._db, id=subscription)

    def failed(self, subscription: int, *, now: datetime, next_try: datetime) -> None:
        """The receiver did not take what it was sent; it is left alone until `next_try`."""
        _sql.failed(self._db, id=subscription, now=instant_text(now), next_try=instant_text(next_try))

    def mailed(self, subscription: int, *, now: datetime, next_try: datetime) -> None:
        """Mail went to the address; the next one is due at `next_try`."""
        _sql.mailed(self._db, id=subscription, now=instant_text(now), next_try=instant_text(next_try))

    def give_up(self, subscription: int, *, queued_before: datetime, now: datetime) -> None:
        """Messages of a receiver that have waited since before an instant are dead: they wait for an operator."""
        _sql.give_up(
            self._db, subscription=subscription, queued_before=instant_text(queued_before), now=instant_text(now)
        )

    def log(self, subscription: int, delivery: int | None, attempt: Attempt) -> None:
        _sql.log(
            self._db,
            subscription=subscription,
            delivery=delivery,
            at=instant_text(attempt.at),
            succeeded=int(attempt.succeeded),
            status=attempt.status,
            outcome=attempt.outcome,
        )

    def has(self, delivery: int) -> bool:
        """Whether there is a message of that number."""
        return _sql.delivery(self._db, id=delivery) is not None

    def attempts(self, delivery: int) -> list[Attempt]:
        return [_attempt(row) for row in _sql.attempts(self._db, delivery=delivery)]

    def attempts_of(self, subscription: int) -> list[Attempt]:
        return [_attempt(row) for row in _sql.attempts_of(self._db, subscription=subscription)]

    def deliveries(
        self, state: str = "", *, since: datetime | None = None, most: int = 200, signals: bool = True
    ) -> list[Delivery]:
        """The newest deliveries: of a state, `failed` (waiting after a failure), or all for the empty word; without
        `signals` those about the record alone.
        """
        after = instant_text(since) if since else _BEFORE_ALL
        rows = _sql.deliveries(self._db, state=state, since=after, most=most, signals=int(signals))
        return [_delivery(row) for row in rows]

    def obstacle(self, delivery: int) -> Obstacle | None:
        """Why a message that there is cannot be sent once more; None where it can."""
        row = _sql.standing(self._db, id=delivery)
        if row["kind"] == "mail":
            return Obstacle(Unsendable.MAIL)
        if row["ended_at"]:
            return Obstacle(Unsendable.ENDED)
        if row["state"] == "pending":
            return Obstacle(Unsendable.WAITS)
        if not (What(row["what"]).begins or json.loads(row["told"]).get("opens") or row["heard"]):
            return Obstacle(Unsendable.FOLLOWS, row["begins_with"])
        return None

    def replay(self, delivery: int, *, now: datetime) -> bool:
        """Queue a message to a webhook once more, with those that waited in vain for it.

        False where there is none of that number, or an `obstacle`.
        """
        if not self.has(delivery) or self.obstacle(delivery):
            return False
        row = _sql.replay(self._db, id=delivery, now=instant_text(now))
        if row is None:
            return False
        _sql.replay_followers(self._db, id=delivery, now=instant_text(now))
        _sql.try_now(self._db, subscription=row["subscription"], now=instant_text(now))
        return True

    def lost_since(self, since: datetime) -> list[int]:
        """Messages to live webhooks that were given up since an instant, the oldest first."""
        return [row["id"] for row in _sql.lost_since(self._db, since=instant_text(since))]

    def counts(self) -> dict[str, int]:
        """Deliveries about the record by state; what is told of signals is no public number."""
        return {row["state"]: row["number"] for row in _sql.counts(self._db)}

    def receivers(self, *, week_ago: datetime) -> Receivers:
        row = _sql.receivers(self._db, week_ago=instant_text(week_ago))
        return Receivers(row["number"], row["failing"], row["failing_long"])


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        kind=row["kind"],
        target=row["target"],
        every=row["every"],
        filter=Filter(row["relationship"], row["category"], row["channel"]),
        allow_private=bool(row["allow_private"]),
        secret=row["secret"],
        created_at=instant(row["created_at"]),
        told_at=instant(row["told_at"]),
        since=instant(row["since"]),
        ended_at=instant(row["ended_at"]),
        ended_because=row["ended_because"],
        failures=row["failures"],
        failing_since=instant(row["failing_since"]),
        next_try=instant(row["next_try"]),
        language=row["language"],
        signals=bool(row["signals"]),
    )


def _due(row: Row) -> Due:
    return Due(row["delivery"], row["attempts"], _event(row), bool(row["heard"]))


def _event(row: Row) -> Event:
    return Event(
        statement=row["statement"],
        sequence=row["sequence"],
        what=What(row["what"]),
        at=instant(row["at"]),
        channel=row["channel"],
        told=json.loads(row["told"]),
        worded=json.loads(row["worded"]),
        candidate=row["candidate"],
        before=row["before"],
        reason=row["reason"],
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        subscription=row["subscription"],
        target=row["target"],
        state=row["state"],
        attempts=row["attempts"],
        queued_at=instant(row["queued_at"]),
        next_try=instant(row["next_try"]),
        key=f"{row['statement']}-r{row['sequence']}",
        what=row["what"],
        words="{channel_name}: {words}".format(**json.loads(row["told"])),
        outcome=row["outcome"],
    )


def _attempt(row: Row) -> Attempt:
    return Attempt(instant(row["at"]), bool(row["succeeded"]), row["status"], row["outcome"])
