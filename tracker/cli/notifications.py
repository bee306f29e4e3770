"""Commands about who is told what, and what became of each message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from db.notifications import Attempt, Filter, Notifications, Subscription, Unsendable
from db.store import Subjects
from tracker.cli.common import NUMBER, Instant, opened, output, table
from tracker.errors import NotFound, Refused
from tracker.model import Category
from tracker.notifications import mail, webhook
from tracker.notifications.notify import fares_words
from tracker.notifications.subscribing import RHYTHMS, subscribe_mail, subscribe_webhook, wanted_words
from tracker.service import Service
from tracker.tongue import ENGLISH, LANGUAGES
from tracker.wording import instant_words

MOST = 200

_FILTERS = (
    click.option("--relationship", help="Only of this relationship (slug)."),
    click.option(
        "--category", type=click.Choice([one.value for one in Category]), help="Only of channels of this category."
    ),
    click.option("--channel", help="Only of this channel (slug)."),
)


with_signals = click.option(
    "--signals", is_flag=True, help="Also what no reviewer has seen, marked as such. Never for a reader who reviews."
)
_GRANTED = "Signals that nobody has reviewed go there, too: make sure that nobody who reviews can read them."


def narrowed(command):
    """The options that narrow what is told."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.group()
def subscriptions() -> None:
    """Who is told what happens on the record."""


@subscriptions.command(name="add-webhook")
@click.argument("url")
@narrowed
@with_signals
@click.option("--allow-private", is_flag=True, help="It may live on a private or loopback address, on any port.")
def add_webhook(url: str, allow_private: bool, signals: bool, **wanted: str | None) -> None:
    """Tell a webhook what happens from now on; prints the secret that signs its messages, this once."""
    service = opened()
    service.prepare()
    added = subscribe_webhook(service, url, Filter(**wanted), allow_private=allow_private, signals=signals)
    click.echo(f"Subscription {added.id}: {added.target}, {wanted_words(service, added.filter)}.")
    click.echo(f"Its secret, shown this once: {added.secret}")
    if signals:
        click.echo(_GRANTED)


@subscriptions.command(name="add-mail")
@click.argument("address")
@click.option("--every", type=click.Choice(RHYTHMS), default="daily", show_default=True)
@click.option("--language", type=click.Choice([*LANGUAGES]), default=ENGLISH, show_default=True)
@narrowed
@with_signals
def add_mail(address: str, every: str, language: str, signals: bool, **wanted: str | None) -> None:
    """Ask a mail address whether it wants a digest; it begins when the link in that mail is followed."""
    service = opened()
    service.prepare()
    subscribe_mail(service, address, every, Filter(**wanted), language, signals=signals)
    click.echo(f"{address} is asked at the scheduler's next tick, unless it has this digest or was asked today.")
    if signals:
        click.echo(_GRANTED)


@subscriptions.command(name="list")
def list_subscriptions() -> None:
    """Every receiver, and how it fares."""
    service = opened()
    with service.store.reading() as db:
        live = db.notifications.live()
    if not live:
        click.echo("Nobody is subscribed.")
        return
    shown = table("id", "receiver", "about", "since", "waiting", "dead", "how it fares", box=None, pad_edge=False)
    for fares in live:
        one = fares.subscription
        since = instant_words(one.since) if one.since else "not confirmed"
        digest = f"{one.every} digest in {LANGUAGES[one.language]}, " if one.every else ""
        about = digest + wanted_words(service, one.filter) + ", with signals" * one.signals
        told = fares_words(fares, service.clock())
        shown.add_row(str(one.id), one.target, about, since, str(fares.pending), str(fares.dead), told)
    output().print(shown)


@subscriptions.command(name="remove")
@click.argument("number", type=NUMBER)
def remove(number: int) -> None:
    """Tell a receiver nothing more; a mail address is forgotten."""
    service = opened()
    found = _live(service, number)
    with service.store.writing() as db:
        db.notifications.end(found.id, now=service.clock(), because="By the operator.")
    click.echo(f"Subscription {number} has ended.")


@subscriptions.command(name="test")
@click.argument("number", type=NUMBER)
def try_out(number: int) -> None:
    """Send a test message to a receiver now, and say how it went."""
    service = opened()
    found, now, settings = _live(service, number), service.clock(), service.settings
    if found.kind == "mail" and settings.smtp_url is None:
        raise Refused("This service sends no mail.", "Set OPENLINES_SMTP_URL and OPENLINES_MAIL_FROM.")
    if found.kind == "mail":
        outcome = mail.send(settings.smtp_url, mail.trial(found, settings, now))
    else:
        outcome = webhook.deliver(
            found.target,
            webhook.test_message(now),
            key=f"test-{int(now.timestamp())}",
            secret=found.secret,
            now=now,
            allow_private=found.allow_private,
            contact=settings.contact,
        )
    with service.store.writing() as db:
        db.notifications.log(number, None, Attempt(now, outcome.sent, outcome.status, f"Test: {outcome.words}"))
    click.echo(outcome.words)
    if not outcome.sent:
        raise SystemExit(1)


