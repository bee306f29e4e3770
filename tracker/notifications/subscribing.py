"""How subscriptions begin and end: webhooks by the operator, digests by whoever owns the address."""

from __future__ import annotations

import secrets
from datetime import timedelta

from config.smtp import is_mail_address
from db.notifications import Filter, Subscription
from db.store import Subjects
from tracker.errors import NotFound, Refused, TooMany
from tracker.feeds.failure import FetchFailed
from tracker.feeds.fetch import check_target
from tracker.model import Category
from tracker.news.digest import slot_after
from tracker.notifications.webhook import new_secret
from tracker.service import Service
from tracker.tongue import ENGLISH, LANGUAGES, gettext, msg, name_of
from tracker.wording import category_words

RHYTHMS = (msg("daily"), msg("weekly"))

MOST_ASKED = 60
"""Mail addresses that may be entered within `SPAN` and are not confirmed, by whomever: more look like an attack."""

SPAN = timedelta(hours=1)
ASKED_AGAIN = timedelta(days=1)
MOST_TO_ONE = 10
"""Subscriptions to one address."""


def wanted_words(service: Service, wanted: Filter) -> str:
    """What a subscription is about: `all channels`, `military channels`, or a channel's name."""
    if wanted.channel:
        names = {channel.slug: name_of(channel.names) for pack in service.packs for channel in pack.channels}
        return names.get(wanted.channel, wanted.channel)
    if wanted.category:
        return gettext("%(category)s channels", category=category_words(Category(wanted.category)).lower())
    if wanted.relationship:
        names = {pack.relationship.slug: name_of(pack.relationship.names) for pack in service.packs}
        return gettext("channels of %(relationship)s", relationship=names.get(wanted.relationship, wanted.relationship))
    return gettext("all channels")


def subscribe_webhook(
    service: Service, url: str, wanted: Filter, *, allow_private: bool = False, signals: bool = False
) -> Subscription:
    """Tell a webhook what happens from now on, with `signals` also what nobody has reviewed.

    Raises Refused for an address or a filter that cannot be.
    """
    try:
        check_target(url, checked=not allow_private)
    except FetchFailed as failed:
        raise Refused(
            failed.sentence, gettext("Give https://host/path; --allow-private for a server of your own.")
        ) from None
    with service.store.writing() as db:
        _check(db, wanted)
        return db.notifications.subscribe(
            "webhook",
            url,
            wanted,
            secret=new_secret(),
            at=service.clock(),
            allow_private=allow_private,
            signals=signals,
        )


def subscribe_mail(
    service: Service, address: str, every: str, wanted: Filter, language: str = ENGLISH, *, signals: bool = False
) -> None:
    """Note that an address is to be asked whether it wants a digest in that language; the scheduler asks it.

    What was noted is told to nobody: who enters an address learns nothing of its subscriptions, and an address that is
    entered again and again is asked once a day. `signals` that nobody has reviewed are the operator's to grant, never a
    page's: a reviewer would know by them what was drawn. Raises Refused, TooMany.
    """
    if service.settings.smtp_url is None:
        raise NotFound(
            gettext("This service sends no mail."),
            gettext("The operator sets OPENLINES_SMTP_URL; feeds tell the same."),
        )
    address = address.strip()
    if not is_mail_address(address):
        raise Refused(
            gettext("%(address)s is no mail address.", address=repr(address[:80])),
            gettext("Write one such as desk@paper.example."),
            field="address",
        )
    if every not in RHYTHMS:
        raise Refused(
            gettext("every is %(every)s.", every=repr(every)),
            gettext("Send one of %(known)s.", known=", ".join(RHYTHMS)),
            field="every",
        )
    if language not in LANGUAGES:
        raise Refused(
            gettext("language is %(language)s.", language=repr(language[:20])),
            gettext("Send one of %(known)s.", known=", ".join(LANGUAGES)),
            field="language",
        )
    now = service.clock()
    with service.store.writing() as db:
        _check(db, wanted)
        if db.notifications.unconfirmed_since(now - SPAN) >= MOST_ASKED:
            raise TooMany(gettext("Too many addresses were entered within the hour."), gettext("Try again in an hour."))
        live = db.notifications.live_to(address)
        asked = any(one.since is None and one.created_at > now - ASKED_AGAIN for one in live)
        same = (every, wanted, language, signals)
        has_it = any((one.every, one.filter, one.language, one.signals) == same and one.since for one in live)
        if not asked and not has_it and len(live) < MOST_TO_ONE:
            secret = secrets.token_urlsafe(24)
            db.notifications.subscribe(
                "mail", address, wanted, secret=secret, at=now, every=every, language=language, signals=signals
            )


def of_link(db: Subjects, secret: str) -> Subscription:
    """The subscription whose mail a link stood in. Raises NotFound."""
    subscription = db.notifications.by_secret(secret)
    if subscription is None:
        raise NotFound(gettext("This link belongs to no subscription."), gettext("Copy it whole from the mail."))
    return subscription


def confirm(service: Service, secret: str) -> Subscription:
    """Let the digests of a link begin; confirmed again nothing changes. Raises NotFound, also where it has ended."""
    now = service.clock()
    with service.store.writing() as db:
        subscription = of_link(db, secret)
        if subscription.ended_at:
            raise NotFound(gettext("This subscription has ended."), gettext("Begin another at /subscribe."))
        first = slot_after(now, subscription.every, service.settings.digest_hour)
        db.notifications.confirm(subscription.id, now=now, next_try=first)
        return db.notifications.get(subscription.id)


def unsubscribe(service: Service, secret: str) -> None:
    """End the digests of a link, and forget the address. Ended again nothing changes. Raises NotFound."""
    with service.store.writing() as db:
        subscription = of_link(db, secret)
        db.notifications.end(subscription.id, now=service.clock(), because="By its reader.")


def _check(db: Subjects, wanted: Filter) -> None:
    """Raise Refused for a filter that names what is not there, or that no message can ever match."""
    channels = db.record.channels()
    known = {
        "relationship": [one.slug for one in db.record.relationships()],
        "category": list(Category),
        "channel": [one.slug for one in channels],
    }
    for name, slugs in known.items():
        value = getattr(wanted, name)
        if value is not None and value not in slugs:
            raise Refused(
                gettext("%(name)s is %(value)s, which is none that there is.", name=name, value=repr(value)),
                _some(slugs),
                field=name,
            )
    channel = next((one for one in channels if one.slug == wanted.channel), None)
    for name in ("relationship", "category"):
        if channel and getattr(wanted, name) not in (None, getattr(channel, name)):
            raise Refused(
                gettext(
                    "%(channel)s has the %(name)s %(value)s: nothing would ever be sent.",
                    channel=channel.slug,
                    name=name,
                    value=repr(str(getattr(channel, name))),
                ),
                gettext("Leave %(name)s out.", name=name),
                field=name,
            )


def _some(slugs: list[str]) -> str:
    known = ", ".join(slugs[:8])
    if len(slugs) > 8:
        return gettext("There are %(known)s and others.", known=known)
    return gettext("There are %(known)s.", known=known)
