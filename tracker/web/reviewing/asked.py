"""What of the queue a request asks for, and the candidates that wait, in that order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from db.store import Subjects
from db.waiting import Waiting
from tracker.errors import Refused
from tracker.model import THIRD_PARTY, Category, Channel, Moment, Signal
from tracker.reviewing.triage import Grouping, Order, Wanted, chosen, in_order
from tracker.tongue import gettext
from tracker.web.current import Snapshot, current, find_channel
from tracker.web.reach import check_relationships, reach
from tracker.web.reviewing.decoys import all_waiting, reads_first
from tracker.web.scope import SCOPE
from tracker.web.sent import check_word

Vocabulary = TypeVar("Vocabulary", bound=StrEnum)

FLAGS = ("again", "held", "second")

NAMES = (SCOPE, "channel", "category", "signal", "side", *FLAGS, "q", "sort", "group")
"""What of the address a candidate carries along, so that the next one is of the same queue."""


@dataclass(frozen=True)
class Asked:
    """`wanted` of those that wait, with `words` in a release, in an order and groups; `kept`: how it was sent.

    `within`: of these relationships alone, since more are not asked for or not in reach; None: of all.
    """

    wanted: Wanted
    words: str | None
    order: Order
    by: Grouping
    kept: dict[str, str]
    within: tuple[str, ...] | None = None

    def shows(self, channel: Channel) -> bool:
        """Whether what concerns a channel is shown."""
        return self.within is None or channel.relationship in self.within

    @property
    def narrow(self) -> bool:
        """Whether only some of those that wait are asked for."""
        return bool(self.words) or self.wanted != Wanted() or SCOPE in self.kept


def asked_for(sent: Mapping[str, str], snapshot: Snapshot) -> Asked:
    """What an address asks for. Raises NotFound for a channel, Refused for any other word that is not possible."""
    kept = {name: sent[name].strip() for name in NAMES if sent.get(name, "").strip()}
    if channel := kept.get("channel"):
        find_channel(snapshot, channel)
    sides = {party.code for relationship in snapshot.relationships for party in relationship.parties} | {THIRD_PARTY}
    if kept.get("side", THIRD_PARTY) not in sides:
        raise Refused(
            gettext("side is %(side)s.", side=repr(kept["side"])),
            gettext("Send one of %(known)s.", known=", ".join(sorted(sides))),
            field="side",
        )
    wanted = Wanted(
        channel=channel,
        category=_word(kept, "category", Category),
        signal=_word(kept, "signal", Signal),
        side=kept.get("side"),
        **{flag: flag in kept for flag in FLAGS},
    )
    order, by = _word(kept, "sort", Order) or Order.MATTERS, _word(kept, "group", Grouping) or Grouping.CHANNEL
    return Asked(wanted, kept.get("q"), order, by, kept, within_of(kept.get(SCOPE), snapshot))


def within_of(slug: str | None, snapshot: Snapshot) -> tuple[str, ...] | None:
    """The relationships of which candidates are shown: the one that is asked for, of those in reach; None: all.

    Raises Refused for one that there is not, NotAllowed for one that is out of reach.
    """
    if not slug:
        return reach()
    check_word(SCOPE, slug, [pair.slug for pair in snapshot.relationships])
    check_relationships([slug])
    return (slug,)


def _word(kept: Mapping[str, str], name: str, vocabulary: type[Vocabulary]) -> Vocabulary | None:
    text = kept.get(name)
    try:
        return vocabulary(text) if text else None
    except ValueError:
        raise Refused(
            gettext("%(name)s is %(value)s.", name=name, value=repr(text)),
            gettext("Send one of %(known)s.", known=", ".join(vocabulary)),
            field=name,
        ) from None


def moment_now() -> Moment:
    """The day that is shown as today, and the present instant."""
    return Moment(current().service.today(), current().now())


def waiting(db: Subjects, asked: Asked, snapshot: Snapshot, moment: Moment) -> list[Waiting]:
    """Those that wait and are asked for, in their order. What is read before its proposal is shown is only among all of
    them: that it is among those of a channel would tell the proposal.
    """
    everything = all_waiting(db, moment.known_at, asked.words, asked.within)
    if asked.narrow:
        blind = reads_first(db)
        everything = [one for one in everything if not blind(one)]
    return ordered(everything, asked, snapshot, moment)


def ordered(everything: list[Waiting], asked: Asked, snapshot: Snapshot, moment: Moment) -> list[Waiting]:
    categories = {channel.slug: channel.category for channel in snapshot.channels}
    states = {view.channel.slug: view.state for view in snapshot.views(Moment(moment.as_of, snapshot.now))}
    return in_order(chosen(everything, asked.wanted, categories), asked.order, states)
