"""Of which relationships an account may do what its role allows: what each view that asks for a role checks.

An account without limits is never asked. A check raises NotAllowed, in words; what is not there is for the view to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from flask import request

from config.load import RelationshipPack
from db.accounts import Account
from db.feeds import FeedHealth
from db.watch import Notice
from tracker.errors import NotAllowed
from tracker.reviewing.amend import ClaimName
from tracker.tongue import gettext
from tracker.web.auth import signed_in
from tracker.web.current import current


def reach() -> tuple[str, ...] | None:
    """The relationships to which whoever asks is limited; None: to none."""
    account = signed_in()
    return account.relationships if account else None


def reaches(channel: str) -> bool:
    """Whether who asks may decide on a channel."""
    account = signed_in()
    return account is None or account.relationships is None or account.reaches(relationship_of(channel) or "")


def in_reach(notice: Notice) -> bool:
    """Whether one of the rows that cite a page is in reach."""
    return any(reaches(claim.channel) for claim in notice.claims)


def packs_in_reach() -> list[RelationshipPack]:
    """The relationships on which who asks may do what the role allows."""
    account = signed_in()
    return [pack for pack in current().service.packs if not account or account.reaches(pack.relationship.slug)]


def reaches_feed(feed: FeedHealth) -> bool:
    """Whether who asks may say when a source is polled: it takes all the relationships for which it is read."""
    account = signed_in()
    return account is None or all(account.reaches(slug) for slug in feed.relationships)


def check_candidates(numbers: Iterable[int]) -> None:
    """Raises NotAllowed for the first candidate that is out of reach."""
    account = signed_in()
    if account and account.relationships is not None:
        for number in numbers:
            _check_candidate(account, number)


def check_relationships(slugs: Collection[str]) -> None:
    """Raises NotAllowed unless who asks reaches all of these relationships."""
    account = signed_in()
    for slug in slugs:
        if account and not account.reaches(slug):
            raise _out_of_reach(account, slug)


def of_candidate(account: Account) -> None:
    """For views of one candidate."""
    asked = request.view_args or {}
    _check_candidate(account, asked["number"] if "number" in asked else asked["id"])


def of_claim(account: Account) -> None:
    """For views of one row of the record."""
    named = ClaimName.read((request.view_args or {})["name"])
    for slug, kinds in current().snapshot().entries.items():
        if any(type(row) is named.kind and row.id == named.id for rows in kinds for row in rows):
            _check_channel(account, slug)


def of_visit(account: Account) -> None:
    """For views of what became of a cited page: one of the rows that cite it is enough."""
    with current().service.store.reading() as db:
        notice = db.watch.notice((request.view_args or {})["visit"])
    if notice and notice.claims and not in_reach(notice):
        _check_channel(account, notice.claims[0].channel)


def of_feed(account: Account) -> None:
    """For views of one source: what is read for several relationships is the word of who reaches them all."""
    slug = (request.view_args or {})["slug"]
    if heard := current().snapshot().sources.by_slug.get(slug):
        check_relationships(heard.feed.relationships)


def of_everything(account: Account) -> None:
    """For views that are about all relationships, as people and tokens are."""
    raise NotAllowed(
        gettext("%(name)s is limited to some relationships, and this is about all of them.", name=account.name),
        gettext("Ask an admin."),
    )


def by_itself(account: Account) -> None:
    """For views that show or take what is in reach alone, or what belongs to no relationship."""


def _check_candidate(account: Account, number: int) -> None:
    with current().service.store.reading() as db:
        found = db.candidates.get(number)
    if found:
        _check_channel(account, found.channel)


def _check_channel(account: Account, channel: str) -> None:
    slug = relationship_of(channel)
    if slug and not account.reaches(slug):
        raise _out_of_reach(account, slug)


def relationship_of(channel: str) -> str | None:
    """The relationship of a channel, None where there is no such channel."""
    line = current().snapshot().lines.get(channel)
    return line.channel.relationship if line else None


def _out_of_reach(account: Account, slug: str) -> NotAllowed:
    told = {"name": account.name, "limits": ", ".join(account.relationships or ()), "other": slug}
    return NotAllowed(
        gettext("%(name)s is limited to %(limits)s; this is about %(other)s.", **told),
        gettext("Ask an admin."),
    )
