"""The record comes to who asked for it: events noted, messages sent, retried and given up. Runs beside the scheduler.

Events and the messages that they ask for are written in one transaction, so none is lost. A receiver is served by one
worker at a time, of whichever process, message after message; what it does not take is tried again ever more rarely. A
message whose acceptance we did not live to write down is sent again under the same name.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from db.notifications import Attempt, Due, Fares, Filter, Subscription
from db.store import StoreError, Subjects
from tracker.news.digest import coverage_words, sections, slot_after, slot_before
from tracker.news.events import events_of
from tracker.notifications import mail, webhook
from tracker.notifications.signalling import note_signals
from tracker.notifications.subscribing import wanted_words
from tracker.notifications.webhook import Outcome
from tracker.record.coverage import coverage
from tracker.service import Service
from tracker.tongue import gettext, ngettext, speaking
from tracker.wording import instant_words

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=12)
GROWTH = 4
RETRY_FOR = timedelta(days=5)
"""A message that its receiver did not take for so long is given up, and waits for an operator."""

FAILING = timedelta(days=7)
"""A receiver that took nothing for so long is called failing."""

WEBHOOK_WORKERS = 16
MAIL_WORKERS = 2
MOST_DUE = 500
"""Receivers of a kind that one tick brings; those beyond are brought by the next one."""

TURN = 30.0
"""Seconds after which a receiver that has more to get waits for its next turn."""

CLAIM = timedelta(minutes=3)
"""A worker that died holds a receiver for so long: more than a turn with its last exchange can take."""


def wait_after(failures: int, lot: float) -> timedelta:
    """How long a receiver is left alone after its nth failure in a row; `lot` in 0..1 spreads those that failed at
    one moment over a third of the wait.
    """
    grown = FIRST_WAIT * GROWTH ** min(failures - 1, 12)
    return min(grown, LONGEST_WAIT) * (1 - lot / 3)


def fares_words(fares: Fares, now: datetime) -> str:
    """How a receiver fares, in a sentence or two."""
    one = fares.subscription
    if one.failing_since:
        told = ngettext(
            "%(mark)s, %(num)s time since %(since)s; next try %(next)s.",
            "%(mark)s, %(num)s times since %(since)s; next try %(next)s.",
            one.failures,
            mark=gettext("FAILING FOR A WEEK") if now - one.failing_since >= FAILING else gettext("failing"),
            since=instant_words(one.failing_since),
            next=instant_words(one.next_try),
        )
        return f"{told} {fares.last_outcome or ''}".strip()
    if fares.last_success:
        return gettext("well, last %(instant)s", instant=instant_words(fares.last_success))
    return gettext("nothing was sent yet")


class Notifying:
    """Notes events and serves receivers in threads of its own, so that none of them holds up a poll or a review."""

    def __init__(
        self,
        service: Service,
        *,
        lots: Callable[[], float] = random.SystemRandom().random,
        deadline: float = webhook.DEADLINE,
    ) -> None:
        self._service, self._lots, self._deadline = service, lots, deadline
        self._pools = {
            "webhook": ThreadPoolExecutor(WEBHOOK_WORKERS, thread_name_prefix="webhook"),
            "mail": ThreadPoolExecutor(MAIL_WORKERS, thread_name_prefix="mail"),
        }
        self._noting = ThreadPoolExecutor(1, thread_name_prefix="notify")
        self._lock = threading.Lock()
        self._in_hand: set[int] = set()
        self._stopped = threading.Event()
        self._noted: tuple | None = None
        self._looking: Future | None = None

    def tick(self) -> Future:
        """Note what happened and set workers to what is due; answers the list of what these will have done."""
        if self._looking is None or self._looking.done():
            self._looking = self._noting.submit(self._tick)
        return self._looking

    def stop(self) -> None:
        """Let the messages in hand arrive; the rest waits in the database."""
        self._stopped.set()
        for pool in (self._noting, *self._pools.values()):
            pool.shutdown(wait=True, cancel_futures=True)

    def _tick(self) -> list[Future]:
        try:
            self.note()
            due = [(kind, number) for kind in self.kinds for number in self.due(kind)]
        except StoreError as error:
            log.error("notify: %s", error)
            return []
        except Exception:
            log.exception("notify failed unexpectedly")
            return []
        with self._lock:
            fresh = [] if self._stopped.is_set() else [one for one in due if one[1] not in self._in_hand]
            self._in_hand.update(number for _, number in fresh)
        return [self._pools[kind].submit(self.serve, number) for kind, number in fresh]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of receivers that are served: mail where a server for it is set."""
        return ("webhook", "mail") if self._service.settings.smtp_url else ("webhook",)

    def due(self, kind: str) -> list[int]:
        """Receivers of a kind for whom something waits, the longest waiting first. Raises StoreError."""
        with self._service.store.reading() as db:
            return db.notifications.due(kind, now=self._service.clock(), most=MOST_DUE)

    def note(self) -> None:
        """Keep what happened since the first subscription began, to the record and to signals that are told unreviewed,
        and queue its messages. Raises StoreError.
        """
        self._note_events()
        note_signals(self._service)

    def _note_events(self) -> None:
        service = self._service
        with service.store.reading() as db:
            since = db.notifications.earliest_since()
            if since is None:
                return
            revision = db.record.revisions()["record"], service.today(), since
            if self._noted == revision:
                return
            entries, channels = db.record.entries(), db.record.channels()
            relationships = {relationship.slug: relationship for relationship in db.record.relationships()}
            known = db.notifications.known_events(since)
        events = [
            event
            for channel in channels
            for event in events_of(
                channel,
                relationships[channel.relationship],
                *entries[channel.slug],
                today=service.today(),
                since=since,
                known=known,
            )
        ]
        if events:
            with service.store.writing() as db:
                for event in sorted(events, key=lambda event: event.at):
                    db.notifications.note(event, now=service.clock())
        self._noted = revision

    def serve(self, number: int) -> None:
        """One turn of one receiver, if it is still due and nobody else serves it."""
        service = self._service
        try:
            now = service.clock()
            until = now + CLAIM
            with service.store.writing() as db:
                subscription = db.notifications.claim(number, now=now, until=until)
            if subscription is None:
                return
            try:
                if subscription.kind == "webhook":
                    self._serve_webhook(subscription)
                else:
                    self._serve_mail(subscription)
            except StoreError:
                raise
            except Exception:
                log.exception("serving subscription %s failed unexpectedly", number)
                self._defect(subscription)
            finally:
                with service.store.writing() as db:
                    db.notifications.release(number, until=until)
        except StoreError as error:
            # The claim runs out by itself; what was sent and not written down is sent again under the same name.
            log.error("messages to subscription %s were not kept: %s", number, error)
        finally:
            with self._lock:
                self._in_hand.discard(number)

    def _defect(self, subscription: Subscription) -> None:
        """What nobody foresaw is tried again as rarely as what a receiver does not take, and is seen as that is."""
        outcome, now = (
            Outcome(False, "A defect of Open Lines; the log of the service says which."),
            self._service.clock(),
        )
        with self._service.store.writing() as db:
            db.notifications.log(subscription.id, None, _attempt(outcome, now))
            next_try = self._next_try(db.notifications.get(subscription.id).failures + 1, outcome, now)
            db.notifications.failed(subscription.id, now=now, next_try=next_try)

    def _serve_webhook(self, subscription: Subscription) -> None:
        """Send what waits, until something is not taken or the turn is over."""
        ends = time.monotonic() + TURN
        while time.monotonic() < ends and not self._stopped.is_set():
            with self._service.store.reading() as db:
                due = db.notifications.next_for(subscription.id, now=self._service.clock())
            if due is None:
                return
            if not due.event.opens and not due.heard:
                # What it follows never arrived.
                with self._service.store.writing() as db:
                    db.notifications.settle(due.delivery, "void", now=self._service.clock())
                continue
            outcome = self._post(subscription, due)
            with self._service.store.writing() as db:
                self._settle(db, subscription, due, outcome)
            if not outcome.sent:
                return

    def _post(self, subscription: Subscription, due: Due) -> Outcome:
        settings = self._service.settings
        return webhook.deliver(
            subscription.target,
            webhook.message_of(due.event if due.heard else due.event.as_first(), settings.base_url),
            key=due.event.key,
            secret=subscription.secret,
            now=self._service.clock(),
            allow_private=subscription.allow_private,
            contact=settings.contact,
            seconds=self._deadline,
        )

    def _settle(self, db: Subjects, subscription: Subscription, due: Due, outcome: Outcome) -> None:
        now, told = self._service.clock(), db.notifications
        told.log(subscription.id, due.delivery, _attempt(outcome, now))
        if outcome.sent:
            told.settle(due.delivery, "sent", now=now)
            told.answered(subscription.id)
            return
        failures = told.get(subscription.id).failures + 1
        told.delay(due.delivery, until=now + wait_after(due.attempts + 1, self._lots()))
        told.failed(subscription.id, now=now, next_try=self._next_try(failures, outcome, now))
        told.give_up(subscription.id, queued_before=now - RETRY_FOR, now=now)
        if outcome.gone:
            told.end(subscription.id, now=now, because=outcome.words)

    def _next_try(self, failures: int, outcome: Outcome, now: datetime) -> datetime:
        again = now + wait_after(failures, self._lots())
        asked = min(outcome.retry_after or again, now + LONGEST_WAIT)
        return max(again, asked)

    def _serve_mail(self, subscription: Subscription) -> None:
        with speaking(subscription.language):
            if subscription.since is None and subscription.told_at is None:
                self._ask(subscription)
            elif subscription.since is None:
                with self._service.store.writing() as db:
                    db.notifications.end(subscription.id, now=self._service.clock(), because="It was not confirmed.")
            else:
                self._send_digest(subscription)

    def _ask(self, subscription: Subscription) -> None:
        """Ask the address whether it wants the digest."""
        service = self._service
        letter = mail.confirmation(subscription, service.settings, wanted_words(service, subscription.filter))
        outcome = mail.send(service.settings.smtp_url, letter)
        now = service.clock()
        with service.store.writing() as db:
            db.notifications.log(subscription.id, None, _attempt(outcome, now))
            if outcome.sent:
                db.notifications.answered(subscription.id)
                db.notifications.mailed(subscription.id, now=now, next_try=now + mail.CONFIRM_WITHIN)
            elif now - subscription.created_at > mail.CONFIRM_WITHIN:
                db.notifications.end(subscription.id, now=now, because=outcome.words)
            else:
                next_try = self._next_try(subscription.failures + 1, outcome, now)
                db.notifications.failed(subscription.id, now=now, next_try=next_try)

    def _send_digest(self, subscription: Subscription) -> None:
        service, hour = self._service, self._service.settings.digest_hour
        now = service.clock()
        slot = slot_before(now, subscription.every, hour)
        since = max(subscription.since, subscription.told_at or subscription.since)
        with service.store.reading() as db:
            waiting = db.notifications.waiting(subscription.id)
            read = _coverage(db, service, subscription.filter, since, now)
        found = sections((due.event.spoken() for due in waiting), {due.event.statement for due in waiting if due.heard})
        wanted = wanted_words(service, subscription.filter)
        letter = mail.digest(
            subscription, service.settings, found, wanted=wanted, since=since, slot=slot, coverage=read
        )
        outcome = mail.send(service.settings.smtp_url, letter)
        now = service.clock()
        with service.store.writing() as db:
            told = db.notifications
            told.log(subscription.id, None, _attempt(outcome, now))
            if not outcome.sent:
                told.failed(subscription.id, now=now, next_try=self._next_try(subscription.failures + 1, outcome, now))
                return
            shown = {item.event.statement for section in found for item in section.items}
            for due in waiting:
                told.settle(due.delivery, "sent" if due.event.statement in shown else "void", now=now)
            told.answered(subscription.id)
            told.mailed(subscription.id, now=now, next_try=slot_after(now, subscription.every, hour))


def _attempt(outcome: Outcome, now: datetime) -> Attempt:
    return Attempt(now, outcome.sent, outcome.status, outcome.words)


def _coverage(db: Subjects, service: Service, wanted: Filter, start: datetime, end: datetime) -> list[str]:
    """How far the sources of each party were read meanwhile, for the relationships that a reader asked about."""
    feeds, reads, switches = db.feeds.all(), db.feeds.reads_since(start), db.feeds.switches()
    lines = {channel.slug: channel.relationship for channel in db.record.channels()}
    about = wanted.relationship or lines.get(wanted.channel)
    told = []
    for relationship in db.record.relationships():
        if about in (None, relationship.slug):
            for party in relationship.parties:
                own = [feed.slug for feed in feeds if feed.serves(relationship.slug, party.code)]
                told.append(coverage_words(coverage(party.code, own, reads, switches, start, end), relationship))
    return told
