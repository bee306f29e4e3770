"""Which rung a restored channel has reached, and when it is next expected by its own rhythm. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tracker.model import IN_PERSON, Contact, Outcome, PartialDate, State, StatusChange
from tracker.record.attest import visible_from
from tracker.record.fates import when
from tracker.record.history import CADENCE_DAYS, CADENCE_GRACE, ChannelView
from tracker.tongue import msg


class Step(StrEnum):
    """The rungs by which a cut channel comes back. Agreed is not resumed, and one call is not a rhythm."""

    AGREED = msg("agreed to restore")
    FIRST_CONTACT = msg("first contact")
    FIRST_ROUND = msg("first round of the mechanism itself")
    RHYTHM = msg("back in rhythm")


@dataclass(frozen=True)
class Rung:
    """A step that a channel has reached, on which date, and the row that says so."""

    step: Step
    date: PartialDate
    row: Contact | StatusChange


def ladder(view: ChannelView) -> tuple[Rung, ...]:
    """The rungs reached since the channel was last cut, in their order; none where it was never cut, or is cut still:
    who met while it was has not brought it back.
    """
    history, contacts = view.states[::-1], view.contacts[::-1]
    cut = max((n for n, change in enumerate(history) if change.state is State.SUSPENDED), default=None)
    if cut is None or cut == len(history) - 1:
        return ()
    since, later = history[cut].effective.first, history[cut + 1 :]
    held = sorted((c for c in contacts if c.outcome is Outcome.HELD and c.substantive and c.date), key=when)
    after = [contact for contact in held if contact.first >= later[0].effective.first]
    first = _first_contact(later, after)
    agreed = _agreed(later, contacts, since, first.date.first if first else date.max)
    # A round of the mechanism itself is one in person, where the channel ever meets so; else any contact is.
    meets_in_person = any(contact.form == IN_PERSON for contact in held)
    own = next((c for c in after if c.round or c.form == IN_PERSON or not meets_in_person), None)
    following = next((c for c in after if own and c.first > own.last), None)
    rungs = (
        agreed,
        first,
        own and Rung(Step.FIRST_ROUND, own.date, own),
        following and _in_rhythm(view.channel.cadence, own, following) and Rung(Step.RHYTHM, following.date, following),
    )
    return tuple(filter(None, rungs))


def _agreed(
    later: Sequence[StatusChange], contacts: Sequence[Contact], since: date, first_contact: date
) -> Rung | None:
    """By a planned state before the first contact, else by the first announcement between the cut and it."""
    plan = next((c for c in later if c.state is State.PLANNED and c.effective.first <= first_contact), None)
    if plan:
        return Rung(Step.AGREED, plan.effective, plan)
    announced = min(
        (c for c in contacts if c.outcome is Outcome.ANNOUNCED and c.announced and since < c.announced < first_contact),
        key=visible_from,
        default=None,
    )
    return announced and Rung(Step.AGREED, PartialDate.of(announced.announced), announced)


def _first_contact(later: Sequence[StatusChange], after: Sequence[Contact]) -> Rung | None:
    """By the first contact, or by the change to resumed where that is earlier: then it is on record as no contact."""
    met = [Rung(Step.FIRST_CONTACT, contact.date, contact) for contact in after[:1]]
    resumed = [Rung(Step.FIRST_CONTACT, c.effective, c) for c in later if c.state is State.RESUMED]
    return min((*met, *resumed), key=lambda rung: rung.date.first, default=None)


def _in_rhythm(cadence: str | None, first: Contact, following: Contact) -> bool:
    """Whether the next contact came as soon as the channel's own rhythm asks; none does where it has none."""
    period = CADENCE_DAYS.get(cadence or "")
    return period is not None and (following.first - first.last).days <= period * CADENCE_GRACE


@dataclass(frozen=True)
class Rhythm:
    """When a channel with a rhythm is next expected to be used at the latest, and how late it is by the view's day."""

    cadence: str
    expected_by: date
    days_late: int

    @property
    def months_late(self) -> int:
        """Whole months by which it is overdue; 0 while it is not."""
        return self.days_late // 30


def rhythm_of(view: ChannelView) -> Rhythm | None:
    """None for a channel without a rhythm, without a contact yet, or not in use."""
    period = CADENCE_DAYS.get(view.channel.cadence or "")
    if period is None or view.last_contact is None or view.state not in (State.ACTIVE, State.RESUMED):
        return None
    expected_by = view.last_contact.last + timedelta(days=period)
    return Rhythm(view.channel.cadence, expected_by, max((view.moment.as_of - expected_by).days, 0))