def _live(service: Service, number: int) -> Subscription:
    with service.store.reading() as db:
        found = db.notifications.get(number)
    if found is None or found.ended_at:
        raise NotFound(f"There is no subscription {number}.", "List them with: subscriptions list")
    return found


@click.group(invoke_without_command=True)
@click.option("--failed", "state", flag_value="failed", help="Only those that wait after a failure.")
@click.option("--dead", "state", flag_value="dead", help="Only those that were given up.")
@click.option("--since", type=Instant(), help="Only those queued since a day or an instant (UTC).")
@click.pass_context
def deliveries(context: click.Context, state: str | None, since: datetime | None) -> None:
    """What became of each message, newest first."""
    if context.invoked_subcommand:
        return
    with opened().store.reading() as db:
        found = db.notifications.deliveries(state or "", since=since, most=MOST)
    if not found:
        click.echo("There are none.")
        return
    shown = table("id", "to", "message", "state", "tries", "what", "how it went last", box=None, pad_edge=False)
    for one in found:
        what = f"{one.what}: {one.words}"
        shown.add_row(
            str(one.id), f"{one.subscription} {one.target}", one.key, one.state, str(one.attempts), what, one.outcome
        )
    output().print(shown)


_NEGATIVE = {"ignore_unknown_options": True}
"""Messages about signals have numbers below zero, which are no options."""


@deliveries.command(name="log", context_settings=_NEGATIVE)
@click.argument("number", type=NUMBER)
def show_log(number: int) -> None:
    """Every attempt at one message."""
    with opened().store.reading() as db:
        _there_is(db, number)
        attempts = db.notifications.attempts(number)
    if not attempts:
        click.echo("It was not tried yet.")
    for attempt in attempts:
        click.echo(f"{instant_words(attempt.at)}\t{'taken' if attempt.succeeded else 'not taken'}\t{attempt.outcome}")


@deliveries.command(name="replay", context_settings=_NEGATIVE)
@click.argument("numbers", type=NUMBER, nargs=-1)
@click.option("--since", type=Instant(), help="All that were given up since a day or an instant (UTC).")
def replay(numbers: tuple[int, ...], since: datetime | None) -> None:
    """Send messages to webhooks once more, under their old names, with those that waited in vain for them."""
    if not numbers and since is None:
        raise Refused("Nothing is named.", "Give numbers from: deliveries, or --since DATE")
    service = opened()
    now = service.clock()
    with service.store.writing() as db:
        for number in numbers:
            _there_is(db, number)
        # The first message of a thread before what follows it: numbers grow along a thread, those of signals downwards.
        wanted = sorted({*numbers, *(db.notifications.lost_since(since) if since else ())}, key=abs)
        why = _requeue(db.notifications, wanted, now)
    if len(why) < len(wanted) or not why:
        click.echo(f"{len(wanted) - len(why)} queued for the scheduler's next tick.")
    if why:
        raise Refused(" ".join(f"Not {number}: {words}" for number, words in why.items()), "List them with: deliveries")


def _requeue(messages: Notifications, numbers: Sequence[int], now: datetime) -> dict[int, str]:
    """Queue messages once more; answers why some cannot be, by number. Those that another brings along are not told."""
    stood, why = {number: messages.obstacle(number) for number in numbers}, {}
    for number in numbers:
        if messages.replay(number, now=now):
            continue
        obstacle = messages.obstacle(number)
        if obstacle.why is Unsendable.FOLLOWS:
            first = obstacle.begins_with
            why[number] = f"it follows message {first}, which never arrived there; replay {first}, too."
        elif obstacle.why is not Unsendable.WAITS or obstacle == stood[number]:
            why[number] = _OBSTACLES[obstacle.why]
    return why


_OBSTACLES = {
    Unsendable.MAIL: "it goes by mail, where the next digest has it.",
    Unsendable.ENDED: "its receiver has ended.",
    Unsendable.WAITS: "it waits to be sent already.",
}


def _there_is(db: Subjects, number: int) -> None:
    if not db.notifications.has(number):
        raise NotFound(f"There is no message {number}.", "List them with: deliveries")
